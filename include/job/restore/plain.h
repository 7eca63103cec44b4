#ifndef JOB_RESTORE_PLAIN_H
#define JOB_RESTORE_PLAIN_H

#include "db/catalog.h"
#include "db/toc.h"

/*
 * A database whose schema is lost, as plain as its catalog can tell: tables
 * with their columns and types, sequences, and the schemas of both; no
 * constraints, indexes, defaults, partitions, owners or privileges.
 *
 * A type of the database's own is lost, too.  Where its values are text, so is
 * the column; where they are binary, the column is bytea and holds what the
 * type's send function wrote.
 */

/* plain_toc(cat): what makes these; free with toc_free(). */
struct toc *plain_toc(const struct catalog *cat);
/* plain_catalog(cat): let each table be by itself. */
void plain_catalog(struct catalog *cat);
/* plain_type(t, column): the type that the column gets: lent. */
const char *plain_type(const struct table *t, const struct column *column);

#endif
