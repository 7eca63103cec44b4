#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "job/restore/fit.h"
#include "job/lobj_entries.h"
#include "job/pool.h"
#include "job/restore/quiet.h"
#include "job/restore/sequences.h"
#include "job/restore/settings.h"
#include "job/restore/skips.h"
#include "job/restore/statistics.h"
#include "job/restore/turns.h"
#include "job/restore/waves.h"
#include "restoring.h"

#define NAMED_MAX 10

int
restoring_fills_there(const struct restore *r)
{
	return r->choice->said.data_only && r->beside == NULL;
}

static void
step_done(void *arg, size_t count)
{
	struct restore *r = arg;

	progress_step(r->opts->progress, count);
}

static int
run_pass(struct restore *r, enum pass pass, const char *phase, struct err *err)
{
	size_t i, count = 0;

	for (i = 0; i < r->toc->count; i++)
		count += r->passes[i] == pass;
	if (count == 0)
		return 0;
	log_step("%s: %zu %s", phase, count, count == 1 ? "entry" : "entries");
	progress_phase(r->opts->progress, phase);
	progress_steps(r->opts->progress, count);
	return ddl_run_pass(
	    r->ddl, r->leader, r->passes, pass, step_done, r, err);
}

/* What is left out, and how the rest is grouped. */
static int
find_skips(struct restore *r, struct err *err)
{
	struct skips_opts so = { .conn = r->leader,
		.toc = r->toc,
		.cat = r->cat,
		.ddl = r->ddl,
		.limited = absent_session(r->absent)->limited };

	if (skips_absent(&so, r->tallies, err) != 0)
		return -1;
	r->groups = regroup_new(r->cat, r->leader, r->tallies, err);
	if (r->groups == NULL)
		return -1;
	so.cat = r->cat = regroup_catalog(r->groups);
	return skips_denied(&so, r->tallies, r->unset_sequences, err);
}

/* Whether a table can't be missing: one that was asked for, or one that was
 * there. */
static int
is_essential(const struct restore *r, size_t table)
{
	const struct table *t = &r->cat->tables[table];
	int at = toc_tree_relation(r->choice->tree, t->schema, t->name);

	return r->choice->is_part ||
	    (r->replaced != NULL && at >= 0 && r->replaced[at]);
}

static int
check_made(const struct restore *r, struct err *err)
{
	struct buf list = { 0 };
	size_t i, count = 0;

	for (i = 0; i < r->cat->table_count; i++) {
		const struct table *t = &r->cat->tables[i];

		if (table_has_rows(t) && is_essential(r, i) &&
		    r->tallies[i].skip == SKIP_ABSENT && count++ < NAMED_MAX)
			buf_printf(&list, "%s%s.%s", count > 1 ? ", " : "",
			    t->schema, t->name);
	}
	if (count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s could not be made: %s", count,
		    count > 1 ? "s" : "", buf_text(&list));
		(void)err_hint(err,
		    r->choice->is_part
			? "types, functions and extensions that a table needs "
			  "do not come with it: restore them first, with "
			  "--schema or --exclude-table='*.*'"
			: "the warnings before say why");
	}
	buf_free(&list);
	return count > 0 ? -1 : 0;
}

static void
sum_estimates(const struct restore *r)
{
	uint64_t bytes = 0, rows = 0;
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		if (!table_has_rows(&r->cat->tables[i]))
			continue;
		bytes += r->manifest != NULL ? r->manifest->tables[i].bytes
					     : r->cat->tables[i].bytes;
		rows += r->manifest != NULL ? r->manifest->tables[i].digest.rows
					    : r->cat->tables[i].rows;
	}
	if (r->manifest != NULL && r->cat->lobj_count > 0)
		bytes += r->manifest->lobjs.bytes;
	progress_total(r->opts->progress, bytes, rows);
}

