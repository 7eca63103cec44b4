#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/queries.h"
#include "db/snapshot.h"
#include "oids.h"

#define TABLES_PER_LOCK 500

static const char BEGIN[] =
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

int
snapshot_export(struct conn *conn, char id[SNAPSHOT_ID_MAX], struct err *err)
{
	PGresult *r;

	if (conn_exec(conn, BEGIN, err) != 0)
		return err_wrap(err, "cannot begin the snapshot");
	r = conn_query(conn, sql_snapshot_export, err);
	if (r == NULL)
		return err_wrap(err, "cannot export the snapshot");
	(void)snprintf(id, SNAPSHOT_ID_MAX, "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

int
snapshot_join(struct conn *conn, const char *id, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	if (PQtransactionStatus(conn_pg(conn)) != PQTRANS_IDLE)
		buf_puts(&sql, "COMMIT;");
	buf_puts(&sql, BEGIN);
	buf_puts(&sql, ";SET TRANSACTION SNAPSHOT ");
	sql_literal(&sql, id);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc == 0 ? 0 : err_wrap(err, "cannot join the snapshot");
}

int
snapshot_lock_timeout(struct conn *conn, unsigned seconds, struct err *err)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "SET lock_timeout = '%us'", seconds);
	return conn_exec(conn, sql, err);
}

int
snapshot_lock(struct conn *conn, const struct catalog *cat, unsigned timeout,
    struct err *err)
{
	struct buf sql = { 0 };
	size_t i, n = 0;
	int rc = snapshot_lock_timeout(conn, timeout, err);

	for (i = 0; i < cat->table_count && rc == 0; i++) {
		buf_puts(&sql, n == 0 ? "LOCK TABLE ONLY " : ", ONLY ");
		sql_qualified(&sql, cat->tables[i].schema, cat->tables[i].name);
		if (++n < TABLES_PER_LOCK && i + 1 < cat->table_count)
			continue;
		buf_puts(&sql, " IN ACCESS SHARE MODE");
		rc = conn_exec(conn, buf_text(&sql), err);
		sql.len = 0;
		n = 0;
	}
	buf_free(&sql);
	/* What the leader reads later, it waits for. */
	if (rc == 0)
		return snapshot_lock_timeout(conn, 0, err);
	/* 53200: out of memory, for locks "out of shared memory". */
	if (err->sqlstate[0] == '5' && err->sqlstate[1] == '3')
		(void)err_hint(err,
		    "%zu tables need more locks than the server "
		    "has: raise max_locks_per_transaction and restart it",
		    cat->table_count);
	return err_wrap(err, "cannot lock the tables");
}

int
snapshot_lock_room(struct conn *conn, const struct catalog *cat,
    struct lock_room *room, struct err *err)
{
	PGresult *r = conn_query(conn, sql_lock_capacity, err);

	if (r == NULL)
		return -1;
	room->capacity = strtoull(PQgetvalue(r, 0, 0), NULL, 10);
	room->limit = strtoull(PQgetvalue(r, 0, 1), NULL, 10);
	room->each = strtoull(PQgetvalue(r, 0, 2), NULL, 10);
	PQclear(r);
	room->objects = cat->table_count + cat->sequence_count;
	/* Ours, pg_dump's own, and one for each sequence.  The server has
	 * twice the capacity for holders of locks; a quarter is left to the
	 * application. */
	room->fits_both = 2 * cat->table_count + cat->sequence_count <=
	    room->capacity + room->capacity / 2;
	return 0;
}

int
snapshot_lock_fits(
    struct conn *conn, const struct catalog *cat, struct err *err)
{
	struct lock_room room;

	if (snapshot_lock_room(conn, cat, &room, err) != 0)
		return -1;
	return room.fits_both;
}

int
snapshot_check(struct conn *conn, struct conn *now, const struct catalog *cat,
    struct err *err)
{
	PGresult *before = conn_query(conn, sql_table_shapes, err);
	PGresult *after = NULL;
	size_t i;
	int was, is, rc = -1;

	if (before != NULL)
		after = conn_query(now, sql_table_shapes, err);
	if (after == NULL)
		goto out;
	for (i = 0, rc = 0; i < cat->table_count && rc == 0; i++) {
		was = oids_find(before, cat->tables[i].oid);
		is = oids_find(after, cat->tables[i].oid);
		if (was >= 0 && is >= 0 &&
		    strcmp(PQgetvalue(before, was, 2),
			PQgetvalue(after, is, 2)) == 0)
			continue;
		(void)err_set(err, ERR_DB,
		    "table %s.%s was altered, truncated or dropped meanwhile",
		    cat->tables[i].schema, cat->tables[i].name);
		rc = err_hint(err, "run it again");
	}
out:
	PQclear(before);
	PQclear(after);
	return rc;
}
