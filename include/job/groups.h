#ifndef JOB_GROUPS_H
#define JOB_GROUPS_H

#include <stddef.h>

#include "db/catalog.h"

/*
 * Tables whose rows are loaded through one partitioned table (load_via in
 * the catalog) are a group: a row need not come back into the table that it
 * was saved from, so what can be said of one of them holds once the rows of
 * all are in; also of one whose own rows are left out.  A table that is loaded
 * by itself is its own group.
 *
 * There is no lock in here: the caller serialises.
 */
struct groups;

/* groups_key(cat, table): the number that stands for the table's group: that
 * of the partitioned table, or its own. */
size_t groups_key(const struct catalog *cat, size_t table);

/* groups_new(cat): ${cat} is lent. */
struct groups *groups_new(const struct catalog *cat);
void groups_free(struct groups *g);

/* groups_waits(g, table): whether rows have yet to come into ${table}, or into
 * partitions of it through it. */
int groups_waits(const struct groups *g, size_t table);

/* groups_done(g, table, each, arg): all rows that were saved from ${table} are
 * in.  Call each(arg, t) for every table that no more rows come into now. */
void groups_done(struct groups *g, size_t table,
    void (*each)(void *arg, size_t table), void *arg);

#endif
