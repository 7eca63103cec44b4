#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/wall.h"
#include "dial.h"

#define WAIT_MS 200   /* how soon a stop signal ends a wait for the server */
#define TIMEOUT_MIN 2 /* seconds; shorter ones libpq makes as long */

void
dial_unheard(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* What a server says before it lets somebody in is of the database, as that the
 * system's collations have changed. */
static void
tell_notice(void *arg, const PGresult *result)
{
	const char *severity =
	    PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	(void)arg;
	if (text == NULL)
		return;
	if (severity == NULL || strcmp(severity, "WARNING") != 0) {
		log_step("the server says: %s", text);
		return;
	}
	log_note("the server warns: %s%s%s%s", text, detail != NULL ? " (" : "",
	    detail != NULL ? detail : "", detail != NULL ? ")" : "");
	if (hint != NULL)
		log_note("the server's hint: %s", hint);
}

/* Seconds to wait for an address, or 0 for as long as it takes. */
static int
timeout_of(PGconn *pg)
{
	PQconninfoOption *info = PQconninfo(pg), *o;
	int seconds = 0;

	for (o = info; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, "connect_timeout") == 0)
			seconds = o->val != NULL ? atoi(o->val) : 0;
	PQconninfoFree(info);
	if (seconds <= 0)
		return 0;
	return seconds < TIMEOUT_MIN ? TIMEOUT_MIN : seconds;
}

static int
wait_for_server(PGconn *pg, PostgresPollingStatusType until, double deadline,
    struct err *err)
{
	short events = until == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	struct pollfd p = { .fd = PQsocket(pg), .events = events };
	int n;

	do {
		if (stop_check(err) != 0)
			return -1;
		if (deadline > 0 && wall_seconds() > deadline)
			return err_set(err, ERR_DB,
			    "connection to server at \"%s\", port %s failed: "
			    "timeout expired",
			    PQhost(pg), PQport(pg));
		n = poll(&p, 1, WAIT_MS);
	} while (n == 0 || (n == -1 && errno == EINTR));
	return 0;
}

int
dial(const struct dial *call, PGconn **pg, struct err *err)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;
	double deadline = 0;
	int timeout;

	*pg = PQconnectStartParams(call->keys, call->values, !call->again);
	if (*pg == NULL || PQstatus(*pg) == CONNECTION_BAD)
		return 0;
	timeout = timeout_of(*pg);
	if (timeout > 0 && !call->again) {
		/* It is of each address, which libpq alone knows.  What the
		 * server says is then printed as it comes. */
		PQfinish(*pg);
		*pg = PQconnectdbParams(call->keys, call->values, 1);
		return 0;
	}
	if (timeout > 0)
		deadline = wall_seconds() + timeout;
	(void)PQsetNoticeReceiver(
	    *pg, call->quiet ? dial_unheard : tell_notice, NULL);
	while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
		if (wait_for_server(*pg, state, deadline, err) != 0) {
			PQfinish(*pg);
			return -1;
		}
		state = PQconnectPoll(*pg);
	}
	return 0;
}
