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

/* Who else may remove archives, or put others in their place. */
static void
check_mode(struct doctor *d, const char *repo)
{
	struct stat st;

	if (stat(repo, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return;
	if ((st.st_mode & S_ISVTX) != 0)
		return;
	report_warn(d->report, "folder-mode",
	    "%s may be written by %s (mode %04o): they can remove archives",
	    repo, (st.st_mode & S_IWOTH) != 0 ? "everybody" : "its group",
	    (unsigned)st.st_mode & 07777);
	report_remedy(d->report, "chmod go-w %s", repo);
}

struct litter {
	struct naming names;
	uint64_t bytes;
	const char *repo;
};

static void
add_litter(const struct probe_litter *found, void *arg)
{
	struct litter *l = arg;
	char *path = mem_printf("%s/%s%s%s", l->repo, found->folder,
	    found->folder[0] != '\0' ? "/" : "", found->file);

	naming_add(&l->names, path);
	l->bytes += found->size;
	free(path);
}

static void
check_litter(struct doctor *d, const struct store *store)
{
	struct litter l = { .names = NAMING(" "), .repo = store_path(store) };
	struct err err = ERR_INIT;
	char bytes[32];

	if (probe_litter(store, add_litter, &l, &err) != 0) {
		report_err(d->report, "leftovers", LEVEL_BAD, &err);
	} else if (l.names.count == 0) {
		report_ok(d->report, "leftovers",
		    "nothing is left of runs that died");
	} else {
		text_bytes(bytes, sizeof(bytes), (double)l.bytes);
		report_warn(d->report, "leftovers",
		    "%zu file%s with %s left by runs that died: look why they "
		    "did",
		    l.names.count, l.names.count > 1 ? "s" : "", bytes);
		report_remedy(d->report,
		    "the next backup under the same name removes them, or: rm "
		    "%s",
		    naming_text(&l.names));
	}
	naming_free(&l.names);
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
	check_mode(d, repo);
	if (d->all.closed.count > 0) {
		report_warn(d->report, "closed", "user %lu may not read %s",
		    (unsigned long)geteuid(), naming_text(&d->all.closed));
		report_remedy(d->report,
		    "let one user make and check the archives there, or: chown "
		    "-R %lu %s",
		    (unsigned long)geteuid(), repo);
	}
	check_litter(d, d->store);
}

/* What is remembered of backups is kept on this host; the folder is made when
 * it is needed. */
void
doctor_check_state(struct doctor *d)
{
	char *folder, *path, *slash;

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
		report_remedy(d->report,
		    "chown %lu %s; or --state names another folder",
		    (unsigned long)geteuid(), path);
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
	report_remedy(d->report, "remove small files there: df -i %s", repo);
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
	    repo);
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
