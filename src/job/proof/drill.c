#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "db/encoding.h"
#include "db/queries.h"
#include "db/sqlname.h"
#include "db/toc.h"
#include "job/proof/drill.h"
#include "job/proof/programs.h"
#include "job/proof/scratch.h"
#include "job/proof/throwaway.h"
#include "job/proof/venue.h"
#include "job/restore/globals.h"

/* Of the copy, in a server of our own. */
#define DATABASE "drill"
#define FAULTS_MAX 100
#define NOT_RESTORED_MAX 100

struct drill {
	struct reader *reader;
	const struct drill_opts *opts;
	const struct catalog *cat;
	struct drilled *result;
	struct throwaway *own; /* or: */
	struct scratch *scratch;
	struct conn_opts target;
	double began;
};

static void
clear_names(struct drilled_names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names->at);
}

void
drilled_clear(struct drilled *d)
{
	size_t i;

	for (i = 0; i < d->table_count; i++)
		free(d->tables[i].name);
	for (i = 0; i < d->sequence_count; i++)
		free(d->sequences[i].name);
	for (i = 0; i < d->view_count; i++)
		free(d->views[i].name);
	for (i = 0; i < d->fault_count; i++)
		free(d->faults[i]);
	free(d->tables);
	free(d->sequences);
	free(d->views);
	free(d->faults);
	free(d->server);
	free(d->database);
	clear_names(&d->rules);
	clear_names(&d->options);
	clear_names(&d->left_out);
	clear_names(&d->warned);
	clear_names(&d->not_restored);
	restore_result_clear(&d->restored);
	*d = (struct drilled){ 0 };
}

static void
add_fault(struct drilled *d, char *text)
{
	text_clean(text);
	if (d->fault_count == FAULTS_MAX) {
		free(text);
		return;
	}
	d->faults =
	    mem_array(d->faults, d->fault_count + 1, sizeof(*d->faults));
	d->faults[d->fault_count++] = text;
}

/* In UTF-8, for people; as it is, where there is no way. */
static char *
show_name(const struct drill *d, char *name)
{
	char *shown = encoding_to_utf8(d->cat->encoding, name);

	if (shown == NULL)
		return name;
	free(name);
	return shown;
}

/* ---- what is in it ---- */

static void
push(struct drilled_names *names, char *text)
{
	names->at = mem_array(names->at, names->count + 1, sizeof(*names->at));
	names->at[names->count++] = text;
}

static void
add_name(const struct drill *d, struct drilled_names *names, char *name)
{
	push(names, show_name(d, name));
}

static void
note_contents(struct drill *d)
{
	const struct catalog *cat = d->cat;
	struct drilled *r = d->result;
	size_t i;

	for (i = 0; i < cat->rule_count; i++)
		add_name(d, &r->rules, mem_strdup(cat->rules[i]));
	for (i = 0; i < cat->option_count; i++)
		add_name(d, &r->options, mem_strdup(cat->options[i]));
	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];

		if (t->kind != 'p' && t->left_out)
			add_name(d, &r->left_out,
			    mem_printf("%s.%s", t->schema, t->name));
	}
}

/* ---- where ---- */

/* The role that the archive's server began with, for grants that it made can
 * be made by no other: "postgres", or the first superuser of the globals. */
static char *
first_superuser(const char *script)
{
	static const char alter[] = "ALTER ROLE ";
	char *statement, *first = NULL;
	int usual = 0;

	while (!usual && (statement = globals_next(&script)) != NULL) {
		struct sqlname n = { 0 };
		const char *rest = NULL;

		if (strncmp(statement, alter, strlen(alter)) == 0)
			rest = sqlname_read(statement + strlen(alter), &n);
		if (rest != NULL) {
			usual = strcmp(n.name, "postgres") == 0;
			if (first == NULL && n.schema == NULL &&
			    strncmp(rest, " WITH SUPERUSER ", 16) == 0 &&
			    strncmp(n.name, "pg_", 3) != 0)
				first = mem_strdup(n.name);
			sqlname_free(&n);
		}
		free(statement);
	}
	if (!usual && first != NULL)
		return first;
	free(first);
	return mem_strdup("postgres");
}

