#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/keep/appraise.h"
#include "job/keep/prune.h"
#include "job/keep/unmarked.h"
#include "job/keep/vouch.h"
#include "job/sidecar.h"
#include "storage/store.h"

struct prune {
	const struct prune_opts *opts;
	struct store *store;
	char **names;
	size_t name_count;
	struct naming closed;
	struct vouch *vouch;
};

static int
judge_all(const struct prune *prune, struct pruned *p)
{
	const struct prune_opts *opts = prune->opts;
	struct unmarked unmarked;
	int rc;

	unmarked_recall(
	    opts->state, opts->repo, p->name, !opts->dry_run, &unmarked);
	p->items = mem_zalloc((p->all.count + 1) * sizeof(*p->items));
	p->removed = mem_zalloc(p->all.count + 1);
	rc = appraise(&p->all, &opts->trust, &unmarked, p->items, &p->err);
	unmarked_clear(&unmarked);
	if (rc != 0)
		return -1;
	vouch_apply(prune->vouch, &p->all, p->items);
	policy_apply(&opts->policy, p->now, p->items, p->all.count);
	policy_hold(
	    &opts->policy, opts->overrides, p->now, p->items, p->all.count);
	p->refusals = policy_refusals(&opts->policy, opts->expect, p->now,
			  p->items, p->all.count) &
	    ~opts->overrides;
	return 0;
}

/* ---- refusals ---- */

/* What is the matter with the newest. */
static void
describe(const struct prune *prune, const struct pruned *p, unsigned refusals,
    const struct policy_item *newest, struct buf *out)
{
	char is[32], may[32];

	if (refusals & POLICY_NEWEST_SUSPECT)
		buf_puts(out, " is marked suspect");
	if (refusals & POLICY_NEWEST_DAMAGED)
		buf_printf(out, "%s %s", out->len > 0 ? " and" : "",
		    newest->readable ? "is damaged" : "can't be read");
	if (refusals & POLICY_NEWEST_UNKNOWN)
		buf_printf(out, "%s has a .check.json that can't be read",
		    out->len > 0 ? " and" : "");
	if (refusals & POLICY_NEWEST_FAILED)
		buf_printf(out, "%s failed its last drill",
		    out->len > 0 ? " and" : "");
	if (refusals & POLICY_OVERDUE) {
		text_duration(is, sizeof(is), (double)(p->now - newest->time));
		text_duration(may, sizeof(may), (double)prune->opts->expect);
		buf_printf(out, "%s is %s old, where %s are expected at most",
		    out->len > 0 ? " and" : "", is, may);
	}
}

/* What to do about it first, and how to remove all the same. */
static void
advise(unsigned refusals, const char *newest, struct err *err)
{
	struct buf words = { 0 };
	unsigned bit;

	if (refusals & POLICY_NEWEST_SUSPECT)
		buf_printf(&words,
		    "compare it with an older one (pgcask diff OLDER %s); if "
		    "it is as it should be: pgcask accept %s; ",
		    newest, newest);
	if (refusals & POLICY_NEWEST_DAMAGED)
		buf_printf(&words,
		    "make a new backup now; save what is whole of this one, if "
		    "it is of use (pgcask salvage %s), and remove it by hand; ",
		    newest);
	if (refusals & POLICY_NEWEST_UNKNOWN)
		buf_printf(&words,
		    "let this user read %s.check.json, or check it again "
		    "(pgcask check %s); ",
		    newest, newest);
	if (refusals & POLICY_NEWEST_FAILED)
		buf_printf(&words,
		    "see why in %s.drill.json, and drill it again or make a "
		    "new backup; ",
		    newest);
	if (refusals & (POLICY_OVERDUE | POLICY_GAP))
		buf_puts(
		    &words, "see whether backups run and the clock is right; ");
	buf_puts(&words, "to remove all the same what no rule keeps, add");
	for (bit = 1; bit <= POLICY_REFUSAL_LAST; bit <<= 1)
		if (refusals & bit)
			buf_printf(&words, " --force %s",
			    policy_refusal_name((enum policy_refusal)bit));
	(void)err_hint(err, "%s", buf_text(&words));
	buf_free(&words);
}

/* For the sake of the newest archive, or the newest of a kind. */
static void
refuse_for(
    const struct prune *prune, struct pruned *p, size_t at, unsigned about)
{
	struct buf why = { 0 };

	describe(prune, p, about, &p->items[at], &why);
	(void)err_set(&p->err, ERR_ABNORMAL,
	    "%s: nothing is removed: the newest archive%s, %s,%s", p->name,
	    at == policy_newest(p->now, p->items, p->all.count)
		? ""
		: " of its kind",
	    p->all.found[at].key, buf_text(&why));
	advise(p->refusals, p->all.found[at].path, &p->err);
	buf_free(&why);
}

