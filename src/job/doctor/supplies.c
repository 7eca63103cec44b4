#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/queries.h"
#include "doctoring.h"
#include "job/naming.h"

/* What a restore needs of the target's server: extensions, roles, locales,
 * room. */

/* ---- extensions ---- */

static int
find_row(const PGresult *rows, const char *name, size_t len)
{
	int i;

	for (i = 0; rows != NULL && i < PQntuples(rows); i++)
		if (strlen(PQgetvalue(rows, i, 0)) == len &&
		    strncmp(PQgetvalue(rows, i, 0), name, len) == 0)
			return i;
	return -1;
}

/* Whether the restore makes it. */
static int
is_wanted(const struct admission *a, const char *name, size_t len)
{
	const struct toc *toc = look_toc(a->look);
	const enum pass *passes = look_passes(a->look);
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (passes[i] != PASS_NONE &&
		    strcmp(toc->entries[i].desc, "EXTENSION") == 0 &&
		    strlen(toc->entries[i].tag) == len &&
		    strncmp(toc->entries[i].tag, name, len) == 0)
			return 1;
	return 0;
}

struct sorted {
	struct naming missing, denied, other;
	size_t good;
};

/* ${extension}: "name version". */
static void
sort_out(const PGresult *rows, const char *extension, struct sorted *s)
{
	size_t len = strcspn(extension, " ");
	const char *version = extension + len + (extension[len] == ' ');
	char *name = mem_printf("%.*s", (int)len, extension), *both;
	int at = find_row(rows, extension, len);

	if (at < 0) {
		naming_add(&s->missing, name);
	} else if (PQgetvalue(rows, at, 2)[0] != 't' &&
	    PQgetvalue(rows, at, 3)[0] != 't') {
		naming_add(&s->denied, name);
	} else if (strcmp(PQgetvalue(rows, at, 1), version) != 0) {
		both = mem_printf(
		    "%s %s, was %s", name, PQgetvalue(rows, at, 1), version);
		naming_add(&s->other, both);
		free(both);
	} else {
		s->good++;
	}
	free(name);
}

static void
tell_extensions(struct admission *a, struct sorted *s)
{
	struct report *r = a->report;

	if (s->missing.count > 0) {
		report_bad(r, "extensions", ERR_DB,
		    "the server has not the files of: %s",
		    naming_text(&s->missing));
		report_remedy(r,
		    "install the packages that bring them (of Debian: "
		    "postgresql-contrib, postgresql-%d-NAME); what PostgreSQL "
		    "%d has no more is left out, with warnings",
		    conn_version(a->conn) / 10000,
		    conn_version(a->conn) / 10000);
	}
	if (s->denied.count > 0) {
		report_warn(r, "extension-rights",
		    "only a superuser may make: %s", naming_text(&s->denied));
		report_remedy(r,
		    "let one make them first in the target: CREATE EXTENSION "
		    "...; or restore as a superuser");
	}
	if (s->other.count > 0)
		report_ok(r, "extension-versions",
		    "of another version than saved: %s",
		    naming_text(&s->other));
	else if (s->missing.count + s->denied.count == 0)
		report_ok(r, "extensions",
		    s->good > 0 ? "the server has all extensions of the archive"
				: "the archive needs no extension");
}

void
doctor_check_extensions(struct admission *a)
{
	struct err err = ERR_INIT;
	PGresult *rows = conn_query(a->conn, sql_available_extensions, &err);
	struct sorted s = { .missing = NAMING(", "),
		.denied = NAMING(", "),
		.other = NAMING("; ") };
	size_t i;

	if (rows == NULL) {
		report_err(a->report, "extensions", LEVEL_BAD, &err);
		return;
	}
	for (i = 0; i < a->cat->extension_count; i++) {
		const char *e = a->cat->extensions[i];

		if (is_wanted(a, e, strcspn(e, " ")))
			sort_out(rows, e, &s);
	}
	PQclear(rows);
	tell_extensions(a, &s);
	naming_free(&s.missing);
	naming_free(&s.denied);
	naming_free(&s.other);
}

/* ---- roles and tablespaces ---- */

static void
add_names(struct naming *list, const struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		naming_add(list, names->names[i]);
}

