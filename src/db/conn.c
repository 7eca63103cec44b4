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

struct conn {
	PGconn *pg;
	PGcancel *cancel;
	int row_security;
};

/*
 * What a dump and a restore rely on, whatever the role, the database or
 * PGOPTIONS set.  Those that not every server knows stand in OPTIONAL and are
 * set where pg_settings lists them.
 */
static const char SESSION[] = "SET search_path = '';"
			      "SET DateStyle = 'ISO, YMD';"
			      "SET IntervalStyle = postgres;"
			      "SET TimeZone = 'UTC';"
			      "SET lc_monetary = 'C';"
			      "SET quote_all_identifiers = off;"
			      "SET array_nulls = on;"
			      "SET xmloption = content;"
			      "SET extra_float_digits = 3;"
			      "SET bytea_output = hex;"
			      "SET xmlbinary = base64;"
			      "SET synchronize_seqscans = off;"
			      "SET statement_timeout = 0;"
			      "SET lock_timeout = 0;"
			      "SET idle_in_transaction_session_timeout = 0;"
			      "SET standard_conforming_strings = on;"
			      "SET client_min_messages = warning;"
			      "SET max_parallel_workers_per_gather = 0;";
static const char OPTIONAL[] =
    "SELECT pg_catalog.set_config(name, '0', false) "
    "FROM pg_catalog.pg_settings WHERE name IN "
    "('transaction_timeout', 'idle_session_timeout')";

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

static int
set_up(struct conn *conn, struct err *err)
{
	PGresult *result;

	(void)PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
	conn->cancel = PQgetCancel(conn->pg);
	if (PQserverVersion(conn->pg) < 120000)
		return err_set(err, ERR_DB,
		    "server version %s is too old: 12 is the oldest supported",
		    PQparameterStatus(conn->pg, "server_version"));
	if (conn_exec(conn, SESSION, err) != 0 ||
	    conn_exec(conn,
		conn->row_security ? "SET row_security = on"
				   : "SET row_security = off",
		err) != 0)
		return -1;
	result = conn_query(conn, OPTIONAL, err);
	PQclear(result);
	return result != NULL ? 0 : -1;
}

static struct conn *
finish_open(PGconn *pg, int row_security, struct err *err)
{
	struct conn *conn = mem_zalloc(sizeof(*conn));

	conn->pg = pg;
	conn->row_security = row_security;
	if (set_up(conn, err) != 0) {
		conn_free(conn);
		return NULL;
	}
	stop_hook(cancel_hook, conn);
	return conn;
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

struct conn *
conn_open(const struct conn_opts *opts, struct err *err)
{
	struct params p = { .count = 0 };
	char *password = NULL;
	PGconn *pg;

	/* TCP keepalives: a peer that vanished is noticed within a minute. */
	param(&p, "keepalives_idle", "30");
	param(&p, "keepalives_interval", "10");
	param(&p, "keepalives_count", "3");
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
	return finish_open(pg, opts->row_security, err);
}

struct conn *
conn_clone(const struct conn *conn, const char *dbname, struct err *err)
{
	PQconninfoOption *info = PQconninfo(conn->pg), *o;
	const char **keys, **values;
	size_t count = 0, n = 0;
	PGconn *pg = NULL;

	if (info == NULL) {
		(void)err_set(err, ERR_FAIL, "out of memory");
		return NULL;
	}
	for (o = info; o->keyword != NULL; o++)
		count++;
	keys = mem_array(NULL, count + 1, sizeof(*keys));
	values = mem_array(NULL, count + 1, sizeof(*values));
	for (o = info; o->keyword != NULL; o++) {
		const char *value = o->val;

		if (dbname != NULL && strcmp(o->keyword, "dbname") == 0)
			value = dbname;
		if (value == NULL)
			continue;
		keys[n] = o->keyword;
		values[n++] = value;
	}
	keys[n] = values[n] = NULL;
	pg = PQconnectdbParams(keys, values, 0);
	free(keys);
	free(values);
	PQconninfoFree(info);
	if (pg == NULL || PQstatus(pg) != CONNECTION_OK)
		return fail_open(pg, err);
	return finish_open(pg, conn->row_security, err);
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

char **
conn_child_env(const struct conn *conn, char **dsn)
{
	PQconninfoOption *info = PQconninfo(conn->pg), *o;
	char **env = mem_zalloc(4 * sizeof(*env));
	struct buf text = { 0 };
	const char *encoding;
	size_t n = 0;

	for (o = info; o != NULL && o->keyword != NULL; o++) {
		if (o->val == NULL || *o->val == '\0')
			continue;
		/* dispchar "*" marks what must not be shown. */
		if (strcmp(o->keyword, "password") == 0)
			env[n++] = mem_printf("PGPASSWORD=%s", o->val);
		else if (strchr(o->dispchar, '*') == NULL &&
		    strcmp(o->keyword, "service") != 0 &&
		    strcmp(o->keyword, "client_encoding") != 0 &&
		    strcmp(o->keyword, "fallback_application_name") != 0)
			dsn_add(&text, o->keyword, o->val);
	}
	if (n == 0 && PQpass(conn->pg) != NULL && *PQpass(conn->pg) != '\0')
		env[n++] = mem_printf("PGPASSWORD=%s", PQpass(conn->pg));
	env[n++] = mem_strdup("PGAPPNAME=pgcask");
	/* What the user's environment or the database's settings say about
	 * the client's encoding is not what a dump is written in. */
	encoding = PQparameterStatus(conn->pg, "server_encoding");
	if (encoding != NULL)
		dsn_add(&text, "client_encoding", encoding);
	PQconninfoFree(info);
	*dsn = mem_strdup(buf_text(&text));
	buf_free(&text);
	return env;
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