/* Who knows the folder, but no key, can add what looks like the newest. */
static void
refuse_signers(struct pruned *p)
{
	struct buf signers = { 0 };
	size_t count = appraise_signers(&p->all, p->items, &signers);

	(void)err_set(&p->err, ERR_ABNORMAL,
	    "%s: nothing is removed: its archives are signed by %zu keys, and "
	    "nobody said which of them to trust",
	    p->name, count);
	(void)err_hint(&p->err,
	    "say whose archives count:%s; to count all of them, add --force "
	    "signers",
	    buf_text(&signers));
	buf_free(&signers);
}

static int
refuse(const struct prune *prune, struct pruned *p)
{
	size_t i;

	for (i = 0; i < p->all.count; i++) {
		unsigned about = p->items[i].refuses & p->refusals;

		if (about != 0) {
			refuse_for(prune, p, i, about);
			return -1;
		}
	}
	if (p->refusals & POLICY_SIGNERS) {
		refuse_signers(p);
		return -1;
	}
	if (p->refusals & POLICY_OVERDUE) {
		(void)err_set(&p->err, ERR_ABNORMAL,
		    "%s: nothing is removed: no archive is there that counts, "
		    "where one is expected",
		    p->name);
		advise(p->refusals, "", &p->err);
		return -1;
	}
	(void)err_set(&p->err, ERR_ABNORMAL,
	    "%s: nothing is removed: for longer than --keep-within says no "
	    "archive was made, and now all from before that would go at once",
	    p->name);
	advise(p->refusals, "", &p->err);
	return -1;
}

/* ---- removing ---- */

static const char *
file_of(const struct found *found)
{
	return found->key + strlen(found->name) + 1;
}

/* A small file beside an archive that is not there. */
struct litter {
	const struct prune *prune;
	const char *name;
	size_t removed;
};

static int
clean_file(const char *file, void *arg, struct err *err)
{
	struct litter *litter = arg;
	const struct store *store = litter->prune->store;
	char *archive = sidecar_archive(file), *path;
	struct stat st;
	int rc = 0;

	if (archive == NULL)
		return stop_check(err);
	path = mem_printf("%s/%s/%s", store_path(store), litter->name, archive);
	if (lstat(path, &st) != 0 && errno == ENOENT) {
		log_step("removed %s/%s, for its archive is not there",
		    litter->name, file);
		litter->removed++;
		rc =
		    store_remove(litter->prune->store, litter->name, file, err);
	}
	free(path);
	free(archive);
	return rc;
}

/* Once it is certain that the archives are gone. */
static int
clean(const struct prune *prune, const char *name, struct err *err)
{
	struct litter litter = { prune, name, 0 };

	if (store_files(prune->store, name, clean_file, &litter, err) != 0)
		return -1;
	return litter.removed > 0 ? store_sync(prune->store, name, err) : 0;
}

/* The oldest first, as nights would have done it. */
static int
remove_all(const struct prune *prune, struct pruned *p)
{
	int dry = prune->opts->dry_run, rc = 0;
	size_t i;

	for (i = 0; i < p->all.count && rc == 0; i++) {
		const struct found *found = &p->all.found[i];

		if (p->items[i].kept_by != 0)
			continue;
		rc = stop_check(&p->err);
		if (rc == 0 && !dry)
			rc = store_remove(
			    prune->store, p->name, file_of(found), &p->err);
		if (rc != 0)
			break;
		p->removed[i] = 1;
		p->gone++;
		p->freed += found->size;
	}
	if (!dry && p->gone > 0) {
		struct err err = ERR_INIT;

		if (store_sync(prune->store, p->name, &err) != 0 && rc == 0) {
			p->err = err;
			rc = -1;
		}
	}
	p->kept = p->all.count - p->gone;
	return rc;
}

/* Of what could not even be begun with. */
static void
count_kept(const struct prune *prune, struct pruned *p)
{
	struct err unread = ERR_INIT;

	if (locate_all(prune->opts->repo, p->name, &p->all, &unread) == 0)
		p->kept = p->all.count;
}

static void
forget(struct pruned *p)
{
	locate_free(&p->all);
	free(p->items);
	free(p->removed);
	p->items = NULL;
	p->removed = NULL;
}

/* See what is there, and judge it. */
static int
begin(const struct prune *prune, struct pruned *p)
{
	const struct prune_opts *opts = prune->opts;

	p->kept = 0;
	p->now = wall_now();
	if (!opts->dry_run && store_lock(prune->store, p->name, &p->err) != 0) {
		count_kept(prune, p);
		return -1;
	}
	if (locate_all(opts->repo, p->name, &p->all, &p->err) != 0)
		return -1;
	p->kept = p->all.count;
	return judge_all(prune, p);
}

/* Read the newest of its kind.  Where the disk does not give that, it may do so
 * another time; but what is made no more is not to keep all else for ever. */
