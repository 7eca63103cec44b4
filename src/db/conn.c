#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/terminal.h"
#include "db/conn.h"
#include "db/queries.h"
#include "dial.h"
#include "place.h"
#include "session.h"

struct conn {
	PGconn *pg;
	PGcancel *cancel;
	int shielded;
	int row_security;
	char *role; /* or NULL */
	int only_reads;
	int lost; /* what comes may answer what was asked before */
	struct place place;
	struct session_facts facts;
};

#define PARAMS_MAX 16
#define PASSWORD_MAX_SIZE 1024
#define WAIT_MS 200 /* how soon a stop signal ends a wait for the server */

struct params {
	const char *keys[PARAMS_MAX];
	const char *values[PARAMS_MAX];
	size_t count;
};

static void
param(struct params *p, const char *key, const char *value)
{
	if (value == NULL)
		return;
	p->keys[p->count] = key;
	p->values[p->count++] = value;
	p->keys[p->count] = NULL;
	p->values[p->count] = NULL;
}

/* Ask on the terminal.  Return 0 with ${*password}, NULL when there is nobody
 * to ask or nothing was typed; sodium_free() it.  Return -1 after a signal. */
static int
ask_password(const PGconn *pg, char **password, struct err *err)
{
	char *prompt = mem_printf("Password for user %s: ", PQuser(pg));
	char *line = sodium_malloc(PASSWORD_MAX_SIZE);
	size_t len = 0;
	int rc;

	if (line == NULL)
		mem_exhausted();
	rc = terminal_ask(prompt, line, PASSWORD_MAX_SIZE, &len, err);
	free(prompt);
	if (rc == 0 && len > 0) {
		line[len] = '\0';
		*password = line;
		return 0;
	}
	sodium_free(line);
	if (rc != -1)
		return 0;
	if (err->kind == ERR_KEY)
		err->kind = ERR_DB;
	return -1;
}

/* A server that waits for us to take rows cancels nothing; a session that is
 * closed lets go of its locks all the same. */
static void
cancel_hook(void *arg)
{
	struct conn *conn = arg;

	conn_cancel(conn);
	if (conn->only_reads)
		(void)shutdown(PQsocket(conn->pg), SHUT_RDWR);
}

