#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/queries.h"
#include "job/lockers.h"

#define LOCK_NOT_AVAILABLE "55P03"

void
lockers_describe(
    const PGresult *rows, int row, const char *does, struct buf *out)
{
	const char *statement = PQgetvalue(rows, row, LOCKERS_STATEMENT);
	char since[32];

	text_duration(since, sizeof(since),
	    strtod(PQgetvalue(rows, row, LOCKERS_SECONDS), NULL));
	buf_printf(out, "%s (pid %s) %s table %s, since %s%s%s",
	    PQgetvalue(rows, row, LOCKERS_WHO),
	    PQgetvalue(rows, row, LOCKERS_PID), does,
	    PQgetvalue(rows, row, LOCKERS_TABLE), since,
	    *statement != '\0' ? ": " : "", statement);
}

void
lockers_blame(struct conn *conn, unsigned lock_timeout, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct buf text = { 0 };
	PGresult *r = NULL;

	if (conn != NULL && strcmp(err->sqlstate, LOCK_NOT_AVAILABLE) == 0)
		r = conn_query(conn, sql_lockers, &ignored);
	if (r != NULL && PQntuples(r) > 0) {
		lockers_describe(r, 0, "keeps readers from", &text);
		(void)err_set(err, ERR_DB,
		    "cannot lock the tables within %u s: %s", lock_timeout,
		    buf_text(&text));
		(void)err_hint(err,
		    "wait until it is done, or give more time with "
		    "--lock-timeout");
	}
	buf_free(&text);
	PQclear(r);
}
