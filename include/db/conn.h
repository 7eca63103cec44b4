#ifndef DB_CONN_H
#define DB_CONN_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Connections.  A conn is used by one thread at a time; conn_cancel() alone
 * may come from another.  Every connection that is open, and not
 * shielded, is cancelled when a stop signal comes.  Errors are ERR_DB with the
 * server's SQLSTATE, or ERR_INTERRUPT after a signal.
 */
struct conn;

/* What the user said; a NULL member was not given, and libpq's own defaults
 * (PG* variables, service file, .pgpass) apply. */
struct conn_opts {
	const char *dbname;   /* a name, a conninfo string or a URI */
	const char *database; /* the name alone, in place of the one in that */
	const char *host;
	const char *port;
	const char *user;
	int no_password;  /* never ask for one */
	int row_security; /* let it hide rows, instead of failing */
	const char *role; /* to become once connected, or NULL */
	int only_reads;   /* a stop signal ends the session, locks and all */
};

/* conn_open(opts, err): connect with search_path emptied and the session
 * settings pinned that a dump and a restore rely on.  Asks for a password
 * when the server wants one and there is a terminal.  A connection pooler that
 * gives no session of one's own is refused. */
struct conn *conn_open(const struct conn_opts *opts, struct err *err);
/* conn_clone(conn, dbname, err): a further connection with the same
 * parameters, password included, to the very server that ${conn} reached,
 * where they fit several; to ${dbname} unless NULL. */
struct conn *
conn_clone(const struct conn *conn, const char *dbname, struct err *err);
/* conn_shield(conn): no stop signal cancels or fails it from now on, nor will
 * a cancel that is under way: for clearing up after one. */
void conn_shield(struct conn *conn);
/* conn_free(conn): close; NULL is fine. */
void conn_free(struct conn *conn);

PGconn *conn_pg(struct conn *conn); /* lent */
/* conn_row_security(conn): whether it was opened to let row security hide
 * rows. */
int conn_row_security(const struct conn *conn);
const char *conn_dbname(const struct conn *conn);
/* conn_role(conn): the role that it became, or NULL; lent. */
const char *conn_role(const struct conn *conn);
/* conn_pid(conn): of the server's process, as the server knows it. */
int conn_pid(const struct conn *conn);
/* conn_is_standby(conn): whether the server is one. */
int conn_is_standby(const struct conn *conn);
/* conn_version(conn): PQserverVersion: 150004 for 15.4. */
int conn_version(const struct conn *conn);
/* conn_libpq_version(): libpq's own: 150020 for 15.20. */
int conn_libpq_version(void);

/* conn_exec(conn, sql, err): run one or more statements, ignore their rows. */
int conn_exec(struct conn *conn, const char *sql, struct err *err);
/* conn_only(conn, sql, err): the same, of one statement alone: more are an
 * error, for what comes from elsewhere. */
int conn_only(struct conn *conn, const char *sql, struct err *err);
/* conn_attempt(conn, sql, err): the same, but where ${conn} is in a transaction
 * a failure leaves that as it was before. */
int conn_attempt(struct conn *conn, const char *sql, struct err *err);
/* conn_is_within(conn): whether it is in a transaction that has not failed. */
int conn_is_within(struct conn *conn);
/* conn_query(conn, sql, err): run one statement; its rows, or NULL.  The
 * caller PQclear()s. */
PGresult *conn_query(struct conn *conn, const char *sql, struct err *err);
/* conn_query1(conn, sql, arg, err), conn_query2(conn, sql, arg, more, err):
 * with one text parameter $1, and with two. */
PGresult *conn_query1(
    struct conn *conn, const char *sql, const char *arg, struct err *err);
PGresult *conn_query2(struct conn *conn, const char *sql, const char *arg,
    const char *more, struct err *err);
/* conn_names(conn, sql, names, count, err): the first column of its rows, each
 * and the array in memory that the caller frees. */
