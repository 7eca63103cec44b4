#ifndef DB_PGDUMP_H
#define DB_PGDUMP_H

#include "base/buf.h"
#include "db/conn.h"

/* pg_dump and pg_dumpall, run for the schema and the globals. */

/* pgdump_find(program, server_version, bindir, major, err): the path of
 * ${program} ("pg_dump") that fits the server: of the same major version if
 * there is one, else the nearest newer; ${*major} is which.  Looks in
 * ${bindir} alone if not NULL, else in PATH and in the places where
 * distributions keep several versions.  ERR_DB, naming the versions, when all
 * are older; ERR_USAGE when there is none.  The caller frees. */
char *pgdump_find(const char *program, int server_version, const char *bindir,
    int *major, struct err *err);

/* pgdump_lists_lobjs(major): whether what pgdump_schema() gives by that
 * version has the large objects, but for their content. */
int pgdump_lists_lobjs(int major);

/* How much of each object. */
enum pgdump_depth {
	PGDUMP_ALL,         /* all of pre-data and post-data, no rows */
	PGDUMP_SCHEMA_ONLY, /* nor refreshes, nor large objects */
	PGDUMP_NOTHING      /* no object at all */
};

struct pgdump_opts {
	const char *program;
	const char *snapshot;
	unsigned lock_wait; /* seconds for a table that is locked */
	enum pgdump_depth depth;
	char *const *options; /* more, by which it chooses */
	size_t option_count;
};

/* pgdump_schema(conn, opts, out, err): append the DDL of ${conn}'s database in
 * pg_dump's custom format. */
int pgdump_schema(struct conn *conn, const struct pgdump_opts *opts,
    struct buf *out, struct err *err);

/* pgdump_has_statistics(major): whether that version of pg_dump can write the
 * planner's statistics.  pgdump_statistics(conn, opts, out, err): append those
 * of what is chosen as SQL, whatever the depth. */
int pgdump_has_statistics(int major);
int pgdump_statistics(struct conn *conn, const struct pgdump_opts *opts,
    struct buf *out, struct err *err);

/* pgdump_globals(conn, program, passwords, out, err): append roles and
 * tablespaces as SQL; without ${passwords} no right to read pg_authid is
 * needed. */
int pgdump_globals(struct conn *conn, const char *program, int passwords,
    struct buf *out, struct err *err);

#endif
