#ifndef DB_SESSION_SRC_H
#define DB_SESSION_SRC_H

#include "db/conn.h"

/* What is asked and set when a session begins; of conn.c alone. */

/* Of the server's process, as the server knows it. */
struct session_facts {
	int pid;
	int standby; /* the server is one */
};

/* session_ask(conn, facts, err): the first query of a session.  It changes
 * nothing, so that a session that turns out to be shared is left as it was. */
int
session_ask(struct conn *conn, struct session_facts *facts, struct err *err);

/* session_pin(conn, err): set what a dump and a restore rely on. */
int session_pin(struct conn *conn, struct err *err);

/* A parameter of libpq for TCP connections of which the user said nothing, as
 * text and as a socket's option: a peer that vanished is noticed within a
 * minute.  The last has no keyword. */
struct session_keepalive {
	const char *keyword;
	const char *text;
	int option;
	int value;
};
extern const struct session_keepalive SESSION_KEEPALIVES[];
/* session_conninfo(pg, err): PQconninfo(), but nothing is missing in it: libpq
 * leaves out what it finds no memory for, be it a database's name. */
PQconninfoOption *session_conninfo(PGconn *pg, struct err *err);
/* session_keep_alive(pg): set them on its socket. */
void session_keep_alive(PGconn *pg);
/* session_is_said(info, keyword): whether the user, or a service of his, said
 * anything of a parameter. */
int session_is_said(const PQconninfoOption *info, const char *keyword);

/* session_shared(a, b): whether two connections through a pooler get the same
 * session of the server by turns, as transaction pooling has it: 1, 0, or -1
 * if a query failed. */
int session_shared(PGconn *a, PGconn *b);

#endif
