#ifndef JOB_BACKUP_ROLES_H
#define JOB_BACKUP_ROLES_H

#include "archive/manifest.h"
#include "base/buf.h"
#include "db/conn.h"
#include "job/backup/backup.h"

/* roles_dump(conn, pg_dumpall, opts, m, out, err): the globals: the script of
 * roles and tablespaces that ${pg_dumpall} writes.  It is without passwords
 * where they can't be read, and empty where a name in another encoding keeps
 * them all from being read, unless nothing else was asked for; either is noted
 * in ${m} and warned of. */
int roles_dump(struct conn *conn, const char *pg_dumpall,
    const struct backup_opts *opts, struct manifest *m, struct buf *out,
    struct err *err);

/* roles_have_foreign_names(conn): whether the name of a role or a tablespace
 * is not valid in the encoding of ${conn}'s database, so that they can't be
 * read there. */
int roles_have_foreign_names(struct conn *conn);

#endif
