#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/wall.h"
#include "db/lobj.h"
#include "db/queries.h"
#include "db/toc.h"
#include "job/absent.h"
#include "job/account.h"
#include "job/choice.h"
#include "job/compare.h"
#include "job/crew.h"
#include "job/ddl.h"
#include "job/early_keys.h"
#include "job/groups.h"
#include "job/lobj_entries.h"
#include "job/presence.h"
#include "job/regroup.h"
#include "job/restore.h"
#include "job/rights.h"
#include "job/sequences.h"
#include "job/skips.h"
#include "job/statistics.h"
#include "job/target.h"
#include "job/turns.h"

#define NAMED_MAX 10

/* Everything a restore holds while it runs. */
struct restore {
	struct reader *reader;
	const struct restore_opts *opts;
	const struct catalog *cat;       /* as chosen, then as grouped */
	const struct manifest *manifest; /* the reader's, at the end */
	struct toc *toc;
	struct choice *choice;
	enum pass *passes;
	struct target *target;
	struct conn *leader; /* the target's */
	struct conn **conns;
	unsigned jobs;
	struct absent *absent; /* what the server lacks */
	struct ddl *ddl;
	struct buf globals;
	struct tally *tallies;
	struct early_keys *keys;
	uint8_t *denied_sequences; /* of each: may not be set */
	struct regroup *groups;    /* once the tables are made */
	uint64_t other_lobjs;      /* that the target had before */
	int touched;               /* the target is no longer as it was */
	double began;
};

/* --- what is to be restored, and where --- */

static int
read_schema(struct restore *r, struct err *err)
{
	const struct catalog *cat = reader_catalog(r->reader, NULL, err);
	struct buf schema = { 0 };

	if (cat == NULL)
		return -1;
	if (cat->globals_only) {
		(void)err_set(err, ERR_USAGE,
		    "the archive has no database: it holds roles and "
		    "tablespaces alone");
		return err_hint(err, "--globals makes them");
	}
	/* Wanted or not, the globals are read: a file is whole or refused. */
	if (reader_schema(r->reader, &schema, err) == 0 &&
	    reader_globals(r->reader, &r->globals, err) == 0 &&
	    buf_add(&r->globals, "", 1, err) == 0)
		r->toc = toc_parse(schema.data, schema.len, err);
	buf_free(&schema);
	if (r->toc == NULL || lobj_entries_add(r->toc, cat, err) != 0)
		return -1;
	r->choice = choice_new(r->opts->selection, r->toc, cat, err);
	if (r->choice == NULL)
		return -1;
	r->cat = &r->choice->cat;
	return 0;
}

/* Whether anything was left out, here or when the archive was made. */
static int
is_part(const struct restore *r)
{
	return r->choice->is_part || r->cat->rule_count > 0;
}

/* Parts need what is around them, and must not be there yet. */
static int
settle(struct restore *r, struct err *err)
{
	struct presence *p;
	int rc = 0;

	if (!is_part(r))
		return 0;
	p = presence_new(r->leader, err);
	if (p == NULL)
		return -1;
	if (!r->opts->create)
		rc = presence_refuse(
		    p, r->choice, r->toc, target_name(r->target), err);
	/* What a new database has is no more than where to begin. */
	if (r->opts->create || presence_is_bare(p))
		presence_adopt(p, r->toc);
	else
		presence_keep(p, r->choice, r->toc);
	if (rc == 0)
		rc = presence_settle(p, r->choice, r->toc, r->leader, err);
	presence_free(p);
	return rc == 0 ? lobj_count(r->leader, &r->other_lobjs, err) : -1;
}

static int
find_absent(struct restore *r, struct err *err)
{
	struct absent_opts ao = { .toc = r->toc,
		.cat = r->cat,
		.said = &r->choice->said,
		.whole = !is_part(r) || r->opts->create };

	r->passes = mem_array(NULL, r->toc->count + 1, sizeof(*r->passes));
	statement_passes(r->toc, r->passes);
	choice_mask(r->choice, r->toc, r->passes);
	ao.passes = r->passes;
	r->absent = absent_find(r->leader, &ao, err);
	return r->absent != NULL ? 0 : -1;
}

