#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "db/lobj.h"
#include "db/pgdump.h"
#include "db/snapshot.h"
#include "doctoring.h"
#include "job/backup/prepare.h"
#include "job/backup/roles.h"
#include "job/rights.h"

/* Seconds to wait for a table that somebody keeps for himself. */
#define LOCK_WAIT 5

/* A database that is looked at. */
struct patient {
	struct doctor *d;
	struct report *report;
	struct conn *conn;  /* in the snapshot's transaction */
	struct conn *other; /* in none */
	struct prepare_tools tools;
	struct prepare_scope scope;
	char snapshot[SNAPSHOT_ID_MAX];
	int readable; /* all of it may be read */
	int has_room; /* for the locks */
	uint64_t bytes;
};

static int
is_busy(const struct err *err)
{
	/* lock_not_available; pg_dump waits by another timeout. */
	return strcmp(err->sqlstate, "55P03") == 0 ||
	    strstr(err->msg, "lock timeout") != NULL ||
	    (strstr(err->msg, "statement timeout") != NULL &&
		strstr(err->msg, "LOCK TABLE") != NULL);
}

/* A table that somebody has for himself at this moment is another matter.  What
 * comes next is asked all the same. */
static void
add_err(struct patient *p, const char *check, const struct err *err)
{
	struct err ignored = ERR_INIT;

	if (PQtransactionStatus(conn_pg(p->conn)) == PQTRANS_INERROR)
		(void)conn_exec(
		    p->conn, "ROLLBACK TO SAVEPOINT doctor", &ignored);
	report_err(
	    p->report, check, is_busy(err) ? LEVEL_WARN : LEVEL_BAD, err);
	if (is_busy(err))
		report_remedy(p->report,
		    "somebody has a table for himself at this moment, perhaps "
		    "a migration: ask again when it is done");
}

static void
check_tools(struct patient *p)
{
	struct err err = ERR_INIT;

	if (prepare_tools(p->d->opts->backup, conn_version(p->conn), &p->tools,
		&err) != 0)
		report_err(p->report, "pg_dump", LEVEL_BAD, &err);
	else
		report_ok(p->report, "pg_dump",
		    "%s, version %d, fits the server", p->tools.pg_dump,
		    p->tools.pg_dump_major);
}

/* ---- rights ---- */

static void
check_rights(struct patient *p)
{
	const struct backup_opts *o = p->d->opts->backup;
	struct err err = ERR_INIT;
	const struct catalog *cat;
	char tables[32];
	size_t count;

	if (snapshot_lock_timeout(p->conn, LOCK_WAIT, &err) != 0 ||
	    prepare_scope(
		p->conn, o, p->tools.pg_dump_major, &p->scope, &err) != 0) {
		add_err(p, "rights", &err);
		return;
	}
	p->readable = 1;
	cat = p->scope.cat;
	count = doctor_count_tables(cat);
	text_count(tables, sizeof(tables), count);
	report_ok(p->report, "rights",
	    "%s table%s, %zu sequence%s and %llu large object%s may be read",
	    tables, count == 1 ? "" : "s", cat->sequence_count,
	    cat->sequence_count == 1 ? "" : "s",
	    (unsigned long long)cat->lobj_count,
	    cat->lobj_count == 1 ? "" : "s");
}

static void
check_left_out(struct patient *p)
{
	struct buf what = { 0 };
	struct err err = ERR_INIT;

	if (conn_row_security(p->conn))
		rights_find_hidden(p->scope.cat, &what);
	if (what.len > 0)
		report_ok(p->report, "row-security",
		    "of %s only the rows that the user may see are saved, as "
		    "was asked for",
		    buf_text(&what));
	what.len = 0;
	rights_find_unreachable(p->scope.cat, &what);
	if (what.len > 0) {
		report_warn(p->report, "unlogged",
		    "a standby has no rows of unlogged tables, which are saved "
		    "empty: %s",
		    buf_text(&what));
		report_remedy(p->report, "back up from the primary");
	}
	what.len = 0;
	if (p->scope.narrow != NULL && !narrow_has_rest(p->scope.narrow))
		goto out;
	if (rights_find_untold(p->conn, &what, &err) != 0) {
		add_err(p, "superuser-only", &err);
	} else if (what.len > 0) {
		report_warn(p->report, "superuser-only",
		    "left out, for only a superuser may read them: %s",
		    buf_text(&what));
		report_remedy(p->report,
		    "back up as a superuser, or keep a copy of these "
		    "definitions: psql -c '\\dRs+' -c '\\deu+'");
	}
out:
	buf_free(&what);
}

static void
check_passwords(struct patient *p)
{
	struct err err = ERR_INIT;
	int yes;

	if (p->d->opts->backup->no_role_passwords)
		return;
	yes = rights_passwords(p->conn, &err);
	if (yes < 0) {
		add_err(p, "passwords", &err);
	} else if (yes) {
		report_ok(
		    p->report, "passwords", "the roles' passwords may be read");
	} else {
		report_warn(p->report, "passwords",
		    "%s may not read pg_authid: roles are saved without their "
		    "passwords",
		    PQuser(conn_pg(p->conn)));
		report_remedy(p->report,
		    "--no-role-passwords agrees to that; or back up as a "
		    "superuser");
	}
}

/* ---- locks and sizes ---- */