static int
open_own(struct drill *d, struct err *err)
{
	const struct drill_opts *o = d->opts;
	struct throwaway_opts to = { .folder = o->folder,
		.settings = o->settings,
		.setting_count = o->setting_count };
	struct buf globals = { 0 }, schema = { 0 };
	char *bindir = NULL, *superuser = NULL;
	int rc = -1;

	if (reader_schema(d->reader, &schema, err) != 0 ||
	    reader_globals(d->reader, &globals, err) != 0 ||
	    buf_add(&globals, "", 1, err) != 0)
		goto out;
	bindir = programs_find(
	    d->cat->server_version, o->bindir, o->newer, &to.major, err);
	if (bindir == NULL)
		goto out;
	superuser = first_superuser(buf_text(&globals));
	to.bindir = bindir;
	to.superuser = superuser;
	d->own = throwaway_open(&to, err);
	if (d->own == NULL)
		goto out;
	d->target = throwaway_conn(d->own);
	d->target.dbname = DATABASE;
	rc = 0;
out:
	free(superuser);
	free(bindir);
	buf_free(&schema);
	buf_free(&globals);
	return rc;
}

static int
open_scratch(struct drill *d, struct err *err)
{
	d->scratch =
	    scratch_open(d->opts->server, reader_header(d->reader)->id, err);
	if (d->scratch == NULL)
		return -1;
	d->target.dbname = scratch_dsn(d->scratch);
	return 0;
}

/* ---- the restore ---- */

static void
take_table(void *arg, const struct restore_compared *one)
{
	struct drill *d = arg;
	struct drilled *r = d->result;
	struct drilled_table *t;

	r->tables =
	    mem_array(r->tables, r->table_count + 1, sizeof(*r->tables));
	t = &r->tables[r->table_count++];
	*t = (struct drilled_table){ .missing = one->missing,
		.unread = one->unread,
		.same = !one->missing && !one->unread &&
		    one->found.rows == one->saved.rows &&
		    digest_equal(&one->found, &one->saved),
		.bytes = one->bytes,
		.rows = one->saved.rows,
		.rows_found = one->found.rows,
		.name = show_name(d,
		    mem_printf(
			"%s.%s", one->table->schema, one->table->name)) };
	if (t->missing)
		add_fault(
		    r, mem_printf("%s could not be made or filled", t->name));
	else if (t->unread)
		add_fault(r,
		    mem_printf("%s was not compared: not all of its rows were "
			       "saved, or may be read back",
			t->name));
	else if (t->rows_found != t->rows)
		add_fault(r,
		    mem_printf("%s has %llu rows, %llu were saved", t->name,
			(unsigned long long)t->rows_found,
			(unsigned long long)t->rows));
	else if (!t->same)
		add_fault(r,
		    mem_printf("%s has other rows than were saved, by digest",
			t->name));
}

static void
take_lobjs(void *arg, const struct restore_lobjs *all)
{
	struct drill *d = arg;
	struct drilled_lobjs *l = &d->result->lobjs;

	l->compared = 1;
	l->same = digest_equal(&all->found, &all->saved);
	l->count = all->count;
	l->bytes = all->bytes;
	if (!l->same)
		add_fault(d->result,
		    mem_strdup("large objects hold something else than was "
			       "saved, by digest"));
}

