#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/wall.h"
#include "db/queries.h"
#include "job/restore/account.h"
#include "job/lobj_entries.h"
#include "job/naming.h"
#include "job/restore/kept.h"
#include "job/restore/plain.h"
#include "job/restore/presence.h"
#include "job/restore/replace.h"
#include "job/restore/settings.h"
#include "restoring.h"

/* --- what is to be restored, and where --- */

/* What goes with rows alone, and what does not. */
static int
check_ways(const struct restore *r, struct err *err)
{
	if (restoring_fills_there(r)) {
		if (r->opts->create)
			return err_set(err, ERR_USAGE,
			    "rows alone go into tables that are there: a "
			    "database that is created has none");
		if (r->opts->clean)
			return err_set(err, ERR_USAGE,
			    "rows alone go beside what is there: --clean has "
			    "nothing to replace");
		if (!r->opts->verify)
			return 0;
		(void)err_set(err, ERR_USAGE,
		    "tables that were there may have other rows, too: they "
		    "can't be compared with the archive");
		return err_hint(err,
		    "leave out --verify; the rows are counted in any case");
	}
	if (!r->opts->disable_triggers)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "--disable-triggers is of tables that are there already; what is "
	    "made gets its triggers behind the rows");
	return err_hint(err, "--data-only loads rows into what is there");
}

/* Of a wreck, without what is lost. */
static int
read_wreck(struct restore *r, const struct catalog *cat, struct err *err)
{
	struct err lost = ERR_INIT;
	struct buf schema = { 0 };

	if (reader_globals(r->reader, &r->globals, &lost) != 0)
		r->globals.len = 0;
	if (reader_schema(r->reader, &schema, &lost) == 0)
		r->toc = toc_parse(schema.data, schema.len, &lost);
	buf_free(&schema);
	if (r->toc == NULL) {
		r->toc = plain_toc(cat);
		r->is_plain = 1;
	}
	return buf_add(&r->globals, "", 1, err);
}

static int
read_whole(struct restore *r, struct err *err)
{
	struct buf schema = { 0 };

	/* Wanted or not, the globals are read: a file is whole or refused. */
	if (reader_schema(r->reader, &schema, err) == 0 &&
	    reader_globals(r->reader, &r->globals, err) == 0 &&
	    buf_add(&r->globals, "", 1, err) == 0)
		r->toc = toc_parse(schema.data, schema.len, err);
	buf_free(&schema);
	return r->toc != NULL ? 0 : -1;
}

int
restoring_read(struct restore *r, struct err *err)
{
	const struct catalog *cat = reader_catalog(r->reader, NULL, err);
	int rc;

	if (cat == NULL)
		return -1;
	if (cat->globals_only) {
		(void)err_set(err, ERR_USAGE,
		    "the archive has no database: it holds roles and "
		    "tablespaces alone");
		return err_hint(err,
		    "--globals makes them; for a database name its archive: "
		    "latest:NAME");
	}
	rc = reader_wreck(r->reader) != NULL ? read_wreck(r, cat, err)
					     : read_whole(r, err);
	if (rc != 0 || lobj_entries_add(r->toc, cat, err) != 0)
		return -1;
	r->choice = choice_new(r->opts->selection, r->toc, cat, err);
	if (r->choice == NULL)
		return -1;
	if (r->is_plain)
		plain_catalog(&r->choice->cat);
	r->cat = &r->choice->cat;
	if (r->opts->as != NULL) {
		r->beside = beside_new(r->opts->as, r->choice, r->toc, err);
		if (r->beside == NULL)
			return -1;
	}
	r->passes = mem_array(NULL, r->toc->count + 1, sizeof(*r->passes));
	statement_passes(r->toc, r->passes);
	choice_mask(r->choice, r->toc, r->passes);
	return check_ways(r, err);
}

/* Whether anything was left out, here or when the archive was made. */
int
restoring_is_part(const struct restore *r)
{
	return r->choice->is_part || r->cat->rule_count > 0 || r->opts->clean ||
	    restoring_fills_there(r);
}

/* What is there and goes: at the end it must be there again. */
static void
mark_replaced(struct restore *r, const struct presence *p)
{
	size_t i;

	r->replaced = mem_zalloc(r->toc->count + 1);
	for (i = 0; i < r->toc->count; i++)
		r->replaced[i] = r->choice->entries[i] &&
		    r->passes[i] != PASS_NONE &&
		    presence_have(p, &r->toc->entries[i]);
}

