#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
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

/* The text that is a call's argument of that name, up to its end. */
static int
add_argument(const char *statement, const char *name, struct buf *out)
{
	char *start = mem_printf("'%s', '", name);
	const char *p = strstr(statement, start);

	if (p != NULL) {
		p += strlen(start);
		for (; *p != '\0' && (*p != '\'' || p[1] == '\''); p++) {
			buf_printf(out, "%c", *p);
			p += *p == '\'';
		}
	}
	free(start);
	return p != NULL;
}

char *
statistics_about(const char *statement)
{
	struct buf name = { 0 };
	char *text = NULL;

	if (add_argument(statement, "schemaname", &name)) {
		buf_puts(&name, ".");
		if (add_argument(statement, "relname", &name))
			text = mem_strdup(buf_text(&name));
	}
	buf_free(&name);
	return text;
}

static void
refuse(const char *statement, struct ddl *ddl, const struct err *why)
{
	struct ddl_refusal refusal = { .one = "set of statistics",
		.many = "sets of statistics" };
	char *name = statistics_about(statement);
	char *what = mem_printf("statistics%s%s", name != NULL ? " of " : "",
	    name != NULL ? name : "");

	refusal.name = name != NULL ? name : "the planner's";
	refusal.what = what;
	ddl_refuse(ddl, &refusal, why);
	free(what);
	free(name);
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
		refuse(statement, ddl, &why);
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
