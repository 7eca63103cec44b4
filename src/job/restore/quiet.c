#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/groups.h"
#include "job/naming.h"
#include "job/restore/fit.h"
#include "job/restore/quiet.h"

struct quiet {
	struct buf names; /* of the tables, for loud-triggers.sql */
	struct buf lock;  /* the statements */
	struct buf disable;
	struct buf enable;
	size_t count;
	int begun; /* the transaction is ours */
};

/* Of which table a row of the answer is. */
#define PLACE 0
#define RELATION 1
#define TRIGGER 2
#define ENABLED 3
#define OURS 4

/* Whether a row is of the same trigger as the one before it. */
static int
is_again(const PGresult *r, int row)
{
	return row > 0 &&
	    strcmp(PQgetvalue(r, row, RELATION),
		PQgetvalue(r, row - 1, RELATION)) == 0 &&
	    strcmp(PQgetvalue(r, row, TRIGGER),
		PQgetvalue(r, row - 1, TRIGGER)) == 0;
}

static void
add_trigger(struct quiet *q, const PGresult *r, int row)
{
	const char *name = PQgetvalue(r, row, RELATION);
	const char *trigger = PQgetvalue(r, row, TRIGGER);

	/* ONLY: partitions have their own, enabled as they may be. */
	buf_printf(&q->lock,
	    "LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE;\n", name);
	buf_printf(&q->disable, "ALTER TABLE ONLY %s DISABLE TRIGGER %s;\n",
	    name, trigger);
	buf_printf(&q->enable, "ALTER TABLE ONLY %s ENABLE %s TRIGGER %s;\n",
	    name, PQgetvalue(r, row, ENABLED), trigger);
	log_detail("%s keeps its trigger %s from firing", name, trigger);
	q->count++;
}

/* What the user may not disable. */
static int
refuse_others(const PGresult *r, struct err *err)
{
	struct naming list = NAMING(", ");
	int row, rc = 0;

	for (row = 0; row < PQntuples(r); row++) {
		char *what;

		if (PQgetvalue(r, row, OURS)[0] == 't' || is_again(r, row))
			continue;
		what = mem_printf("%s of %s", PQgetvalue(r, row, TRIGGER),
		    PQgetvalue(r, row, RELATION));
		naming_add(&list, what);
		free(what);
	}
	if (list.count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "--disable-triggers: you may not disable %zu trigger%s "
		    "enabled as ALWAYS or REPLICA: %s",
		    list.count, list.count > 1 ? "s" : "", naming_text(&list));
		rc = err_hint(err, "a superuser or the table's owner may");
	}
	naming_free(&list);
	return rc;
}

/* Those of now; the statements are made anew. */
static PGresult *
read_triggers(struct quiet *q, struct conn *conn, struct err *err)
{
	PGresult *r =
	    conn_query1(conn, sql_loud_triggers, buf_text(&q->names), err);
	int row;

	q->lock.len = q->disable.len = q->enable.len = q->count = 0;
	if (r == NULL) {
		(void)err_wrap(err, "cannot read the target's triggers");
		return NULL;
	}
	if (refuse_others(r, err) != 0) {
		PQclear(r);
		return NULL;
	}
	for (row = 0; row < PQntuples(r); row++)
		if (!is_again(r, row))
			add_trigger(q, r, row);
	return r;
}

struct quiet *
quiet_find(struct conn *conn, const struct catalog *cat, uint8_t *tables,
    struct err *err)
{
	size_t *places = mem_array(NULL, cat->table_count + 1, sizeof(*places));
	struct quiet *q = mem_zalloc(sizeof(*q));
	PGresult *r;
	size_t i;
	int row, rc;

	memset(tables, 0, cat->table_count);
	(void)fit_homes(cat, places, &q->names);
	r = read_triggers(q, conn, err);
	rc = r == NULL ? -1 : 0;
	for (row = 0; rc == 0 && row < PQntuples(r); row++)
		tables[places[strtoul(PQgetvalue(r, row, PLACE), NULL, 10)]] =
		    1;
	for (i = 0; i < cat->table_count; i++)
		tables[i] |= tables[groups_key(cat, i)];
	PQclear(r);
	free(places);
	if (rc == 0)
		return q;
	quiet_free(q);
	return NULL;
}

void
quiet_free(struct quiet *q)
{
	if (q == NULL)
		return;
	buf_free(&q->names);
	buf_free(&q->lock);
	buf_free(&q->disable);
	buf_free(&q->enable);
	free(q);
}

size_t
quiet_count(const struct quiet *q)
{
	return q->count;
}

int
quiet_begin(struct quiet *q, struct conn *conn, struct err *err)
{
	PGresult *r;

	if (!conn_is_within(conn)) {
		if (conn_exec(conn, "BEGIN", err) != 0)
			return -1;
		q->begun = 1;
	}
	/* Locked, they are what they are until the transaction ends. */
	if (conn_exec(conn, buf_text(&q->lock), err) != 0)
		return err_wrap(err, "cannot disable triggers");
	r = read_triggers(q, conn, err);
	if (r == NULL)
		return -1;
	PQclear(r);
	if (q->count > 0 && conn_exec(conn, buf_text(&q->disable), err) != 0)
		return err_wrap(err, "cannot disable triggers");
	return 0;
}

int
quiet_end(struct quiet *q, struct conn *conn, struct err *err)
{
	if (q->count > 0 && conn_exec(conn, buf_text(&q->enable), err) != 0)
		return err_wrap(err, "cannot enable triggers again");
	if (q->begun && conn_exec(conn, "COMMIT", err) != 0)
		return -1;
	q->begun = 0;
	return 0;
}
