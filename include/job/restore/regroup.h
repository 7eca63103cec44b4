#ifndef JOB_RESTORE_REGROUP_H
#define JOB_RESTORE_REGROUP_H

#include <stddef.h>

#include "db/catalog.h"
#include "job/restore/crew.h"

/*
 * The groups of an archive's tables (job/groups.h) as they are on a target
 * once its tables are made: some may have been refused there.
 *
 * A table that is not below the partitioned table that it was to be loaded
 * through takes its rows by itself.  The others of its group can take none
 * then: any of their rows may belong to the one that is not there.
 */
struct regroup;

/* regroup_new(cat, conn, tallies, err): look at the target; ${cat} is lent.
 * ${tallies} say of each table in "skip" whether it could not be made, and get
 * it set where rows are to be left out for another's sake.  It is an error if
 * loading would pass rows to a foreign table. */
struct regroup *regroup_new(const struct catalog *cat, struct conn *conn,
    struct tally *tallies, struct err *err);
void regroup_free(struct regroup *g);

/* regroup_catalog(g): the catalog, but with the target's groups; lent. */
const struct catalog *regroup_catalog(const struct regroup *g);

/* regroup_lacks(g, key): the table without which none of the group that is
 * loaded through ${key} gets rows, or -1. */
int regroup_lacks(const struct regroup *g, size_t key);

#endif
