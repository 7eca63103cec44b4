#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/pgdump.h"

#define NEWEST_MAJOR 30 /* as far as version folders are looked for */
/* DDL beyond this is taken for a fault; 5,000 tables make 15 MB. */
#define SCHEMA_MAX ((size_t)1 << 30)

struct candidate {
	char *path;
	int major; /* 0: none found yet */
};

/* The major version that "PATH --version" states, or 0. */
static int
major_of(const char *path)
{
	const char *argv[] = { path, "--version", NULL };
	struct child_opts opts = { .argv = argv, .max_output = 4096 };
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	const char *open;
	int major = 0;

	if (access(path, X_OK) == 0 && child_run(&opts, &out, &err) == 0 &&
	    buf_add(&out, "", 1, &err) == 0 &&
	    (open = strchr((const char *)out.data, ')')) != NULL)
		major = atoi(open + 1);
	buf_free(&out);
	return major;
}

/*
 * Keep the better of two: the server's own major, else the nearest newer;
 * among the too old ones the newest, for the message.
 */
static void
consider(struct candidate *best, char *path, int server_major)
{
	int major = major_of(path), better;

	if (best->major == 0)
		better = major != 0;
	else if (major >= server_major)
		better = best->major < server_major || major < best->major;
	else
		better = major > best->major;
	if (!better) {
		free(path);
		return;
	}
	free(best->path);
	best->path = path;
	best->major = major;
}

static void
consider_path(struct candidate *best, const char *program, int server_major)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		if (len > 0)
			consider(best,
			    mem_printf("%.*s/%s", (int)len, path, program),
			    server_major);
		path += len;
		path += *path == ':';
	}
}

/* Where Debian and the PostgreSQL project's RPMs keep several versions. */
static void
consider_folders(struct candidate *best, const char *program, int server_major)
{
	size_t f;
	int major;

	for (major = server_major; major <= NEWEST_MAJOR; major++) {
		char paths[3][256];

		(void)snprintf(paths[0], sizeof(paths[0]),
		    "/usr/lib/postgresql/%d/bin/%s", major, program);
		(void)snprintf(paths[1], sizeof(paths[1]),
		    "/usr/pgsql-%d/bin/%s", major, program);
		(void)snprintf(paths[2], sizeof(paths[2]),
		    "/opt/homebrew/opt/postgresql@%d/bin/%s", major, program);
		for (f = 0; f < sizeof(paths) / sizeof(paths[0]); f++)
			if (access(paths[f], X_OK) == 0)
				consider(
				    best, mem_strdup(paths[f]), server_major);
		if (best->major >= server_major)
			break;
	}
}

char *
pgdump_find(const char *program, int server_version, const char *bindir,
    int *major, struct err *err)
{
	struct candidate best = { NULL, 0 };
	int server_major = server_version / 10000;

	if (bindir != NULL) {
		consider(
		    &best, mem_printf("%s/%s", bindir, program), server_major);
	} else {
		consider_folders(&best, program, server_major);
		if (best.major != server_major)
			consider_path(&best, program, server_major);
	}
	if (best.major >= server_major) {
		log_step("using %s, version %d", best.path, best.major);
		*major = best.major;
		return best.path;
	}
	if (best.major > 0)
		(void)err_set(err, ERR_DB,
		    "%s is version %d, the server is "
		    "version %d: it is too old to dump it",
		    best.path, best.major, server_major);
	else if (bindir != NULL)
		(void)err_set(err, ERR_USAGE, "there is no usable %s in %s",
		    program, bindir);
	else
		(void)err_set(
		    err, ERR_USAGE, "there is no %s on this machine", program);
	(void)err_hint(err,
	    "install the PostgreSQL %d client programs, or name "
	    "their folder with --pg-bindir",
	    server_major);
	free(best.path);
	return NULL;
}

/* Until 16 they are among the pre-data, from 17 on among the data. */
int
pgdump_lists_lobjs(int major)
{
	return major < 17;
}

static int
run(struct conn *conn, const char **argv, size_t dsn_at, struct buf *out,
    struct err *err)
{
	struct child_opts opts = { .argv = argv, .max_output = SCHEMA_MAX };
	char *dsn, **env;
	int rc;

	env = conn_child_env(conn, &dsn, err);
	if (env == NULL)
		return -1;
	argv[dsn_at] = dsn;
	opts.env = (const char *const *)env;
	rc = child_run(&opts, out, err);
	conn_child_env_free(env, dsn);
	if (rc != 0 && err->kind == ERR_FAIL)
		err->kind = ERR_DB;
	if (rc != 0)
		(void)conn_blame_replay(err);
	return rc;
}

int
pgdump_schema(struct conn *conn, const char *program, const char *snapshot,
    unsigned lock_wait, struct buf *out, struct err *err)
{
	char *option = mem_printf("--snapshot=%s", snapshot);
	char *wait = mem_printf("--lock-wait-timeout=%u", lock_wait * 1000);
	const char *argv[] = { program, "--format=custom", "--compress=0", wait,
		"--section=pre-data", "--section=post-data", "--no-password",
		option, "-d", NULL,
		conn_row_security(conn) ? "--enable-row-security" : NULL,
		NULL };
	int rc = run(conn, argv, 9, out, err);

	free(option);
	free(wait);
	if (rc != 0 && strstr(err->msg, "LOCK TABLE") != NULL)
		(void)err_hint(err,
		    "another session, perhaps a migration, wants a table for "
		    "itself: make the backup before it, or after");
	return rc;
}

int
pgdump_has_statistics(int major)
{
	return major >= 18;
}

int
pgdump_statistics(struct conn *conn, const char *program, const char *snapshot,
    unsigned lock_wait, struct buf *out, struct err *err)
{
	char *option = mem_printf("--snapshot=%s", snapshot);
	char *wait = mem_printf("--lock-wait-timeout=%u", lock_wait * 1000);
	const char *argv[] = { program, "--statistics-only", wait,
		"--no-password", option, "-d", NULL, NULL };
	int rc = run(conn, argv, 6, out, err);

	free(option);
	free(wait);
	return rc;
}

int
pgdump_globals(struct conn *conn, const char *program, int passwords,
    struct buf *out, struct err *err)
{
	const char *argv[10] = { program, "--globals-only", "--no-password",
		"-d", NULL };
	const char *name = conn_dbname(conn);
	size_t n = 5;

	/* Left to itself it goes to the database postgres, which this user may
	 * have no right to enter.  What looks like a connection string would
	 * be taken for one. */
	if (strpbrk(name, "=:") == NULL) {
		argv[n++] = "--database";
		argv[n++] = name;
	}
	if (!passwords)
		argv[n++] = "--no-role-passwords";
	return run(conn, argv, 4, out, err);
}
