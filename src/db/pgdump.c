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
	int major;      /* 0: none found yet */
	struct err why; /* the last one that was there did not say */
};

/* The major version that "PATH --version" states, or 0 with the reason, if
 * there is one, in ${why}. */
static int
major_of(const char *path, struct err *why)
{
	const char *argv[] = { path, "--version", NULL };
	struct child_opts opts = { .argv = argv, .max_output = 4096 };
	struct buf out = { 0 };
	const char *open;
	int major = 0;

	if (access(path, X_OK) == 0 && child_run(&opts, &out, why) == 0 &&
	    buf_add(&out, "", 1, why) == 0 &&
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
	int major = major_of(path, &best->why), better;

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
	struct candidate best = { .why = ERR_INIT };
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
	else if (best.why.kind != ERR_NONE)
		*err = best.why;
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

/* The words of a command; those that are made here are freed with it. */
struct words {
	char **at;
	size_t count;
};

static void
add_word(struct words *w, const char *before, const char *text)
{
	w->at = mem_array(w->at, w->count + 2, sizeof(*w->at));
	w->at[w->count++] = mem_printf("%s%s", before, text);
	w->at[w->count] = NULL;
}

static void
free_words(struct words *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		free(w->at[i]);
	free(w->at);
}

/* What each pg_dump of ours begins with. */
static void
begin(struct conn *conn, const struct pgdump_opts *opts, struct words *w)
{
	char *wait = mem_printf("%u", opts->lock_wait * 1000);
	size_t i;

	add_word(w, opts->program, "");
	add_word(w, "--no-password", "");
	add_word(w, "--snapshot=", opts->snapshot);
	add_word(w, "--lock-wait-timeout=", wait);
	if (conn_row_security(conn))
		add_word(w, "--enable-row-security", "");
	for (i = 0; i < opts->option_count; i++)
		add_word(w, opts->options[i], "");
	free(wait);
}

/* Run ${w}, to which the way to ${conn}'s database is added, and free it. */
static int
run(struct conn *conn, struct words *w, struct buf *out, struct err *err)
{
	struct child_opts opts = { .max_output = SCHEMA_MAX };
	char *dsn, **env;
	int rc;

	if (conn_role(conn) != NULL)
		add_word(w, "--role=", conn_role(conn));
	env = conn_child_env(conn, &dsn, err);
	if (env == NULL) {
		free_words(w);
		return -1;
	}
	add_word(w, "-d", dsn);
	opts.argv = (const char *const *)w->at;
	opts.env = (const char *const *)env;
	rc = child_run(&opts, out, err);
	conn_child_env_free(env, dsn);
	free_words(w);
	if (rc != 0 && err->kind == ERR_FAIL)
		err->kind = ERR_DB;
	if (rc != 0 && !conn_blame_replay(err) && conn_is_standby(conn) &&
	    strstr(err->msg, "closed the connection") != NULL)
		(void)err_hint(err,
		    "the standby's replay of the primary's changes may have "
		    "ended it: max_standby_streaming_delay says how long that "
		    "waits for a backup");
	return rc;
}

int
pgdump_schema(struct conn *conn, const struct pgdump_opts *opts,
    struct buf *out, struct err *err)
{
	struct words w = { NULL, 0 };
	int rc;

	begin(conn, opts, &w);
	add_word(&w, "--format=custom", "");
	add_word(&w, "--compress=0", "");
	if (opts->depth != PGDUMP_ALL)
		add_word(&w, "--schema-only", "");
	if (opts->depth == PGDUMP_NOTHING) {
		/* Of the data, the schema: that is empty. */
		add_word(&w, "--section=data", "");
	} else if (opts->depth == PGDUMP_ALL) {
		add_word(&w, "--section=pre-data", "");
		add_word(&w, "--section=post-data", "");
	}
	rc = run(conn, &w, out, err);
	if (rc != 0 && strstr(err->msg, "LOCK TABLE") != NULL)
		(void)err_hint(err,
		    "another session, perhaps a migration, wants a table for "
		    "itself: run this before it, or after");
	return rc;
}

int
pgdump_has_statistics(int major)
{
	return major >= 18;
}

int
pgdump_statistics(struct conn *conn, const struct pgdump_opts *opts,
    struct buf *out, struct err *err)
{
	struct words w = { NULL, 0 };

	begin(conn, opts, &w);
	add_word(&w, "--statistics-only", "");
	return run(conn, &w, out, err);
}

int
pgdump_globals(struct conn *conn, const char *program, int passwords,
    struct buf *out, struct err *err)
{
	const char *name = conn_dbname(conn);
	struct words w = { NULL, 0 };

	add_word(&w, program, "");
	add_word(&w, "--globals-only", "");
	add_word(&w, "--no-password", "");
	/* Left to itself it goes to the database postgres, which this user may
	 * have no right to enter.  What looks like a connection string would
	 * be taken for one. */
	if (strpbrk(name, "=:") == NULL)
		add_word(&w, "--database=", name);
	if (!passwords)
		add_word(&w, "--no-role-passwords", "");
	return run(conn, &w, out, err);
}
