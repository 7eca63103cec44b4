#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/queries.h"
#include "doctoring.h"
#include "job/view/show.h"

/* The newest major version that pgcask was tried with. */
#define NEWEST 18
/* Seconds that two clocks may differ by. */
#define CLOCK_MAX 5.0

static double
host_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
check_version(struct report *r, struct conn *conn)
{
	char version[SHOW_VERSION_SIZE];

	show_version(conn_version(conn), version);
	if (conn_version(conn) / 10000 > NEWEST) {
		report_warn(r, "version",
		    "PostgreSQL %s is newer than any that this pgcask was "
		    "tried with (12 to %d)",
		    version, NEWEST);
		report_remedy(r, "install a newer pgcask");
		return;
	}
	report_ok(r, "version", "PostgreSQL %s%s%s", version,
	    conn_is_standby(conn) ? ", a standby" : "",
	    PQbackendPID(conn_pg(conn)) != conn_pid(conn)
		? ", through a pooler in session mode"
		: "");
}

/* Its answer was given between two looks at ours. */
static void
check_clock(struct report *r, struct conn *conn)
{
	struct err err = ERR_INIT;
	double before = host_clock(), after, there, ahead = 0;
	PGresult *row = conn_query(conn, sql_server_clock, &err);
	char off[32];

	after = host_clock();
	if (row == NULL) {
		report_err(r, "server-clock", LEVEL_WARN, &err);
		return;
	}
	there = strtod(PQgetvalue(row, 0, 0), NULL);
	PQclear(row);
	if (there > after)
		ahead = there - after;
	else if (there < before)
		ahead = there - before;
	if (ahead > -CLOCK_MAX && ahead < CLOCK_MAX) {
		report_ok(r, "server-clock",
		    "the server's clock agrees with this host's");
		return;
	}
	text_duration(off, sizeof(off), ahead < 0 ? -ahead : ahead);
	report_warn(r, "server-clock",
	    "the server's clock is %s %s this host's", off,
	    ahead < 0 ? "behind" : "ahead of");
	report_remedy(r, "set both by NTP: timedatectl set-ntp true");
}

/* ---- connections ---- */

static void
check_connections(struct report *r, struct conn *conn, unsigned jobs)
{
	static const char *const whose[] = { "the server", "this role",
		"this database" };
	static const char *const remedies[] = {
		"a larger max_connections and a restart; or fewer --jobs",
		"ALTER ROLE ... CONNECTION LIMIT ...; or fewer --jobs",
		"ALTER DATABASE ... CONNECTION LIMIT ...; or fewer --jobs"
	};
	struct err err = ERR_INIT;
	PGresult *row = conn_query(conn, sql_connections_left, &err);
	long least = -1, left;
	int i, at = 0;

	if (row == NULL) {
		report_err(r, "connections", LEVEL_WARN, &err);
		return;
	}
	for (i = 0; i < 3; i++) {
		left = strtol(PQgetvalue(row, 0, i), NULL, 10);
		if (i > 0 && left < 0)
			continue;
		/* This one will be free again. */
		left++;
		if (i == 0 || left < least) {
			least = left;
			at = i;
		}
	}
	PQclear(row);
	if (least >= (long)jobs) {
		report_ok(r, "connections",
		    "%ld connections are free, and up to %u are needed", least,
		    jobs);
		return;
	}
	report_bad(r, "connections", ERR_DB,
	    "%s has only %ld free connections, and up to %u are needed",
	    whose[at], least, jobs);
	report_remedy(r, "%s", remedies[at]);
}

/* ---- settings ---- */

static int
find_setting(const PGresult *rows, const char *name)
{
	int i;

	for (i = 0; i < PQntuples(rows); i++)
		if (strcmp(PQgetvalue(rows, i, 0), name) == 0)
			return i;
	return -1;
}

static int
setting_is(const PGresult *rows, const char *name, const char *value)
{
	int at = find_setting(rows, name);

	return at >= 0 && strcmp(PQgetvalue(rows, at, 1), value) == 0;
}