/* Tables that come without the rows that they had. */
static int
tell_emptied(const struct restore *r, struct err *err)
{
	const struct catalog *saved = reader_catalog(r->reader, NULL, err);
	struct naming list = NAMING(", ");
	struct buf names = { 0 };
	PGresult *rows;
	size_t i;
	int row;

	if (saved == NULL)
		return -1;
	for (i = 0; i < saved->table_count; i++) {
		const struct table *t = &saved->tables[i];
		int at = toc_tree_relation(r->choice->tree, t->schema, t->name);
		struct buf full = { 0 };

		if (t->kind == 'p' || !t->left_out || at < 0 ||
		    !r->replaced[at] || r->opts->selection->schema_only)
			continue;
		sql_qualified(&full, t->schema, t->name);
		buf_puts(&names, names.len == 0 ? "{" : ",");
		sql_element(&names, buf_text(&full));
		buf_free(&full);
	}
	buf_puts(&names, names.len == 0 ? "{}" : "}");
	rows = conn_query1(r->leader, sql_filled, buf_text(&names), err);
	buf_free(&names);
	for (row = 0; rows != NULL && row < PQntuples(rows); row++)
		naming_add(&list, PQgetvalue(rows, row, 0));
	if (list.count > 0)
		log_warn("replaced by empty tables, for the archive has no "
			 "rows of them: %s",
		    naming_text(&list));
	naming_free(&list);
	PQclear(rows);
	return rows != NULL ? 0 : -1;
}

/* Make room; ${*p} is looked up anew behind that. */
static int
replace(struct restore *r, struct presence **p, struct err *err)
{
	struct ties_opts o = { .conn = r->leader,
		.choice = r->choice,
		.toc = r->toc,
		.passes = r->passes };

	r->touched = 1;
	mark_replaced(r, *p);
	if (replace_lock(&o, r->opts->lock_timeout, err) != 0)
		return -1;
	r->ties = ties_find(&o, err);
	if (r->ties == NULL || tell_emptied(r, err) != 0 ||
	    replace_drop(*p, &o, r->opts->lock_timeout, err) != 0 ||
	    ties_loosen(r->ties, r->leader, err) != 0)
		return -1;
	presence_free(*p);
	*p = presence_new(r->leader, err);
	if (*p == NULL || kept_refuse(*p, &o, err) != 0 ||
	    kept_tell(*p, &o, r->choice, err) != 0)
		return -1;
	return kept_rows(*p, &o, r->choice, err);
}

/* Parts need what is around them, and must not be there yet. */
static int
settle(struct restore *r, struct err *err)
{
	struct presence *p;
	int rc = 0;

	/* One new table, and nothing that is there, says --as. */
	if (!restoring_is_part(r) || r->beside != NULL)
		return 0;
	p = presence_new(r->leader, err);
	if (p == NULL)
		return -1;
	if (r->opts->clean)
		rc = replace(r, &p, err);
	else if (!r->opts->create)
		rc = presence_refuse(
		    p, r->choice, r->toc, target_name(r->target), err);
	if (rc != 0) {
		presence_free(p);
		return -1;
	}
	/* What a new database has is no more than where to begin, and schemas
	 * that stay become what they were. */
	if (r->opts->create || r->opts->clean || presence_is_bare(p))
		presence_adopt(p, r->toc);
	else
		presence_keep(p, r->choice, r->toc);
	rc = presence_settle(p, r->choice, r->toc, r->leader, err);
	presence_free(p);
	return rc == 0 ? restoring_note_lobjs(r, err) : -1;
}

int
restoring_find_absent(struct restore *r, int quiet, struct err *err)
{
	struct absent_opts ao = { .toc = r->toc,
		.cat = r->cat,
		.said = &r->choice->said,
		.whole = !restoring_is_part(r),
		.made = r->opts->create,
		.quiet = quiet,
		.globals = r->opts->globals };

	/* What the target has, or lacks, changed the choice. */
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
	if (conn_set_encoding(conn, r->cat->encoding, err) != 0 ||
	    ddl_session(r->ddl, conn, err) != 0 ||
	    conn_own_values(conn, err) != 0)
		return -1;
	if (r->opts->create)
		settings_adopt(conn, r->cat);
	if (!r->opts->disable_triggers)
		return 0;
	if (conn_exec(conn, "SET session_replication_role = replica", err) == 0)
		return 0;
	(void)err_hint(err,
	    "a superuser may, and from 15 on who is granted SET ON PARAMETER "
	    "session_replication_role");
	return err_wrap(err, "cannot disable triggers");
}