static void
check_locks(struct patient *p)
{
	struct err err = ERR_INIT;
	struct lock_room room;
	uint64_t most, wanted;

	if (snapshot_lock_room(p->conn, p->scope.cat, &room, &err) != 0) {
		add_err(p, "locks", &err);
		return;
	}
	/* A lock on a table takes two places, its own and its holder's; there
	 * are three to each lock that the server knows of. */
	most = room.limit + room.limit / 2;
	p->has_room = room.objects <= most;
	if (room.objects <= room.capacity + room.capacity / 2 && p->has_room) {
		report_ok(p->report, "locks",
		    "%llu tables and sequences to be locked%s, and locks for "
		    "%llu",
		    (unsigned long long)room.objects,
		    room.fits_both ? "" : " once, not twice",
		    (unsigned long long)room.capacity);
		return;
	}
	if (p->has_room)
		report_warn(p->report, "locks",
		    "%llu tables and sequences are to be locked, and the "
		    "server has locks for %llu by its documentation: it may "
		    "run out of shared memory",
		    (unsigned long long)room.objects,
		    (unsigned long long)room.capacity);
	else
		report_bad(p->report, "locks", ERR_DB,
		    "%llu tables and sequences are to be locked, and the "
		    "server has locks for %llu: it will run out of shared "
		    "memory",
		    (unsigned long long)room.objects,
		    (unsigned long long)room.capacity);
	/* Twice as many as are to be locked, in steps of the default. */
	wanted = 2 * room.objects * room.each / room.capacity / 64 * 64 + 64;
	report_remedy(p->report,
	    "ALTER SYSTEM SET max_locks_per_transaction = %llu, and restart "
	    "the server",
	    (unsigned long long)wanted);
}

static void
check_sizes(struct patient *p)
{
	struct catalog *cat = p->scope.cat;
	struct err err = ERR_INIT;
	size_t i;

	if (catalog_read_sizes(p->conn, cat, &err) != 0) {
		add_err(p, "sizes", &err);
		return;
	}
	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]))
			p->bytes += cat->tables[i].bytes;
}

/* ---- what the programs say ---- */

/* The very run that the backup makes. */
static void
check_schema(struct patient *p)
{
	struct pgdump_opts opts = { .program = p->tools.pg_dump,
		.snapshot = p->snapshot,
		.lock_wait = LOCK_WAIT };
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	char size[32];

	if (p->scope.narrow != NULL)
		narrow_pgdump(p->scope.narrow, &opts);
	if (pgdump_schema(p->conn, &opts, &out, &err) != 0) {
		add_err(p, "schema", &err);
	} else {
		text_bytes(size, sizeof(size), (double)out.len);
		report_ok(p->report, "schema",
		    "pg_dump describes all of it, in %s", size);
	}
	buf_free(&out);
}

static void
check_globals(struct patient *p)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	int rc = pgdump_globals(p->conn, p->tools.pg_dumpall, 0, &out, &err);

	if (rc == 0) {
		report_ok(p->report, "globals",
		    "pg_dumpall describes roles and tablespaces");
	} else if (!p->d->opts->backup->globals_only &&
	    roles_have_foreign_names(p->conn)) {
		report_warn(p->report, "globals",
		    "the archive will be without roles and tablespaces: one of "
		    "them has a name that is not valid in this database's "
		    "encoding");
		report_remedy(p->report,
		    "save them by way of a database that has their encoding: "
		    "pgcask backup --globals-only -d ...");
	} else {
		add_err(p, "globals", &err);
	}
	buf_free(&out);
}

/* ---- all of it ---- */

static int
begin(struct patient *p, struct err *err)
{
	const char *encoding =
	    PQparameterStatus(conn_pg(p->conn), "server_encoding");

	if (conn_set_encoding(p->conn, encoding, err) != 0 ||
	    conn_shun_views(p->conn, err) != 0 ||
	    snapshot_export(p->conn, p->snapshot, err) != 0 ||
	    conn_exec(p->conn, "SAVEPOINT doctor", err) != 0)
		return -1;
	p->other = conn_clone(p->conn, NULL, err);
	if (p->other == NULL)
		return -1;
	return conn_set_encoding(p->other, encoding, err);
}

static void
look_inside(struct patient *p)
{
	struct err err = ERR_INIT;

	check_rights(p);
	if (p->scope.cat == NULL)
		return;
	check_left_out(p);
	check_locks(p);
	check_sizes(p);
	if (!p->readable)
		return;
	if (snapshot_lock_timeout(p->other, LOCK_WAIT, &err) != 0 ||
	    catalog_read_sequences(p->other, p->scope.cat, &err) != 0)
		add_err(p, "sequences", &err);
	/* Where it would take all locks that there are, it would take them
	 * from others. */
	if (p->tools.pg_dump != NULL && p->has_room &&
	    !p->d->opts->backup->globals_only)
		check_schema(p);
}

int
doctor_check_database(
    struct doctor *d, struct conn *conn, uint64_t *bytes, struct err *err)
{
	struct patient p = { .d = d, .report = d->report, .conn = conn };
	struct err why = ERR_INIT;

	report_group(d->report, "database %s", conn_dbname(conn));
	check_tools(&p);
	doctor_check_settings(d->report, conn);
	if (begin(&p, &why) != 0) {
		report_err(d->report, "snapshot", LEVEL_BAD, &why);
	} else {
		check_passwords(&p);
		look_inside(&p);
		if (p.tools.pg_dumpall != NULL)
			check_globals(&p);
	}
	*bytes = p.bytes;
	conn_free(p.other);
	prepare_scope_free(&p.scope);
	prepare_tools_free(&p.tools);
	return stop_check(err);
}
