#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/keep/gate.h"
#include "job/keep/ledger.h"
#include "job/keep/suspect.h"
#include "job/keep/unmarked.h"
#include "storage/store.h"

/* What is told one by one; the rest is counted. */
#define DETAILS_MAX 5

/* ---- comparing ---- */

struct comparing {
	const struct gate_bounds *bounds;
	const struct figures *before;
	const struct figures *now;
	struct gate_findings *found;
};

/* Make room for one more detail; whether it is to be told. */
static int
more(struct gate_findings *f)
{
	if (f->count++ >= DETAILS_MAX)
		return 0;
	if (f->details.len > 0)
		buf_puts(&f->details, "; ");
	return 1;
}

static void
add_kind(struct gate_findings *f, const char *kind)
{
	buf_printf(&f->kinds, "%s%s", f->kinds.len > 0 ? ", " : "", kind);
}

static int
is_excepted(const struct gate_bounds *b, const struct figures_table *t)
{
	size_t i;

	for (i = 0; i < b->except_count; i++)
		if (pattern_matches(b->except[i], t->schema, t->name))
			return 1;
	return 0;
}

/* Whether going from ${before} to ${now} is a loss of at least ${share}, and no
 * trifle. */
static int
shrank(uint64_t before, uint64_t now, double share, uint64_t trifle)
{
	return share > 0 && now < before && before - now >= trifle &&
	    (double)(before - now) >= share * (double)before;
}

static void
compare_tables(struct comparing *c)
{
	const struct figures *f = c->before;
	size_t i, gone = 0;

	for (i = 0; i < f->table_count; i++)
		gone += !is_excepted(c->bounds, &f->tables[i]) &&
		    figures_find(
			c->now, f->tables[i].schema, f->tables[i].name) == NULL;
	if (gone == 0 || gone <= c->bounds->tables)
		return;
	add_kind(c->found, "tables gone");
	for (i = 0; i < f->table_count; i++) {
		const struct figures_table *t = &f->tables[i];

		if (!is_excepted(c->bounds, t) &&
		    figures_find(c->now, t->schema, t->name) == NULL &&
		    more(c->found))
			buf_printf(&c->found->details, "table %s.%s is gone",
			    t->schema, t->name);
	}
}

static void
tell_rows(
    struct gate_findings *f, const char *what, uint64_t before, uint64_t now)
{
	char had[32], has[32];

	if (!more(f))
		return;
	text_count(had, sizeof(had), before);
	text_count(has, sizeof(has), now);
	buf_printf(&f->details, "%s: %s rows, where %s were", what, has, had);
}

static void
compare_rows(struct comparing *c)
{
	uint64_t before = 0, now = 0;
	double share = c->bounds->rows;
	size_t i, known = c->found->count;

	for (i = 0; i < c->before->table_count; i++) {
		const struct figures_table *t = &c->before->tables[i], *u;

		u = figures_find(c->now, t->schema, t->name);
		if (u == NULL || is_excepted(c->bounds, t))
			continue;
		before += t->rows;
		now += u->rows;
		if (shrank(t->rows, u->rows, share, GATE_ROWS)) {
			char *what = mem_printf("%s.%s", t->schema, t->name);

			tell_rows(c->found, what, t->rows, u->rows);
			free(what);
		}
	}
	/* Many small tables may have lost a few each. */
	if (known == c->found->count && shrank(before, now, share, GATE_ROWS))
		tell_rows(c->found, "all tables together", before, now);
	if (c->found->count > known)
		add_kind(c->found, "fewer rows");
}

static void
compare_size(struct comparing *c)
{
	uint64_t before = c->before->bytes, now = c->now->bytes;
	char had[32], has[32];

	if (!shrank(before, now, c->bounds->size, GATE_BYTES))
		return;
	add_kind(c->found, "less data");
	if (!more(c->found))
		return;
	text_bytes(had, sizeof(had), (double)before);
	text_bytes(has, sizeof(has), (double)now);
	buf_printf(&c->found->details, "%s of data, where %s were", has, had);
}

static void
compare_time(struct comparing *c)
{
	double before = c->before->seconds, now = c->now->seconds;
	char had[32], has[32];

	if (c->bounds->time == 0 || now < GATE_SECONDS ||
	    now < c->bounds->time * before)
		return;
	add_kind(c->found, "took longer");
	if (!more(c->found))
		return;
	text_duration(had, sizeof(had), before);
	text_duration(has, sizeof(has), now);
	buf_printf(&c->found->details, "it took %s, and %s before", has, had);
}

