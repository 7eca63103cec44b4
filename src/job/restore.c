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
#include "job/compare.h"
#include "job/crew.h"
#include "job/ddl.h"
#include "job/early_keys.h"
#include "job/groups.h"
#include "job/lobj_entries.h"
#include "job/regroup.h"
#include "job/restore.h"
#include "job/statistics.h"
#include "job/rights.h"
#include "job/sequences.h"
#include "job/skips.h"
#include "job/target.h"

#define NAMED_MAX 10

/* Everything a restore holds while it runs. */
struct restore {
	struct reader *reader;
	const struct restore_opts *opts;
	const struct catalog *cat;       /* the reader's, then the groups' */
	const struct manifest *manifest; /* the reader's, at the end */
	struct toc *toc;
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
	int touched;               /* the target is no longer empty */
	double began;
};

/* --- what is to be restored, and where --- */

static int
read_schema(struct restore *r, struct err *err)
{
	struct buf schema = { 0 };

	r->cat = reader_catalog(r->reader, NULL, err);
	if (r->cat == NULL)
		return -1;
	if (r->cat->globals_only) {
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
	if (r->toc == NULL || lobj_entries_add(r->toc, r->cat, err) != 0)
		return -1;
	r->passes = mem_array(NULL, r->toc->count + 1, sizeof(*r->passes));
	statement_passes(r->toc, r->passes);
	return 0;
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
prepare(struct restore *r, struct err *err)
{
	struct target_opts to = { 0 };

	progress_phase(r->opts->progress, "target");
	if (read_schema(r, err) != 0)
		return -1;
	to.conn = &r->opts->conn;
	to.create = r->opts->create;
	to.cat = r->cat;
	to.globals = r->opts->globals ? buf_text(&r->globals) : NULL;
	r->target = target_open(&to, err);
	if (r->target == NULL)
		return -1;
	r->leader = target_conn(r->target);
	check_versions(r);
	r->absent = absent_find(r->leader, r->toc, r->cat, r->passes, err);
	if (r->absent == NULL)
		return -1;
	r->ddl = ddl_new(r->toc, absent_session(r->absent));
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

static void
sum_estimates(const struct restore *r)
{
	uint64_t bytes = 0, rows = 0;
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		bytes += r->manifest != NULL ? r->manifest->tables[i].bytes
					     : r->cat->tables[i].bytes;
		rows += r->manifest != NULL ? r->manifest->tables[i].digest.rows
					    : r->cat->tables[i].rows;
	}
	if (r->manifest != NULL)
		bytes += r->manifest->lobjs.bytes;
	progress_total(r->opts->progress, bytes, rows);
}

/* A part, and how much is to be done once its table's rows are in. */
struct turn {
	uint64_t cost;
	uint64_t number;
};

static int
compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* The order to load a file's parts in: tables whose indexes take longest
 * first, so that these build while the others load. */
static uint64_t *
order_parts(const struct restore *r, const struct schedule *s)
{
	size_t i, count = r->manifest->part_count;
	struct turn *turns = mem_array(NULL, count + 1, sizeof(*turns));
	uint64_t *order = mem_array(NULL, count + 1, sizeof(*order));

	for (i = 0; i < count; i++) {
		const struct part_head *head = &r->manifest->parts[i].head;

		turns[i].number = i + 1;
		turns[i].cost =
		    head->kind == PART_ROWS ? schedule_cost(s, head->table) : 0;
	}
	if (count > 0)
		qsort(turns, count, sizeof(*turns), compare_turns);
	for (i = 0; i < count; i++)
		order[i] = turns[i].number;
	free(turns);
	return order;
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
	if (reader != NULL && r->manifest != NULL) {
		co.order = order = order_parts(r, co.schedule);
		co.part_count = r->manifest->part_count;
	}
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

static int
fill(struct restore *r, struct err *err)
{
	r->touched = 1;
	progress_phase(r->opts->progress, "schema");
	if (run_crew(r, NULL, PASS_PRE, err) != 0 || find_skips(r, err) != 0)
		return -1;
	r->keys = early_keys_drop(r->leader, err);
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
	if (run_crew(r, NULL, PASS_REFRESH, err) != 0)
		return -1;
	if (r->cat->statistics != NULL &&
	    statistics_run(r->leader, r->cat->statistics, r->ddl, err) != 0)
		return -1;
	return run_pass(r, PASS_LAST, "event triggers", err);
}

/* --- is it what was saved? --- */

/* Objects without content are in no part.  Archives of the first days with a
 * schema by pg_dump 17 or newer do not list them anywhere. */
static int
compare_lobjs(struct restore *r, struct err *err)
{
	uint64_t count;

	if (r->manifest->lobj_count == 0)
		return 0;
	if (lobj_count(r->leader, &count, err) != 0)
		return -1;
	if (lobj_entries_lacks(r->toc, r->cat))
		log_warn("the schema, by pg_dump %s, does not list the large "
			 "objects: they are without owner and privileges, and "
			 "%" PRIu64 " empty ones are missing",
		    r->toc->dump_version, r->manifest->lobj_count - count);
	else if (count != r->manifest->lobj_count)
		return err_set(err, ERR_FAIL,
		    "%" PRIu64 " large objects were saved, %" PRIu64
		    " are restored",
		    r->manifest->lobj_count, count);
	return 0;
}

/* The rows of each group, as saved and as restored. */
struct sums {
	uint64_t saved;
	uint64_t restored;
};

static struct sums *
sum_groups(const struct restore *r)
{
	struct sums *sums =
	    mem_zalloc((r->cat->table_count + 1) * sizeof(*sums));
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		struct sums *s = &sums[groups_key(r->cat, i)];

		s->saved += r->manifest->tables[i].digest.rows;
		s->restored += r->tallies[i].rows;
	}
	return sums;
}

/* What is not as it was saved. */
struct gaps {
	struct buf lost;   /* tables that are not there */
	struct buf lamed;  /* groups that one of them is missing from */
	struct buf differ; /* tables with other counts */
	size_t lost_count;
	size_t lamed_count;
	size_t differ_count;
	size_t denied_count; /* tables that are not the user's to fill */
};

static void
add_lamed(const struct restore *r, struct gaps *g, size_t key)
{
	int lacks = regroup_lacks(r->groups, key);
	const struct table *t = &r->cat->tables[key];
	const struct table *other = &r->cat->tables[lacks];

	if (g->lamed_count++ < NAMED_MAX)
		buf_printf(&g->lamed,
		    "%s%s.%s could not be made a partition, so the rows of all "
		    "others of %s.%s are missing",
		    g->lamed_count > 1 ? "; " : "", other->schema, other->name,
		    t->schema, t->name);
}

static void
add_denied(const struct restore *r, struct gaps *g, const struct table *t)
{
	char *name = mem_printf("%s.%s", t->schema, t->name);

	denied_add(ddl_denied(r->ddl), "table's rows", "tables' rows", name);
	free(name);
	g->denied_count++;
}

static void
find_gaps(const struct restore *r, const struct sums *sums, struct gaps *g)
{
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		const struct table *t = &r->cat->tables[i];
		int skip = r->tallies[i].skip != SKIP_NOT;

		if (skip ? sums[i].saved == 0
			 : sums[i].restored == sums[i].saved)
			continue;
		if (r->tallies[i].skip == SKIP_DENIED) {
			add_denied(r, g, t);
			continue;
		}
		if (skip && regroup_lacks(r->groups, i) >= 0)
			add_lamed(r, g, i);
		else if (skip && g->lost_count++ < NAMED_MAX)
			buf_printf(&g->lost, "%s%s.%s",
			    g->lost_count > 1 ? ", " : "", t->schema, t->name);
		else if (!skip && g->differ_count++ < NAMED_MAX)
			buf_printf(&g->differ,
			    "%s%s.%s (%" PRIu64 " saved, %" PRIu64 " restored)",
			    g->differ_count > 1 ? ", " : "", t->schema, t->name,
			    sums[i].saved, sums[i].restored);
	}
}

/* Rows that are not there are named, and the others kept: somebody may need
 * these all the more.  Counts that differ nobody can explain. */
static int
report_gaps(const struct gaps *g, struct err *err)
{
	size_t n = g->lost_count;
	struct buf lost = { 0 };

	if (g->differ_count > 0)
		return err_set(err, ERR_FAIL,
		    "the rows of %zu table%s do not add up: %s",
		    g->differ_count, g->differ_count > 1 ? "s" : "",
		    buf_text(&g->differ));
	if (n > 0)
		buf_printf(&lost,
		    "%zu table%s could not be made or filled, and %s rows are "
		    "missing: %s%s",
		    n, n > 1 ? "s" : "", n > 1 ? "their" : "its",
		    buf_text(&g->lost), g->lamed_count > 0 ? "; " : "");
	if (g->lamed_count > 0)
		buf_puts(&lost, buf_text(&g->lamed));
	if (lost.len > 0)
		log_warn("%s", buf_text(&lost));
	buf_free(&lost);
	return 0;
}

static int
compare_counts(
    struct restore *r, struct restore_result *result, struct err *err)
{
	struct sums *sums = sum_groups(r);
	struct gaps gaps = { .lost_count = 0 };
	int rc;

	find_gaps(r, sums, &gaps);
	rc = report_gaps(&gaps, err);
	result->lost = gaps.lost_count + gaps.lamed_count + gaps.denied_count;
	buf_free(&gaps.lost);
	buf_free(&gaps.lamed);
	buf_free(&gaps.differ);
	free(sums);
	return rc;
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
	size_t i;
	int rc = 0;

	if (!r->opts->verify)
		return 0;
	progress_phase(r->opts->progress, "verify");
	skip = mem_zalloc(r->cat->table_count + 1);
	for (i = 0; i < r->cat->table_count; i++)
		skip[i] = r->tallies[i].skip != SKIP_NOT;
	if (absent_session(r->absent)->limited)
		rc = rights_verify(r->leader, r->cat, skip, err);
	/* A group is compared as a whole. */
	for (i = 0; i < r->cat->table_count; i++)
		skip[groups_key(r->cat, i)] |= skip[i];
	for (i = 0; i < r->cat->table_count; i++)
		skip[i] |= skip[groups_key(r->cat, i)];
	co.skip = skip;
	if (rc == 0)
		rc = compare_digests(&co, &result->verified, err);
	free(skip);
	return rc;
}

static int
count_objects(struct restore *r, struct restore_result *result, struct err *err)
{
	PGresult *row = conn_query(r->leader, sql_object_counts, err);

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
		    r->cat->tables[i].kind != 'p' && !r->tallies[i].skip;
		result->rows += r->tallies[i].rows;
		result->bytes += r->manifest->tables[i].bytes;
	}
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
	progress_phase(r->opts->progress, "check");
	if (r->manifest == NULL)
		r->manifest = reader_manifest(r->reader, NULL, err);
	if (r->manifest == NULL || reader_end(r->reader, err) != 0 ||
	    compare_counts(r, result, err) != 0 || compare_lobjs(r, err) != 0 ||
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
