#ifndef JOB_RESTORE_FIT_H
#define JOB_RESTORE_FIT_H

#include "db/catalog.h"
#include "db/conn.h"

/* Whether an archive's rows fit tables that are there already. */

/* fit_check(conn, cat, err): ERR_FAIL that names what is in the way of loading
 * the rows and setting the sequences of ${cat}: a table or sequence that is
 * not there or not the user's to fill, a column that only one side has, or
 * that the server computes, or whose type in the archive is binary and another.
 * Columns are matched by name.  ${conn}'s encoding is the archive's. */
int fit_check(struct conn *conn, const struct catalog *cat, struct err *err);

/* fit_names(cat, places, names): append the quoted names of the tables of
 * ${cat} that have rows as the text of an array; their numbers go to
 * ${places}, which has room for all tables.  Return how many. */
size_t fit_names(const struct catalog *cat, size_t *places, struct buf *names);

/* fit_homes(cat, places, names): the same of the tables that rows go into, each
 * once: a partitioned table in place of those that are loaded through it. */
size_t fit_homes(const struct catalog *cat, size_t *places, struct buf *names);

/* fit_same_binary(a, b): whether values of type ${a} in binary form can be
 * read as type ${b}; both as format_type() writes them. */
int fit_same_binary(const char *a, const char *b);

#endif