/* Whether rows may call what a function's body can't find. */
static int
has_functions(const struct restore *r)
{
	size_t i;

	for (i = 0; i < r->toc->count; i++)
		if (r->passes[i] == PASS_PRE &&
		    (strcmp(r->toc->entries[i].desc, "FUNCTION") == 0 ||
			strcmp(r->toc->entries[i].desc, "EXTENSION") == 0))
			return 1;
	return 0;
}

/* With one session for all, or into tables that are there, values are set
 * behind the rows, else meanwhile. */
static int
sets_late(const struct restore *r)
{
	return r->opts->single || restoring_fills_there(r);
}

static int
set_sequences(struct restore *r, struct err *err)
{
	return sequences_set(
	    r->leader, r->cat, r->unset_sequences, r->ddl, err);
}

/* With ${reader}, load the rows of ${cat}, too. */
static int
run_crew(struct restore *r, struct reader *reader, const struct catalog *cat,
    enum pass pass, struct err *err)
{
	struct crew_opts co = { .reader = reader,
		.jobs = r->jobs,
		.cat = cat,
		.tallies = r->tallies,
		.ddl = r->ddl,
		.make_lobjs = lobj_entries_lacks(r->toc, r->cat),
		.guarded = has_functions(r),
		.progress = r->opts->progress };
	struct pool_opts po = { .jobs = r->jobs,
		.conns = r->conns,
		.run = crew_run,
		.on_stop = crew_stop };
	struct pool *pool;
	uint64_t *order = NULL;
	int rc = -1;

	co.schedule = schedule_new(r->toc, cat, r->passes, pass);
	if (reader == NULL && schedule_left(co.schedule) == 0) {
		schedule_free(co.schedule);
		return 0;
	}
	if (reader != NULL && r->manifest != NULL)
		co.order = order = turns_by_cost(
		    r->manifest, cat, co.schedule, &co.part_count);
	po.arg = crew_new(&co);
	pool = pool_start(&po, err);
	if (pool != NULL) {
		if (reader != NULL && !sets_late(r) &&
		    set_sequences(r, err) != 0)
			pool_fail(pool, err);
		rc = pool_join(pool, err);
	}
	crew_free(po.arg);
	schedule_free(co.schedule);
	free(order);
	return rc;
}

/* One that was there before, of an extension's table. */
static void
refuse_key(void *arg, const char *what, const struct err *why)
{
	struct restore *r = arg;
	char *text = mem_printf("FK CONSTRAINT %s", what);
	struct ddl_refusal refusal = { .what = text,
		.one = "foreign key",
		.many = "foreign keys",
		.name = what };

	ddl_refuse(r->ddl, &refusal, why);
	free(text);
}

/* The planner's, where they say what is true of the tables here. */
static int
set_statistics(struct restore *r, struct err *err)
{
	struct statistics_opts so = { .script = r->cat->statistics,
		.choice = r->choice,
		.toc = r->toc,
		.passes = r->passes,
		.ddl = r->ddl };

	if (so.script == NULL)
		return 0;
	if (r->beside != NULL || restoring_fills_there(r) ||
	    r->opts->selection->schema_only) {
		log_step("the planner's statistics are left out, for they are "
			 "not of what these tables hold: ANALYZE makes new "
			 "ones");
		return 0;
	}
	return statistics_run(r->leader, &so, err);
}

/* Load the rows of one wave of tables. */
static int
load_tables(
    struct restore *r, const unsigned *waves, unsigned wave, struct err *err)
{
	size_t i, n = r->cat->table_count;
	struct table *tables = mem_array(NULL, n + 1, sizeof(*tables));
	struct catalog view = *r->cat;
	int rc;

	view.tables = tables;
	for (i = 0; i < n; i++) {
		tables[i] = r->cat->tables[i];
		tables[i].left_out |= waves[i] != wave;
	}
	if (wave > 0)
		view.lobj_count = 0;
	rc = run_crew(r, r->reader, &view, PASS_POST, err);
	free(tables);
	return rc;
}

