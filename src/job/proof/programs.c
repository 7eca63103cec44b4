#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/naming.h"
#include "job/proof/programs.h"

#define OLDEST_MAJOR 12
#define NEWEST_MAJOR 30 /* as far as version folders are looked for */

struct search {
	int wanted;
	int newer;
	char *folder; /* the best so far, or NULL */
	int major;
	struct naming seen; /* what else there is */
	char **asked;       /* folders, each but once */
	size_t asked_count;
};

/* What a program says when it is asked; NULL if it can't be run. */
static char *
ask(const char *path, const char *option)
{
	const char *argv[] = { path, option, NULL };
	struct child_opts opts = { .argv = argv, .max_output = 4096 };
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	char *answer = NULL;

	if (access(path, X_OK) == 0 && child_run(&opts, &out, &err) == 0)
		answer =
		    mem_printf("%.*s", (int)out.len, (const char *)out.data);
	buf_free(&out);
	return answer;
}

/* The major version of the server there, or 0. */
static int
major_of(const char *folder)
{
	char *server = mem_printf("%s/postgres", folder);
	char *initdb = mem_printf("%s/initdb", folder);
	char *answer =
	    access(initdb, X_OK) == 0 ? ask(server, "--version") : NULL;
	const char *behind = answer != NULL ? strchr(answer, ')') : NULL;
	int major = behind != NULL ? atoi(behind + 1) : 0;

	free(answer);
	free(initdb);
	free(server);
	return major;
}

static int
is_found(const struct search *s)
{
	return s->folder != NULL && s->major == s->wanted;
}

/* Whether the folder, under any of its names, was asked already. */
static int
was_asked(struct search *s, const char *folder)
{
	char *real = realpath(folder, NULL);
	size_t i;

	for (i = 0; real != NULL && i < s->asked_count; i++)
		if (strcmp(s->asked[i], real) == 0) {
			free(real);
			return 1;
		}
	if (real == NULL)
		return 0;
	s->asked = mem_array(s->asked, s->asked_count + 1, sizeof(*s->asked));
	s->asked[s->asked_count++] = real;
	return 0;
}

static void
consider(struct search *s, const char *folder)
{
	int major = is_found(s) || was_asked(s, folder) ? 0 : major_of(folder);
	int fits = major == s->wanted ||
	    (s->newer && major > s->wanted &&
		(s->folder == NULL || major < s->major));
	char *what;

	if (major == 0)
		return;
	if (fits) {
		free(s->folder);
		s->folder = mem_strdup(folder);
		s->major = major;
		return;
	}
	what = mem_printf("%d (%s)", major, folder);
	naming_add(&s->seen, what);
	free(what);
}

/* Where Debian and the PostgreSQL project's RPMs keep several versions. */
static void
consider_places(struct search *s)
{
	int major;

	for (major = OLDEST_MAJOR; major <= NEWEST_MAJOR; major++) {
		char *debian = mem_printf("/usr/lib/postgresql/%d/bin", major);
		char *redhat = mem_printf("/usr/pgsql-%d/bin", major);

		consider(s, debian);
		consider(s, redhat);
		free(debian);
		free(redhat);
	}
}

static void
consider_path(struct search *s)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char *folder = mem_printf("%.*s", (int)len, path);

		if (len > 0)
			consider(s, folder);
		free(folder);
		path += len;
		path += *path == ':';
	}
}

static void
consider_config(struct search *s)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0' && !is_found(s)) {
		size_t len = strcspn(path, ":");
		char *program = mem_printf("%.*s/pg_config", (int)len, path);
		char *folder = ask(program, "--bindir");

		if (folder != NULL) {
			folder[strcspn(folder, "\n")] = '\0';
			consider(s, folder);
		}
		free(folder);
		free(program);
		path += len;
		path += *path == ':';
	}
}

static int
say_none(struct search *s, const char *bindir, struct err *err)
{
	if (bindir != NULL && s->seen.count == 0)
		(void)err_set(err, ERR_USAGE,
		    "there is no initdb and postgres that can be run in %s",
		    bindir);
	else if (s->seen.count > 0)
		(void)err_set(err, ERR_USAGE,
		    "the archive is of PostgreSQL %d, and there is no server "
		    "of that version here to restore it into, but %s",
		    s->wanted, naming_text(&s->seen));
	else
		(void)err_set(err, ERR_USAGE,
		    "the archive is of PostgreSQL %d, and there is no server "
		    "program on this machine to restore it into",
		    s->wanted);
	return err_hint(err,
	    "install the server of PostgreSQL %d, or name its folder with "
	    "--pg-bindir; or drill in a server that runs: --server%s",
	    s->wanted,
	    s->newer ? "" : "; --newer takes a server of a newer version");
}

char *
programs_find(
    int version, const char *bindir, int newer, int *major, struct err *err)
{
	struct search s = {
		.wanted = version / 10000, .newer = newer, .seen = NAMING(", ")
	};

	if (bindir != NULL) {
		consider(&s, bindir);
	} else {
		consider_places(&s);
		consider_path(&s);
		consider_config(&s);
	}
	if (s.folder == NULL)
		(void)say_none(&s, bindir, err);
	else
		log_step(
		    "using the server in %s, version %d", s.folder, s.major);
	*major = s.major;
	naming_free(&s.seen);
	while (s.asked_count > 0)
		free(s.asked[--s.asked_count]);
	free(s.asked);
	return s.folder;
}
