#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/encoding.h"
#include "db/inventory.h"
#include "db/lobj.h"
#include "db/pattern.h"
#include "db/pgdump.h"
#include "db/queries.h"
#include "diff_side.h"
#include "job/choose/choice.h"
#include "job/choose/filter.h"
#include "job/lockers.h"

char *
side_utf8(const struct side *side, const char *text)
{
	char *utf8 = encoding_to_utf8(side->cat->encoding, text);

	return utf8 != NULL ? utf8 : mem_strdup(text);
}

void
side_title(const struct side *side, struct diff_title *title)
{
	title->database = mem_strdup(side->cat->dbname);
	title->server_version = side->cat->server_version;
	title->header =
	    side->reader != NULL ? reader_header(side->reader) : NULL;
}

static int
has_option(const struct catalog *cat, const char *name)
{
	size_t i;

	for (i = 0; i < cat->option_count; i++)
		if (strcmp(cat->options[i], name) == 0)
			return 1;
	return 0;
}

/* ---- an archive ---- */

int
side_open_archive(struct side *side, struct reader *reader, struct err *err)
{
	struct buf schema = { 0 };
	int rc = -1;

	side->reader = reader;
	side->cat = reader_catalog(reader, NULL, err);
	if (side->cat == NULL)
		return -1;
	if (side->cat->globals_only) {
		(void)err_set(err, ERR_USAGE,
		    "%s has no database: it holds roles and tablespaces alone",
		    reader_name(reader));
		return err_hint(err, "name that of one: latest:NAME");
	}
	side->manifest = reader_manifest(reader, NULL, err);
	side->has_rows = !has_option(side->cat, "schema-only");
	side->has_schema = !has_option(side->cat, "data-only");
	if (side->manifest == NULL || reader_schema(reader, &schema, err) != 0)
		goto out;
	side->toc = side->own_toc = toc_parse(schema.data, schema.len, err);
	if (side->toc == NULL)
		(void)err_wrap(err, "%s", reader_name(reader));
	else
		rc = 0;
out:
	buf_free(&schema);
	return rc;
}

/* ---- a live database ---- */

/* Those that may be read come first, and get their values. */
static int
read_sequences(struct side *side, struct err *err)
{
	struct catalog *cat = side->own;
	size_t i, readable = 0, count = cat->sequence_count;
	int rc;

	for (i = 0; i < count; i++) {
		struct sequence s = cat->sequences[i];

		if (!s.readable)
			continue;
		cat->sequences[i] = cat->sequences[readable];
		cat->sequences[readable++] = s;
	}
	cat->sequence_count = readable;
	rc = catalog_read_sequences(side->other, cat, err);
	cat->sequence_count = count;
	return rc;
}

static int
read_lobjs(struct side *side, struct err *err)
{
	PGresult *r;

	if (side->cat->lobj_count == 0)
		return 0;
	r = conn_query(side->leader, sql_unreadable_lobjs, err);
	if (r == NULL)
		return err_wrap(err, "cannot list the large objects");
	side->lobjs_unreadable = PQntuples(r) > 0;
	PQclear(r);
	return lobj_list(
	    side->leader, &side->lobj_oids, &side->lobj_count, err);
}

static int
set_up(
    struct side *side, struct conn *conn, const char *encoding, struct err *err)
{
	if (conn_set_encoding(conn, encoding, err) != 0 ||
	    conn_shun_views(conn, err) != 0)
		return -1;
	return snapshot_lock_timeout(conn, side->live->lock_timeout, err);
}

/* The sessions and the catalog.  The first to wait for a table. */
static int
look_at(struct side *side, struct err *err)
{
	const char *encoding =
	    PQparameterStatus(conn_pg(side->leader), "server_encoding");

	if (set_up(side, side->leader, encoding, err) != 0 ||
	    snapshot_export(side->leader, side->snapshot, err) != 0)
		return -1;
	side->cat = side->own = catalog_read(side->leader, 0, err);
	if (side->cat == NULL)
		return -1;
	side->other = conn_clone(side->leader, NULL, err);
	if (side->other == NULL ||
	    set_up(side, side->other, encoding, err) != 0 ||
	    catalog_read_sizes(side->leader, side->own, err) != 0 ||
	    read_sequences(side, err) != 0)
		return -1;
	return read_lobjs(side, err);
}

int
side_open_live(struct side *side, const struct diff_live *live, struct err *err)
{
	struct conn_opts co = live->conn;

	co.only_reads = 1;
	side->live = live;
	side->has_rows = 1;
	side->toc = &side->no_toc;
	side->leader = conn_open(&co, err);
	if (side->leader == NULL)
		return -1;
	if (look_at(side, err) == 0)
		return 0;
	lockers_blame(side->other, live->lock_timeout, err);
	return -1;
}

static void
close_workers(struct side *side)
{
	unsigned i;

	for (i = 0; i < side->jobs; i++)
		conn_free(side->conns[i]);
	free(side->conns);
	side->conns = NULL;
	side->jobs = 0;
}

