#ifndef JOB_RESTORE_GLOBALS_H
#define JOB_RESTORE_GLOBALS_H

#include "archive/reader.h"
#include "db/conn.h"

/*
 * Roles, memberships, tablespaces and what is granted on parameters, as
 * pg_dumpall wrote them: a script for psql.  A role or tablespace that is
 * there already stays, and takes on the attributes that the script gives it.
 */

/* globals_run(conn, script, tablespaces, refused, err): run it, or what of it
 * is not about tablespaces, over a further connection like ${conn}.  A
 * statement that the server refuses is a warning, counted in
 * ${*refused}, and the rest goes on. */
int globals_run(const struct conn *conn, const char *script, int tablespaces,
    unsigned *refused, struct err *err);

/* globals_restore(reader, opts, refused, err): those of an archive that holds
 * nothing else, all of which is read and found authentic first; ${opts} names
 * any database of the server. */
int globals_restore(struct reader *reader, const struct conn_opts *opts,
    unsigned *refused, struct err *err);

/* globals_next(script): the next statement of ${*script} in memory
 * that the caller frees, or NULL at its end; comments and psql's own commands
 * are passed over. */
char *globals_next(const char **script);
/* globals_name(statement): its beginning, without what might be secret, in
 * memory that the caller frees. */
char *globals_name(const char *statement);

#endif
