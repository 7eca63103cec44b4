#ifndef JOB_RESTORE_LOADER_H
#define JOB_RESTORE_LOADER_H

#include <stddef.h>
#include <stdint.h>

#include "archive/reader.h"
#include "db/conn.h"
#include "job/progress.h"

/*
 * Parts into tables, for one worker.  Many small parts share a transaction;
 * what is in it counts only once loader_commit() has returned.  Of a connection
 * that is in a transaction from the first, that one is used and not ended.
 */
struct loader;

#define LOADER_PARTS 64 /* in one transaction at most */

/* A part whose rows were committed. */
struct loaded {
	enum part_kind kind;
	size_t table;
	uint64_t rows;
	uint32_t table_parts; /* of a table's final part, else 0 */
};

struct loader_opts {
	const struct catalog *cat;
	int make_lobjs; /* no DDL made the large objects */
	int guarded;    /* the server may refuse a table's rows, see below */
	struct progress *progress;
};

struct loader *loader_new(const struct loader_opts *opts);
void loader_free(struct loader *l);

/* loader_take(l, conn, part, skip, err): load ${part}'s rows, or only note it
 * when ${skip}.  A row that the server refuses is an error, as is a count
 * that is not the part's.
 *
 * No row is at fault where a function that a column or a check calls relies on
 * a search_path that it does not set, and so finds nothing, or reads another
 * table that is not what it was when the row was written: pg_restore cannot
 * load such a table either.  When ${guarded}, this is 1, what the server said
 * is in ${err}, and what was taken before is still there. */
int loader_take(struct loader *l, struct conn *conn, struct part *part,
    int skip, struct err *err);

/* loader_is_full(l): whether it is time to commit. */
int loader_is_full(const struct loader *l);
/* loader_pending(l): how many parts await it. */
size_t loader_pending(const struct loader *l);

/* loader_commit(l, conn, done, err): commit; up to LOADER_PARTS are now
 * in.  Return how many, or -1. */
int loader_commit(struct loader *l, struct conn *conn,
    struct loaded done[LOADER_PARTS], struct err *err);

#endif