static void
take_sequence(void *arg, const struct restore_sequence *one)
{
	struct drill *d = arg;
	struct drilled *r = d->result;
	struct drilled_sequence *s;

	r->sequences = mem_array(
	    r->sequences, r->sequence_count + 1, sizeof(*r->sequences));
	s = &r->sequences[r->sequence_count++];
	*s = (struct drilled_sequence){ .missing = one->missing,
		.unread = one->unread,
		.same = !one->missing && !one->unread &&
		    one->value == one->saved->value &&
		    !one->called == !one->saved->called,
		.value = one->saved->value,
		.called = one->saved->called,
		.value_found = one->value,
		.called_found = one->called,
		.name = show_name(d,
		    mem_printf(
			"%s.%s", one->saved->schema, one->saved->name)) };
	if (s->missing)
		add_fault(r,
		    mem_printf(
			"sequence %s could not be made or set", s->name));
	else if (s->unread)
		add_fault(r,
		    mem_printf("sequence %s was not compared: it may not be "
			       "read back",
			s->name));
	else if (!s->same)
		add_fault(r,
		    mem_printf("sequence %s stands at %" PRId64 "%s, %" PRId64
			       "%s was saved",
			s->name, s->value_found,
			s->called_found ? "" : " to come", s->value,
			s->called ? "" : " to come"));
}

static void
take_view(void *arg, const struct restore_view *one)
{
	struct drill *d = arg;
	struct drilled *r = d->result;
	struct drilled_view *v;

	r->views = mem_array(r->views, r->view_count + 1, sizeof(*r->views));
	v = &r->views[r->view_count++];
	v->populated = one->populated;
	v->name = show_name(d, mem_printf("%s.%s", one->schema, one->name));
	if (!v->populated)
		add_fault(r,
		    mem_printf("materialized view %s is not populated, and "
			       "was when it was saved",
			v->name));
}

/* Rights to what is there are not what an archive is for; it is told that they
 * are others, and no more. */
static void
take_lack(void *arg, enum restore_lack why, const char *what)
{
	struct drill *d = arg;
	struct drilled *r = d->result;
	char *name = show_name(d, mem_strdup(what));

	if (why == LACK_DENIED)
		add_fault(r,
		    mem_printf("%s was not restored as it was: the user of "
			       "--server has not the right to it, or to what "
			       "it needs",
			name));
	text_clean(name);
	if (r->not_restored.count < NOT_RESTORED_MAX)
		push(&r->not_restored, name);
	else
		free(name);
}

/* A database with subscriptions can't be dropped, and they would begin to
 * work: in a server that runs there are none. */
static int
note_subscriptions(struct drill *d, struct err *err)
{
	struct buf schema = { 0 };
	struct toc *toc = NULL;
	size_t i;

	if (reader_schema(d->reader, &schema, err) == 0)
		toc = toc_parse(schema.data, schema.len, err);
	buf_free(&schema);
	for (i = 0; toc != NULL && i < toc->count; i++)
		if (toc_is(&toc->entries[i], "SUBSCRIPTION")) {
			char *what =
			    mem_printf("SUBSCRIPTION %s", toc->entries[i].tag);

			take_lack(d, LACK_BESIDE, what);
			free(what);
		}
	toc_free(toc);
	return toc != NULL ? 0 : -1;
}

static int
note_warned(struct drill *d, struct err *err)
{
	const struct manifest *m = reader_manifest(d->reader, NULL, err);
	size_t i;

	if (m == NULL)
		return -1;
	for (i = 0; i < m->warning_count; i++) {
		char *text = mem_strdup(m->warnings[i]);

		text_clean(text);
		push(&d->result->warned, text);
	}
	return 0;
}