static int
open_workers(struct restore *r, struct err *err)
{
	unsigned i;

	if (r->opts->single) {
		r->jobs = 1;
		r->conns = mem_zalloc(sizeof(struct conn *));
		r->conns[0] = r->leader;
		return 0;
	}
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

int
restoring_open_target(struct restore *r, int looks, struct err *err)
{
	struct target_opts to = { .conn = &r->opts->conn,
		.cat = r->cat,
		.no_tablespaces = r->choice->said.no_tablespaces,
		.salvages = reader_wreck(r->reader) != NULL,
		.fleeting = r->opts->fleeting,
		.looks = looks };
	int any =
	    r->choice->is_part || r->opts->clean || restoring_fills_there(r);

	to.kind = r->opts->create ? TARGET_MADE
	    : any                 ? TARGET_ANY
				  : TARGET_EMPTY;
	to.globals = r->opts->globals ? buf_text(&r->globals) : NULL;
	r->target = target_open(&to, err);
	if (r->target == NULL)
		return -1;
	r->leader = target_conn(r->target);
	return 0;
}

static int
begin_single(struct restore *r, struct err *err)
{
	if (!r->opts->single)
		return 0;
	return conn_exec(r->leader, "BEGIN; SET CONSTRAINTS ALL DEFERRED", err);
}

static int
prepare(struct restore *r, struct err *err)
{
	progress_phase(r->opts->progress, "target");
	if (restoring_read(r, err) != 0 ||
	    restoring_open_target(r, 0, err) != 0)
		return -1;
	check_versions(r);
	if (conn_set_encoding(r->leader, r->cat->encoding, err) != 0 ||
	    begin_single(r, err) != 0 || settle(r, err) != 0 ||
	    restoring_find_absent(r, 0, err) != 0)
		return -1;
	r->ddl = ddl_new(r->toc, r->passes, absent_session(r->absent));
	if (prepare_session(r, r->leader, err) != 0)
		return -1;
	return open_workers(r, err);
}

/* --- is it what was saved? --- */

/* Where other things may be they are not counted. */
static int
count_objects(struct restore *r, struct restore_result *result, struct err *err)
{
	int part = r->choice->is_part || r->opts->clean;

	return account_objects(r->leader, part ? r->choice->entries : NULL,
	    r->toc, &result->indexes, &result->constraints, err);
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
	result->table_rows =
	    mem_zalloc((r->cat->table_count + 1) * sizeof(uint64_t));
	for (i = 0; i < r->cat->table_count; i++)
		result->table_rows[i] = r->tallies[i].rows;
	result->rows_only = restoring_fills_there(r) || r->beside != NULL;
}

static void
close_workers(struct restore *r)
{
	unsigned i;

	for (i = 0; i < r->jobs; i++)
		if (r->conns[i] != r->leader)
			conn_free(r->conns[i]);
	free(r->conns);
	r->conns = NULL;
	r->jobs = 0;
}

static int
commit_single(struct restore *r, struct err *err)
{
	if (!r->opts->single)
		return 0;
	if (stop_check(err) != 0)
		return -1;
	/* COMMIT of one that has failed is no error to the server. */
	if (!conn_is_within(r->leader))
		return err_set(
		    err, ERR_DB, "the transaction has failed unnoticed");
	if (conn_exec(r->leader, "COMMIT", err) != 0)
		return -1;
	r->kept = 1;
	return 0;
}

static void
refuse_property(void *arg, const char *what, const struct err *why)
{
	struct restore *r = arg;
	struct ddl_refusal refusal = { .what = what,
		.one = "database property",
		.many = "database properties",
		.name = what };

	ddl_refuse(r->ddl, &refusal, why);
}

/* Whoever gets nothing of what he chose was not served, with warnings or
 * without. */
static int
check_served(const struct restore *r, struct err *err)
{
	const struct choice *c = r->choice;
	struct naming list = NAMING(", ");
	size_t i, made = 0;

	for (i = 0; c->is_part && i < r->toc->count; i++) {
		const struct toc_entry *e = &r->toc->entries[i];
		struct buf name = { 0 };

		if (!c->entries[i] ||
		    (toc_tree_owner(c->tree, i) >= 0 && !toc_relkind(e)))
			continue;
		if (!ddl_has_failed(r->ddl, i)) {
			/* That comes with what is to be in it. */
			made += !toc_is(e, "SCHEMA");
			continue;
		}
		statement_name(e, &name);
		naming_add(&list, buf_text(&name));
		buf_free(&name);
	}
	if (list.count > 0 && made == 0) {
		(void)err_set(err, ERR_FAIL,
		    "nothing of the choice could be made: %s",
		    naming_text(&list));
		(void)err_hint(err,
		    "what it needs does not come with it: choose that, too, "
		    "or restore it first");
	}
	made += list.count == 0;
	naming_free(&list);
	return made > 0 ? 0 : -1;
}

/* The old is kept until the new is whole. */
static int
check_replaced(struct restore *r, size_t lost, struct err *err)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; r->opts->clean && i < r->toc->count; i++) {
		struct buf name = { 0 };

		if (!r->replaced[i] || !ddl_has_failed(r->ddl, i))
			continue;
		statement_name(&r->toc->entries[i], &name);
		naming_add(&list, buf_text(&name));
		buf_free(&name);
	}
	if (list.count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "what was there could not be made again: %s",
		    naming_text(&list));
		(void)err_hint(err, "the warnings before say why");
	} else if (r->opts->clean && lost > 0) {
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s could not be filled: the warnings before "
		    "name %s",
		    lost, lost > 1 ? "s" : "", lost > 1 ? "them" : "it");
		(void)err_hint(err, "--exclude-table-data goes without rows");
	}
	naming_free(&list);
	return list.count > 0 || (r->opts->clean && lost > 0) ? -1 : 0;
}

