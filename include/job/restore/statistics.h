#ifndef JOB_RESTORE_STATISTICS_H
#define JOB_RESTORE_STATISTICS_H

#include "db/conn.h"
#include "job/restore/ddl.h"

/* The planner's statistics, as "pg_dump --statistics-only" writes them: a
 * script of calls that hand them to a server of version 18 or newer. */

/* statistics_run(conn, script, ddl, err): run them all on ${conn}.  What the
 * server refuses is a warning of ${ddl}'s; a server that is too old gets
 * none, with a warning. */
int statistics_run(
    struct conn *conn, const char *script, struct ddl *ddl, struct err *err);

/* statistics_next(script): the next statement of ${*script} that sets some, in
 * memory that the caller frees, or NULL at its end. */
char *statistics_next(const char **script);
/* statistics_about(statement): SCHEMA.NAME of the relation that it is about, in
 * memory that the caller frees, or NULL if it does not say that. */
char *statistics_about(const char *statement);

#endif
