#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/stop.h"
#include "db/conn.h"
#include "db/queries.h"
#include "session.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct conn {
	PGconn *pg;
	PGcancel *cancel;
	int row_security;
	struct session_facts facts;
};

/* Of TCP connections about which the user said nothing: a peer that vanished
 * is noticed within a minute.  Seconds, but for the last. */
static const struct {
	const char *keyword; /* of libpq */
	const char *text;
	int option;
	int value;
} KEEPALIVES[] = {
	{ "keepalives_idle", "30", TCP_KEEPIDLE, 30 },
	{ "keepalives_interval", "10", TCP_KEEPINTVL, 10 },
	{ "keepalives_count", "3", TCP_KEEPCNT, 3 },
};

#define PARAMS_MAX 16

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

static void
ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* Ask on the terminal, without echo; NULL when there is none. */
static char *
ask_password(const PGconn *pg)
{
	struct termios old, quiet;
	FILE *tty = fopen("/dev/tty", "r+");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (tty == NULL)
		return NULL;
	if (tcgetattr(fileno(tty), &old) != 0) {
		(void)fclose(tty);
		return NULL;
	}
	/* No copy of the password in a buffer that nobody wipes. */
	(void)setvbuf(tty, NULL, _IONBF, 0);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	(void)fprintf(tty, "Password for user %s: ", PQuser(pg));
	(void)fflush(tty);
	len = getline(&line, &size, tty);
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
	(void)fputc('\n', tty);
	(void)fclose(tty);
	if (len < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static void
cancel_hook(void *arg)
{
	conn_cancel(arg);
}

/* Whether the user, or a service of his, said anything of a parameter. */
static int
is_said(const PQconninfoOption *info, const char *keyword)
{
	for (; info != NULL && info->keyword != NULL; info++)
		if (strcmp(info->keyword, keyword) == 0)
			return info->val != NULL && info->val[0] != '\0';
	return 0;
}

static void
keep_alive(PGconn *pg)
{
	PQconninfoOption *info = PQconninfo(pg);
	size_t i;

	/* On a unix socket all of these fail, and are not needed. */
	for (i = 0; i < COUNT(KEEPALIVES); i++)
		if (!is_said(info, KEEPALIVES[i].keyword))
			(void)setsockopt(PQsocket(pg), IPPROTO_TCP,
			    KEEPALIVES[i].option, &KEEPALIVES[i].value,
			    sizeof(KEEPALIVES[i].value));
	PQconninfoFree(info);
}

static struct conn *
fail_open(PGconn *pg, struct err *err)
{
	const char *text = pg != NULL ? PQerrorMessage(pg) : "out of memory\n";

	(void)err_set(err, ERR_DB, "%.*s", (int)strcspn(text, "\n"), text);
	if (pg != NULL && PQconnectionNeedsPassword(pg))
		(void)err_hint(
		    err, "put the password into ~/.pgpass or PGPASSWORD");
	else if (pg != NULL && strstr(text, "does not exist") != NULL)
		(void)err_hint(
		    err, "psql -l lists the databases; -d names another");
	else
		(void)err_hint(err,
		    "check -d, -h, -p and -U, and that the "
		    "server runs and lets you in");
	PQfinish(pg);
	return NULL;
}

/* A further connection with the same parameters; to ${dbname} unless NULL. */
static PGconn *
dial_again(PGconn *like, const char *dbname)
{
	PQconninfoOption *info = PQconninfo(like), *o;
	const char **keys, **values;
	size_t count = 0, n = 0;
	PGconn *pg;

	for (o = info; o != NULL && o->keyword != NULL; o++)
		count++;
	keys = mem_array(NULL, count + 1, sizeof(*keys));
	values = mem_array(NULL, count + 1, sizeof(*values));
	for (o = info; o != NULL && o->keyword != NULL; o++) {
		const char *value = o->val;

		if (dbname != NULL && strcmp(o->keyword, "dbname") == 0)
			value = dbname;
		if (value == NULL)
			continue;
		keys[n] = o->keyword;
		values[n++] = value;
	}
	keys[n] = values[n] = NULL;
	pg = info != NULL ? PQconnectdbParams(keys, values, 0) : NULL;
	free(keys);
	free(values);
	PQconninfoFree(info);
	return pg;
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
	second = dial_again(conn->pg, NULL);
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
	(void)PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
	conn->cancel = PQgetCancel(conn->pg);
	if (PQserverVersion(conn->pg) < 120000)
		return err_set(err, ERR_DB,
		    "server version %s is too old: 12 is the oldest supported",
		    PQparameterStatus(conn->pg, "server_version"));
	keep_alive(conn->pg);
	if (session_ask(conn, &conn->facts, err) != 0 ||
	    (ask_pooler && refuse_shared(conn, err) != 0))
		return -1;
	return session_pin(conn, err);
}

static struct conn *
finish_open(PGconn *pg, int row_security, int ask_pooler, struct err *err)
{
	struct conn *conn = mem_zalloc(sizeof(*conn));

	conn->pg = pg;
	conn->row_security = row_security;
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
	char *password = NULL;
	PGconn *pg;

	param(&p, "fallback_application_name", "pgcask");
	param(&p, "host", opts->host);
	param(&p, "port", opts->port);
	param(&p, "user", opts->user);
	param(&p, "dbname", opts->dbname);
	pg = PQconnectdbParams(p.keys, p.values, 1);
	if (pg != NULL && PQstatus(pg) == CONNECTION_BAD &&
	    PQconnectionNeedsPassword(pg) && !opts->no_password &&
	    (password = ask_password(pg)) != NULL) {
		PQfinish(pg);
		param(&p, "password", password);
		pg = PQconnectdbParams(p.keys, p.values, 1);
		sodium_memzero(password, strlen(password));
		free(password);
	}
	if (pg == NULL || PQstatus(pg) != CONNECTION_OK)
		return fail_open(pg, err);
	return finish_open(pg, opts->row_security, 1, err);
}

struct conn *
conn_clone(const struct conn *conn, const char *dbname, struct err *err)
{
	PGconn *pg = dial_again(conn->pg, dbname);

	if (pg == NULL || PQstatus(pg) != CONNECTION_OK)
		return fail_open(pg, err);
	/* Of the same database it is known. */
	return finish_open(pg, conn->row_security, dbname != NULL, err);
}

void
conn_free(struct conn *conn)
{
	if (conn == NULL)
		return;
	stop_unhook(cancel_hook, conn);
	PQfreeCancel(conn->cancel);
	PQfinish(conn->pg);
	free(conn);
}

PGconn *
conn_pg(struct conn *conn)
{
	return conn->pg;
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

int
conn_fail(struct conn *conn, const PGresult *result, struct err *err)
{
	const char *state = NULL, *text, *detail = NULL, *hint = NULL;

	if (stop_check(err) != 0)
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
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		(void)err_wrap(err, "lost the connection to the server");
	(void)conn_blame_replay(err);
	if (hint != NULL)
		(void)err_hint(err, "the server's hint: %s", hint);
	return -1;
}

int
conn_exec(struct conn *conn, const char *sql, struct err *err)
{
	PGresult *result = PQexec(conn->pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_EMPTY_QUERY)
		rc = conn_fail(conn, result, err);
	PQclear(result);
	return rc;
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
	return rows_or_null(conn, PQexec(conn->pg, sql), err);
}

PGresult *
conn_query1(
    struct conn *conn, const char *sql, const char *arg, struct err *err)
{
	return rows_or_null(conn,
	    PQexecParams(conn->pg, sql, 1, NULL, &arg, NULL, NULL, 0), err);
}

int
conn_shun_views(struct conn *conn, struct err *err)
{
	static const char sql[] =
	    "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) "
	    "FROM pg_catalog.pg_settings "
	    "WHERE name = 'restrict_nonsystem_relation_kind'";

	return conn_exec(conn, sql, err);
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
	if (PQsetClientEncoding(conn->pg, name) == 0)
		return 0;
	(void)conn_fail(conn, NULL, err);
	return err_wrap(err, "client encoding %s", name);
}

/* Append key='value' with the quoting of a conninfo string. */
static void
dsn_add(struct buf *dsn, const char *key, const char *value)
{
	char one[2] = { 0, 0 };

	buf_printf(dsn, "%s%s='", dsn->len > 0 ? " " : "", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_puts(dsn, "\\");
		one[0] = *value;
		buf_puts(dsn, one);
	}
	buf_puts(dsn, "'");
}

/* Options for a child's session: what it was given, and what it needs where
 * its defaults are other: pg_dumpall pins nothing, pg_dump little before its
 * first queries. */
static int
child_options(
    struct conn *conn, const char *given, struct buf *out, struct err *err)
{
	PGresult *r = conn_query(conn, sql_child_settings, err);

	if (r == NULL)
		return err_wrap(err, "cannot read the session's defaults");
	buf_printf(out, "%s%s%s", given != NULL ? given : "",
	    given != NULL && !PQgetisnull(r, 0, 0) ? " " : "",
	    PQgetisnull(r, 0, 0) ? "" : PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

/* Whether a child gets a parameter as it is; dispchar "*" marks what must not
 * be shown. */
static int
is_passed(const PQconninfoOption *o)
{
	static const char *const ours[] = { "service", "client_encoding",
		"application_name", "fallback_application_name", "options" };
	size_t i;

	for (i = 0; i < COUNT(ours); i++)
		if (strcmp(o->keyword, ours[i]) == 0)
			return 0;
	return strchr(o->dispchar, '*') == NULL;
}

char **
conn_child_env(struct conn *conn, char **dsn, struct err *err)
{
	PQconninfoOption *info = PQconninfo(conn->pg), *o;
	char **env = mem_zalloc(4 * sizeof(*env));
	struct buf text = { 0 }, options = { 0 };
	const char *encoding, *given = NULL;
	size_t n = 0, i;
	int rc;

	for (o = info; o != NULL && o->keyword != NULL; o++) {
		if (o->val == NULL || *o->val == '\0')
			continue;
		if (strcmp(o->keyword, "password") == 0)
			env[n++] = mem_printf("PGPASSWORD=%s", o->val);
		else if (strcmp(o->keyword, "options") == 0)
			given = o->val;
		else if (is_passed(o))
			dsn_add(&text, o->keyword, o->val);
	}
	for (i = 0; i < COUNT(KEEPALIVES); i++)
		if (!is_said(info, KEEPALIVES[i].keyword))
			dsn_add(
			    &text, KEEPALIVES[i].keyword, KEEPALIVES[i].text);
	if (n == 0 && PQpass(conn->pg) != NULL && *PQpass(conn->pg) != '\0')
		env[n++] = mem_printf("PGPASSWORD=%s", PQpass(conn->pg));
	env[n++] = mem_printf("PGAPPNAME=" CONN_CHILD_NAME "%d", conn->facts.pid);
	/* What the user's environment or the database's settings say about
	 * the client's encoding is not what a dump is written in. */
	encoding = PQparameterStatus(conn->pg, "server_encoding");
	if (encoding != NULL)
		dsn_add(&text, "client_encoding", encoding);
	rc = child_options(conn, given, &options, err);
	if (options.len > 0)
		dsn_add(&text, "options", buf_text(&options));
	PQconninfoFree(info);
	*dsn = mem_strdup(buf_text(&text));
	buf_free(&text);
	buf_free(&options);
	if (rc == 0)
		return env;
	conn_child_env_free(env, *dsn);
	return NULL;
}

void
conn_child_env_free(char **env, char *dsn)
{
	size_t i;

	for (i = 0; env != NULL && env[i] != NULL; i++) {
		sodium_memzero(env[i], strlen(env[i]));
		free(env[i]);
	}
	free(env);
	free(dsn);
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
sql_qualified(struct buf *out, const char *schema, const char *name)
{
	sql_ident(out, schema);
	buf_puts(out, ".");
	sql_ident(out, name);
}