/* The order in which tables are filled. */
struct filling {
	unsigned *waves; /* of each table */
	unsigned count;
	struct quiet *quiet; /* with --disable-triggers */
	unsigned quiet_wave; /* the one that it is about */
};

/* Tables whose triggers fire nevertheless go behind the others, by one session,
 * where a file and more sessions than one let it. */
static int
find_quiet(struct restore *r, struct filling *f, struct err *err)
{
	uint8_t *loud = mem_zalloc(r->cat->table_count + 1);
	size_t i;

	f->quiet = quiet_find(r->leader, r->cat, loud, err);
	for (i = 0; i < r->cat->table_count; i++)
		if (f->quiet != NULL && loud[i] && r->manifest != NULL &&
		    !r->opts->single)
			f->waves[i] = f->quiet_wave = 1;
	f->count = f->quiet_wave + 1;
	/* Late ones may read these, too. */
	for (i = 0; i < r->cat->table_count && f->quiet_wave > 0; i++)
		if (r->cat->tables[i].late && !loud[i]) {
			f->waves[i] = f->quiet_wave + 1;
			f->count = f->quiet_wave + 2;
		}
	free(loud);
	return f->quiet != NULL ? 0 : -1;
}

/* Which of the tables go first; with triggers disabled no key asks. */
static int
find_waves(struct restore *r, struct filling *f, struct err *err)
{
	struct waves_opts wo = { .cat = r->cat,
		.manifest = r->manifest,
		.deferred = r->opts->single };

	if (r->opts->disable_triggers)
		return find_quiet(r, f, err);
	return waves_find(r->leader, &wo, f->waves, &f->count, err);
}

/* Load one wave, where triggers are to be kept from firing in it, by the
 * leader alone. */
static int
load_wave(
    struct restore *r, const struct filling *f, unsigned wave, struct err *err)
{
	unsigned jobs = r->jobs;
	struct conn **conns = r->conns;
	int rc;

	if (f->quiet == NULL || wave != f->quiet_wave ||
	    quiet_count(f->quiet) == 0)
		return load_tables(r, f->waves, wave, err);
	if (quiet_begin(f->quiet, r->leader, err) != 0)
		return -1;
	r->jobs = 1;
	r->conns = &r->leader;
	rc = load_tables(r, f->waves, wave, err);
	r->jobs = jobs;
	r->conns = conns;
	return rc == 0 ? quiet_end(f->quiet, r->leader, err) : -1;
}

/* What is there may be in the way of rows that are put beside it. */
static void
hint_refused(struct err *err)
{
	char where[sizeof(err->hint)];

	/* 23503: foreign_key_violation, 23505: unique_violation. */
	if (strcmp(err->sqlstate, "23503") == 0)
		(void)err_hint(err,
		    "--disable-triggers loads the rows without that check");
	if (strcmp(err->sqlstate, "23505") != 0)
		return;
	/* The place in the rows is no step by itself. */
	(void)snprintf(where, sizeof(where), "%s", err->hint);
	err->hint[0] = '\0';
	(void)err_hint(err,
	    "empty the table first, or let --clean replace it%s%.200s%s",
	    where[0] != '\0' ? " (" : "", where, where[0] != '\0' ? ")" : "");
}

static int
load_waves(struct restore *r, const struct filling *f, struct err *err)
{
	unsigned i;
	size_t k;
	int rc = 0;

	sum_estimates(r);
	progress_phase(r->opts->progress, "rows");
	for (i = 0; i < f->count && rc == 0; i++) {
		rc = load_wave(r, f, i, err);
		/* What is said of large objects, it has been with the first. */
		for (k = 0; k < r->toc->count; k++)
			if (r->passes[k] == PASS_POST)
				r->passes[k] = PASS_NONE;
	}
	if (rc != 0)
		hint_refused(err);
	return rc;
}

/* Keys that waited are checked before what no rollback takes back: the values
 * of sequences. */
