#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "place.h"

void
place_find(struct place *place, PGconn *pg)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	place->host = PQhost(pg);
	(void)snprintf(
	    place->hostaddr, sizeof(place->hostaddr), "%s", PQhostaddr(pg));
	(void)snprintf(place->port, sizeof(place->port), "%s", PQport(pg));
	/* The socket knows more: the interface of an address that is the
	 * link's, the port where none was given. */
	memset(&peer, 0, sizeof(peer));
	if (getpeername(PQsocket(pg), (struct sockaddr *)&peer, &len) == 0 &&
	    peer.ss_family != AF_UNIX)
		(void)getnameinfo((struct sockaddr *)&peer, len,
		    place->hostaddr, sizeof(place->hostaddr), place->port,
		    sizeof(place->port), NI_NUMERICHOST | NI_NUMERICSERV);
}

const char *
place_value(const struct place *place, const PQconninfoOption *o)
{
	const char *value = o->val;

	if (strcmp(o->keyword, "host") == 0)
		value = place->host;
	else if (strcmp(o->keyword, "hostaddr") == 0)
		value = place->hostaddr;
	else if (strcmp(o->keyword, "port") == 0)
		value = place->port;
	else if (strcmp(o->keyword, "target_session_attrs") == 0)
		value = "any"; /* it is chosen, whatever it becomes */
	return value != NULL && *value != '\0' ? value : NULL;
}