static int
read_newest(const struct prune *prune, struct pruned *p, size_t at)
{
	size_t newest = policy_newest(p->now, p->items, p->all.count);

	if (vouch_read(prune->vouch, &p->all.found[at], &p->err) == 0)
		return 0;
	if (p->err.kind != ERR_STORAGE ||
	    p->items[at].group == p->items[newest].group)
		return -1;
	log_warn("%s", p->err.msg);
	p->err = (struct err)ERR_INIT;
	return 0;
}

/* With a lock, unless nothing is to be changed; but without one while archives
 * are read, for whose sake all is then looked at again. */
static int
work(const struct prune *prune, struct pruned *p)
{
	const struct prune_opts *opts = prune->opts;
	size_t at;

	for (;;) {
		if (begin(prune, p) != 0)
			return -1;
		at = vouch_next(prune->vouch, &p->all, p->items);
		if (p->refusals != 0 || opts->dry_run || at == p->all.count)
			break;
		store_unlock(prune->store);
		if (read_newest(prune, p, at) != 0)
			return err_wrap(
			    &p->err, "%s: nothing is removed", p->name);
		forget(p);
	}
	appraise_tell(p->name, &p->all, p->items);
	if (p->refusals != 0)
		return refuse(prune, p);
	if (remove_all(prune, p) != 0)
		return -1;
	return opts->dry_run ? 0 : clean(prune, p->name, &p->err);
}

static int
prune_name(const struct prune *prune, const char *name,
    void (*tell)(const struct pruned *pruned, void *arg), void *arg,
    struct err *err)
{
	struct pruned p = {
		.name = name, .names = prune->name_count, .err = ERR_INIT
	};
	int rc = 0;

	if (work(prune, &p) != 0 && p.err.kind == ERR_INTERRUPT) {
		*err = p.err;
		rc = -1;
	}
	store_unlock(prune->store);
	tell(&p, arg);
	forget(&p);
	return rc;
}

/* ---- all names ---- */

static int
add_name(const char *name, void *arg, struct err *err)
{
	struct prune *prune = arg;

	if (prune->opts->name != NULL && strcmp(prune->opts->name, name) != 0)
		return 0;
	prune->names = mem_array(
	    prune->names, prune->name_count + 1, sizeof(*prune->names));
	prune->names[prune->name_count++] = mem_strdup(name);
	return stop_check(err);
}

static void
add_closed(const char *name, void *arg)
{
	struct prune *prune = arg;
	char *folder;

	if (prune->opts->name != NULL && strcmp(prune->opts->name, name) != 0)
		return;
	folder = mem_printf("%s/%s", prune->opts->repo, name);
	naming_add(&prune->closed, folder);
	free(folder);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder of a repository may have been given in the place of that. */
static int
no_archive(const char *repo, struct err *err)
{
	struct located none;
	int rc = locate_all(repo, NULL, &none, err);

	locate_free(&none);
	return rc != 0
	    ? -1
	    : err_set(err, ERR_ABSENT, "there is no archive in %s", repo);
}

static int
find_names(struct prune *prune, struct err *err)
{
	const struct prune_opts *opts = prune->opts;
	char user[TEXT_USER_SIZE] = "";

	if (store_names(prune->store, add_name, add_closed, prune, err) != 0)
		return -1;
	/* Not before there is something to say: it asks other libraries. */
	if (prune->closed.count > 0)
		text_user(user);
	if (prune->name_count > 0) {
		qsort(prune->names, prune->name_count, sizeof(*prune->names),
		    compare);
	} else if (prune->closed.count > 0) {
		return err_set(err, ERR_STORAGE, "user %s may not read %s",
		    user, naming_text(&prune->closed));
	} else if (opts->name != NULL) {
		return locate_no_name(opts->repo, opts->name, err);
	} else {
		return no_archive(opts->repo, err);
	}
	if (prune->closed.count > 0)
		log_warn("user %s may not read %s: the archives there are "
			 "left alone",
		    user, naming_text(&prune->closed));
	return 0;
}

int
prune_run(const struct prune_opts *opts,
    void (*tell)(const struct pruned *pruned, void *arg), void *arg,
    struct err *err)
{
	struct prune prune = { .opts = opts, .closed = NAMING(", ") };
	size_t i;
	int rc = -1;

	prune.vouch = vouch_new(opts->jobs, opts->read_back);
	prune.store = store_open(opts->repo, err);
	if (prune.store != NULL)
		rc = find_names(&prune, err);
	for (i = 0; i < prune.name_count && rc == 0; i++)
		rc = prune_name(&prune, prune.names[i], tell, arg, err);
	for (i = 0; i < prune.name_count; i++)
		free(prune.names[i]);
	free(prune.names);
	naming_free(&prune.closed);
	vouch_free(prune.vouch);
	store_free(prune.store);
	return rc;
}