int
side_open_workers(struct side *side, const char *encoding, struct err *err)
{
	unsigned i, jobs = side->live->jobs;

	close_workers(side);
	side->conns = mem_zalloc(jobs * sizeof(struct conn *));
	side->jobs = jobs;
	for (i = 0; i < jobs; i++) {
		side->conns[i] = conn_clone(side->leader, NULL, err);
		if (side->conns[i] == NULL)
			return err_wrap(err, "worker %u of %u", i + 1, jobs);
		if (set_up(side, side->conns[i], encoding, err) != 0)
			return -1;
	}
	return 0;
}

int
side_set_workers(struct side *side, const char *encoding, struct err *err)
{
	unsigned i;

	for (i = 0; i < side->jobs; i++)
		if (conn_set_encoding(side->conns[i], encoding, err) != 0)
			return -1;
	return 0;
}

static char *
recode(struct side *side, const char *text, const char *encoding)
{
	char *name = encoding_recode(text, side->cat->encoding, encoding);

	side->recoded = mem_array(
	    side->recoded, side->recoded_count + 1, sizeof(*side->recoded));
	return side->recoded[side->recoded_count++] = name;
}

int
side_recode(struct side *side, struct table *t, const char *encoding)
{
	char *schema = recode(side, t->schema, encoding);
	char *name = recode(side, t->name, encoding);

	if (schema == NULL || name == NULL)
		return -1;
	t->schema = schema;
	t->name = name;
	return 0;
}