static int
restore(struct drill *d, struct err *err)
{
	const struct restore_listener listener = { .table = take_table,
		.lobjs = take_lobjs,
		.sequence = take_sequence,
		.view = take_view,
		.lacks = take_lack,
		.arg = d };
	struct selection selection = { .no_tablespaces = 1,
		.no_subscriptions = d->scratch != NULL };
	struct restore_opts ro = { .conn = d->target,
		.selection = &selection,
		.create = 1,
		.globals = d->own != NULL,
		.verify = 1,
		.fleeting = d->own != NULL,
		.listener = &listener,
		.jobs = d->opts->jobs,
		.progress = d->opts->progress };
	struct restore_result *r = &d->result->restored;

	if (note_warned(d, err) != 0 ||
	    restore_run(d->reader, &ro, r, err) != 0)
		return -1;
	if (d->scratch != NULL && note_subscriptions(d, err) != 0)
		return -1;
	if (r->failed > 0)
		add_fault(d->result,
		    mem_printf("%u statement%s refused by the server: the "
			       "warnings name %s",
			r->failed, r->failed > 1 ? "s were" : " was",
			r->failed > 1 ? "them" : "it"));
	if (d->cat->lobj_count > 0 && !d->result->lobjs.compared)
		add_fault(d->result,
		    mem_strdup("large objects were not compared: not all of "
			       "them may be read back"));
	return d->scratch != NULL ? scratch_mark(d->scratch, err) : 0;
}

/* ---- what stands ---- */

/* Whether a constraint was saved as one that nobody has validated. */
static int
was_open(const struct toc *toc, const char *schema, const char *tag)
{
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		if (strcmp(e->tag, tag) == 0 &&
		    strcmp(e->schema, schema) == 0 &&
		    strstr(e->desc, "CONSTRAINT") != NULL &&
		    strstr(e->defn, " NOT VALID") != NULL)
			return 1;
	}
	return 0;
}

static void
judge_unsound(struct drill *d, const struct toc *toc, const PGresult *rows)
{
	int i;

	for (i = 0; i < PQntuples(rows); i++) {
		const char *schema = PQgetvalue(rows, i, 1);
		const char *name = PQgetvalue(rows, i, 2);
		const char *constraint = PQgetvalue(rows, i, 3);
		int is_index = PQgetvalue(rows, i, 0)[0] == 'i';
		char *tag = mem_printf("%s %s", name, constraint);

		if (!is_index && was_open(toc, schema, tag)) {
			d->result->as_saved++;
		} else {
			d->result->unsound++;
			add_fault(d->result,
			    show_name(d,
				mem_printf("%s %s.%s %s is not valid",
				    is_index ? "index" : "constraint of",
				    schema, name, constraint)));
		}
		free(tag);
	}
}

static int
check_sound(struct drill *d, struct conn *conn, struct err *err)
{
	struct buf schema = { 0 };
	struct toc *toc = NULL;
	PGresult *rows = NULL;
	int rc = -1;

	if (conn_set_encoding(conn, d->cat->encoding, err) == 0 &&
	    reader_schema(d->reader, &schema, err) == 0 &&
	    (toc = toc_parse(schema.data, schema.len, err)) != NULL)
		rows = conn_query(conn, sql_unsound, err);
	if (rows != NULL) {
		judge_unsound(d, toc, rows);
		rc = 0;
	}
	PQclear(rows);
	toc_free(toc);
	buf_free(&schema);
	return rc;
}

static int
measure(struct drill *d, struct conn *conn, struct err *err)
{
	PGresult *r = conn_query(conn, sql_database_size, err);

	if (r == NULL)
		return -1;
	d->result->size = strtoull(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	d->result->server = mem_printf("%.*s",
	    (int)strcspn(
		PQparameterStatus(conn_pg(conn), "server_version"), " "),
	    PQparameterStatus(conn_pg(conn), "server_version"));
	return 0;
}

static void
tell_assertions(struct drill *d)
{
	const struct assertions *list = d->opts->assertions;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct assertion *a = &list->at[i];

		if (a->result == ASSERTION_HOLDS)
			continue;
		/* What rows hold is not for a file beside the archive. */
		add_fault(d->result,
		    mem_printf("%s, line %u: %s: %s%s%s", a->file, a->line,
			a->title,
			a->result == ASSERTION_VIOLATED ? "does not hold"
							: "broken",
			a->reason != NULL ? ": " : "",
			a->reason != NULL ? a->reason : ""));
	}
}

/* ---- all of it ---- */