static int
check_deferred(struct restore *r, struct err *err)
{
	if (!r->opts->single)
		return 0;
	return conn_exec(r->leader, "SET CONSTRAINTS ALL IMMEDIATE", err);
}

/* Rows, sequences' values and large objects alone. */
static int
fill_there(struct restore *r, struct err *err)
{
	struct filling f = { .count = 1 };
	int rc = -1;

	f.waves = mem_zalloc((r->cat->table_count + 1) * sizeof(*f.waves));

	if (fit_check(r->leader, r->cat, err) != 0 || find_skips(r, err) != 0 ||
	    check_made(r, err) != 0 || find_waves(r, &f, err) != 0)
		goto out;
	r->touched = 1;
	if (run_crew(r, NULL, r->cat, PASS_PRE, err) == 0 &&
	    load_waves(r, &f, err) == 0 && check_deferred(r, err) == 0 &&
	    set_sequences(r, err) == 0 && set_statistics(r, err) == 0)
		rc = run_pass(r, PASS_ACL, "privileges", err);
out:
	quiet_free(f.quiet);
	free(f.waves);
	return rc;
}

static int
load(struct restore *r, struct err *err)
{
	sum_estimates(r);
	progress_phase(r->opts->progress, "rows");
	if (run_crew(r, r->reader, r->cat, PASS_POST, err) != 0)
		return -1;
	return sets_late(r) ? set_sequences(r, err) : 0;
}

/* What views say of money is for people, as the database has it; all that is
 * read here is in C. */
static int
refresh(struct restore *r, struct err *err)
{
	unsigned i;
	int rc = 0;

	progress_phase(r->opts->progress, "refresh");
	for (i = 0; i < r->jobs && rc == 0; i++) {
		rc = conn_own_money(r->conns[i], err);
		if (rc == 0 && r->opts->create)
			settings_adopt_money(r->conns[i], r->cat);
	}
	if (rc == 0)
		rc = run_crew(r, NULL, r->cat, PASS_REFRESH, err);
	for (i = 0; i < r->jobs && rc == 0; i++)
		rc = conn_plain_money(r->conns[i], err);
	return rc;
}

/* A table that stays out of a publication. */
static void
refuse_tie(void *arg, const char *what, const struct err *why)
{
	struct restore *r = arg;
	struct ddl_refusal refusal = { .what = what,
		.one = "place in a publication",
		.many = "places in publications",
		.name = what };

	ddl_refuse(r->ddl, &refusal, why);
}

static int
make_ties(struct restore *r, struct err *err)
{
	if (r->ties == NULL)
		return 0;
	return ties_make(r->ties, r->leader, refuse_tie, r, err);
}

static int
fill_made(struct restore *r, struct err *err)
{
	r->touched = 1;
	progress_phase(r->opts->progress, "schema");
	if (run_crew(r, NULL, r->cat, PASS_PRE, err) != 0 ||
	    (r->beside != NULL &&
		beside_make(r->beside, r->choice, r->leader, err) != 0) ||
	    find_skips(r, err) != 0 || check_made(r, err) != 0)
		return -1;
	r->keys = early_keys_drop(r->leader, r->cat, err);
	if (r->keys == NULL)
		return -1;
	if (load(r, err) != 0 ||
	    early_keys_make(r->keys, r->leader, refuse_key, r, err) != 0 ||
	    make_ties(r, err) != 0 ||
	    run_pass(r, PASS_SCHEMA_ACL, "schemas' privileges", err) != 0 ||
	    ddl_retry_owners(r->ddl, r->leader, err) != 0 ||
	    run_pass(r, PASS_ACL, "privileges", err) != 0)
		return -1;
	if (refresh(r, err) != 0 || set_statistics(r, err) != 0)
		return -1;
	return run_pass(r, PASS_LAST, "event triggers", err);
}

int
restoring_fill(struct restore *r, struct err *err)
{
	return restoring_fills_there(r) ? fill_there(r, err)
					: fill_made(r, err);
}