static void
exclude(char ***list, size_t *count, const char *schema, const char *name)
{
	char *a = pattern_quote(schema), *b = pattern_quote(name);

	*list = mem_array(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = mem_printf("--exclude-table=%s.%s", a, b);
	free(a);
	free(b);
}

/* What pg_dump is to leave alone, or it would describe nothing at all. */
static char **
exclude_unreadable(const struct side *side, size_t *count)
{
	const struct catalog *cat = side->cat;
	char **list = NULL;
	size_t i;

	*count = 0;
	for (i = 0; i < cat->table_count; i++)
		if (!cat->tables[i].readable)
			exclude(&list, count, cat->tables[i].schema,
			    cat->tables[i].name);
	for (i = 0; i < cat->sequence_count; i++)
		if (!cat->sequences[i].readable)
			exclude(&list, count, cat->sequences[i].schema,
			    cat->sequences[i].name);
	return list;
}

static struct toc *
dump_schema(struct side *side, struct pgdump_opts *opts, struct err *err)
{
	struct buf schema = { 0 };
	struct toc *toc = NULL;

	if (pgdump_schema(side->leader, opts, &schema, err) == 0)
		toc = toc_parse(schema.data, schema.len, err);
	buf_free(&schema);
	return toc;
}

int
side_read_schema(struct side *side, struct err *err)
{
	struct pgdump_opts opts = { .snapshot = side->snapshot,
		.lock_wait = side->live->lock_timeout };
	struct toc *toc;
	int major;
	char *program = pgdump_find("pg_dump", conn_version(side->leader),
	    side->live->pg_bindir, &major, err);
	char **words;
	size_t i;

	if (program == NULL)
		return err_hint(
		    err, "--data-only compares no definitions, and needs none");
	opts.program = program;
	words = exclude_unreadable(side, &opts.option_count);
	opts.options = words;
	toc = dump_schema(side, &opts, err);
	for (i = 0; i < opts.option_count; i++)
		free(words[i]);
	free(words);
	free(program);
	if (toc == NULL)
		return err_hint(err, "--data-only compares no definitions");
	side->toc = side->own_toc = toc;
	side->has_schema = 1;
	return 0;
}

int
side_end(struct side *side, struct err *err)
{
	if (side->leader == NULL)
		return 0;
	if (snapshot_check(side->leader, side->other, side->cat, err) != 0)
		return -1;
	return conn_exec(side->leader, "COMMIT", err);
}

void
side_close(struct side *side)
{
	size_t i;

	close_workers(side);
	for (i = 0; i < side->recoded_count; i++)
		free(side->recoded[i]);
	free(side->recoded);
	conn_free(side->other);
	conn_free(side->leader);
	toc_tree_free(side->tree);
	toc_free(side->own_toc);
	free(side->entries);
	free(side->tables);
	free(side->sequences);
	free(side->lobj_oids);
	catalog_free(side->own);
	memset(side, 0, sizeof(*side));
}

/* ---- choosing ---- */

static uint8_t *
all_of(size_t count)
{
	uint8_t *marks = mem_alloc(count + 1);

	memset(marks, SIDE_CHOSEN | SIDE_ROWS, count + 1);
	return marks;
}

static uint8_t
table_choice(const struct choice *c, size_t table)
{
	const struct table *t = &c->cat.tables[table];
	int at = c->said.data_only
	    ? -1
	    : toc_tree_relation(c->tree, t->schema, t->name);
	int rows = t->kind == 'p' || !t->left_out;
	int chosen = at >= 0 ? c->entries[at] : rows;

	return (uint8_t)((chosen ? SIDE_CHOSEN : 0) |
	    (chosen && rows ? SIDE_ROWS : 0));
}

/* A choice has copies of sequences, whose names are the catalog's own. */
static void
choose_sequences(struct side *side, const struct choice *c)
{
	size_t i, k = 0;

	for (i = 0; i < side->cat->sequence_count; i++) {
		if (k < c->cat.sequence_count &&
		    c->cat.sequences[k].name == side->cat->sequences[i].name)
			k++;
		else
			side->sequences[i] = 0;
	}
}

/* Take what ${sel} does not choose out of what is chosen so far. */
static int
narrow(struct side *side, const struct selection *sel, struct err *err)
{
	struct choice *c = choice_new(sel, side->toc, side->cat, err);
	size_t i;

	if (c == NULL)
		return -1;
	for (i = 0; i < side->toc->count; i++)
		side->entries[i] &= c->entries[i] ? SIDE_CHOSEN : 0;
	for (i = 0; i < side->cat->table_count; i++)
		side->tables[i] &= table_choice(c, i);
	choose_sequences(side, c);
	if (side->cat->lobj_count > 0 && c->cat.lobj_count == 0)
		side->lobjs = 0;
	choice_free(c);
	return 0;
}

static void
begin_choice(struct side *side)
{
	side->tree = toc_tree_new(side->toc);
	side->entries = all_of(side->toc->count);
	side->tables = all_of(side->cat->table_count);
	side->sequences = all_of(side->cat->sequence_count);
	side->lobjs = 1;
}

/* The switches of both sides and of ${sel}, but for those that take one half
 * of everything. */
static void
add_switches(const struct side sides[2], const struct selection *sel,
    struct selection *to)
{
	struct selection from = *sel;
	const char *name;
	size_t i;

	for (i = 0; (name = selection_option_name(i)) != NULL; i++) {
		if (strcmp(name, "schema-only") == 0 ||
		    strcmp(name, "data-only") == 0)
			continue;
		*selection_option(to, name) = *selection_option(&from, name) ||
		    has_option(sides[0].cat, name) ||
		    has_option(sides[1].cat, name);
	}
}

/* Whether the rule names anything on either side. */
static int
check_rule(const struct side sides[2], struct rule *rule, struct err *err)
{
	const struct selection one = {
		.rules = rule, .rule_count = 1, .no_owner = 0
	};
	int s, found = 0;

	for (s = 0; s < 2 && !found; s++) {
		struct err other = ERR_INIT;
		struct inventory *inv = inventory_of_archive(
		    sides[s].toc, sides[s].tree, sides[s].cat);
		struct picks *picks;

		if (sides[s].reader == NULL)
			inv->place = "the database";
		picks = selection_pick(&one, inv, s == 0 ? err : &other);
		found = picks != NULL;
		picks_free(picks);
		inventory_free(inv);
	}
	if (!found)
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

/* What was chosen when the archive of a side was made. */
static int
read_made(const struct side *side, struct selection *made, struct err *err)
{
	struct buf text = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < side->cat->rule_count; i++)
		buf_printf(&text, "%s\n", side->cat->rules[i]);
	if (text.len > 0)
		rc = filter_parse(
		    buf_text(&text), text.len, "the archive", made, err);
	buf_free(&text);
	return rc;
}

static int
narrow_by_made(struct side sides[2], struct err *err)
{
	int s, rc = 0;

	for (s = 0; s < 2 && rc == 0; s++) {
		struct selection made = { .lenient = 1 };

		rc = read_made(&sides[s], &made, err);
		if (rc == 0 && made.rule_count > 0)
			rc = narrow(&sides[!s], &made, err);
		selection_clear(&made);
	}
	return rc;
}

/* Without definitions, all that a catalog has is there. */
static void
say_rows_alone(struct side *side)
{
	struct catalog *cat = side->own;

	if (cat == NULL || side->has_schema)
		return;
	cat->options = mem_array(NULL, 1, sizeof(*cat->options));
	cat->options[0] = mem_strdup("data-only");
	cat->option_count = 1;
}

int
sides_choose(struct side sides[2], const struct selection *sel, struct err *err)
{
	struct selection asked = {
		.rules = sel->rules, .rule_count = sel->rule_count, .lenient = 1
	};
	size_t i;
	int s;

	for (s = 0; s < 2; s++) {
		say_rows_alone(&sides[s]);
		begin_choice(&sides[s]);
	}
	for (i = 0; i < sel->rule_count; i++)
		if (check_rule(sides, &sel->rules[i], err) != 0)
			return -1;
	add_switches(sides, sel, &asked);
	for (s = 0; s < 2; s++) {
		sides[s].said = asked;
		sides[s].said.rules = NULL;
		sides[s].said.rule_count = 0;
		if (narrow(&sides[s], &asked, err) != 0)
			return -1;
	}
	return narrow_by_made(sides, err);
}
