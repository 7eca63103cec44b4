#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/restore/globals.h"
#include "job/restore/settings.h"
#include "job/restore/target.h"
#include "job/rights.h"
#include "stream/hash.h"

/* A tenth of a second each. */
#define LOCK_TRIES 20
/* Of a name's hash, in a working name that is cut. */
#define HASH_DIGITS 8
/* The server waits 5 s by itself for others to leave, each time. */
#define RENAME_TRIES 3
/* Of the target's objects, in a refusal. */
#define NAMED_MAX 5

struct target {
	struct conn *conn;
	char *name;
	/* Of one that is made: */
	struct conn *admin; /* in another database of the same server */
	char *partial;      /* its name until it is kept; NULL once it is */
	int made;
	const char *comment;  /* it is to have at the end, or NULL; lent */
	const char *encoding; /* of that */
	int is_template;      /* it is to be, at the end */
	unsigned refused;     /* statements of the globals */
	int fleeting;         /* it need not be dropped */
	int looks;            /* nothing is to be made or changed */
};

/* A value of a conninfo string. */
static void
add_value(struct buf *dsn, const char *value)
{
	char one[3] = { 0, 0, 0 };

	buf_puts(dsn, "'");
	for (; *value != '\0'; value++) {
		int escape = *value == '\'' || *value == '\\';

		one[0] = escape ? '\\' : *value;
		one[1] = escape ? *value : '\0';
		buf_puts(dsn, one);
	}
	buf_puts(dsn, "'");
}

char *
target_parse(
    const char *text, const char *other, struct buf *dsn, struct err *err)
{
	PQconninfoOption *info = NULL, *o;
	char *why = NULL, *name = NULL;

	if (text != NULL && strchr(text, '=') == NULL &&
	    strncmp(text, "postgresql://", 13) != 0 &&
	    strncmp(text, "postgres://", 11) != 0) {
		buf_puts(dsn, "dbname=");
		add_value(dsn, other);
		return mem_strdup(text);
	}
	/* Nothing given: PGDATABASE or a service tells. */
	info = text != NULL ? PQconninfoParse(text, &why) : PQconndefaults();
	if (info == NULL) {
		(void)err_set(err, ERR_USAGE, "%.*s",
		    (int)strcspn(why != NULL ? why : "", "\n"),
		    why != NULL ? why : "out of memory");
		PQfreemem(why);
		return NULL;
	}
	for (o = info; o->keyword != NULL; o++) {
		int is_name = strcmp(o->keyword, "dbname") == 0;

		if (is_name && o->val != NULL)
			name = mem_strdup(o->val);
		else if (text != NULL && o->val != NULL) {
			buf_printf(dsn, "%s=", o->keyword);
			add_value(dsn, o->val);
			buf_puts(dsn, " ");
		}
	}
	buf_puts(dsn, "dbname=");
	add_value(dsn, other);
	PQconninfoFree(info);
	if (name == NULL)
		(void)err_set(
		    err, ERR_USAGE, "the target database has no name");
	return name;
}

