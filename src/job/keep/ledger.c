#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/doc.h"
#include "base/mem.h"
#include "base/stop.h"
#include "job/keep/ledger.h"
#include "storage/store.h"
#include "stream/hash.h"

/* No larger file is read: a hundred thousand tables, several times. */
#define SIZE_MAX_BYTES ((uint64_t)256 << 20)
/* Suspects whose figures are kept, and those whose ids are. */
#define SUSPECTS_MAX 20
#define PAST_MAX 200
/* Suspects that lack their mark. */
#define UNMARKED_MAX 100
/* How often, and for how long, the lock is asked for: ten seconds. */
#define LOCK_TRIES 200
#define LOCK_PAUSE_NS 50000000
/* Ways of choosing; the one that was used least lately goes. */
#define SERIES_MAX 50

struct ledger {
	char *path;
	int lock; /* the open folder, or -1: not to be written */
	json_t *doc;
	int is_new;
	char *fault;
};

char *
ledger_folder(const char *given)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct passwd user, *found = NULL;
	char names[4096];

	if (given != NULL)
		return mem_strdup(given);
	/* A relative path is to be ignored (XDG Base Directory). */
	if (state != NULL && state[0] == '/')
		return mem_printf("%s/pgcask", state);
	if (geteuid() == 0)
		return mem_strdup("/var/lib/pgcask");
	if (home == NULL || home[0] != '/') {
		if (getpwuid_r(
			geteuid(), &user, names, sizeof(names), &found) != 0)
			found = NULL;
		home = found != NULL ? found->pw_dir : NULL;
	}
	if (home == NULL || home[0] != '/')
		return NULL;
	return mem_printf("%s/.local/state/pgcask", home);
}

/* Make the folder, and those above it. */
static int
make_folder(const char *folder, struct err *err)
{
	char *path = mem_strdup(folder), *slash = path;
	int rc = 0;

	while (rc == 0 && slash != NULL) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST &&
		    errno != EROFS && (errno != EACCES || slash == NULL))
			rc = err_sys(err, ERR_STORAGE, "cannot make %s", path);
		if (slash != NULL)
			*slash = '/';
	}
	free(path);
	return rc;
}

/* One file for each repository and name. */
static char *
file_path(const char *folder, const char *repo, const char *name)
{
	char *real = realpath(repo, NULL);
	char *both = mem_printf("%s\n%s", real != NULL ? real : repo, name);
	uint8_t hash[HASH_SIZE];
	char *path;

	hash_once(both, strlen(both), hash);
	path = mem_printf("%s/%s-%02x%02x%02x%02x%02x%02x.json", folder, name,
	    hash[0], hash[1], hash[2], hash[3], hash[4], hash[5]);
	free(both);
	free(real);
	return path;
}

static json_t *
load(const char *path, struct err *err)
{
	struct blob *blob = blob_open(path, err);
	struct buf text = { 0 };
	json_t *doc = NULL;
	const json_t *series;
	size_t size;

	if (blob == NULL)
		return NULL;
	size = (size_t)blob_size(blob);
	if (blob_size(blob) > SIZE_MAX_BYTES)
		(void)err_set(err, ERR_DAMAGED, "%s is too large", path);
	else if (buf_reserve(&text, size + 1, err) == 0 &&
	    blob_read(blob, 0, text.data, size, err) == 0)
		doc = doc_parse(text.data, size, path, err);
	if (doc != NULL && doc_object(doc, "series", &series, err) != 0) {
		(void)err_wrap(err, "%s", path);
		json_decref(doc);
		doc = NULL;
	}
	buf_free(&text);
	blob_free(blob);
	return doc;
}

/* Lock the open ${folder}, which others hold for moments; but one of them may
 * be stopped, or be no run at all.  Where there are no locks, two that end at
 * one time may lose what one of them wrote, and no more. */
static int
take_lock(int lock, const char *folder, struct err *err)
{
	static const struct timespec pause = { 0, LOCK_PAUSE_NS };
	int tries = 0;

	while (flock(lock, LOCK_EX | LOCK_NB) != 0 &&
	    (errno == EWOULDBLOCK || errno == EINTR)) {
		if (stop_check(err) != 0)
			return -1;
		if (++tries < LOCK_TRIES) {
			(void)nanosleep(&pause, NULL);
			continue;
		}
		(void)err_set(err, ERR_LOCKED,
		    "%s is locked by another process, and was for ten seconds",
		    folder);
		return err_hint(err,
		    "\"fuser -v %s\" shows which one; the lock goes away with "
		    "it",
		    folder);
	}
	return 0;
}