static int
finish(struct restore *r, struct restore_result *result, struct err *err)
{
	struct account a = { .cat = r->cat,
		.groups = r->groups,
		.tallies = r->tallies,
		.denied = ddl_denied(r->ddl),
		.forgiving = reader_wreck(r->reader) != NULL,
		.is_plain = r->is_plain };

	progress_phase(r->opts->progress, "check");
	if (r->manifest == NULL)
		r->manifest = reader_manifest(r->reader, NULL, err);
	a.manifest = r->manifest;
	if (r->manifest == NULL || reader_end(r->reader, err) != 0 ||
	    account_rows(&a, &result->lost, err) != 0 ||
	    check_served(r, err) != 0 ||
	    check_replaced(r, result->lost, err) != 0 ||
	    account_lobjs(&a, r->leader, r->toc, r->other_lobjs, err) != 0 ||
	    restoring_verify(r, result, err) != 0 ||
	    count_objects(r, result, err) != 0)
		return -1;
	fill_result(r, result);
	if (commit_single(r, err) != 0)
		return -1;
	if (target_properties(r->target, r->cat, absent_session(r->absent),
		refuse_property, r, err) != 0 ||
	    conn_settle(r->leader, err) != 0)
		return -1;
	ddl_finish(r->ddl);
	if (r->opts->listener != NULL)
		ddl_list(r->ddl, r->opts->listener);
	result->failed = ddl_refused(r->ddl) + target_refused(r->target);
	close_workers(r);
	/* Past this point it is kept: a signal comes too late. */
	if (stop_check(err) != 0)
		return -1;
	r->kept = 1;
	if (target_keep(r->target, err) != 0)
		return -1;
	return 0;
}

/* Say what a failed restore leaves behind. */
static void
say_incomplete(const struct restore *r, struct err *err)
{
	const char *name;

	if (!r->touched || r->kept || r->opts->create || r->beside != NULL)
		return;
	if (r->opts->single) {
		(void)err_wrap(err, "nothing is changed");
		return;
	}
	name = target_name(r->target);
	if (restoring_fills_there(r)) {
		(void)err_wrap(err, "the rows that were loaded so far stay");
		(void)err_hint(err, "--single-transaction is all or nothing");
		return;
	}
	if (r->choice->is_part) {
		(void)err_wrap(err, "what was chosen is left incomplete");
		(void)err_hint(err, "--clean, the next time, replaces it");
		return;
	}
	(void)err_wrap(err, "database \"%s\" is left incomplete", name);
	if (strlen(err->hint) + strlen(name) * 2 + 100 < sizeof(err->hint)) {
		struct buf hint = { 0 };

		buf_printf(&hint,
		    "%s%sto start again, drop \"%s\" there, and restore with "
		    "--create",
		    err->hint, err->hint[0] != '\0' ? "; " : "", name);
		err->hint[0] = '\0';
		(void)err_hint(err, "%s", buf_text(&hint));
		buf_free(&hint);
	}
}

void
restoring_free(struct restore *r)
{
	close_workers(r);
	if (r->beside != NULL && !r->kept && !r->opts->single)
		beside_drop(r->beside, r->leader);
	target_free(r->target);
	ddl_free(r->ddl);
	absent_free(r->absent);
	early_keys_free(r->keys);
	ties_free(r->ties);
	free(r->replaced);
	buf_free(&r->globals);
	free(r->tallies);
	free(r->unset_sequences);
	free(r->other_oids);
	regroup_free(r->groups);
	free(r->passes);
	choice_free(r->choice);
	beside_free(r->beside);
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
	r.unset_sequences = mem_zalloc(r.cat->sequence_count + 1);
	if (!reader_is_stream(reader)) {
		r.manifest = reader_manifest(reader, NULL, err);
		if (r.manifest == NULL)
			goto out;
	}
	if (restoring_fill(&r, err) != 0 || finish(&r, result, err) != 0)
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
	restoring_free(&r);
	return rc;
}

void
restore_result_clear(struct restore_result *result)
{
	free(result->dbname);
	free(result->table_rows);
}