static int
set_role(struct conn *conn, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	if (conn->role == NULL)
		return 0;
	buf_puts(&sql, "SET ROLE ");
	sql_ident(&sql, conn->role);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

/* libpq gives no SQLSTATE for a connection that failed. */
static int
is_absent(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	return at != NULL && strstr(at, "does not exist") != NULL;
}

static struct conn *
fail_open(PGconn *pg, struct err *err)
{
	const char *text = pg != NULL ? PQerrorMessage(pg) : "out of memory\n";

	(void)err_set(err, ERR_DB, "%.*s", (int)strcspn(text, "\n"), text);
	if (pg != NULL && PQconnectionNeedsPassword(pg))
		(void)err_hint(
		    err, "put the password into ~/.pgpass or PGPASSWORD");
	else if (pg != NULL && is_absent(text, "database \""))
		(void)err_hint(
		    err, "psql -l lists the databases; -d names another");
	else if (pg != NULL && is_absent(text, "role \""))
		(void)err_hint(
		    err, "-U names another role; CREATE ROLE makes this one");
	else
		(void)err_hint(err,
		    "check -d, -h, -p and -U, and that the "
		    "server runs and lets you in");
	PQfinish(pg);
	return NULL;
}

/* Connect with the parameters of another and to its very server; to
 * ${dbname} unless NULL. */
static int
dial_again(
    const struct conn *like, const char *dbname, PGconn **pg, struct err *err)
{
	PQconninfoOption *info = session_conninfo(like->pg, err), *o;
	struct dial call = { .again = 1,
		.quiet =
		    dbname == NULL || strcmp(dbname, PQdb(like->pg)) == 0 };
	const char **keys, **values;
	size_t count = 0, n = 0;
	int rc;

	if (info == NULL)
		return -1;
	for (o = info; o->keyword != NULL; o++)
		count++;
	keys = mem_array(NULL, count + 1, sizeof(*keys));
	values = mem_array(NULL, count + 1, sizeof(*values));
	for (o = info; o->keyword != NULL; o++) {
		const char *value = place_value(&like->place, o);

		if (dbname != NULL && strcmp(o->keyword, "dbname") == 0)
			value = dbname;
		if (value == NULL)
			continue;
		keys[n] = o->keyword;
		values[n++] = value;
	}
	keys[n] = values[n] = NULL;
	call.keys = keys;
	call.values = values;
	rc = dial(&call, pg, err);
	free(keys);
	free(values);
	PQconninfoFree(info);
	return rc;
}

/*
 * A pooler makes up its own process number; one that says the server's is not
 * there.  With transaction pooling two of our connections would get the same
 * session of the server by turns: settings would be lost or stick to other
 * people's sessions, snapshot and locks would belong to nobody.
 */
static int
refuse_shared(struct conn *conn, struct err *err)
{
	PGconn *second;
	int shared;

	if (PQbackendPID(conn->pg) == conn->facts.pid)
		return 0;
	if (dial_again(conn, NULL, &second, err) != 0)
		return -1;
	if (second == NULL || PQstatus(second) != CONNECTION_OK) {
		(void)fail_open(second, err);
		return -1;
	}
	shared = session_shared(conn->pg, second);
	PQfinish(second);
	if (shared == 0)
		return 0;
	if (shared < 0)
		return err_set(err, ERR_DB,
		    "a connection pooler did not answer: %.*s",
		    (int)strcspn(PQerrorMessage(conn->pg), "\n"),
		    PQerrorMessage(conn->pg));
	(void)err_set(err, ERR_DB,
	    "this is a connection pooler, such as PgBouncer, in transaction "
	    "mode: it gives each transaction another session of the server, "
	    "and snapshot, locks and settings are those of a session");
	return err_hint(err,
	    "connect to PostgreSQL itself (-h, -p), or through a pool with "
	    "pool_mode = session");
}

static int
set_up(struct conn *conn, int ask_pooler, struct err *err)
{
	(void)PQsetNoticeReceiver(conn->pg, dial_unheard, NULL);
	place_find(&conn->place, conn->pg);
	conn->cancel = PQgetCancel(conn->pg);
	if (PQserverVersion(conn->pg) < 120000)
		return err_set(err, ERR_DB,
		    "server version %s is too old: 12 is the oldest supported",
		    PQparameterStatus(conn->pg, "server_version"));
	/* libpq forgets what it has no memory for; all rely on this one. */
	if (PQparameterStatus(conn->pg, "server_encoding") == NULL)
		return err_set(err, ERR_DB,
		    "it is not known which encoding the database has");
	session_keep_alive(conn->pg);
	if (session_ask(conn, &conn->facts, err) != 0 ||
	    (ask_pooler && refuse_shared(conn, err) != 0))
		return -1;
	return session_pin(conn, err) == 0 ? set_role(conn, err) : -1;
}

static struct conn *
finish_open(
    PGconn *pg, const struct conn_opts *opts, int ask_pooler, struct err *err)
{
	struct conn *conn = mem_zalloc(sizeof(*conn));

	conn->pg = pg;
	conn->role = opts->role != NULL ? mem_strdup(opts->role) : NULL;
	conn->row_security = opts->row_security;
	conn->only_reads = opts->only_reads;
	if (set_up(conn, ask_pooler, err) != 0) {
		conn_free(conn);
		return NULL;
	}
	stop_hook(cancel_hook, conn);
	return conn;
}

struct conn *
conn_open(const struct conn_opts *opts, struct err *err)
{
	struct params p = { .count = 0 };
	struct dial call = { .keys = p.keys, .values = p.values };
	char *password = NULL;
	PGconn *pg;
	int rc;

	param(&p, "fallback_application_name", "pgcask");
	param(&p, "host", opts->host);
	param(&p, "port", opts->port);
	param(&p, "user", opts->user);
	/* libpq takes the first for a connection string if it looks like one,
	 * the second never. */
	param(&p, "dbname",
	    opts->dbname == NULL && opts->database != NULL ? "dbname=''"
							   : opts->dbname);
	param(&p, "dbname", opts->database);
	if (dial(&call, &pg, err) != 0)
		return NULL;
	if (pg != NULL && PQstatus(pg) == CONNECTION_BAD &&
	    PQconnectionNeedsPassword(pg) && !opts->no_password) {
		if (ask_password(pg, &password, err) != 0) {
			PQfinish(pg);
			return NULL;
		}
		if (password != NULL) {
			PQfinish(pg);
			param(&p, "password", password);
			rc = dial(&call, &pg, err);
			sodium_free(password);
			if (rc != 0)
				return NULL;
		}
	}
	if (pg == NULL || PQstatus(pg) != CONNECTION_OK)
		return fail_open(pg, err);
	return finish_open(pg, opts, 1, err);
}

struct conn *
conn_clone(const struct conn *conn, const char *dbname, struct err *err)
{
	struct conn_opts same = { .row_security = conn->row_security,
		.only_reads = conn->only_reads,
		.role = conn->role };
	PGconn *pg;

	if (dial_again(conn, dbname, &pg, err) != 0)
		return NULL;
	if (pg == NULL || PQstatus(pg) != CONNECTION_OK)
		return fail_open(pg, err);
	/* Of the same database it is known. */
	return finish_open(pg, &same, dbname != NULL, err);
}

void
conn_shield(struct conn *conn)
{
	stop_unhook(cancel_hook, conn);
	conn->shielded = 1;
}

void
conn_free(struct conn *conn)
{
	if (conn == NULL)
		return;
	stop_unhook(cancel_hook, conn);
	PQfreeCancel(conn->cancel);
	PQfinish(conn->pg);
	free(conn->role);
	free(conn);
}

PGconn *
conn_pg(struct conn *conn)
{
	return conn->pg;
}

const struct place *
conn_place(const struct conn *conn)
{
	return &conn->place;
}

int
conn_pid(const struct conn *conn)
{
	return conn->facts.pid;
}

int
conn_is_standby(const struct conn *conn)
{
	return conn->facts.standby;
}

int
conn_row_security(const struct conn *conn)
{
	return conn->row_security;
}

const char *
conn_dbname(const struct conn *conn)
{
	return PQdb(conn->pg);
}

const char *
conn_role(const struct conn *conn)
{
	return conn->role;
}

int
conn_libpq_version(void)
{
	return PQlibVersion();
}

int
conn_version(const struct conn *conn)
{
	return PQserverVersion(conn->pg);
}

int
conn_was_ended(const struct err *err)
{
	/* admin_shutdown, crash_shutdown, cannot_connect_now */
	return err->kind == ERR_DB &&
	    (err->sqlstate[0] == '\0' || strcmp(err->sqlstate, "57P01") == 0 ||
		strcmp(err->sqlstate, "57P02") == 0 ||
		strcmp(err->sqlstate, "57P03") == 0);
}

int
conn_blame_replay(struct err *err)
{
	if (strstr(err->msg, "conflict with recovery") == NULL)
		return 0;
	err->hint[0] = '\0';
	(void)err_wrap(err,
	    "the standby went on replaying the primary's changes, which took "
	    "away what the backup was reading");
	(void)err_hint(err,
	    "set max_standby_streaming_delay on the standby to more than a "
	    "backup takes (-1: as long as it takes); against VACUUM on the "
	    "primary, hot_standby_feedback = on; or back up from the primary");
	return 1;
}

/*
 * An error without a SQLSTATE is not the server's but of the way to it, or of
 * memory here.  libpq then takes the statement for done, though its result may
 * be still to come, and would take that for the next one's: a session in such a
 * state says nothing any more that could be believed.
 */
static void
give_up(struct conn *conn)
{
	if (conn->lost || PQstatus(conn->pg) == CONNECTION_BAD)
		return;
	conn->lost = 1;
	(void)shutdown(PQsocket(conn->pg), SHUT_RDWR);
}

int
conn_fail(struct conn *conn, const PGresult *result, struct err *err)
{
	const char *state = NULL, *text, *detail = NULL, *hint = NULL;

	if (PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL)
		give_up(conn);
	if (!conn->shielded && stop_check(err) != 0)
		return -1;
	if (result != NULL) {
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
		hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	}
	text = result != NULL
	    ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)
	    : NULL;
	if (text == NULL)
		text = PQerrorMessage(conn->pg);
	if (text == NULL || *text == '\0')
		text = "the server said nothing";
	(void)err_set(err, ERR_DB, "%.*s%s%.300s%s",
	    (int)(strcspn(text, "\n") > 1000 ? 1000 : strcspn(text, "\n")),
	    text, detail != NULL ? " (" : "", detail != NULL ? detail : "",
	    detail != NULL ? ")" : "");
	if (state != NULL)
		(void)snprintf(
		    err->sqlstate, sizeof(err->sqlstate), "%s", state);
	if (conn->lost || PQstatus(conn->pg) == CONNECTION_BAD)
		(void)err_wrap(err, "lost the connection to the server");
	(void)conn_blame_replay(err);
	if (hint != NULL)
		(void)err_hint(err, "the server's hint: %s", hint);
	return -1;
}