/* What is in the file now; ${lock} is its own from here. */
static struct ledger *
read_ledger(const char *folder, const char *repo, const char *name, int lock)
{
	struct ledger *l = mem_zalloc(sizeof(*l));
	struct err why = ERR_INIT;

	l->lock = lock;
	l->path = file_path(folder, repo, name);
	l->doc = load(l->path, &why);
	if (l->doc == NULL) {
		l->is_new = why.kind == ERR_ABSENT;
		if (!l->is_new)
			l->fault = mem_strdup(why.msg);
		l->doc = json_pack("{s:o, s:o, s:{}}", "repository",
		    doc_text(repo), "name", doc_text(name), "series");
	}
	return l;
}

struct ledger *
ledger_open(
    const char *folder, const char *repo, const char *name, struct err *err)
{
	int lock;

	if (make_folder(folder, err) != 0)
		return NULL;
	lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0) {
		(void)err_sys(err, ERR_STORAGE, "cannot open %s", folder);
		return NULL;
	}
	if (take_lock(lock, folder, err) != 0) {
		(void)close(lock);
		return NULL;
	}
	return read_ledger(folder, repo, name, lock);
}

struct ledger *
ledger_peek(const char *folder, const char *repo, const char *name)
{
	return read_ledger(folder, repo, name, -1);
}

int
ledger_is_new(const struct ledger *l)
{
	return l->is_new;
}

const char *
ledger_fault(const struct ledger *l)
{
	return l->fault;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	if (l->lock >= 0)
		(void)close(l->lock);
	json_decref(l->doc);
	free(l->path);
	free(l->fault);
	free(l);
}

/* ---- series ---- */

