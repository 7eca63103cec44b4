#ifndef JOB_BACKUP_DATABASES_H
#define JOB_BACKUP_DATABASES_H

#include <stddef.h>

#include "db/conn.h"

/* databases_list(opts, names, count, err): those of a server that allow
 * connections, asked for in the one that ${opts} names, else in postgres or
 * template1.  Free with databases_free(). */
int databases_list(const struct conn_opts *opts, char ***names, size_t *count,
    struct err *err);
void databases_free(char **names, size_t count);

/* databases_folder(name): what a database's archives are kept under: its name,
 * or if that is not fit for a folder, one made of it that no other database
 * has.  The caller frees. */
char *databases_folder(const char *name);

#endif