void
gate_compare(const struct gate_bounds *bounds, const struct figures *before,
    const struct figures *now, struct gate_findings *findings)
{
	struct comparing c = { bounds, before, now, findings };

	compare_tables(&c);
	compare_rows(&c);
	compare_size(&c);
	compare_time(&c);
	if (findings->count > DETAILS_MAX)
		buf_printf(&findings->details, "; and %zu more",
		    findings->count - DETAILS_MAX);
}

/* ---- a backup that has ended ---- */

struct others {
	const char *prefix; /* "NAME/" */
	size_t count;
};

static int
count_other(const char *key, uint64_t size, void *arg, struct err *err)
{
	struct others *o = arg;

	(void)size;
	(void)err;
	o->count += strncmp(key, o->prefix, strlen(o->prefix)) == 0;
	return 0;
}

static void
pass_over(const char *name, void *arg)
{
	(void)name;
	(void)arg;
}

/* Whether there are older archives of that NAME, of which nothing is known. */
static int
has_history(const struct gate_opts *opts)
{
	char *prefix = mem_printf("%s/", opts->name);
	struct others o = { .prefix = prefix };
	struct err err = ERR_INIT;
	struct store *store = store_open(opts->repo, &err);

	if (store != NULL)
		(void)store_list(store, count_other, pass_over, &o, &err);
	store_free(store);
	free(prefix);
	return o.count > 0;
}

/* What this one is compared with: 1, or 0 when there is nothing. */
static int
find_normal(const struct ledger *l, const struct gate_opts *opts,
    struct figures *before)
{
	struct err err = ERR_INIT;
	const char *why = ledger_fault(l);
	int got = 0;

	if (why == NULL) {
		got = ledger_normal(l, opts->chosen, before, &err);
		if (got < 0)
			why = err.msg;
	}
	if (why != NULL)
		log_warn("this backup is compared with nothing, for what was "
			 "noted of the last ones can't be read: %s",
		    why);
	else if (ledger_is_new(l) && has_history(opts))
		log_warn("this backup is compared with nothing, for this host "
			 "has noted nothing of earlier ones of \"%s\"",
		    opts->name);
	else if (got == 0)
		log_step("the first backup of this kind: compared with none");
	return got > 0;
}

/* Mark the archive; if that can't be, the ledger knows. */
static void
mark(const struct gate_opts *opts, struct ledger *l, const char *id,
    const char *reason, const char *against)
{
	const char *slash = strrchr(opts->path, '/');
	struct ledger_unmarked u = { .file =
					 slash != NULL ? slash + 1 : opts->path,
		.id = id,
		.reason = reason,
		.against = against };
	struct err why = ERR_INIT;

	if (suspect_mark(opts->path, reason, against, &why) == 0)
		return;
	log_warn("%s can't be marked suspect: %s; until it is, only this host "
		 "knows",
	    opts->path, why.msg);
	ledger_add_unmarked(l, &u);
}

/* Say why. */
static int
raise_alarm(const struct gate_opts *opts, const struct figures *before,
    const struct gate_findings *found, struct err *err)
{
	char created[WALL_ISO_SIZE];

	wall_iso(before->created, created);
	(void)err_set(err, ERR_ABNORMAL,
	    "%s is kept, but looks abnormal beside that of %s: %s", opts->path,
	    created, buf_text(&found->details));
	return err_hint(
	    err, "if that is as it should be: pgcask accept %s", opts->path);
}

static void
cannot_save(const struct err *why)
{
	log_warn(
	    "the next backup can't be compared with this one: %s", why->msg);
}

static void
save(const struct ledger *l)
{
	struct err err = ERR_INIT;

	if (ledger_save(l, &err) != 0)
		cannot_save(&err);
}

static struct ledger *
try_ledger(const struct gate_opts *opts, struct err *err)
{
	char *folder = ledger_folder(opts->state);
	struct ledger *l = NULL;

	if (folder != NULL)
		l = ledger_open(folder, opts->repo, opts->name, err);
	else
		(void)err_set(err, ERR_STORAGE, "there is no home folder");
	free(folder);
	return l;
}

/* NULL, with a warning, if there is none. */
static struct ledger *
open_ledger(const struct gate_opts *opts)
{
	struct err err = ERR_INIT;
	struct ledger *l = try_ledger(opts, &err);

	/* Whoever is stopped has no archive to compare. */
	if (l == NULL && err.kind != ERR_INTERRUPT)
		log_warn("this backup is compared with none, and can't be "
			 "remembered: %s; name a folder with --state, or say "
			 "--gate off",
		    err.msg);
	return l;
}