int conn_names(struct conn *conn, const char *sql, char ***names, size_t *count,
    struct err *err);

/* conn_settle(conn, err): return when every commit on the server so far is
 * durable, those that were not waited for too; ${conn} is in no transaction. */
int conn_settle(struct conn *conn, struct err *err);

/* conn_shun_views(conn, err): refuse to read views and foreign tables of users,
 * where the server can: somebody might put one in a table's place, for us to
 * run its code. */
int conn_shun_views(struct conn *conn, struct err *err);

/* conn_own_values(conn, err): take time zone, date style and their kind from
 * the role, the database and the server again, for expressions that are
 * computed here as they are in anybody's session.
 * conn_plain_values(conn, err): as they are pinned at first. */
int conn_own_values(struct conn *conn, struct err *err);
int conn_plain_values(struct conn *conn, struct err *err);
/* conn_own_money(conn, err), conn_plain_money(conn, err): the same for how
 * money is written, which also decides how it is read: plain is what rows and
 * definitions are in. */
int conn_own_money(struct conn *conn, struct err *err);
int conn_plain_money(struct conn *conn, struct err *err);

/* conn_cancel(conn): ask the server to cancel what runs; any thread. */
void conn_cancel(struct conn *conn);

/* conn_result(conn, sql), conn_result_of(conn, sql, args): libpq's PQexec() and
 * PQexecParams(), for who looks at the result himself; PQclear() it.  NULL on a
 * connection that was given up. */
struct sql_args {
	int count;
	const Oid *types; /* this and what is below may be NULL: text */
	const char *const *values;
	const int *lengths;
	const int *formats;
	int binary; /* the result */
};
PGresult *conn_result(struct conn *conn, const char *sql);
PGresult *
conn_result_of(struct conn *conn, const char *sql, const struct sql_args *args);
/* conn_send(conn, sql): libpq's PQsendQuery() alone; conn_fail() tells why it
 * failed. */
int conn_send(struct conn *conn, const char *sql);

/* conn_fail(conn, result, err): fill ${err} from a failed ${result}, or from
 * the connection when NULL; return -1.  If it was not the server that refused,
 * there is no SQLSTATE, and the connection is given up: all that is tried on it
 * afterwards fails. */
int conn_fail(struct conn *conn, const PGresult *result, struct err *err);

/* conn_was_ended(err): whether ${err}, of a session or of the way to one, says
 * that it is there no more, or that the server takes none, as far as one
 * session can tell. */
int conn_was_ended(const struct err *err);

/* conn_blame_replay(err): whether ${err}'s message, of a server or of a child,
 * is a standby's that took away what was being read; it then says so, and what
 * to do.  conn_fail() does this by itself. */
int conn_blame_replay(struct err *err);

/* conn_set_encoding(conn, name, err): the client encoding. */
int conn_set_encoding(struct conn *conn, const char *name, struct err *err);

/* What a child's session is called on the server, with conn_pid() behind. */
#define CONN_CHILD_NAME "pgcask child of "

/* conn_child_env(conn, dsn, err): how a child program reaches the same
 * database of the very same server: a conninfo string without secrets in
 * ${*dsn}, and a NULL-terminated list of NAME=value with them; its client
 * encoding is the server's, and its timeouts and date style are pinned.  NULL
 * on error.  conn_child_env_free() wipes and frees both. */
char **conn_child_env(struct conn *conn, char **dsn, struct err *err);
void conn_child_env_free(char **env, char *dsn);

/* sql_ident(out, name), sql_literal(out, value): append, quoted. */
void sql_ident(struct buf *out, const char *name);
void sql_literal(struct buf *out, const char *value);
/* sql_element(out, value): append ${value} as an element of an array's text. */
void sql_element(struct buf *out, const char *value);
/* sql_qualified(out, schema, name): append schema.name, quoted. */
void sql_qualified(struct buf *out, const char *schema, const char *name);

#endif