static int
exec_named(struct conn *conn, const char *before, const char *name,
    const char *after, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	buf_puts(&sql, before);
	sql_ident(&sql, name);
	buf_puts(&sql, after);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

/* How long the target's name is, and how long a name may be, in bytes of the
 * server's encoding.  It cuts what is too long, with no more than a notice. */
struct lengths {
	size_t name;
	size_t max;
};

static int
check_length(struct target *t, struct lengths *len, struct err *err)
{
	PGresult *r = conn_query1(t->admin, sql_name_length, t->name, err);

	if (r == NULL)
		return err_wrap(err, "the database's name \"%s\"", t->name);
	len->name = strtoul(PQgetvalue(r, 0, 0), NULL, 10);
	len->max = strtoul(PQgetvalue(r, 0, 1), NULL, 10);
	PQclear(r);
	if (len->name <= len->max)
		return 0;
	return err_set(err, ERR_USAGE,
	    "a database's name has at most %zu bytes on this server; \"%s\" "
	    "has %zu",
	    len->max, t->name, len->name);
}

/*
 * NAME and suffix.  Where both do not fit, NAME's hash tells it from others
 * that begin alike, behind as much of its ASCII start as there is room for:
 * what comes then may be cut only by who knows its encoding.
 */
static char *
partial_name(const char *name, const struct lengths *len)
{
	size_t n = 0, room = len->max - strlen(TARGET_SUFFIX) - 1 - HASH_DIGITS;
	uint8_t hash[HASH_SIZE];

	if (len->name + strlen(TARGET_SUFFIX) <= len->max)
		return mem_printf("%s" TARGET_SUFFIX, name);
	while (n < room && name[n] != '\0' && (name[n] & 0x80) == 0)
		n++;
	hash_once(name, strlen(name), hash);
	return mem_printf("%.*s~%02x%02x%02x%02x" TARGET_SUFFIX, (int)n, name,
	    hash[0], hash[1], hash[2], hash[3]);
}

static int
end_sessions(struct conn *admin, const char *name, struct err *err)
{
	PGresult *r = conn_query1(admin, sql_end_sessions, name, err);

	PQclear(r);
	return r != NULL ? 0 : -1;
}

int
target_drop(struct conn *admin, const char *name, struct err *err)
{
	if (conn_version(admin) >= 130000)
		return exec_named(admin, "DROP DATABASE IF EXISTS ", name,
		    " WITH (FORCE)", err);
	if (end_sessions(admin, name, err) != 0)
		return -1;
	return exec_named(admin, "DROP DATABASE IF EXISTS ", name, "", err);
}

/* Also after a stop signal, whose cancel may just be on its way to ${admin};
 * a pooler may even pass it on late, hence the second try. */
static void
drop_unkept(struct target *t)
{
	struct err err = ERR_INIT;

	conn_shield(t->admin);
	if (target_drop(t->admin, t->partial, &err) != 0 &&
	    target_drop(t->admin, t->partial, &err) != 0)
		log_warn("the incomplete database \"%s\" is still there (%s); "
			 "the next restore of \"%s\" drops it",
		    t->partial, err.msg, t->name);
}

/* Nobody else restores under this name as long as the session lasts.  A busy
 * server takes its time to end the session of one that has ended just now. */
static int
lock_name(struct target *t, struct err *err)
{
	static const struct timespec pause = { 0, 100000000 };
	int i, mine = 0;

	for (i = 0; i < LOCK_TRIES && !mine; i++) {
		PGresult *r;

		if (i > 0)
			(void)nanosleep(&pause, NULL);
		r = conn_query1(t->admin, sql_name_lock, t->name, err);
		if (r == NULL)
			return -1;
		mine = PQgetvalue(r, 0, 0)[0] == 't';
		PQclear(r);
	}
	if (mine)
		return 0;
	(void)err_set(
	    err, ERR_LOCKED, "another restore is making \"%s\"", t->name);
	return err_hint(err, "wait for it to end, or give another name");
}

/* Whether a database of that name is there, and whether it is one of ours. */
static int
find_database(
    struct target *t, const char *name, int *there, int *ours, struct err *err)
{
	PGresult *r =
	    conn_query2(t->admin, sql_database_mark, name, TARGET_MARK, err);

	if (r == NULL)
		return -1;
	*there = PQntuples(r) > 0;
	*ours = *there && PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return 0;
}

/* What a killed run left under the working name is dropped; nobody works on
 * it, for that run would hold the lock.  What has no mark is not ours. */
static int
drop_stale(struct target *t, struct err *err)
{
	int there, ours;

	if (find_database(t, t->partial, &there, &ours, err) != 0)
		return -1;
	if (!there)
		return 0;
	if (ours && t->looks)
		return 0;
	if (!ours) {
		(void)err_set(err, ERR_FAIL,
		    "the database \"%s\" is in the way: pgcask works under "
		    "that name, and did not make it",
		    t->partial);
		return err_hint(
		    err, "rename it, or restore under another name");
	}
	log_step("dropping \"%s\", which an earlier run left", t->partial);
	return target_drop(t->admin, t->partial, err);
}

static int
refuse_existing(struct target *t, struct err *err)
{
	int there, ours;

	if (find_database(t, t->name, &there, &ours, err) != 0)
		return -1;
	if (!there)
		return 0;
	(void)err_set(
	    err, ERR_FAIL, "the database \"%s\" exists already", t->name);
	return err_hint(err,
	    "give another name, drop that database first, or leave out "
	    "--create if it is empty");
}

static int
create(struct target *t, const struct catalog *cat, int space, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	settings_create(t->partial, cat, conn_version(t->admin), space, &sql);
	/* The mark of one that was killed before it could say whose it is. */
	buf_puts(&sql, " CONNECTION LIMIT 0");
	rc = conn_exec(t->admin, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

/* Not there, or not for this user. */
static int
is_of_tablespace(const struct err *err)
{
	return strstr(err->msg, "tablespace") != NULL &&
	    (strcmp(err->sqlstate, "42704") == 0 ||
		strcmp(err->sqlstate, "42501") == 0);
}

/* The way without --create; of who may not create, another makes it. */
static void
hint_make(struct target *t, struct err *err)
{
	struct err ignored = ERR_INIT;
	PGresult *r = NULL;

	if (strcmp(err->sqlstate, "42501") == 0)
		r = conn_query(t->admin, sql_current_role, &ignored);
	if (r != NULL)
		(void)err_hint(err,
		    "let one who may make it, \"createdb -O %s %s\", and "
		    "restore without --create",
		    PQgetvalue(r, 0, 0), t->name);
	else
		(void)err_hint(err,
		    "make the database by hand, and restore without --create");
	PQclear(r);
}

static int
make(struct target *t, const struct target_opts *opts, struct err *err)
{
	const struct catalog *cat = opts->cat;
	struct err why = ERR_INIT;
	int rc = create(t, cat, !opts->no_tablespaces, &why);

	if (rc != 0 && cat->tablespace != NULL && is_of_tablespace(&why)) {
		log_warn(
		    "the database lies in the default tablespace: %s", why.msg);
		rc = create(t, cat, 0, err);
	} else if (rc != 0) {
		*err = why;
	}
	if (rc != 0) {
		hint_make(t, err);
		return err_wrap(err, "cannot create database \"%s\"", t->name);
	}
	t->made = 1;
	if (exec_named(t->admin, "COMMENT ON DATABASE ", t->partial,
		" IS '" TARGET_MARK "'", err) != 0)
		return -1;
	return exec_named(t->admin, "ALTER DATABASE ", t->partial,
	    " CONNECTION LIMIT -1", err);
}

/* A session in some database that every server has. */
static int
open_admin(struct target *t, const struct conn_opts *opts, struct err *err)
{
	static const char *const places[] = { "postgres", "template1" };
	size_t i;

	for (i = 0; t->admin == NULL && i < 2; i++) {
		struct conn_opts o = *opts;
		struct buf dsn = { 0 };
		struct err again = ERR_INIT;

		free(t->name);
		t->name = target_parse(opts->dbname, places[i], &dsn, err);
		if (t->name == NULL) {
			buf_free(&dsn);
			return -1;
		}
		o.dbname = buf_text(&dsn);
		t->admin = conn_open(&o, i == 0 ? err : &again);
		buf_free(&dsn);
		if (err->kind == ERR_INTERRUPT)
			break;
	}
	if (t->admin == NULL)
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

static int
run_globals(struct target *t, const struct target_opts *opts, struct conn *conn,
    struct err *err)
{
	struct conn *again;

	if (opts->globals == NULL)
		return 0;
	if (globals_run(conn, opts->globals, !opts->no_tablespaces, &t->refused,
		err) != 0)
		return -1;
	/* They may be about the very role that is at work. */
	again = conn_clone(conn, NULL, err);
	conn_free(again);
	if (again != NULL)
		return 0;
	err->hint[0] = '\0';
	(void)err_wrap(err,
	    "the globals are made, and after them the server does not let %s "
	    "in any more",
	    PQuser(conn_pg(conn)));
	return err_hint(err,
	    "roles have the passwords of the archive's server now: go on with "
	    "that one, and without --globals");
}

static int
open_made(struct target *t, const struct target_opts *opts, struct err *err)
{
	struct lengths len;

	if (open_admin(t, opts->conn, err) != 0 ||
	    rights_change(t->admin, err) != 0 ||
	    check_length(t, &len, err) != 0 ||
	    (!t->looks && lock_name(t, err) != 0) ||
	    refuse_existing(t, err) != 0)
		return -1;
	t->partial = partial_name(t->name, &len);
	if (drop_stale(t, err) != 0)
		return -1;
	if (t->looks)
		return 0;
	if (run_globals(t, opts, t->admin, err) != 0 || make(t, opts, err) != 0)
		return -1;
	t->conn = conn_clone(t->admin, t->partial, err);
	return t->conn != NULL ? 0 : -1;
}

static int
refuse_objects(
    struct target *t, const struct target_opts *opts, struct err *err)
{
	PGresult *r = conn_query(t->conn, sql_user_objects, err);
	struct buf list = { 0 };
	int i, n;

	if (r == NULL)
		return -1;
	n = PQntuples(r);
	for (i = 0; i < n && i < NAMED_MAX; i++)
		buf_printf(
		    &list, "%s%s", i > 0 ? ", " : "", PQgetvalue(r, i, 0));
	if (n > NAMED_MAX)
		buf_puts(&list, ", ...");
	PQclear(r);
	if (n > 0) {
		(void)err_set(err, ERR_FAIL,
		    "the database \"%s\" is not empty: it has %s", t->name,
		    buf_text(&list));
		(void)err_hint(err, "%s",
		    opts->salvages
			? "bring it back into a new database (-d NEWNAME "
			  "--create); or into tables that are there "
			  "(--data-only)"
			: "restore into a new database (-d NEWNAME --create); "
			  "or replace what is there (--clean); --table and "
			  "--schema bring parts of the archive into one that "
			  "is in use");
	}
	buf_free(&list);
	return n > 0 ? -1 : 0;
}

static int
open_there(struct target *t, const struct target_opts *opts, struct err *err)
{
	t->conn = conn_open(opts->conn, err);
	if (t->conn == NULL) {
		/* libpq gives no SQLSTATE for a connection that failed. */
		if (strstr(err->msg, "database \"") != NULL &&
		    strstr(err->msg, "does not exist") != NULL) {
			err->hint[0] = '\0';
			(void)err_hint(err, "--create makes it");
		}
		return -1;
	}
	t->name = mem_strdup(conn_dbname(t->conn));
	if (rights_change(t->conn, err) != 0)
		return -1;
	if (opts->kind == TARGET_EMPTY && refuse_objects(t, opts, err) != 0)
		return -1;
	return t->looks ? 0 : run_globals(t, opts, t->conn, err);
}

struct target *
target_open(const struct target_opts *opts, struct err *err)
{
	struct target *t = mem_zalloc(sizeof(*t));

	t->comment = opts->cat->comment;
	t->encoding = opts->cat->encoding;
	t->is_template = opts->cat->is_template;
	t->fleeting = opts->fleeting;
	t->looks = opts->looks;
	if ((opts->kind == TARGET_MADE ? open_made(t, opts, err)
				       : open_there(t, opts, err)) == 0)
		return t;
	target_free(t);
	return NULL;
}

unsigned
target_refused(const struct target *t)
{
	return t->refused;
}

struct conn *
target_conn(struct target *t)
{
	return t->conn != NULL ? t->conn : t->admin;
}

const char *
target_name(const struct target *t)
{
	return t->name;
}

/* An owner whom the server might take, but who is foreign: whoever works here
 * could neither rename nor drop the database then. */
static void
keep_owner(const struct target *t, const struct catalog *cat,
    const struct session *session,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg)
{
	struct err why = ERR_INIT;
	struct buf what = { 0 };

	if (session->no_owner || !names_have(session->foreign, cat->owner))
		return;
	(void)err_set(&why, ERR_DB,
	    "%s has not the rights of role \"%s\" and could not go on",
	    session->user, cat->owner);
	/* insufficient_privilege */
	(void)snprintf(why.sqlstate, sizeof(why.sqlstate), "42501");
	buf_puts(&what, "ALTER DATABASE ");
	sql_ident(&what, t->name);
	buf_puts(&what, " OWNER TO ");
	sql_ident(&what, cat->owner);
	refuse(arg, buf_text(&what), &why);
	buf_free(&what);
}

int
target_properties(struct target *t, const struct catalog *cat,
    const struct session *session,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err)
{
	struct buf sql = { 0 };
	const char *p, *next;
	int rc = 0;

	if (!t->made)
		return 0;
	keep_owner(t, cat, session, refuse, arg);
	rc = settings_properties(t->partial, cat, session, &sql, err);
	for (p = buf_text(&sql); rc == 0 && *p != '\0'; p = next) {
		struct err why = ERR_INIT;
		char *one;

		next = statement_next(p);
		one = mem_printf("%.*s", (int)(next - p), p);
		if (conn_exec(t->conn, one, &why) != 0) {
			if (why.kind != ERR_DB || why.sqlstate[0] == '\0') {
				*err = why;
				rc = -1;
			} else {
				one[strcspn(one, "\n")] = '\0';
				refuse(arg, one, &why);
			}
		}
		free(one);
	}
	buf_free(&sql);
	return rc;
}

/* How the comment is to be said: as it is; converted from the source's
 * encoding by the server, where that is another; or not at all. */
enum comment_way { COMMENT_PLAIN, COMMENT_CONVERTED, COMMENT_NONE };

static void
add_comment(const struct target *t, enum comment_way way, struct buf *sql)
{
	const char *p = t->comment;

	if (way != COMMENT_CONVERTED) {
		buf_puts(sql, "COMMENT ON DATABASE ");
		sql_ident(sql, t->partial);
		buf_puts(sql, " IS ");
		if (way == COMMENT_PLAIN)
			sql_literal(sql, t->comment);
		else
			buf_puts(sql, "NULL");
		buf_puts(sql, "; ");
		return;
	}
	buf_puts(sql,
	    "DO $do$BEGIN EXECUTE pg_catalog.format("
	    "'COMMENT ON DATABASE %I IS %L', ");
	sql_literal(sql, t->partial);
	buf_puts(sql, ", pg_catalog.convert_from('\\x");
	for (; *p != '\0'; p++)
		buf_printf(sql, "%02x", (unsigned char)*p);
	buf_puts(sql, "', ");
	sql_literal(sql, t->encoding);
	buf_puts(sql, ")); END$do$; ");
}

/* Mark off and name on in one transaction. */
static int
rename_once(struct target *t, enum comment_way way, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	add_comment(t, way, &sql);
	if (t->is_template) {
		buf_puts(&sql, "ALTER DATABASE ");
		sql_ident(&sql, t->partial);
		buf_puts(&sql, " IS_TEMPLATE true; ");
	}
	buf_puts(&sql, "ALTER DATABASE ");
	sql_ident(&sql, t->partial);
	buf_puts(&sql, " RENAME TO ");
	sql_ident(&sql, t->name);
	rc = conn_exec(t->admin, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

/* Whoever looks into every database, or a pooler that keeps our sessions for
 * another client, must not make all of it vain. */
static int
rename_made(struct target *t, enum comment_way way, struct err *err)
{
	struct err why = ERR_INIT;
	int tries = 0;

	while (rename_once(t, way, &why) != 0) {
		/* 55006: object_in_use. */
		if (strcmp(why.sqlstate, "55006") != 0 ||
		    ++tries == RENAME_TRIES ||
		    end_sessions(t->admin, t->partial, err) != 0) {
			*err = why;
			return -1;
		}
		log_step("ending sessions in the way: %s", why.msg);
		why = (struct err)ERR_INIT;
	}
	return 0;
}

int
target_keep(struct target *t, struct err *err)
{
	struct err why = ERR_INIT;

	conn_free(t->conn);
	t->conn = NULL;
	if (!t->made)
		return 0;
	if (t->comment == NULL ||
	    (rename_made(t, COMMENT_PLAIN, &why) != 0 &&
		rename_made(t, COMMENT_CONVERTED, &why) != 0)) {
		if (rename_made(t, COMMENT_NONE, err) != 0)
			return -1;
		if (t->comment != NULL)
			log_warn("the database has no comment: %s", why.msg);
	}
	t->made = 0;
	return 0;
}

void
target_free(struct target *t)
{
	if (t == NULL)
		return;
	conn_free(t->conn);
	if (t->made && !t->fleeting)
		drop_unkept(t);
	conn_free(t->admin);
	free(t->name);
	free(t->partial);
	free(t);
}