static void
measure_phases(struct drill *d, double end)
{
	struct progress p;
	struct drilled *r = d->result;
	size_t i;

	progress_read(d->opts->progress, &p);
	r->usable = end - d->began;
	for (i = 0; i < p.phase_count; i++) {
		const char *name = p.phases[i].name;
		double to = i + 1 < p.phase_count ? p.phases[i + 1].began : end;
		double seconds = to - p.phases[i].began;
		size_t k = 0;

		if (strcmp(name, "verify") == 0 || strcmp(name, "assert") == 0)
			r->usable -= seconds;
		while (
		    k < r->phase_count && strcmp(r->phases[k].name, name) != 0)
			k++;
		if (k == r->phase_count) {
			memcpy(
			    r->phases[k].name, name, sizeof(r->phases[k].name));
			r->phases[r->phase_count++].seconds = 0;
		}
		r->phases[k].seconds += seconds;
	}
}

/* Ask the copy, as another session than those that made it. */
static int
examine(struct drill *d, struct err *err)
{
	struct conn *conn;
	int rc = -1;

	progress_phase(d->opts->progress, "assert");
	conn = conn_open(&d->target, err);
	if (conn != NULL && check_sound(d, conn, err) == 0 &&
	    measure(d, conn, err) == 0 &&
	    assertions_run(d->opts->assertions, &conn, d->opts->timeout, err) ==
		0) {
		tell_assertions(d);
		rc = 0;
	}
	conn_free(conn);
	return rc;
}

/* What the archive, or the server with it, did not stand: a finding. */
static int
is_finding(const struct drill *d, struct err *why, struct err *err)
{
	const struct venue venue = { .own = d->own, .scratch = d->scratch };
	struct progress p;

	if (why->kind == ERR_NONE)
		return 1;
	if (stop_check(err) != 0)
		return 0;
	progress_read(d->opts->progress, &p);
	if (why->kind == ERR_USAGE || why->kind == ERR_LOCKED ||
	    venue_failed(&venue, p.phase, why)) {
		*err = *why;
		return 0;
	}
	/* Those of a restore are of what one does to keep the database. */
	if (strstr(why->hint, "--create") != NULL)
		why->hint[0] = '\0';
	add_fault(d->result, mem_strdup(why->msg));
	d->result->failure = *why;
	return 1;
}

int
drill_run(struct reader *reader, const struct drill_opts *opts,
    struct drilled *r, struct err *err)
{
	struct drill d = { .reader = reader,
		.opts = opts,
		.result = r,
		.began = wall_seconds() };
	struct err why = ERR_INIT;
	int rc = -1;

	r->began = wall_now();
	r->age = r->began - reader_header(reader)->created;
	r->made = opts->server == NULL;
	progress_phase(opts->progress, "server");
	d.cat = reader_catalog(reader, NULL, err);
	if (d.cat == NULL)
		return -1;
	if (d.cat->globals_only) {
		(void)err_set(err, ERR_USAGE,
		    "the archive has no database: it holds roles and "
		    "tablespaces alone");
		return err_hint(err, "name that of one: latest:NAME");
	}
	if (catalog_has_rows_alone(d.cat)) {
		(void)err_set(err, ERR_USAGE,
		    "the archive has rows alone, and nothing to make their "
		    "tables of");
		return err_hint(err,
		    "drill one that was made without --data-only; \"pgcask "
		    "check --read-data\" proves that these rows can be read");
	}
	r->database = mem_strdup(d.cat->dbname);
	r->source_version = d.cat->server_version;
	note_contents(&d);
	if ((r->made ? open_own(&d, err) : open_scratch(&d, err)) != 0) {
		venue_lacks(r->made, err);
	} else {
		if (restore(&d, &why) == 0)
			(void)examine(&d, &why);
		if (is_finding(&d, &why, err))
			rc = 0;
		measure_phases(&d, wall_seconds());
		r->seconds = wall_seconds() - d.began;
		r->ended = wall_now();
	}
	scratch_free(d.scratch);
	throwaway_free(d.own);
	if (rc != 0)
		(void)stop_check(err);
	return rc;
}
