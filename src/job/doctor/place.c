#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "doctoring.h"
#include "job/keep/ledger.h"

/* Seconds that two clocks may differ by. */
#define CLOCK_MAX 5.0
/* Archives that should still fit. */
#define ROOM_MIN 3
/* Files, with room for those beside archives. */
#define FILES_MIN 100

/* Paths to be typed after a command, as many as that is fit for. */
#define WORDS_MAX 5

struct words {
	struct buf text;
	size_t count;
};

static void
words_add(struct words *w, const char *path)
{
	char *word = text_shell(path);

	if (w->count++ < WORDS_MAX)
		buf_printf(&w->text, "%s%s", w->text.len > 0 ? " " : "", word);
	free(word);
}

/* What to say behind the command, of those that it does not name. */
static void
words_left(const struct words *w, char *out, size_t size)
{
	out[0] = '\0';
	if (w->count > WORDS_MAX)
		(void)snprintf(out, size,
		    "; the other %zu are named when this is done",
		    w->count - WORDS_MAX);
}

/* Who else may remove archives, or put others in their place: of the
 * repository, or of a NAME in it. */
struct modes {
	const char *repo;
	struct words words;
	mode_t all;   /* what any of them allows */
	mode_t first; /* the first one's */
	char *path;
};

static void
look_at_mode(struct modes *m, const char *name)
{
	char *path = name != NULL ? mem_printf("%s/%s", m->repo, name)
				  : mem_strdup(m->repo);
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (st.st_mode & S_ISVTX) == 0) {
		words_add(&m->words, path);
		m->all |= st.st_mode;
		if (m->path == NULL) {
			m->path = path;
			m->first = st.st_mode;
			return;
		}
	}
	free(path);
}

static int
look_at_name(const char *name, void *arg, struct err *err)
{
	(void)err;
	look_at_mode(arg, name);
	return 0;
}

static void
pass_over(const char *name, void *arg)
{
	(void)name;
	(void)arg;
}

static void
check_modes(struct doctor *d, const char *repo)
{
	struct modes m = { .repo = repo };
	char more[32] = "", left[64];
	struct err err = ERR_INIT;

	look_at_mode(&m, NULL);
	/* Why one can't be read is told elsewhere. */
	(void)store_names(d->store, look_at_name, pass_over, &m, &err);
	if (m.words.count == 0)
		return;
	if (m.words.count > 1)
		(void)snprintf(
		    more, sizeof(more), " and %zu more", m.words.count - 1);
	report_warn(d->report, "folder-mode",
	    "%s%s may be written by %s (mode %04o): they can remove archives",
	    m.path, more, (m.all & S_IWOTH) != 0 ? "everybody" : "the group",
	    (unsigned)m.first & 07777);
	words_left(&m.words, left, sizeof(left));
	report_remedy(
	    d->report, "chmod go-w %s%s", buf_text(&m.words.text), left);
	buf_free(&m.words.text);
	free(m.path);
}

struct litter {
	struct words words;
	size_t in_names; /* which the next run there removes */
	uint64_t bytes;
	const char *repo;
};

static void
add_litter(const struct probe_litter *found, void *arg)
{
	struct litter *l = arg;
	char *path = mem_printf("%s/%s%s%s", l->repo, found->folder,
	    found->folder[0] != '\0' ? "/" : "", found->file);

	words_add(&l->words, path);
	l->in_names += found->folder[0] != '\0';
	l->bytes += found->size;
	free(path);
}

static void
tell_litter(struct doctor *d, const struct litter *l)
{
	size_t count = l->words.count;
	char bytes[32], left[64];

	text_bytes(bytes, sizeof(bytes), (double)l->bytes);
	report_warn(d->report, "leftovers",
	    "%zu file%s with %s left by runs that died: look why they did",
	    count, count > 1 ? "s" : "", bytes);
	words_left(&l->words, left, sizeof(left));
	report_remedy(d->report, "%srm %s%s",
	    l->in_names == count ? "the next backup under the same name "
				   "removes them, or: "
		: l->in_names > 0
		? "the next backup under the same name removes what is in its "
		  "folder; or: "
		: "",
	    buf_text(&l->words.text), left);
}

static void
check_litter(struct doctor *d, const struct store *store)
{
	struct litter l = { .repo = store_path(store) };
	struct err err = ERR_INIT;

	/* Its own it removes itself. */
	probe_clean(store);
	if (probe_litter(store, add_litter, &l, &err) != 0) {
		report_err(d->report, "leftovers", LEVEL_BAD, &err);
	} else if (l.words.count == 0) {
		report_ok(d->report, "leftovers",
		    "nothing is left of runs that died");
	} else {
		tell_litter(d, &l);
	}
	buf_free(&l.words.text);
}

static void
check_clock(struct doctor *d, const char *where, double ahead)
{
	char off[32];

	if (ahead > -CLOCK_MAX && ahead < CLOCK_MAX)
		return;
	text_duration(off, sizeof(off), ahead < 0 ? -ahead : ahead);
	report_warn(d->report, "file-clock",
	    "the clock of the file system of %s is %s %s this host's", where,
	    off, ahead < 0 ? "behind" : "ahead of");
	report_remedy(d->report,
	    "set both by NTP: timedatectl set-ntp true, here and where the "
	    "files are kept");
}