static void
check_versions(const struct restore *r)
{
	int source = r->cat->server_version / 10000;
	int target = conn_version(r->leader) / 10000;
	const char *encoding =
	    PQparameterStatus(conn_pg(r->leader), "server_encoding");

	if (target < source)
		log_warn("the target is PostgreSQL %d, the source was %d: "
			 "what the older one does not know is left out",
		    target, source);
	if (encoding != NULL && strcmp(encoding, r->cat->encoding) != 0)
		log_warn("the target's encoding is %s, the source's was %s: "
			 "text that does not fit is refused",
		    encoding, r->cat->encoding);
}

static int
prepare_session(struct restore *r, struct conn *conn, struct err *err)
{
	if (conn_set_encoding(conn, r->cat->encoding, err) != 0)
		return -1;
	return ddl_session(r->ddl, conn, err);
}

static int
open_workers(struct restore *r, struct err *err)
{
	unsigned i;

	r->jobs = r->opts->jobs > 0 ? r->opts->jobs : 1;
	r->conns = mem_zalloc(r->jobs * sizeof(struct conn *));
	for (i = 0; i < r->jobs; i++) {
		r->conns[i] =
		    conn_clone(r->leader, conn_dbname(r->leader), err);
		if (r->conns[i] == NULL)
			return err_wrap(err, "worker %u of %u", i + 1, r->jobs);
		if (prepare_session(r, r->conns[i], err) != 0)
			return -1;
	}
	return 0;
}

static int
open_target(struct restore *r, struct err *err)
{
	struct target_opts to = { .conn = &r->opts->conn, .cat = r->cat };

	to.kind = r->opts->create ? TARGET_MADE
	    : r->choice->is_part  ? TARGET_ANY
				  : TARGET_EMPTY;
	to.globals = r->opts->globals ? buf_text(&r->globals) : NULL;
	r->target = target_open(&to, err);
	if (r->target == NULL)
		return -1;
	r->leader = target_conn(r->target);
	return 0;
}

static int
prepare(struct restore *r, struct err *err)
{
	progress_phase(r->opts->progress, "target");
	if (read_schema(r, err) != 0 || open_target(r, err) != 0)
		return -1;
	check_versions(r);
	if (conn_set_encoding(r->leader, r->cat->encoding, err) != 0 ||
	    settle(r, err) != 0 || find_absent(r, err) != 0)
		return -1;
	r->ddl = ddl_new(r->toc, r->passes, absent_session(r->absent));
	if (prepare_session(r, r->leader, err) != 0)
		return -1;
	return open_workers(r, err);
}

/* --- the phases --- */

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
	log_step("%s: %zu entries", phase, count);
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
	return skips_denied(&so, r->tallies, r->denied_sequences, err);
}

