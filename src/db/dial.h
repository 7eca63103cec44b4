#ifndef DB_DIAL_SRC_H
#define DB_DIAL_SRC_H

#include <libpq-fe.h>

#include "base/err.h"

/* Getting through to a server; of conn.c alone. */

struct dial {
	const char *const *keys; /* as PQconnectdbParams() takes them */
	const char *const *values;
	int again; /* at an address that is known, and nothing is expanded */
	int quiet; /* what it says before it lets us in is known, too */
};

/* dial(call, pg, err): connect, whether that succeeds or not, unless a signal
 * or the end of a known address's timeout comes first: return -1 then.  A
 * server that accepts and says nothing would hold PQconnectdbParams() for ever,
 * and nothing but SIGKILL end it.  Warnings that the server gives meanwhile are
 * logged. */
int dial(const struct dial *call, PGconn **pg, struct err *err);

/* dial_unheard(arg, result): receives notices, and drops them. */
void dial_unheard(void *arg, const PGresult *result);

#endif
