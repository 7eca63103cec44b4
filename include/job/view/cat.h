#ifndef JOB_VIEW_CAT_H
#define JOB_VIEW_CAT_H

#include "archive/reader.h"
#include "stream/sink.h"

/* cat_run(reader, entry, out, terminal, err): write one entry of an unlocked
 * archive to ${out}, which is lent and not finished: "catalog", "manifest",
 * "schema", "globals", or a table's rows as COPY writes them to a file.
 *
 * A table is SCHEMA.TABLE, or TABLE where only one schema has it, either as
 * it is or quoted as in SQL, in UTF-8 or in the database's encoding.  ERR_USAGE
 * names the nearest when there is none, and the candidates when there are
 * several; and, with ${terminal}, what is binary.  Nothing is written that was
 * not authentic; but what comes out before an error is a part, not the whole.
 */
int cat_run(struct reader *reader, const char *entry, struct sink *out,
    int terminal, struct err *err);

/* cat_find_table(cat, text, err): an index into cat->tables, or -1. */
int
cat_find_table(const struct catalog *cat, const char *text, struct err *err);

#endif
