#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "db/queries.h"
#include "doctoring.h"
#include "job/keep/suspect.h"

/* Connections of a restore besides its --jobs, at most. */
#define CONNECTIONS 2

static void
tell_archive(struct admission *a, struct reader *reader)
{
	char created[WALL_ISO_SIZE], tables[32], *reason;
	size_t count = doctor_count_tables(a->cat);

	wall_iso(reader_header(reader)->created, created);
	text_count(tables, sizeof(tables), count);
	report_ok(a->report, "archive", "%s of %s, with %s table%s, opens",
	    a->cat->dbname, created, tables, count == 1 ? "" : "s");
	reason = suspect_peek(reader_name(reader));
	if (reason != NULL) {
		report_warn(
		    a->report, "suspect", "it is marked suspect: %s", reason);
		report_remedy(a->report,
		    "see whether an older one is what you want (pgcask list); "
		    "if all is well: pgcask accept %s",
		    reader_name(reader));
	}
	free(reason);
}

/* ---- versions and rights ---- */

static void
check_version(struct admission *a)
{
	int source = a->cat->server_version / 10000;
	int target = conn_version(a->conn) / 10000;

	if (target >= source)
		return;
	report_warn(a->report, "older",
	    "the target is PostgreSQL %d, the source was %d: what the older "
	    "one does not know is left out",
	    target, source);
	report_remedy(a->report, "restore into PostgreSQL %d or newer", source);
}

/* Of a database that is there. */
static void
check_encoding(struct admission *a)
{
	const char *encoding =
	    PQparameterStatus(conn_pg(a->conn), "server_encoding");

	if (a->opts->create || encoding == NULL ||
	    strcmp(encoding, a->cat->encoding) == 0)
		return;
	report_warn(a->report, "encoding",
	    "the target's encoding is %s, the source's was %s: text that does "
	    "not fit is refused",
	    encoding, a->cat->encoding);
	report_remedy(a->report,
	    "restore into a new database (-d NEWNAME --create), or one in that "
	    "encoding");
}

/* Whether anything of that kind, or in that schema, is made; the schema public
 * is there already, whatever the archive says of it. */
static int
makes(const struct admission *a, const char *desc, const char *schema)
{
	const struct toc *toc = look_toc(a->look);
	const enum pass *passes = look_passes(a->look);
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (passes[i] != PASS_NONE &&
		    (desc == NULL ||
			(strcmp(toc->entries[i].desc, desc) == 0 &&
			    strcmp(toc->entries[i].tag, "public") != 0)) &&
		    (schema == NULL ||
			strcmp(toc->entries[i].schema, schema) == 0))
			return 1;
	return 0;
}

static void
check_making(struct admission *a, const char *user)
{
	struct buf role = { 0 };
	char *word = text_shell(user);

	report_bad(
	    a->report, "rights", ERR_DB, "%s may not make databases", user);
	sql_ident(&role, user);
	report_remedy(a->report,
	    "ALTER ROLE %s CREATEDB; or let another make it, \"createdb -O %s "
	    "NAME\", and restore without --create",
	    buf_text(&role), word);
	buf_free(&role);
	free(word);
}

static void
check_filling(struct admission *a, const PGresult *row, const char *user)
{
	const char *dbname = conn_dbname(a->conn);
	struct buf role = { 0 }, database = { 0 };

	sql_ident(&role, user);
	sql_ident(&database, dbname);
	if (PQgetvalue(row, 0, 1)[0] != 't' &&
	    (makes(a, "SCHEMA", NULL) || makes(a, "EXTENSION", NULL))) {
		report_bad(a->report, "rights", ERR_DB,
		    "%s may not make schemas or extensions in %s", user,
		    dbname);
		report_remedy(a->report, "GRANT CREATE ON DATABASE %s TO %s",
		    buf_text(&database), buf_text(&role));
	}
	if (PQgetvalue(row, 0, 2)[0] != 't' && makes(a, NULL, "public")) {
		report_bad(a->report, "rights", ERR_DB,
		    "%s may not make objects in the schema public of %s", user,
		    dbname);
		report_remedy(a->report,
		    "in the database %s: GRANT CREATE ON SCHEMA public TO %s",
		    buf_text(&database), buf_text(&role));
	}
	buf_free(&role);
	buf_free(&database);
}

static void
check_rights(struct admission *a)
{
	struct err err = ERR_INIT;
	PGresult *row = conn_query(a->conn, sql_target_rights, &err);
	PGresult *who =
	    row != NULL ? conn_query(a->conn, sql_current_role, &err) : NULL;
	size_t before = a->report->count;

	if (who == NULL || PQntuples(row) != 1)
		report_err(a->report, "rights", LEVEL_BAD, &err);
	else if (!a->opts->create)
		check_filling(a, row, PQgetvalue(who, 0, 0));
	else if (PQgetvalue(row, 0, 0)[0] != 't')
		check_making(a, PQgetvalue(who, 0, 0));
	if (a->report->count == before)
		report_ok(a->report, "rights",
		    "%s%s may make what is to be made", PQgetvalue(who, 0, 0),
		    PQgetvalue(who, 0, 1)[0] == 't' ? ", who is no superuser,"
						    : "");
	PQclear(who);
	PQclear(row);
}

/* ---- all of it ---- */

static void
examine(struct admission *a)
{
	struct err err = ERR_INIT;
	unsigned jobs = a->opts->single ? 1 : a->opts->jobs;

	report_group(a->report, "target");
	a->conn = look_target(a->look, &err);
	if (a->conn == NULL) {
		report_err(a->report, "target", LEVEL_BAD, &err);
		return;
	}
	report_ok(a->report, "target", "%s",
	    a->opts->create ? "the database can get its name"
			    : "nothing in the database is in the way");
	check_version(a);
	check_encoding(a);
	check_rights(a);
	doctor_check_extensions(a);
	doctor_check_roles(a);
	doctor_check_locales(a);
	report_group(a->report, "server");
	doctor_check_server(a->report, a->conn, jobs + CONNECTIONS);
	doctor_check_disk(a);
}

int
doctor_restore(struct reader *reader, const struct restore_opts *opts,
    struct report *report, struct err *err)
{
	struct admission a = { .report = report, .opts = opts };
	struct err why = ERR_INIT;

	report_group(report, "archive");
	a.look = look_new(reader, opts, &why);
	if (a.look != NULL)
		a.manifest = reader_manifest(reader, NULL, &why);
	if (a.manifest == NULL) {
		report_err(report, "archive", LEVEL_BAD, &why);
	} else {
		a.cat = look_catalog(a.look);
		tell_archive(&a, reader);
		examine(&a);
	}
	look_free(a.look);
	return stop_check(err);
}