static void
tell_spaces(struct admission *a, const struct session *s)
{
	struct naming list = NAMING(", ");

	add_names(&list, s->no_spaces);
	if (list.count > 0 && a->opts->globals && !s->limited) {
		report_ok(a->report, "tablespaces",
		    "--globals makes %zu tablespace%s, in the folder%s of the "
		    "source's name%s: %s",
		    list.count, list.count > 1 ? "s" : "",
		    list.count > 1 ? "s" : "", list.count > 1 ? "s" : "",
		    naming_text(&list));
	} else if (list.count > 0) {
		report_warn(a->report, "tablespaces",
		    "the server lacks, or %s may not use, the tablespace%s %s: "
		    "what was there goes to the database's own",
		    s->user, list.count > 1 ? "s" : "", naming_text(&list));
		report_remedy(a->report,
		    "CREATE TABLESPACE ... LOCATION ...; or --no-tablespaces "
		    "agrees");
	} else {
		report_ok(a->report, "tablespaces", "no tablespace is missing");
	}
	naming_free(&list);
}

void
doctor_check_roles(struct admission *a)
{
	struct naming absent = NAMING(", "), foreign = NAMING(", ");
	struct err err = ERR_INIT;
	const struct session *s = look_absent(a->look, &err);

	if (s == NULL) {
		report_err(a->report, "roles", LEVEL_BAD, &err);
		return;
	}
	add_names(&absent, s->absent);
	add_names(&foreign, s->foreign);
	if (absent.count > 0 && a->opts->globals) {
		report_ok(a->report, "roles", "--globals makes %zu role%s: %s",
		    absent.count, absent.count > 1 ? "s" : "",
		    naming_text(&absent));
	} else if (absent.count > 0) {
		report_warn(a->report, "roles",
		    "the server lacks %zu role%s of the archive: %s; their "
		    "objects will belong to %s, their privileges are left out",
		    absent.count, absent.count > 1 ? "s" : "",
		    naming_text(&absent), s->user);
		report_remedy(a->report,
		    "--globals makes them first; or: CREATE ROLE ...; or "
		    "--no-owner --no-privileges agrees");
	} else {
		report_ok(a->report, "roles",
		    "the server has all roles that the archive names");
	}
	if (foreign.count > 0 && !s->no_owner) {
		report_warn(a->report, "owners",
		    "%s may not give objects to %s, and keeps them", s->user,
		    naming_text(&foreign));
		report_remedy(a->report,
		    "GRANT ... TO %s; or restore as a superuser; or --no-owner "
		    "agrees",
		    s->user);
	}
	tell_spaces(a, s);
	naming_free(&absent);
	naming_free(&foreign);
}

/* ---- encodings, locales, collations ---- */

/* The server looks it up when a session is to write money by it; whether it
 * could make a database by it shows no other way than by making one. */
static int
has_locale(struct admission *a, const char *locale)
{
	struct err ignored = ERR_INIT;
	struct buf sql = { 0 };
	int has;

	buf_puts(&sql, "SET lc_monetary = ");
	sql_literal(&sql, locale);
	has = conn_exec(a->conn, buf_text(&sql), &ignored) == 0;
	(void)conn_plain_money(a->conn, &ignored);
	buf_free(&sql);
	return has;
}

static int
has_provider(const PGresult *rows, char provider)
{
	int i;

	for (i = 0; i < PQntuples(rows); i++)
		if (PQgetvalue(rows, i, 1)[0] == provider)
			return 1;
	return 0;
}

static void
check_new_database(struct admission *a, const PGresult *rows)
{
	const struct catalog *cat = a->cat;
	int version = conn_version(a->conn);
	const char *missing = NULL;

	if (PQntuples(rows) > 0 && PQgetisnull(rows, PQntuples(rows) - 1, 0)) {
		report_bad(a->report, "locale", ERR_DB,
		    "the server does not know the encoding %s", cat->encoding);
		report_remedy(a->report,
		    "make the database in another encoding (createdb), and "
		    "restore without --create");
		return;
	}
	if (!has_locale(a, cat->collate))
		missing = cat->collate;
	else if (!has_locale(a, cat->ctype))
		missing = cat->ctype;
	if (missing != NULL) {
		report_bad(a->report, "locale", ERR_DB,
		    "the server's machine has no locale \"%s\"", missing);
		report_remedy(a->report,
		    "there, as root: locale-gen %s (of Debian: first in "
		    "/etc/locale.gen), and restart the server; or createdb by "
		    "hand, and restore without --create",
		    missing);
	} else if ((strcmp(cat->provider, "icu") == 0 &&
		       (version < 150000 || !has_provider(rows, 'i'))) ||
	    (strcmp(cat->provider, "builtin") == 0 && version < 170000)) {
		report_warn(a->report, "locale",
		    "the server has no locale provider %s: text is sorted by "
		    "the operating system's locale %s",
		    cat->provider, cat->collate);
		report_remedy(a->report, "restore into PostgreSQL %d or newer",
		    cat->server_version / 10000);
	} else {
		report_ok(a->report, "locale",
		    "the server has the encoding %s and the locale %s",
		    cat->encoding, cat->collate);
	}
}

