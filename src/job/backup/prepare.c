#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/pgdump.h"
#include "job/backup/databases.h"
#include "job/backup/prepare.h"
#include "job/rights.h"

/* Tables named in one message. */
#define NAMED_MAX 10

/* Roles are seen from any database; libpq's default would be the user's name,
 * of which there need be none. */
static int
needs_any(const struct backup_opts *o)
{
	const char *database = getenv("PGDATABASE");
	const char *service = getenv("PGSERVICE");

	return o->globals_only && o->conn.dbname == NULL &&
	    (database == NULL || database[0] == '\0') &&
	    (service == NULL || service[0] == '\0');
}

struct conn *
prepare_connect(const struct backup_opts *opts, struct err *err)
{
	struct conn_opts co = opts->conn;

	co.only_reads = 1;
	return needs_any(opts) ? databases_any(&co, err) : conn_open(&co, err);
}

int
prepare_name(const struct backup_opts *opts, const char *dbname, char **name,
    struct err *err)
{
	const char *folder = opts->name;

	if (folder == NULL)
		folder = opts->globals_only ? BACKUP_GLOBALS : dbname;
	if (!opts->globals_only && strcmp(folder, BACKUP_GLOBALS) == 0) {
		(void)err_set(err, ERR_USAGE,
		    "under the name \"%s\" are archives of roles and "
		    "tablespaces alone (--globals-only), and no database's",
		    folder);
		return err_hint(err, "give another --name");
	}
	if (!text_is_name(folder)) {
		(void)err_set(err, ERR_USAGE,
		    "\"%s\" is not fit to name a folder", folder);
		return err_hint(err,
		    "give --name, of letters, digits, \"_\", "
		    "\"-\" and \".\"");
	}
	if (opts->label != NULL && !text_is_name(opts->label))
		return err_set(err, ERR_USAGE,
		    "the label \"%s\" may have "
		    "letters, digits, \"_\", \"-\" and \".\" alone",
		    opts->label);
	*name = mem_strdup(folder);
	return 0;
}

int
prepare_tools(const struct backup_opts *opts, int version,
    struct prepare_tools *tools, struct err *err)
{
	int major;

	tools->pg_dump = pgdump_find(
	    "pg_dump", version, opts->pg_bindir, &tools->pg_dump_major, err);
	if (tools->pg_dump == NULL)
		return -1;
	tools->pg_dumpall =
	    pgdump_find("pg_dumpall", version, opts->pg_bindir, &major, err);
	if (tools->pg_dumpall == NULL)
		return -1;
	if (!opts->statistics || pgdump_has_statistics(tools->pg_dump_major))
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "%s, of version %d, does not know --statistics", tools->pg_dump,
	    tools->pg_dump_major);
	return err_hint(err,
	    "name the folder of one of version 18 or newer with --pg-bindir");
}

void
prepare_tools_free(struct prepare_tools *tools)
{
	free(tools->pg_dump);
	free(tools->pg_dumpall);
}

/* The tables that ${offends} picks, a few of them by name; the caller frees
 * the list. */
static size_t
name_tables(const struct catalog *cat, int (*offends)(const struct table *),
    struct buf *list)
{
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];

		if (!offends(t))
			continue;
		if (n++ < NAMED_MAX)
			buf_printf(list, "%s%s.%s", n > 1 ? ", " : "",
			    t->schema, t->name);
	}
	if (n > NAMED_MAX)
		buf_printf(list, " and %zu more", n - NAMED_MAX);
	return n;
}

static int
is_text_only(const struct table *t)
{
	return t->column_count > 0 && table_has_rows(t) &&
	    t->format != COPY_BINARY;
}

static int
check_formats(
    const struct catalog *cat, const struct backup_opts *opts, struct err *err)
{
	struct buf list = { 0 };
	size_t n = 0;

	if (opts->format == BACKUP_BINARY &&
	    (n = name_tables(cat, is_text_only, &list)) > 0) {
		(void)err_set(err, ERR_USAGE,
		    "%zu table%s a column whose "
		    "type has no stable binary form: %s",
		    n, n > 1 ? "s have" : " has", buf_text(&list));
		(void)err_hint(err,
		    "--format auto takes text for such tables "
		    "and binary for the rest");
	}
	buf_free(&list);
	return n > 0 ? -1 : 0;
}

static int
read_scope(struct conn *conn, const struct backup_opts *opts, int pg_dump_major,
    struct prepare_scope *scope, struct err *err)
{
	const struct selection *sel = opts->selection;

	scope->cat = opts->globals_only
	    ? catalog_empty(conn, err)
	    : catalog_read(conn, opts->format == BACKUP_TEXT, err);
	if (scope->cat == NULL)
		return -1;
	if (opts->globals_only || selection_is_empty(sel))
		return 0;
	scope->inv = inventory_read(conn, err);
	if (scope->inv == NULL)
		return -1;
	scope->narrow = narrow_new(sel, scope->inv, pg_dump_major, err);
	if (scope->narrow == NULL)
		return -1;
	narrow_catalog(scope->narrow, scope->cat);
	return 0;
}

int
prepare_scope(struct conn *conn, const struct backup_opts *opts,
    int pg_dump_major, struct prepare_scope *scope, struct err *err)
{
	if (read_scope(conn, opts, pg_dump_major, scope, err) != 0 ||
	    rights_check(conn, scope->cat, err) != 0)
		return -1;
	return check_formats(scope->cat, opts, err);
}

void
prepare_scope_free(struct prepare_scope *scope)
{
	narrow_free(scope->narrow);
	inventory_free(scope->inv);
	catalog_free(scope->cat);
}