/* Of a part, a table that could not be made is what was asked for. */
static int
check_made(const struct restore *r, struct err *err)
{
	struct buf list = { 0 };
	size_t i, count = 0;

	for (i = 0; i < r->cat->table_count && r->choice->is_part; i++) {
		const struct table *t = &r->cat->tables[i];

		if (table_has_rows(t) && r->tallies[i].skip == SKIP_ABSENT &&
		    count++ < NAMED_MAX)
			buf_printf(&list, "%s%s.%s", count > 1 ? ", " : "",
			    t->schema, t->name);
	}
	if (count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s could not be made: %s", count,
		    count > 1 ? "s" : "", buf_text(&list));
		(void)err_hint(err,
		    "types, functions and extensions that a table needs do "
		    "not come with it: restore them first, with --schema or "
		    "--exclude-table='*.*'");
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

static int
run_crew(
    struct restore *r, struct reader *reader, enum pass pass, struct err *err)
{
	struct crew_opts co = { .reader = reader,
		.jobs = r->jobs,
		.cat = r->cat,
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

	co.schedule = schedule_new(r->toc, r->cat, r->passes, pass);
	if (reader == NULL && schedule_left(co.schedule) == 0) {
		schedule_free(co.schedule);
		return 0;
	}
	if (reader != NULL && r->manifest != NULL)
		co.order = order = turns_by_cost(
		    r->manifest, r->cat, co.schedule, &co.part_count);
	po.arg = crew_new(&co);
	pool = pool_start(&po, err);
	if (pool != NULL) {
		if (reader != NULL &&
		    sequences_set(r->leader, r->cat, r->denied_sequences,
			r->ddl, err) != 0)
			pool_fail(pool, err);
		rc = pool_join(pool, err);
	}
	crew_free(po.arg);
	schedule_free(co.schedule);
	free(order);
	return rc;
}

static void
refuse(void *arg, const char *what, const struct err *why)
{
	struct restore *r = arg;

	ddl_refuse(r->ddl, what, why);
}

/* The planner's, which are of everything that the archive has. */
static int
set_statistics(struct restore *r, struct err *err)
{
	if (r->cat->statistics == NULL || r->choice->is_part)
		return 0;
	return statistics_run(r->leader, r->cat->statistics, r->ddl, err);
}

static int
fill(struct restore *r, struct err *err)
{
	r->touched = 1;
	progress_phase(r->opts->progress, "schema");
	if (run_crew(r, NULL, PASS_PRE, err) != 0 || find_skips(r, err) != 0 ||
	    check_made(r, err) != 0)
		return -1;
	r->keys = early_keys_drop(r->leader, r->cat, err);
	if (r->keys == NULL)
		return -1;
	sum_estimates(r);
	progress_phase(r->opts->progress, "rows");
	if (run_crew(r, r->reader, PASS_POST, err) != 0 ||
	    early_keys_make(r->keys, r->leader, refuse, r, err) != 0 ||
	    run_pass(r, PASS_SCHEMA_ACL, "schemas' privileges", err) != 0 ||
	    ddl_retry_owners(r->ddl, r->leader, err) != 0 ||
	    run_pass(r, PASS_ACL, "privileges", err) != 0)
		return -1;
	progress_phase(r->opts->progress, "refresh");
	if (run_crew(r, NULL, PASS_REFRESH, err) != 0 ||
	    set_statistics(r, err) != 0)
		return -1;
	return run_pass(r, PASS_LAST, "event triggers", err);
}

/* --- is it what was saved? --- */

/* What is not to be compared; the caller frees. */
static uint8_t *
find_incomparable(struct restore *r, struct err *err)
{
	uint8_t *skip = mem_zalloc(r->cat->table_count + 1);
	size_t i;

	for (i = 0; i < r->cat->table_count; i++)
		skip[i] = r->cat->tables[i].left_out ||
		    r->tallies[i].skip != SKIP_NOT;
	if (absent_session(r->absent)->limited &&
	    rights_verify(r->leader, r->cat, skip, err) != 0) {
		free(skip);
		return NULL;
	}
	/* A group is compared as a whole. */
	for (i = 0; i < r->cat->table_count; i++)
		skip[groups_key(r->cat, i)] |= skip[i];
	for (i = 0; i < r->cat->table_count; i++)
		skip[i] |= skip[groups_key(r->cat, i)];
	return skip;
}

static int
verify(struct restore *r, struct restore_result *result, struct err *err)
{
	uint8_t *skip;
	struct compare_opts co = { .cat = r->cat,
		.manifest = r->manifest,
		.jobs = r->jobs,
		.conns = r->conns,
		.progress = r->opts->progress };

	int rc;

	if (!r->opts->verify)
		return 0;
	progress_phase(r->opts->progress, "verify");
	co.skip = skip = find_incomparable(r, err);
	if (skip == NULL)
		return -1;
	rc = compare_digests(&co, &result->verified, err);
	free(skip);
	return rc;
}

/* Of everything, or of the tables that were chosen. */
static int
count_objects(struct restore *r, struct restore_result *result, struct err *err)
{
	struct buf names = { 0 };
	PGresult *row;
	size_t i;

	for (i = 0; i < r->toc->count && r->choice->is_part; i++) {
		struct buf name = { 0 };

		if (!r->choice->entries[i] || !toc_relkind(&r->toc->entries[i]))
			continue;
		sql_qualified(
		    &name, r->toc->entries[i].schema, r->toc->entries[i].tag);
		buf_puts(&names, names.len == 0 ? "{" : ",");
		sql_element(&names, buf_text(&name));
		buf_free(&name);
	}
	buf_puts(&names, names.len == 0 ? "{}" : "}");
	row = conn_query1(r->leader, sql_object_counts,
	    r->choice->is_part ? buf_text(&names) : NULL, err);
	buf_free(&names);
	if (row == NULL)
		return -1;
	result->indexes = strtoull(PQgetvalue(row, 0, 0), NULL, 10);
	result->constraints = strtoull(PQgetvalue(row, 0, 1), NULL, 10);
	PQclear(row);
	return 0;
}

static void
fill_result(const struct restore *r, struct restore_result *result)
{
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		result->tables +=
		    table_has_rows(&r->cat->tables[i]) && !r->tallies[i].skip;
		result->rows += r->tallies[i].rows;
		if (table_has_rows(&r->cat->tables[i]))
			result->bytes += r->manifest->tables[i].bytes;
	}
	if (r->cat->lobj_count > 0)
		result->bytes += r->manifest->lobjs.bytes;
}

static void
close_workers(struct restore *r)
{
	unsigned i;

	for (i = 0; i < r->jobs; i++)
		conn_free(r->conns[i]);
	free(r->conns);
	r->conns = NULL;
	r->jobs = 0;
}

static int
finish(struct restore *r, struct restore_result *result, struct err *err)
{
	struct account a = { .cat = r->cat,
		.groups = r->groups,
		.tallies = r->tallies,
		.denied = ddl_denied(r->ddl) };

	progress_phase(r->opts->progress, "check");
	if (r->manifest == NULL)
		r->manifest = reader_manifest(r->reader, NULL, err);
	a.manifest = r->manifest;
	if (r->manifest == NULL || reader_end(r->reader, err) != 0 ||
	    account_rows(&a, &result->lost, err) != 0 ||
	    account_lobjs(&a, r->leader, r->toc, r->other_lobjs, err) != 0 ||
	    verify(r, result, err) != 0 || count_objects(r, result, err) != 0)
		return -1;
	fill_result(r, result);
	if (target_properties(r->target, r->cat, absent_session(r->absent),
		refuse, r, err) != 0 ||
	    conn_settle(r->leader, err) != 0)
		return -1;
	ddl_finish(r->ddl);
	result->failed = ddl_refused(r->ddl) + target_refused(r->target);
	close_workers(r);
	/* Past this point it is kept: a signal comes too late. */
	if (stop_check(err) != 0 || target_keep(r->target, err) != 0)
		return -1;
	return 0;
}

/* Say what a failed restore leaves behind. */
static void
say_incomplete(const struct restore *r, struct err *err)
{
	const char *name;

	if (!r->touched || r->opts->create)
		return;
	name = target_name(r->target);
	if (r->choice->is_part) {
		(void)err_wrap(err, "what was chosen is left incomplete");
		(void)err_hint(err, "--clean, the next time, replaces it");
		return;
	}
	(void)err_wrap(err, "database \"%s\" is left incomplete", name);
	if (strlen(err->hint) + strlen(name) * 2 + 100 < sizeof(err->hint)) {
		struct buf hint = { 0 };

		buf_printf(&hint,
		    "%s%sto start again: dropdb \"%s\", then "
		    "restore with --create",
		    err->hint, err->hint[0] != '\0' ? "; " : "", name);
		err->hint[0] = '\0';
		(void)err_hint(err, "%s", buf_text(&hint));
		buf_free(&hint);
	}
}

static void
clean_up(struct restore *r)
{
	close_workers(r);
	target_free(r->target);
	ddl_free(r->ddl);
	absent_free(r->absent);
	early_keys_free(r->keys);
	buf_free(&r->globals);
	free(r->tallies);
	free(r->denied_sequences);
	regroup_free(r->groups);
	free(r->passes);
	choice_free(r->choice);
	toc_free(r->toc);
}

int
restore_run(struct reader *reader, const struct restore_opts *opts,
    struct restore_result *result, struct err *err)
{
	struct restore r = {
		.reader = reader, .opts = opts, .began = wall_seconds()
	};
	int rc = -1;

	memset(result, 0, sizeof(*result));
	if (prepare(&r, err) != 0)
		goto out;
	r.tallies = mem_zalloc((r.cat->table_count + 1) * sizeof(*r.tallies));
	r.denied_sequences = mem_zalloc(r.cat->sequence_count + 1);
	if (!reader_is_stream(reader)) {
		r.manifest = reader_manifest(reader, NULL, err);
		if (r.manifest == NULL)
			goto out;
	}
	if (fill(&r, err) != 0 || finish(&r, result, err) != 0)
		goto out;
	result->dbname = mem_strdup(target_name(r.target));
	result->seconds = wall_seconds() - r.began;
	rc = 0;
out:
	/* Whatever failed because of a signal, the signal is the reason. */
	if (rc != 0) {
		(void)stop_check(err);
		say_incomplete(&r, err);
	}
	clean_up(&r);
	return rc;
}
