#ifndef JOB_BACKUP_DATABASES_H
#define JOB_BACKUP_DATABASES_H

#include <stddef.h>

#include "db/conn.h"
#include "db/pattern.h"

/* databases_any(opts, err): connect to the database that ${opts} names, else to
 * postgres or template1, which every server has. */
struct conn *databases_any(const struct conn_opts *opts, struct err *err);

struct databases_opts {
	/* The list is asked for where databases_any() gets to. */
	const struct conn_opts *conn;
	struct pattern *const *exclude; /* PATTERN_NAME */
	size_t exclude_count;
};

/* databases_list(opts, names, count, err): those of a server that are to be
 * saved: they allow connections, and ${opts} does not exclude them.  ERR_USAGE
 * for a pattern that no database of the server matches, saved or not, and when
 * none is left.  Free with databases_free(). */
int databases_list(const struct databases_opts *opts, char ***names,
    size_t *count, struct err *err);
void databases_free(char **names, size_t count);

/* databases_folder(name): what a database's archives are kept under: its name,
 * or if that is not fit for a folder, or BACKUP_GLOBALS, one made of it that no
 * other database has.  The caller frees. */
char *databases_folder(const char *name);

#endif
