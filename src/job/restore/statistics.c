#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "job/restore/globals.h"
#include "job/restore/statistics.h"

#define OLDEST 180000
#define CALL "SELECT"

char *
statistics_next(const char **script)
{
	char *statement;

	/* The settings at its head are those that the session has. */
	while ((statement = globals_next(script)) != NULL &&
	    (strncmp(statement, CALL, strlen(CALL)) != 0 ||
		strstr(statement, "pg_restore_") == NULL))
		free(statement);
	return statement;
}

static int
run_one(
    struct conn *conn, const char *statement, struct ddl *ddl, struct err *err)
{
	struct err why = ERR_INIT;

	if (conn_attempt(conn, statement, &why) == 0)
		return 0;
	if (why.kind == ERR_DB && why.sqlstate[0] != '\0' &&
	    PQstatus(conn_pg(conn)) != CONNECTION_BAD) {
		ddl_refuse(ddl, "statistics", &why);
		return 0;
	}
	*err = why;
	return err_wrap(err, "statistics");
}

int
statistics_run(
    struct conn *conn, const char *script, struct ddl *ddl, struct err *err)
{
	char *statement;
	int rc = 0;

	if (conn_version(conn) < OLDEST) {
		log_warn("the planner's statistics are left out: PostgreSQL %d "
			 "can't take them; run ANALYZE",
		    conn_version(conn) / 10000);
		return 0;
	}
	while (rc == 0 && (statement = statistics_next(&script)) != NULL) {
		rc = run_one(conn, statement, ddl, err);
		free(statement);
	}
	return rc;
}
