#include <stdlib.h>

#include "base/mem.h"
#include "base/stop.h"
#include "doctoring.h"
#include "job/backup/prepare.h"

/* One database, and what is kept of it. */
static int
examine(struct doctor *d, struct conn *conn, const char *name, struct err *err)
{
	uint64_t bytes = 0;

	if (doctor_check_database(d, conn, &bytes, err) != 0)
		return -1;
	if (name == NULL)
		return 0;
	doctor_check_name(d, name, bytes);
	doctor_check_folder(d, name);
	return stop_check(err);
}

/* The one that was named. */
static int
examine_one(struct doctor *d, struct err *err)
{
	struct err why = ERR_INIT;
	char *name = NULL;
	int rc;

	if (prepare_name(d->opts->backup, conn_dbname(d->conn), &name, &why) !=
	    0)
		report_err(d->report, "name", LEVEL_BAD, &why);
	rc = examine(d, d->conn, name, err);
	free(name);
	return rc;
}

static int
examine_each(struct doctor *d, const char *database, struct err *err)
{
	struct err why = ERR_INIT;
	struct conn *conn = conn_clone(d->conn, database, &why);
	char *name;
	int rc;

	if (conn == NULL) {
		report_group(d->report, "database %s", database);
		report_err(d->report, "connection", LEVEL_BAD, &why);
		return stop_check(err);
	}
	name = databases_folder(database);
	rc = examine(d, conn, name, err);
	free(name);
	conn_free(conn);
	return rc;
}

static int
examine_all(struct doctor *d, struct err *err)
{
	struct err why = ERR_INIT;
	char **names;
	size_t count, i;
	int rc = 0;

	if (databases_list(d->opts->all, &names, &count, &why) != 0) {
		report_err(d->report, "databases", LEVEL_BAD, &why);
		return stop_check(err);
	}
	for (i = 0; i < count && rc == 0; i++)
		rc = examine_each(d, names[i], err);
	databases_free(names, count);
	return rc;
}

static int
ask_server(struct doctor *d, struct err *err)
{
	const struct backup_opts *o = d->opts->backup;
	struct err why = ERR_INIT;

	report_group(d->report, "server");
	d->conn = d->opts->all != NULL ? databases_any(&o->conn, &why)
				       : prepare_connect(o, &why);
	if (d->conn == NULL) {
		report_err(d->report, "connection", LEVEL_BAD, &why);
		return stop_check(err);
	}
	report_ok(d->report, "connection", "connected as %s",
	    PQuser(conn_pg(d->conn)));
	doctor_check_server(d->report, d->conn, o->jobs + PREPARE_CONNECTIONS);
	return d->opts->all != NULL ? examine_all(d, err) : examine_one(d, err);
}

/* Archives alone: of the name that was given, or of each. */
static void
look_at_archives(struct doctor *d)
{
	const char *name = d->opts->backup->name;

	if (name != NULL)
		doctor_check_name(d, name, 0);
	else
		doctor_check_names(d);
	doctor_check_folder(d, name);
}

int
doctor_backup(
    const struct doctor_opts *opts, struct report *report, struct err *err)
{
	struct doctor d = { .opts = opts, .report = report };
	int rc;

	doctor_check_keys(&d);
	doctor_check_place(&d);
	rc = stop_check(err);
	if (rc == 0 && opts->asks_server) {
		doctor_check_state(&d);
		rc = ask_server(&d, err);
	}
	if (rc == 0 && !opts->asks_server)
		look_at_archives(&d);
	if (rc == 0)
		doctor_check_space(&d);
	conn_free(d.conn);
	locate_free(&d.all);
	store_free(d.store);
	seal_key_free(d.seal_key);
	free(d.recipients);
	return rc;
}