/* A series' name: what was chosen may be long, and in any encoding. */
static char *
series_name(const char *chosen)
{
	uint8_t hash[HASH_SIZE];

	if (chosen[0] == '\0')
		return mem_strdup("all");
	hash_once(chosen, strlen(chosen), hash);
	return mem_printf("%02x%02x%02x%02x%02x%02x%02x%02x", hash[0], hash[1],
	    hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
}

int
ledger_normal(const struct ledger *l, const char *chosen, struct figures *f,
    struct err *err)
{
	char *name = series_name(chosen);
	const json_t *all = json_object_get(l->doc, "series");
	const json_t *normal =
	    json_object_get(json_object_get(all, name), "normal");

	free(name);
	*f = (struct figures){ 0 };
	if (normal == NULL)
		return 0;
	return figures_read(normal, f, err) == 0 ? 1
						 : err_wrap(err, "%s", l->path);
}

/* The member ${name}, an array; made if it is none. */
static json_t *
array_of(json_t *doc, const char *name)
{
	json_t *list = json_object_get(doc, name);

	if (json_is_array(list))
		return list;
	(void)json_object_set_new(doc, name, json_array());
	return json_object_get(doc, name);
}

static const char *
id_of(const json_t *figures)
{
	const char *id = json_string_value(json_object_get(figures, "archive"));

	return id != NULL ? id : "";
}

static void
note_past(json_t *series, const char *id)
{
	json_t *past = array_of(series, "past");

	(void)json_array_append_new(past, json_string(id));
	while (json_array_size(past) > PAST_MAX)
		(void)json_array_remove(past, 0);
}

/* ${figures}, which is taken, are what is normal; the first ${count} suspects
 * were before that. */
static void
set_normal(json_t *series, json_t *figures, size_t count)
{
	json_t *suspects = array_of(series, "suspects");

	if (json_object_get(series, "normal") != NULL)
		note_past(series, id_of(json_object_get(series, "normal")));
	for (; count > 0; count--) {
		note_past(series, id_of(json_array_get(suspects, 0)));
		(void)json_array_remove(suspects, 0);
	}
	(void)json_object_set_new(series, "normal", figures);
}

/* Forget the series that was used least lately. */
static void
drop_oldest(json_t *all, const char *but)
{
	const char *name, *oldest = NULL, *when = "";
	json_t *series;

	json_object_foreach(all, name, series)
	{
		const char *used =
		    json_string_value(json_object_get(series, "used"));

		if (used == NULL)
			used = "";
		if (strcmp(name, but) != 0 &&
		    (oldest == NULL || strcmp(used, when) < 0)) {
			oldest = name;
			when = used;
		}
	}
	if (oldest != NULL)
		(void)json_object_del(all, oldest);
}

void
ledger_add(
    struct ledger *l, const char *chosen, const struct figures *f, int suspect)
{
	json_t *all = json_object_get(l->doc, "series");
	char *name = series_name(chosen);
	json_t *figures = figures_json(f), *series = json_object_get(all, name);
	json_t *suspects;

	if (!json_is_object(series)) {
		(void)json_object_set_new(
		    all, name, json_pack("{s:o}", "chosen", doc_text(chosen)));
		series = json_object_get(all, name);
	}
	(void)json_object_set(
	    series, "used", json_object_get(figures, "created"));
	suspects = array_of(series, "suspects");
	if (suspect) {
		(void)json_array_append_new(suspects, figures);
		while (json_array_size(suspects) > SUSPECTS_MAX)
			(void)json_array_remove(suspects, 0);
	} else {
		set_normal(series, figures, json_array_size(suspects));
	}
	while (json_object_size(all) > SERIES_MAX)
		drop_oldest(all, name);
	free(name);
}

/* As ledger_accept(), of one series. */
static int
accept_in(json_t *series, const char *id)
{
	json_t *suspects = array_of(series, "suspects");
	json_t *past = array_of(series, "past"), *figures;
	size_t i;

	for (i = 0; i < json_array_size(suspects); i++) {
		figures = json_array_get(suspects, i);
		if (strcmp(id_of(figures), id) != 0)
			continue;
		set_normal(series, json_incref(figures), i + 1);
		return 1;
	}
	if (strcmp(id_of(json_object_get(series, "normal")), id) == 0)
		return 1;
	for (i = 0; i < json_array_size(past); i++) {
		const char *old = json_string_value(json_array_get(past, i));

		if (old != NULL && strcmp(old, id) == 0)
			return 0;
	}
	return -1;
}

/* ---- suspects that lack their mark ---- */

void
ledger_add_unmarked(struct ledger *l, const struct ledger_unmarked *u)
{
	json_t *list = array_of(l->doc, "unmarked");

	(void)json_array_append_new(list,
	    json_pack("{s:o, s:o, s:o, s:o}", "archive", doc_text(u->id),
		"file", doc_text(u->file), "reason", doc_text(u->reason),
		"compared_with", doc_text(u->against)));
	while (json_array_size(list) > UNMARKED_MAX)
		(void)json_array_remove(list, 0);
}

/* Whether ${doc} describes one. */
static int
read_unmarked(const json_t *doc, struct ledger_unmarked *u)
{
	struct err err = ERR_INIT;

	return doc_str(doc, "archive", &u->id, &err) == 0 &&
	    doc_str(doc, "file", &u->file, &err) == 0 &&
	    doc_str(doc, "reason", &u->reason, &err) == 0 &&
	    doc_str(doc, "compared_with", &u->against, &err) == 0;
}

size_t
ledger_each_unmarked(struct ledger *l,
    int (*each)(void *arg, const struct ledger_unmarked *u), void *arg)
{
	json_t *list = json_object_get(l->doc, "unmarked");
	struct ledger_unmarked u;
	size_t i = 0, forgotten = 0;

	while (i < json_array_size(list)) {
		if (read_unmarked(json_array_get(list, i), &u) &&
		    !each(arg, &u)) {
			i++;
			continue;
		}
		(void)json_array_remove(list, i);
		forgotten++;
	}
	return forgotten;
}

static int
is_accepted(void *arg, const struct ledger_unmarked *u)
{
	return strcmp(arg, u->id) == 0;
}

int
ledger_accept(struct ledger *l, const char *id)
{
	json_t *all = json_object_get(l->doc, "series"), *series;
	char accepted[FIGURES_ID_SIZE];
	const char *name;
	int rc = -1, unmarked;

	(void)snprintf(accepted, sizeof(accepted), "%s", id);
	unmarked = ledger_each_unmarked(l, is_accepted, accepted) > 0;
	json_object_foreach(all, name, series)
	{
		if (rc < 0 && json_is_object(series))
			rc = accept_in(series, id);
	}
	return rc < 0 && unmarked ? 0 : rc;
}

int
ledger_save(const struct ledger *l, struct err *err)
{
	struct buf text = { 0 };
	struct sink *sink = NULL;
	int rc = -1;

	if (doc_dump(l->doc, &text, err) == 0 &&
	    (sink = file_replace(l->path, err)) != NULL &&
	    sink_write(sink, text.data, text.len, err) == 0)
		rc = sink_finish(sink, err);
	sink_free(sink);
	buf_free(&text);
	return rc;
}