PGresult *
conn_result(struct conn *conn, const char *sql)
{
	return conn->lost ? NULL : PQexec(conn->pg, sql);
}

int
conn_send(struct conn *conn, const char *sql)
{
	return !conn->lost && PQsendQuery(conn->pg, sql) == 1 ? 0 : -1;
}

PGresult *
conn_result_of(struct conn *conn, const char *sql, const struct sql_args *args)
{
	if (conn->lost)
		return NULL;
	return PQexecParams(conn->pg, sql, args->count, args->types,
	    args->values, args->lengths, args->formats, args->binary);
}

static int
done_or_fail(struct conn *conn, PGresult *result, struct err *err)
{
	ExecStatusType status = PQresultStatus(result);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_EMPTY_QUERY)
		rc = conn_fail(conn, result, err);
	PQclear(result);
	return rc;
}

int
conn_exec(struct conn *conn, const char *sql, struct err *err)
{
	return done_or_fail(conn, conn_result(conn, sql), err);
}

int
conn_only(struct conn *conn, const char *sql, struct err *err)
{
	static const struct sql_args none = { 0 };

	return done_or_fail(conn, conn_result_of(conn, sql, &none), err);
}

int
conn_is_within(struct conn *conn)
{
	return PQtransactionStatus(conn->pg) == PQTRANS_INTRANS;
}

