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

/* session_shared(a, b): whether two connections through a pooler get the same
 * session of the server by turns, as transaction pooling has it: 1, 0, or -1
 * if a query failed. */
int session_shared(PGconn *a, PGconn *b);

#endif
