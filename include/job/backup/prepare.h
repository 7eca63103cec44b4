#ifndef JOB_BACKUP_PREPARE_H
#define JOB_BACKUP_PREPARE_H

#include "db/inventory.h"
#include "job/backup/backup.h"
#include "job/backup/narrow.h"

/*
 * What a backup finds out, and may fail for, before it makes anything: for the
 * backup itself, and for whoever wants to know beforehand.
 */

/* Connections that a backup has besides its --jobs, at most. */
#define PREPARE_CONNECTIONS 4

/* prepare_connect(opts, err): the leader's connection. */
struct conn *prepare_connect(const struct backup_opts *opts, struct err *err);

/* prepare_name(opts, dbname, name, err): the name that archives of the database
 * ${dbname} are kept under, in memory that the caller frees.  ERR_USAGE for one
 * that is not fit for a folder, and for such a label. */
int prepare_name(const struct backup_opts *opts, const char *dbname,
    char **name, struct err *err);

/* The programs that describe what is not rows. */
struct prepare_tools {
	char *pg_dump;
	char *pg_dumpall;
	int pg_dump_major;
};

/* prepare_tools(opts, version, tools, err): those that fit a server of
 * ${version}, and what is asked for.  Call prepare_tools_free() in any case. */
int prepare_tools(const struct backup_opts *opts, int version,
    struct prepare_tools *tools, struct err *err);
void prepare_tools_free(struct prepare_tools *tools);

/* What is to be saved. */
struct prepare_scope {
	struct catalog *cat;
	/* What is chosen; NULL: everything. */
	struct inventory *inv;
	struct narrow *narrow;
};

/* prepare_scope(conn, opts, pg_dump_major, scope, err): read it inside of
 * ${conn}'s transaction, without the tables' sizes, and refuse what may not be
 * read or can't be saved in the format that is asked for; then ${scope} is
 * filled all the same.  Call prepare_scope_free() in any case. */
int prepare_scope(struct conn *conn, const struct backup_opts *opts,
    int pg_dump_major, struct prepare_scope *scope, struct err *err);
void prepare_scope_free(struct prepare_scope *scope);

#endif
