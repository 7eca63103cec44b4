#ifndef JOB_PROOF_ROWS_FOREIGN_H
#define JOB_PROOF_ROWS_FOREIGN_H

#include "job/proof/diff_rows.h"
#include "rows_scan.h"

/*
 * Rows of a live side come in the archive's encoding, which may not have all of
 * their characters: then the server gives none.  What has such characters is
 * different, and the other columns can be compared still.
 */

/* rows_foreign(scan, sides, err): if ${err}, with which a scan failed, is of
 * that: of each column of scan_left() whether it has them; the caller frees it.
 * NULL if it is not, if all have them, and if it can't be told; ${err} stays.
 */
uint8_t *rows_foreign(
    const struct scan *scan, const struct side sides[2], const struct err *err);

/* rows_foreign_mark(scan, foreign, left, out): say so of those of ${out} that
 * were omitted; ${foreign} may be NULL. */
void rows_foreign_mark(const struct scan *scan, const uint8_t *foreign,
    const struct side *left, struct diff_rows *out);

/* rows_foreign_tell(table, err): put an error that is of that into words. */
void rows_foreign_tell(const char *table, struct err *err);

#endif