int
conn_attempt(struct conn *conn, const char *sql, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (!conn_is_within(conn))
		return conn_exec(conn, sql, err);
	if (conn_exec(conn, "SAVEPOINT attempt", err) != 0)
		return -1;
	if (conn_exec(conn, sql, err) == 0)
		return conn_exec(conn, "RELEASE SAVEPOINT attempt", err);
	(void)conn_exec(conn,
	    "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt",
	    &ignored);
	return -1;
}

static PGresult *
rows_or_null(struct conn *conn, PGresult *result, struct err *err)
{
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	(void)conn_fail(conn, result, err);
	PQclear(result);
	return NULL;
}

PGresult *
conn_query(struct conn *conn, const char *sql, struct err *err)
{
	return rows_or_null(conn, conn_result(conn, sql), err);
}

PGresult *
conn_query1(
    struct conn *conn, const char *sql, const char *arg, struct err *err)
{
	struct sql_args args = { .count = 1, .values = &arg };

	return rows_or_null(conn, conn_result_of(conn, sql, &args), err);
}

PGresult *
conn_query2(struct conn *conn, const char *sql, const char *arg,
    const char *more, struct err *err)
{
	const char *values[] = { arg, more };
	struct sql_args args = { .count = 2, .values = values };

	return rows_or_null(conn, conn_result_of(conn, sql, &args), err);
}

int
conn_names(struct conn *conn, const char *sql, char ***names, size_t *count,
    struct err *err)
{
	PGresult *r = conn_query(conn, sql, err);
	size_t i;

	if (r == NULL)
		return -1;
	*count = (size_t)PQntuples(r);
	*names = mem_array(NULL, *count + 1, sizeof(**names));
	for (i = 0; i < *count; i++)
		(*names)[i] = mem_strdup(PQgetvalue(r, (int)i, 0));
	PQclear(r);
	return 0;
}

int
conn_settle(struct conn *conn, struct err *err)
{
	PGresult *r;

	if (conn_exec(conn, "BEGIN; SET LOCAL synchronous_commit = on", err) !=
	    0)
		return -1;
	r = conn_query(conn, sql_transaction_id, err);
	if (r == NULL)
		return -1;
	PQclear(r);
	return conn_exec(conn, "COMMIT", err);
}

int
conn_shun_views(struct conn *conn, struct err *err)
{
	return conn_exec(conn, sql_shun_views, err);
}

void
conn_cancel(struct conn *conn)
{
	char text[256];

	/* A server that is out of reach is left by closing our end: whoever
	 * waits on the socket wakes up with an error. */
	if (PQcancel(conn->cancel, text, sizeof(text)) == 0)
		(void)shutdown(PQsocket(conn->pg), SHUT_RDWR);
}

int
conn_set_encoding(struct conn *conn, const char *name, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	/* PQsetClientEncoding() does the same, and keeps the SQLSTATE for
	 * itself. */
	buf_puts(&sql, "SET client_encoding = ");
	sql_literal(&sql, name);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc != 0 ? err_wrap(err, "client encoding %s", name) : 0;
}

static void
quote(struct buf *out, const char *text, char mark)
{
	char one[3] = { 0, 0, 0 };

	one[0] = mark;
	buf_puts(out, one);
	for (; *text != '\0'; text++) {
		one[0] = *text;
		one[1] = *text == mark ? mark : '\0';
		buf_puts(out, one);
	}
	one[0] = mark;
	one[1] = '\0';
	buf_puts(out, one);
}

void
sql_ident(struct buf *out, const char *name)
{
	quote(out, name, '"');
}

void
sql_literal(struct buf *out, const char *value)
{
	/* standard_conforming_strings is on in every session. */
	quote(out, value, '\'');
}

void
sql_element(struct buf *out, const char *value)
{
	buf_puts(out, "\"");
	for (; *value != '\0'; value++)
		buf_printf(out, "%s%c",
		    *value == '"' || *value == '\\' ? "\\" : "", *value);
	buf_puts(out, "\"");
}

void
sql_qualified(struct buf *out, const char *schema, const char *name)
{
	sql_ident(out, schema);
	buf_puts(out, ".");
	sql_ident(out, name);
}
