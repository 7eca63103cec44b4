#ifndef DB_SNAPSHOT_H
#define DB_SNAPSHOT_H

#include "db/catalog.h"
#include "db/conn.h"

/* One consistent view of a database, shared by many sessions. */

#define SNAPSHOT_ID_MAX 64

/* snapshot_export(conn, id, err): begin a read-only REPEATABLE READ
 * transaction on ${conn} and export its snapshot as ${id}, which is good as
 * long as that transaction lasts. */
int
snapshot_export(struct conn *conn, char id[SNAPSHOT_ID_MAX], struct err *err);
/* snapshot_join(conn, id, err): end the transaction that ${conn} is in, if
 * any, and begin one that sees the snapshot ${id}. */
int snapshot_join(struct conn *conn, const char *id, struct err *err);
/*
 * The leader locks every table, so that none can be altered or dropped before
 * it is copied; pg_dump locks them too, and every sequence.  Where the server
 * has no room for both at once, the leader's turn comes when pg_dump is done,
 * and then it has to be checked that no table changed in between.
 *
 * snapshot_lock(conn, cat, timeout, err): take ACCESS SHARE on every table of
 * ${cat}, waiting ${timeout} seconds for any: SQLSTATE 55P03 after that.
 * snapshot_lock_timeout(conn, seconds, err): so much, or 0 for ever, for
 * whatever else ${conn} locks.
 * snapshot_lock_fits(conn, cat, err): 1 if there is room for it while pg_dump
 * runs, else 0; or -1.  Rather says no.
 * snapshot_check(conn, now, cat, err): compare the shapes of ${cat}'s tables
 * as ${conn}'s snapshot has them with what ${now}, which is in no transaction,
 * sees.  A table that differs is ERR_DB and named.
 */
int snapshot_lock_timeout(struct conn *conn, unsigned seconds, struct err *err);
int snapshot_lock(struct conn *conn, const struct catalog *cat,
    unsigned timeout, struct err *err);
int snapshot_lock_fits(
    struct conn *conn, const struct catalog *cat, struct err *err);
int snapshot_check(struct conn *conn, struct conn *now,
    const struct catalog *cat, struct err *err);

/* What a server has room for, and what ${cat} takes of it. */
struct lock_room {
	uint64_t capacity; /* locks, by the server's documentation */
	uint64_t limit;    /* that it sets memory aside for */
	uint64_t each;     /* max_locks_per_transaction */
	uint64_t objects;  /* to be locked: tables and sequences */
	int fits_both;     /* what snapshot_lock_fits() says */
};
int snapshot_lock_room(struct conn *conn, const struct catalog *cat,
    struct lock_room *room, struct err *err);

#endif