int
gate_judge(const struct gate_opts *opts, struct figures *now, struct err *err)
{
	struct gate_findings found = { 0 };
	struct figures before = { 0 };
	struct ledger *l;
	char *folder;
	int rc = 0, healed;

	if (opts->bounds->off)
		return 0;
	/* Before others have to wait for the ledger. */
	suspect_clean(opts->repo, opts->name);
	l = open_ledger(opts);
	if (l == NULL)
		return 0;
	folder = mem_printf("%s/%s", opts->repo, opts->name);
	healed = unmarked_heal(l, folder) > 0;
	free(folder);
	figures_sort(now);
	if (find_normal(l, opts, &before))
		gate_compare(opts->bounds, &before, now, &found);
	if (found.count > 0) {
		mark(opts, l, now->id, buf_text(&found.kinds), before.id);
		rc = raise_alarm(opts, &before, &found, err);
		ledger_add(l, opts->chosen, now, 1);
	}
	if (rc != 0 || healed)
		save(l);
	ledger_close(l);
	figures_clear(&before);
	buf_free(&found.details);
	buf_free(&found.kinds);
	return rc;
}

void
gate_settle(const struct gate_opts *opts, const struct figures *now,
    int abnormal, int placed)
{
	struct err err = ERR_INIT;
	struct ledger *l;

	if (opts->bounds->off)
		return;
	if (abnormal) {
		if (!placed && suspect_clear(opts->path, &err) != 0)
			log_warn("%s", err.msg);
		return;
	}
	l = placed ? try_ledger(opts, &err) : NULL;
	if (l != NULL) {
		ledger_add(l, opts->chosen, now, 0);
		save(l);
	} else if (err.kind == ERR_LOCKED || err.kind == ERR_INTERRUPT) {
		cannot_save(&err);
	}
	/* Any other reason was there before, and was said. */
	ledger_close(l);
}

/* ---- accepting ---- */

/* "REPO/NAME/FILE": the folder, and the repository's; NULL where the path does
 * not say so. */
static void
split(const char *archive, char **repo, char **name)
{
	char *path = mem_strdup(archive), *slash = strrchr(path, '/');
	const char *last;

	*repo = *name = NULL;
	if (slash == NULL)
		goto out;
	while (slash > path && slash[-1] == '/')
		slash--;
	*slash = '\0';
	slash = strrchr(path, '/');
	last = slash != NULL ? slash + 1 : path;
	if (last[0] == '\0' || strcmp(last, ".") == 0 ||
	    strcmp(last, "..") == 0)
		goto out;
	*name = mem_strdup(last);
	if (slash == NULL) {
		*repo = mem_strdup(".");
		goto out;
	}
	*slash = '\0';
	*repo = mem_strdup(path[0] != '\0' ? path : "/");
out:
	free(path);
}

/* ledger_accept() by the ledger of the folder that ${archive} is in, and
 * ledger_save(); -2 on error. */
static int
accept_in(
    const char *folder, const char *archive, const char *id, struct err *err)
{
	struct ledger *l = NULL;
	char *repo, *name;
	int known = -1;

	split(archive, &repo, &name);
	if (name != NULL) {
		l = ledger_open(folder, repo, name, err);
		known = l != NULL ? ledger_accept(l, id) : -2;
	}
	if (known >= 0 && ledger_save(l, err) != 0)
		known = -2;
	ledger_close(l);
	free(repo);
	free(name);
	return known;
}

/* The NAME is what a backup calls it, be it a link; a path that leads there by
 * other ways is followed to its end. */
static int
accept_known(
    const char *folder, const char *archive, const char *id, struct err *err)
{
	char *real = realpath(archive, NULL);
	int known = accept_in(folder, archive, id, err);

	if (known == -1 && real != NULL)
		known = accept_in(folder, real, id, err);
	free(real);
	return known;
}

int
gate_accept(
    const char *state, const char *archive, const char *id, struct err *err)
{
	char *folder = ledger_folder(state);
	int known = -1;

	if (folder != NULL)
		known = accept_known(folder, archive, id, err);
	free(folder);
	/* The mark last: who fails half-way is to try again. */
	if (known == -2 || suspect_clear(archive, err) != 0)
		return -1;
	if (known < 0)
		log_warn("this host has noted nothing of that backup: the next "
			 "one is compared with an earlier one; accept it where "
			 "it was made, with the same --state");
	return known > 0;
}