/* Where the archives of ${name} will be, or above that. */
static void
check_writable(struct doctor *d, const char *repo, const char *name)
{
	char *folder =
	    name != NULL ? mem_printf("%s/%s", repo, name) : mem_strdup(repo);
	struct err err = ERR_INIT;
	double ahead = 0;

	if (name != NULL && access(folder, F_OK) != 0) {
		free(folder);
		folder = mem_strdup(repo);
	}
	if (probe_write(folder, &ahead, &err) != 0) {
		report_err(d->report, "writable", LEVEL_BAD, &err);
	} else {
		report_ok(d->report, "writable",
		    "a file was written, synced, named and removed in %s",
		    folder);
		check_clock(d, folder, ahead);
	}
	free(folder);
}

void
doctor_check_folder(struct doctor *d, const char *name)
{
	const char *repo = d->opts->backup->repo;
	struct err err = ERR_INIT;

	if (d->store == NULL)
		return;
	report_group(d->report, "repository");
	check_writable(d, repo, name);
	if (name == NULL)
		return;
	if (store_look_at_lock(d->store, name, &err) != 0)
		report_err(d->report, "lock", LEVEL_BAD, &err);
	else
		report_ok(d->report, "lock",
		    "no other run is writing into %s/%s", repo, name);
}

void
doctor_check_place(struct doctor *d)
{
	const char *repo = d->opts->backup->repo;
	struct err err = ERR_INIT;

	report_group(d->report, "repository");
	d->store = store_open(repo, &err);
	if (d->store == NULL || locate_all(repo, NULL, &d->all, &err) != 0) {
		report_err(d->report, "repository", LEVEL_BAD, &err);
		store_free(d->store);
		d->store = NULL;
		return;
	}
	d->located = 1;
	report_ok(d->report, "repository", "%s has %zu archive%s", repo,
	    d->all.count, d->all.count == 1 ? "" : "s");
	check_modes(d, repo);
	if (d->all.closed.count > 0) {
		report_warn(d->report, "closed", "user %lu may not read %s",
		    (unsigned long)geteuid(), naming_text(&d->all.closed));
		report_remedy(d->report,
		    "let one user make and check the archives there, or: chown "
		    "-R %lu %s",
		    (unsigned long)geteuid(), d->report->repo);
	}
	check_litter(d, d->store);
}

/* What is remembered of backups is kept on this host; the folder is made when
 * it is needed. */
void
doctor_check_state(struct doctor *d)
{
	char *folder, *path, *slash, *word;

	if (!d->opts->compares)
		return;
	folder = ledger_folder(d->opts->state);
	report_group(d->report, "this host");
	if (folder == NULL) {
		report_warn(d->report, "state",
		    "there is no home, where it could be remembered what "
		    "backups look like");
		report_remedy(d->report, "--state names a folder");
		return;
	}
	path = mem_strdup(folder);
	while (access(path, F_OK) != 0) {
		slash = strrchr(path, '/');
		if (slash == NULL || slash == path) {
			free(path);
			path = mem_strdup(slash == NULL ? "." : "/");
			break;
		}
		*slash = '\0';
	}
	if (access(path, W_OK | X_OK) == 0) {
		report_ok(d->report, "state",
		    "what backups look like can be remembered in %s", folder);
	} else {
		report_warn(d->report, "state",
		    "user %lu may not write into %s: backups are not compared "
		    "with those before",
		    (unsigned long)geteuid(), folder);
		word = text_shell(path);
		report_remedy(d->report,
		    "chown %lu %s; or --state names another folder",
		    (unsigned long)geteuid(), word);
		free(word);
	}
	free(path);
	free(folder);
}

/* ---- room ---- */

static void
check_files(struct doctor *d, const char *repo)
{
	if (d->space.files_free >= FILES_MIN)
		return;
	report_bad(d->report, "files", ERR_STORAGE,
	    "the file system of %s takes only %llu more files", repo,
	    (unsigned long long)d->space.files_free);
	report_remedy(
	    d->report, "remove small files there: df -i %s", d->report->repo);
}

static void
judge_space(struct doctor *d, const char *repo)
{
	char free_text[32], each[32];
	double rooms = (double)d->space.free / (double)d->expected;

	text_bytes(free_text, sizeof(free_text), (double)d->space.free);
	text_bytes(each, sizeof(each), (double)d->expected);
	if (rooms >= ROOM_MIN) {
		report_ok(d->report, "space",
		    "%s has %s free, and the next backup is expected to take "
		    "%s%s",
		    repo, free_text, each, d->guessed ? " at most" : "");
		return;
	}
	if (rooms < 1 && !d->guessed)
		report_bad(d->report, "space", ERR_STORAGE,
		    "%s has %s free, and the next backup is expected to take "
		    "%s",
		    repo, free_text, each);
	else
		report_warn(d->report, "space",
		    "%s has %s free, and the next backup is expected to take "
		    "%s%s",
		    repo, free_text, each, d->guessed ? " at most" : "");
	report_remedy(d->report,
	    "remove old archives (\"pgcask list -r %s\" names them), or give "
	    "-r a folder on a larger disk",
	    d->report->repo);
}

void
doctor_check_space(struct doctor *d)
{
	const char *repo = d->opts->backup->repo;
	struct err err = ERR_INIT;
	char free_text[32];

	if (d->store == NULL)
		return;
	report_group(d->report, "repository");
	if (probe_space(repo, &d->space, &err) != 0) {
		report_err(d->report, "space", LEVEL_BAD, &err);
		return;
	}
	check_files(d, repo);
	if (d->expected > 0) {
		judge_space(d, repo);
		return;
	}
	text_bytes(free_text, sizeof(free_text), (double)d->space.free);
	report_ok(d->report, "space", "%s has %s free", repo, free_text);
}
