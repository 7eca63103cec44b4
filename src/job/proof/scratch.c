#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/wall.h"
#include "db/queries.h"
#include "job/proof/scratch.h"
#include "job/restore/target.h"

#define PREFIX "pgcask_drill_"
#define MARK "pgcask made this database for a drill, and drops it"
#define ID_BYTES 4
#define END_SECONDS 5
#define PAUSE_NS 200000000

struct scratch {
	struct conn *admin; /* holds the lock */
	char *name;
	struct buf dsn;
	int made;
};

/* A session in some database that every server has. */
static int
connect_to(struct scratch *s, const char *server, struct err *err)
{
	static const char *const places[] = { "postgres", "template1" };
	size_t i;

	for (i = 0; s->admin == NULL && i < 2; i++) {
		struct err again = ERR_INIT;
		struct buf dsn = { 0 };
		struct conn_opts co = { 0 };

		free(target_parse(server, places[i], &dsn, &again));
		if (dsn.len == 0) {
			*err = again;
			return -1;
		}
		co.dbname = buf_text(&dsn);
		s->admin = conn_open(&co, i == 0 ? err : &again);
		buf_free(&dsn);
		if (err->kind == ERR_INTERRUPT)
			break;
	}
	if (s->admin == NULL)
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

/* 1, 0 if somebody else has it, or -1. */
static int
lock(struct scratch *s, const char *name, struct err *err)
{
	PGresult *r = conn_query1(s->admin, sql_drill_lock, name, err);
	int mine = r != NULL ? PQgetvalue(r, 0, 0)[0] == 't' : -1;

	PQclear(r);
	return mine;
}

/* The lock of the drill whose database that is, whole or not. */
static int
lock_drill(struct scratch *s, const char *name, struct err *err)
{
	const char *suffix = strstr(name, TARGET_SUFFIX);
	char *own = suffix != NULL
	    ? mem_printf("%.*s", (int)(suffix - name), name)
	    : mem_strdup(name);
	int mine = strcmp(own, s->name) == 0 ? 1 : lock(s, own, err);

	free(own);
	return mine;
}

/* Those whose drill is at work are locked by that. */
static int
drop_left(struct scratch *s, struct err *err)
{
	PGresult *r =
	    conn_query2(s->admin, sql_marked_databases, MARK, TARGET_MARK, err);
	int i, rc = r != NULL ? 0 : -1;

	for (i = 0; rc == 0 && i < PQntuples(r); i++) {
		const char *name = PQgetvalue(r, i, 0);
		int mine = lock_drill(s, name, err);

		if (mine > 0)
			log_step("dropping \"%s\", which a drill that was "
				 "killed left",
			    name);
		rc = mine > 0 ? target_drop(s->admin, name, err)
		    : mine    ? -1
			      : 0;
	}
	PQclear(r);
	return rc;
}

/* What is there still is not ours, or of somebody whose it stays. */
static int
refuse_taken(struct scratch *s, const char *name, struct err *err)
{
	PGresult *r = conn_query2(s->admin, sql_database_mark, name, MARK, err);
	int there = r != NULL && PQntuples(r) > 0;

	PQclear(r);
	if (r == NULL)
		return -1;
	if (!there)
		return 0;
	(void)err_set(err, ERR_FAIL,
	    "the database \"%s\" exists already, and is "
	    "not to be dropped by this user",
	    name);
	return err_hint(err,
	    "if a drill of another user left it, let that user drill the "
	    "archive again; else rename it");
}

static int
settle(struct scratch *s, struct err *err)
{
	int rc, mine = lock(s, s->name, err);
	char *partial;

	if (mine < 0)
		return -1;
	if (mine == 0) {
		(void)err_set(err, ERR_LOCKED,
		    "another drill of this archive is at work on that server");
		return err_hint(err, "wait for it to end");
	}
	if (drop_left(s, err) != 0 || refuse_taken(s, s->name, err) != 0)
		return -1;
	partial = mem_printf("%s" TARGET_SUFFIX, s->name);
	rc = refuse_taken(s, partial, err);
	free(partial);
	return rc;
}

struct scratch *
scratch_open(
    const char *server, const uint8_t id[FORMAT_ID_SIZE], struct err *err)
{
	struct scratch *s = mem_zalloc(sizeof(*s));

	s->name = mem_printf(
	    PREFIX "%02x%02x%02x%02x", id[0], id[1], id[2], id[ID_BYTES - 1]);
	free(target_parse(server, s->name, &s->dsn, err));
	*err = (struct err)ERR_INIT;
	if (connect_to(s, server, err) == 0 && settle(s, err) == 0)
		return s;
	scratch_free(s);
	return NULL;
}

const char *
scratch_dsn(const struct scratch *s)
{
	return buf_text(&s->dsn);
}

int
scratch_mark(struct scratch *s, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	s->made = 1;
	buf_puts(&sql, "COMMENT ON DATABASE ");
	sql_ident(&sql, s->name);
	buf_puts(&sql, " IS '" MARK "'");
	rc = conn_exec(s->admin, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

static int
is_up(struct scratch *s)
{
	struct err ignored = ERR_INIT;
	struct conn *other = NULL;

	if (conn_exec(s->admin, "BEGIN; COMMIT", &ignored) == 0)
		other = conn_clone(s->admin, NULL, &ignored);
	conn_free(other);
	return other != NULL;
}

/* A server ends its sessions one by one, ours later perhaps. */
int
scratch_explain(struct scratch *s, struct err *err)
{
	static const struct timespec pause = { 0, PAUSE_NS };
	double began = wall_seconds();

	if (!conn_was_ended(err))
		return 0;
	while (is_up(s)) {
		if (wall_seconds() - began > END_SECONDS)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	(void)err_wrap(err, "that server has ended, or takes no sessions");
	return 1;
}

void
scratch_free(struct scratch *s)
{
	struct err err = ERR_INIT;

	if (s == NULL)
		return;
	if (s->made) {
		conn_shield(s->admin);
		/* A cancel may be on its way to the first of these. */
		if (target_drop(s->admin, s->name, &err) != 0 &&
		    target_drop(s->admin, s->name, &err) != 0)
			log_warn("the drill's database \"%s\" is still there "
				 "(%s); the next drill on that server drops it",
			    s->name, err.msg);
	}
	conn_free(s->admin);
	buf_free(&s->dsn);
	free(s->name);
	free(s);
}
