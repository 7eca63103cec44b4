#ifndef JOB_PROOF_DIFF_STEPS_H
#define JOB_PROOF_DIFF_STEPS_H

#include "diff_side.h"

/* The steps of a comparison, each a file. */

/* diff_tables(sides, diff, progress, err): fill the diff's tables and large
 * objects; a live side is read.  diff_sequences(sides, diff): the sequences. */
int diff_tables(struct side sides[2], struct diff *diff,
    struct progress *progress, struct err *err);
void diff_sequences(const struct side sides[2], struct diff *diff);

/* diff_schema(sides, out): append the unified difference of the definitions
 * that are chosen.  The two documents are the definitions sorted by name, what
 * belongs to a table behind it, for pg_dump's order depends on more than
 * what there is. */
void diff_schema(const struct side sides[2], struct buf *out);

#endif