/* Those that are pinned in every session of ours: are they? */
static void
check_timeouts(struct report *r, const PGresult *rows)
{
	static const char *const names[] = { "statement_timeout",
		"lock_timeout", "idle_in_transaction_session_timeout",
		"idle_session_timeout", "transaction_timeout" };
	struct buf hit = { 0 }, pinned = { 0 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int at = find_setting(rows, names[i]);
		struct buf *list = &pinned;

		if (at < 0)
			continue;
		if (strcmp(PQgetvalue(rows, at, 1), "0") != 0)
			list = &hit;
		else if (strcmp(PQgetvalue(rows, at, 2), "0") == 0)
			continue;
		buf_printf(list, "%s%s = %s%s", list->len > 0 ? ", " : "",
		    names[i], PQgetvalue(rows, at, list == &hit ? 1 : 2),
		    PQgetvalue(rows, at, 3));
	}
	if (hit.len > 0) {
		report_bad(r, "timeouts", ERR_DB,
		    "a timeout stays in force that will end a long dump: %s",
		    buf_text(&hit));
		report_remedy(
		    r, "ALTER ROLE ... SET it to 0, for who makes backups");
	} else if (pinned.len > 0) {
		report_ok(r, "timeouts",
		    "no timeout ends a dump: pgcask's sessions set aside %s",
		    buf_text(&pinned));
	} else {
		report_ok(r, "timeouts", "no timeout ends a dump");
	}
	buf_free(&hit);
	buf_free(&pinned);
}

/* In minutes, and of the server's start: nobody can set it aside. */
static void
check_old_snapshot(struct report *r, const PGresult *rows)
{
	int at = find_setting(rows, "old_snapshot_threshold");

	if (at < 0 || PQgetvalue(rows, at, 1)[0] == '-')
		return;
	report_warn(r, "old-snapshot",
	    "a dump that takes longer than %s minutes fails with \"snapshot "
	    "too old\"",
	    PQgetvalue(rows, at, 1));
	report_remedy(r,
	    "ALTER SYSTEM SET old_snapshot_threshold = -1, and restart the "
	    "server");
}

static void
check_replay(struct report *r, const PGresult *rows)
{
	int at = find_setting(rows, "max_standby_streaming_delay");

	if (at < 0 || PQgetvalue(rows, at, 1)[0] == '-') {
		report_ok(r, "replay", "replay waits as long as a dump takes");
		return;
	}
	report_warn(r, "replay",
	    "the standby's replay waits for a dump %s %s at most, and then "
	    "ends it%s",
	    PQgetvalue(rows, at, 1), PQgetvalue(rows, at, 3),
	    setting_is(rows, "hot_standby_feedback", "on")
		? " if somebody locks a table on the primary"
		: "");
	report_remedy(r,
	    "in postgresql.conf of the standby: max_standby_streaming_delay = "
	    "-1, hot_standby_feedback = on, and pg_ctl reload; or back up "
	    "from the primary");
}

void
doctor_check_settings(struct report *r, struct conn *conn)
{
	struct err err = ERR_INIT;
	PGresult *rows = conn_query(conn, sql_timing_settings, &err);

	if (rows == NULL) {
		report_err(r, "timeouts", LEVEL_WARN, &err);
		return;
	}
	check_timeouts(r, rows);
	check_old_snapshot(r, rows);
	if (conn_is_standby(conn))
		check_replay(r, rows);
	PQclear(rows);
}

/* Below that nobody waits. */
#define SPEED_BYTES 1000000000u

/* Hints, not worth an exit status. */
void
doctor_check_speed(struct report *r, struct conn *conn, uint64_t bytes)
{
	static const struct {
		const char *check, *what, *setting, *unit;
		long enough; /* of that unit, as the server has it */
		const char *remedy;
	} hints[] = {
		{ "speed-indexes", "indexes are built", "maintenance_work_mem",
		    "kB", 262144,
		    "before the restore: export PGOPTIONS='-c "
		    "maintenance_work_mem=512MB'" },
		{ "speed-wal", "rows are loaded", "max_wal_size", "MB", 4096,
		    "in postgresql.conf: max_wal_size = 8GB, and pg_ctl "
		    "reload" },
	};
	struct err err = ERR_INIT;
	PGresult *rows = conn_query(conn, sql_timing_settings, &err);
	size_t i;

	if (rows == NULL) {
		report_err(r, "speed", LEVEL_WARN, &err);
		return;
	}
	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		int at = find_setting(rows, hints[i].setting);

		if (bytes < SPEED_BYTES || at < 0 ||
		    atol(PQgetvalue(rows, at, 1)) >= hints[i].enough)
			continue;
		report_ok(r, hints[i].check,
		    "%s faster with a %s of more than %s %s", hints[i].what,
		    hints[i].setting, PQgetvalue(rows, at, 1), hints[i].unit);
		report_remedy(r, "%s", hints[i].remedy);
	}
	PQclear(rows);
}

void
doctor_check_server(struct report *r, struct conn *conn, unsigned jobs)
{
	check_version(r, conn);
	check_clock(r, conn);
	check_connections(r, conn, jobs);
}
