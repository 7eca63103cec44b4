#ifndef JOB_CALLERS_H
#define JOB_CALLERS_H

#include <stdint.h>

#include "db/catalog.h"
#include "db/toc.h"
#include "db/toc_tree.h"

/*
 * What calls functions of the database's own when it is made or filled: tables
 * by their checks, generated columns, domains and partition keys, indexes by
 * their expressions, materialized views by their queries.  Such a function may
 * read other tables, and no dependency says which; so it is called when all of
 * these are there, in the order in which pg_dump lists what calls it.
 */

/* callers_find(toc): a byte for each entry: whether it is such a caller; the
 * caller frees. */
uint8_t *callers_find(const struct toc *toc);

/* callers_mark(toc, tree, there, tables, count): set the mark "late" of those
 * of the tables that are; where they are ${there}, before their rows, also of
 * those whose indexes and constraints are. */
void callers_mark(const struct toc *toc, const struct toc_tree *tree, int there,
    struct table *tables, size_t count);

#endif
