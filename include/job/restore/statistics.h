#ifndef JOB_RESTORE_STATISTICS_H
#define JOB_RESTORE_STATISTICS_H

#include "db/conn.h"
#include "db/sqlname.h"
#include "job/choose/choice.h"
#include "job/restore/ddl.h"

/* The planner's statistics, as "pg_dump --statistics-only" writes them: a
 * script of calls that hand them to a server of version 18 or newer. */

struct statistics_opts {
	const char *script;
	/* Of a part, the relations that were made get theirs, if their rows
	 * came; what else bears such a name in the target is left alone. */
	const struct choice *choice;
	const struct toc *toc;
	const enum pass *passes;
	struct ddl *ddl;
};

/* statistics_run(conn, opts, err): run them on ${conn}.  What the server
 * refuses is a warning of the ddl's; a server that is too old gets none, with
 * a warning. */
int statistics_run(
    struct conn *conn, const struct statistics_opts *opts, struct err *err);

/* statistics_next(script): the next statement of ${*script} that sets some, in
 * memory that the caller frees, or NULL at its end. */
char *statistics_next(const char **script);
/* statistics_of(statement, out): the table, view or index that such a
 * statement is about.  Return 1, or 0 if it does not say; free with
 * sqlname_free(). */
int statistics_of(const char *statement, struct sqlname *out);

#endif