/* The names behind COLLATE pg_catalog."..." in the definitions. */
static void
find_collations(
    const struct admission *a, const PGresult *rows, struct naming *missing)
{
	static const char mark[] = "COLLATE pg_catalog.\"";
	const struct toc *toc = look_toc(a->look);
	const enum pass *passes = look_passes(a->look);
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const char *at = toc->entries[i].defn;

		while (
		    passes[i] != PASS_NONE && (at = strstr(at, mark)) != NULL) {
			size_t len;
			char *name;

			at += sizeof(mark) - 1;
			len = strcspn(at, "\"");
			name = mem_printf("%.*s", (int)len, at);
			if (find_row(rows, at, len) < 0 &&
			    strstr(buf_text(&missing->text), name) == NULL)
				naming_add(missing, name);
			free(name);
		}
	}
}

void
doctor_check_locales(struct admission *a)
{
	struct naming missing = NAMING(", ");
	struct err err = ERR_INIT;
	PGresult *rows =
	    conn_query1(a->conn, sql_collations, a->cat->encoding, &err);

	if (rows == NULL) {
		report_err(a->report, "locale", LEVEL_BAD, &err);
		return;
	}
	if (a->opts->create)
		check_new_database(a, rows);
	find_collations(a, rows, &missing);
	if (missing.count > 0) {
		report_bad(a->report, "collations", ERR_DB,
		    "the server has not the collation%s %s",
		    missing.count > 1 ? "s" : "", naming_text(&missing));
		report_remedy(a->report,
		    "install the locale there, restart the server, and in the "
		    "target: SELECT pg_import_system_collations('pg_catalog')");
	}
	naming_free(&missing);
	PQclear(rows);
}

/* ---- room ---- */

size_t
doctor_count_tables(const struct catalog *cat)
{
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++)
		n += cat->tables[i].kind != 'p';
	return n;
}

/* Of rows as they are copied: tables, indexes and the log come to about
 * twice that. */
#define NEED_FACTOR 2

static uint64_t
row_bytes(const struct admission *a)
{
	uint64_t bytes = a->manifest->lobjs.bytes;
	size_t i;

	for (i = 0; i < a->cat->table_count; i++)
		if (table_has_rows(&a->cat->tables[i]))
			bytes += a->manifest->tables[i].bytes;
	return bytes;
}

/* The server's folder, if it is on this machine and may be looked at. */
static char *
local_folder(struct admission *a)
{
	const char *host = PQhost(conn_pg(a->conn));
	struct err ignored = ERR_INIT;
	PGresult *row;
	char *path = NULL;

	if (host == NULL || (host[0] != '/' && strcmp(host, "localhost") != 0))
		return NULL;
	row = conn_query(a->conn, sql_data_directory, &ignored);
	if (row != NULL && PQntuples(row) == 1 &&
	    access(PQgetvalue(row, 0, 0), F_OK) == 0)
		path = mem_strdup(PQgetvalue(row, 0, 0));
	PQclear(row);
	return path;
}

void
doctor_check_disk(struct admission *a)
{
	uint64_t rows = row_bytes(a), need = rows * NEED_FACTOR;
	char *path = local_folder(a);
	struct err ignored = ERR_INIT;
	struct probe_space space;
	char want[32], have[32];

	text_bytes(want, sizeof(want), (double)need);
	if (path == NULL || probe_space(path, &space, &ignored) != 0) {
		report_ok(a->report, "disk",
		    "the server needs about %s of free space for this", want);
		report_remedy(a->report, "look there: df -h");
	} else {
		text_bytes(have, sizeof(have), (double)space.free);
		if (space.free >= need)
			report_ok(a->report, "disk",
			    "the server has %s free, and about %s are needed",
			    have, want);
		else if (space.free >= rows / NEED_FACTOR)
			report_warn(a->report, "disk",
			    "the server has %s free, and about %s are needed",
			    have, want);
		else
			report_bad(a->report, "disk", ERR_DB,
			    "the server has only %s free, and about %s are "
			    "needed",
			    have, want);
		if (space.free < need)
			report_remedy(a->report,
			    "free some space (df -h %s), or restore into "
			    "another server",
			    path);
	}
	free(path);
	doctor_check_speed(a->report, a->conn, rows);
}
