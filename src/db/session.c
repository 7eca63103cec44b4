#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "db/queries.h"
#include "session.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * What a dump and a restore rely on, whatever the role, the database or
 * PGOPTIONS set.  One of the latter may end the very statement that would put
 * an end to it, so those come by themselves and are tried again.
 */
static const struct {
	int since; /* the server's version */
	const char *sql;
} TIMEOUTS[] = {
	{ 0, "SET statement_timeout = 0" },
	{ 170000, "SET transaction_timeout = 0" },
	{ 140000, "SET idle_session_timeout = 0" },
};
static const char SESSION[] = "SET search_path = '';"
			      "SET quote_all_identifiers = off;"
			      "SET array_nulls = on;"
			      "SET transform_null_equals = off;"
			      "SET xmloption = content;"
			      "SET synchronize_seqscans = off;"
			      "SET lock_timeout = 0;"
			      "SET idle_in_transaction_session_timeout = 0;"
			      "SET default_transaction_isolation = "
			      "'read committed';"
			      "SET default_transaction_read_only = off;"
			      "SET default_transaction_deferrable = off;"
			      "SET standard_conforming_strings = on;"
			      "SET client_min_messages = warning;"
			      "SET max_parallel_workers_per_gather = 0;";
/* How values are written; what is written so is read the same under any of
 * them. */
static const struct {
	const char *pin;
	const char *reset;
} VALUES[] = {
	{ "SET DateStyle = 'ISO, YMD'", "RESET DateStyle" },
	{ "SET IntervalStyle = postgres", "RESET IntervalStyle" },
	{ "SET TimeZone = 'UTC'", "RESET TimeZone" },
	{ "SET extra_float_digits = 3", "RESET extra_float_digits" },
	{ "SET bytea_output = hex", "RESET bytea_output" },
	{ "SET xmlbinary = base64", "RESET xmlbinary" },
};
#define TIMEOUT_TRIES 20

/* As often as that, two that share a session are caught at it: PgBouncer hands
 * out the session that it got back last, or all by turns. */
#define POOLER_ROUNDS 4

/* Of TCP connections about which the user said nothing: a peer that vanished
 * is noticed within a minute.  Seconds, but for the last. */
const struct session_keepalive SESSION_KEEPALIVES[] = {
	{ "keepalives_idle", "30", TCP_KEEPIDLE, 30 },
	{ "keepalives_interval", "10", TCP_KEEPINTVL, 10 },
	{ "keepalives_count", "3", TCP_KEEPCNT, 3 },
	{ NULL, NULL, 0, 0 },
};

int
session_is_said(const PQconninfoOption *info, const char *keyword)
{
	for (; info != NULL && info->keyword != NULL; info++)
		if (strcmp(info->keyword, keyword) == 0)
			return info->val != NULL && info->val[0] != '\0';
	return 0;
}

static size_t
count_values(const PQconninfoOption *info)
{
	size_t count = 0;

	for (; info->keyword != NULL; info++)
		count += info->val != NULL;
	return count;
}

PQconninfoOption *
session_conninfo(PGconn *pg, struct err *err)
{
	PQconninfoOption *info = PQconninfo(pg), *again = PQconninfo(pg);

	/* There is no other sign of it. */
	if (info != NULL && again != NULL &&
	    count_values(info) == count_values(again)) {
		PQconninfoFree(again);
		return info;
	}
	PQconninfoFree(info);
	PQconninfoFree(again);
	(void)err_set(err, ERR_FAIL, "out of memory");
	return NULL;
}

void
session_keep_alive(PGconn *pg)
{
	PQconninfoOption *info = PQconninfo(pg);
	const struct session_keepalive *k;

	/* On a unix socket all of these fail, and are not needed. */
	for (k = SESSION_KEEPALIVES; k->keyword != NULL; k++)
		if (!session_is_said(info, k->keyword))
			(void)setsockopt(PQsocket(pg), IPPROTO_TCP, k->option,
			    &k->value, sizeof(k->value));
	PQconninfoFree(info);
}

static int
is_cancelled(const struct err *err)
{
	/* 57014: query_canceled. */
	return strcmp(err->sqlstate, "57014") == 0;
}

int
session_ask(struct conn *conn, struct session_facts *facts, struct err *err)
{
	PGresult *r = NULL;
	int tries = 0;

	do {
		*err = (struct err)ERR_INIT;
		r = conn_query(conn, sql_session_facts, err);
	} while (r == NULL && is_cancelled(err) && ++tries < TIMEOUT_TRIES);
	if (r == NULL)
		return -1;
	facts->pid = atoi(PQgetvalue(r, 0, 0));
	facts->standby = PQgetvalue(r, 0, 1)[0] == 't';
	PQclear(r);
	return 0;
}

static int
exec_patiently(struct conn *conn, const char *sql, struct err *err)
{
	int tries = 0, rc;

	do {
		*err = (struct err)ERR_INIT;
		rc = conn_exec(conn, sql, err);
	} while (rc != 0 && is_cancelled(err) && ++tries < TIMEOUT_TRIES);
	return rc;
}

static int
set_values(struct conn *conn, int pin, struct err *err)
{
	struct buf sql = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < COUNT(VALUES); i++)
		buf_printf(&sql, "%s;", pin ? VALUES[i].pin : VALUES[i].reset);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

int
conn_own_values(struct conn *conn, struct err *err)
{
	return set_values(conn, 0, err);
}

int
conn_plain_values(struct conn *conn, struct err *err)
{
	return set_values(conn, 1, err);
}

int
conn_own_money(struct conn *conn, struct err *err)
{
	return conn_exec(conn, "RESET lc_monetary", err);
}

int
conn_plain_money(struct conn *conn, struct err *err)
{
	return conn_exec(conn, "SET lc_monetary = 'C'", err);
}

int
session_pin(struct conn *conn, struct err *err)
{
	size_t i;

	for (i = 0; i < COUNT(TIMEOUTS); i++)
		if (conn_version(conn) >= TIMEOUTS[i].since &&
		    exec_patiently(conn, TIMEOUTS[i].sql, err) != 0)
			return -1;
	if (conn_exec(conn, SESSION, err) != 0 ||
	    conn_plain_money(conn, err) != 0 ||
	    conn_plain_values(conn, err) != 0)
		return -1;
	return conn_exec(conn,
	    conn_row_security(conn) ? "SET row_security = on"
				    : "SET row_security = off",
	    err);
}

static int
pid_now(PGconn *pg)
{
	PGresult *r = PQexec(pg, sql_session_facts);
	int pid = PQresultStatus(r) == PGRES_TUPLES_OK
	    ? atoi(PQgetvalue(r, 0, 0))
	    : -1;

	PQclear(r);
	return pid;
}

int
session_shared(PGconn *a, PGconn *b)
{
	int first = 0, round;

	for (round = 0; round < POOLER_ROUNDS; round++) {
		/* Not one each: of an even number of sessions that go round,
		 * each of us would get the same ones. */
		int one = pid_now(a), other = pid_now(b), again = pid_now(a);

		if (one < 0 || other < 0 || again < 0)
			return -1;
		first = round == 0 ? one : first;
		if (one == other || one != first || again != first)
			return 1;
	}
	return 0;
}
