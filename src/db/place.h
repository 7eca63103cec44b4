#ifndef DB_PLACE_SRC_H
#define DB_PLACE_SRC_H

#include <libpq-fe.h>
#include <net/if.h>
#include <netinet/in.h>

#include "db/conn.h"

/*
 * The one server that a connection reached, out of all that its parameters may
 * mean: several hosts, a name with several addresses, the next that runs or
 * that is a primary.  For conn.c and child_env.c alone.
 */
struct place {
	/* As the user called it, which is what a certificate and .pgpass go
	 * by, or the folder of a unix socket; the connection's. */
	const char *host;
	char hostaddr[INET6_ADDRSTRLEN + IF_NAMESIZE + 1]; /* or "": a socket */
	char port[6];
};

/* place_find(place, pg): where the open connection ${pg} leads; good for as
 * long as ${pg} is. */
void place_find(struct place *place, PGconn *pg);
/* place_value(place, o): what to give for ${o}, one of that connection's
 * parameters, to get to the same server; NULL for nothing. */
const char *place_value(const struct place *place, const PQconninfoOption *o);
/* conn_place(conn): its own; lent. */
const struct place *conn_place(const struct conn *conn);

#endif
