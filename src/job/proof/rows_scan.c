#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/rows.h"
#include "base/mem.h"
#include "db/copy.h"
#include "job/pool.h"
#include "rows_scan.h"

#define RANGE_PAGES ((uint64_t)4096)

/* A table whose rows are read: one, or a partition.  Field ${from}[k] of a row
 * is column k of what is compared. */
struct member {
	size_t side;
	size_t table;
	struct table as; /* of a live side: what is read of it */
	size_t *from;
	size_t field_count; /* of each row */
};

/* A part of an archive, or a range of a live table. */
struct item {
	size_t member;
	uint64_t part;
	struct range range;
};

struct scan {
	struct side *sides;
	const uint8_t *except; /* columns of the first member */
	size_t right;
	struct scan_columns columns;
	struct column *live_columns; /* lent names: what a live side gives */
	struct member *members;
	size_t member_count;
	struct item *items;
	size_t item_count;
	unsigned jobs;
	struct progress *progress;
	scan_take *take;
	void *arg;
	pthread_mutex_t lock; /* guards what follows */
	size_t next;
	int stopping;
};

const struct scan_columns *
scan_columns(const struct scan *scan)
{
	return &scan->columns;
}

unsigned
scan_jobs(const struct scan *scan)
{
	return scan->jobs;
}

/* ---- which tables ---- */

static int
same_name(
    const struct side *a, const char *x, const struct side *b, const char *y)
{
	char *left = side_utf8(a, x), *right = side_utf8(b, y);
	int same = strcmp(left, right) == 0;

	free(left);
	free(right);
	return same;
}

static int
is_below(const struct catalog *cat, size_t table, size_t root)
{
	int at = (int)table;
	size_t steps;

	for (steps = 0; at >= 0 && steps <= cat->table_count; steps++) {
		if ((size_t)at == root)
			return 1;
		at = cat->tables[at].parent;
	}
	return 0;
}

static int
fail_table(const struct table *t, const char *why, struct err *err)
{
	return err_set(err, ERR_USAGE,
	    "the rows of %s.%s can't be compared: %s", t->schema, t->name, why);
}

/* All tables of a side at or below ${root} that have rows. */
static int
add_members(struct scan *s, size_t side, size_t root, struct err *err)
{
	const struct catalog *cat = s->sides[side].cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];
		struct member *m;

		if (t->kind == 'p' || !is_below(cat, i, root))
			continue;
		if (t->left_out)
			return fail_table(
			    t, "they were left out of an archive", err);
		s->members = mem_array(
		    s->members, s->member_count + 1, sizeof(*s->members));
		m = &s->members[s->member_count++];
		*m = (struct member){ .side = side, .table = i, .as = *t };
	}
	return 0;
}

static int
find_right(const struct scan *s, size_t left)
{
	const struct side *a = &s->sides[0], *b = &s->sides[1];
	const struct table *t = &a->cat->tables[left];
	size_t i;

	for (i = 0; i < b->cat->table_count; i++)
		if (same_name(a, t->name, b, b->cat->tables[i].name) &&
		    same_name(a, t->schema, b, b->cat->tables[i].schema))
			return (int)i;
	return -1;
}

/* ---- which columns ---- */

static int
column_at(const struct scan *s, const struct member *m, const char *left_name)
{
	const struct table *t = &s->sides[m->side].cat->tables[m->table];
	size_t i;

	for (i = 0; i < t->column_count; i++)
		if (same_name(&s->sides[0], left_name, &s->sides[m->side],
			t->columns[i].name))
			return (int)i;
	return -1;
}

static const struct table *
table_of(const struct scan *s, const struct member *m)
{
	return &s->sides[m->side].cat->tables[m->table];
}

const struct table *
scan_left(const struct scan *s)
{
	return table_of(s, &s->members[0]);
}

const struct table *
scan_right(const struct scan *s)
{
	return &s->sides[1].cat->tables[s->right];
}

/* Whether every table has the column, with one type unless rows are text. */
static int
is_common(const struct scan *s, const struct column *c)
{
	size_t i;

	if (s->except != NULL && s->except[c - scan_left(s)->columns])
		return 0;
	for (i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		int at = column_at(s, m, c->name);

		if (at < 0)
			return 0;
		if (s->columns.format == COPY_BINARY &&
		    !same_name(&s->sides[0], c->type, &s->sides[m->side],
			table_of(s, m)->columns[at].type))
			return 0;
	}
	return 1;
}

static const char *
primary_key(const struct side *side, const struct table *t)
{
	static const char words[] = " PRIMARY KEY (";
	int root = toc_tree_relation(side->tree, t->schema, t->name);
	size_t i;

	for (i = 0; i < side->toc->count && root >= 0; i++) {
		const struct toc_entry *e = &side->toc->entries[i];
		const char *p = toc_is(e, "CONSTRAINT") &&
			toc_tree_owner(side->tree, i) == root
		    ? strstr(e->defn, words)
		    : NULL;

		if (p != NULL)
			return p + strlen(words);
	}
	return NULL;
}

static int
has_column(const struct scan_columns *c, const struct column *column)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->columns[i] == column)
			return 1;
	return 0;
}

/* The key's columns, in its order; none unless both sides have all of them. */
static void
add_key(struct scan *s, const struct table *left, const char *list)
{
	struct scan_columns *c = &s->columns;
	struct sqlname n;
	size_t i;

	while (list != NULL && (list = sqlname_read(list, &n)) != NULL) {
		size_t before = c->count;

		for (i = 0; i < left->column_count; i++)
			if (strcmp(left->columns[i].name, n.name) == 0 &&
			    is_common(s, &left->columns[i]))
				c->columns[c->count++] = &left->columns[i];
		sqlname_free(&n);
		if (c->count == before) {
			c->count = 0;
			return;
		}
		list = strncmp(list, ", ", 2) == 0 ? list + 2 : NULL;
	}
	c->has_key = c->count > 0;
}

static void
choose_columns(struct scan *s, size_t root)
{
	const struct side *left = &s->sides[0];
	const struct table *t = &left->cat->tables[s->members[0].table];
	struct scan_columns *c = &s->columns;
	size_t i;

	c->format = t->format;
	c->columns = mem_zalloc((t->column_count + 1) * sizeof(*c->columns));
	add_key(s, t, primary_key(left, &left->cat->tables[root]));
	c->key = c->count;
	for (i = 0; i < t->column_count; i++)
		if (!has_column(c, &t->columns[i]) &&
		    is_common(s, &t->columns[i]))
			c->columns[c->count++] = &t->columns[i];
	if (!c->has_key)
		c->key = c->count;
}

static int
is_compared(const struct scan *s, const struct side *side, const char *name)
{
	size_t i;

	for (i = 0; i < s->columns.count; i++)
		if (same_name(
			&s->sides[0], s->columns.columns[i]->name, side, name))
			return 1;
	return 0;
}

void
scan_omitted(const struct scan *s,
    void (*each)(void *arg, size_t side, const struct column *column),
    void *arg)
{
	size_t i, k;

	for (i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		const struct table *t = table_of(s, m);

		for (k = 0; k < t->column_count; k++)
			if (!is_compared(
				s, &s->sides[m->side], t->columns[k].name))
				each(arg, m->side, &t->columns[k]);
	}
}

/* Whether no table has a column that could be read: rows are counted. */
static int
is_without_columns(const struct scan *s)
{
	size_t i;

	for (i = 0; i < s->member_count; i++)
		if (table_of(s, &s->members[i])->column_count > 0)
			return 0;
	return 1;
}

/* How each table's rows become what is compared. */
static int
map_member(struct scan *s, struct member *m, struct err *err)
{
	const struct side *side = &s->sides[m->side];
	const struct scan_columns *c = &s->columns;
	size_t i;

	m->from = mem_zalloc((c->count + 1) * sizeof(*m->from));
	m->field_count = m->as.column_count;
	for (i = 0; i < c->count; i++) {
		int at = column_at(s, m, c->columns[i]->name);

		m->from[i] = side->reader != NULL ? (size_t)at : i;
		s->live_columns[i] = *c->columns[i];
	}
	if (side->reader != NULL)
		return m->as.format == c->format
		    ? 0
		    : fail_table(&m->as,
			  "they were saved in text format once, and once in "
			  "binary",
			  err);
	if (!m->as.readable || m->as.hides || m->as.unreachable)
		return fail_table(&m->as, "you may not read all of them", err);
	m->as.columns = s->live_columns;
	m->as.column_count = m->field_count = c->count;
	m->as.format = c->format;
	return 0;
}

/* ---- what there is to read ---- */

static void
add_item(struct scan *s, size_t member, uint64_t part, struct range range)
{
	if (s->item_count % 256 == 0)
		s->items =
		    mem_array(s->items, s->item_count + 256, sizeof(*s->items));
	s->items[s->item_count++] =
	    (struct item){ .member = member, .part = part, .range = range };
}

static int
member_of_part(const struct scan *s, size_t side, const struct part_head *head)
{
	size_t i;

	for (i = 0; i < s->member_count; i++)
		if (s->members[i].side == side && head->kind == PART_ROWS &&
		    s->members[i].table == head->table)
			return (int)i;
	return -1;
}

static void
add_parts(struct scan *s, size_t side)
{
	const struct manifest *m = s->sides[side].manifest;
	const struct range none = { 0, 0 };
	size_t i;

	for (i = 0; i < m->part_count; i++) {
		int member = member_of_part(s, side, &m->parts[i].head);

		if (member >= 0 && m->parts[i].head.digest.rows > 0)
			add_item(s, (size_t)member, i + 1, none);
	}
}

static int
add_ranges(struct scan *s, size_t member, struct err *err)
{
	const struct member *m = &s->members[member];
	uint64_t pages, page = 0;

	if (catalog_pages(s->sides[1].other, &m->as, &pages, err) != 0)
		return -1;
	for (; page + RANGE_PAGES < pages; page += RANGE_PAGES)
		add_item(
		    s, member, 0, (struct range){ page, page + RANGE_PAGES });
	add_item(s, member, 0, (struct range){ page, RANGE_END });
	return 0;
}

static const struct part_head *
head_of(const struct scan *s, const struct item *item)
{
	size_t side = s->members[item->member].side;

	return &s->sides[side].manifest->parts[item->part - 1].head;
}

static int
same_columns(const struct scan *s)
{
	const struct table *a = table_of(s, &s->members[0]);
	size_t i, k;

	for (i = 1; i < s->member_count; i++) {
		const struct table *b = table_of(s, &s->members[i]);

		if (a->column_count != b->column_count)
			return 0;
		for (k = 0; k < a->column_count; k++)
			if (strcmp(a->columns[k].name, b->columns[k].name) !=
				0 ||
			    strcmp(a->columns[k].type, b->columns[k].type) != 0)
				return 0;
	}
	return 1;
}

/* Parts with the same rows on both sides make no difference, whatever else
 * there is. */
static void
drop_equal_parts(struct scan *s)
{
	uint8_t *drop = mem_zalloc(s->item_count + 1);
	size_t i, k, kept = 0, right = 0;

	while (right < s->item_count &&
	    s->members[s->items[right].member].side == 0)
		right++;
	/* Unchanged parts come in one order on both sides, nearly. */
	for (i = 0; i < right; i++)
		for (k = 0; k < s->item_count - right; k++) {
			size_t at = right + (i + k) % (s->item_count - right);

			if (drop[at] ||
			    !digest_equal(&head_of(s, &s->items[i])->digest,
				&head_of(s, &s->items[at])->digest))
				continue;
			drop[i] = drop[at] = 1;
			break;
		}
	for (i = 0; i < s->item_count; i++)
		if (!drop[i])
			s->items[kept++] = s->items[i];
	s->item_count = kept;
	free(drop);
}

/* Workers name it in the encoding that rows come in, the archive's. */
static int
recode(const struct scan *s, struct member *m, struct err *err)
{
	if (side_recode(&s->sides[1], &m->as, s->sides[0].cat->encoding) == 0)
		return 0;
	return fail_table(&m->as,
	    "it has characters that the archive's encoding has not", err);
}

static int
plan(struct scan *s, struct err *err)
{
	size_t i;

	add_parts(s, 0);
	if (s->sides[1].reader != NULL) {
		add_parts(s, 1);
		if (same_columns(s))
			drop_equal_parts(s);
		return 0;
	}
	for (i = 0; i < s->member_count; i++) {
		if (s->members[i].side == 1 &&
		    (add_ranges(s, i, err) != 0 ||
			recode(s, &s->members[i], err) != 0))
			return -1;
	}
	return side_open_workers(&s->sides[1], s->sides[0].cat->encoding, err);
}

static int
set_up(struct scan *s, size_t table, struct err *err)
{
	const struct table *t = &s->sides[0].cat->tables[table];
	int right = find_right(s, table);
	size_t i;

	if (right < 0)
		return fail_table(t, "the right side has no such table", err);
	s->right = (size_t)right;
	if (s->sides[1].reader != NULL &&
	    strcmp(s->sides[0].cat->encoding, s->sides[1].cat->encoding) != 0)
		return fail_table(
		    t, "the databases' encodings are not the same", err);
	if (add_members(s, 0, table, err) != 0 ||
	    add_members(s, 1, (size_t)right, err) != 0)
		return -1;
	if (s->member_count == 0 || s->members[0].side != 0)
		return fail_table(
		    t, "it is partitioned, without a partition", err);
	choose_columns(s, table);
	if (s->columns.count == 0 && !is_without_columns(s))
		return fail_table(
		    t, "no column is the same on both sides", err);
	s->live_columns =
	    mem_zalloc((s->columns.count + 1) * sizeof(*s->live_columns));
	for (i = 0; i < s->member_count; i++)
		if (map_member(s, &s->members[i], err) != 0)
			return -1;
	return plan(s, err);
}

struct scan *
scan_new(struct side sides[2], size_t table, const uint8_t *except,
    const struct diff_opts *opts, struct err *err)
{
	struct scan *s = mem_zalloc(sizeof(*s));

	s->sides = sides;
	s->except = except;
	s->jobs = opts->live->jobs;
	s->progress = opts->progress;
	(void)pthread_mutex_init(&s->lock, NULL);
	if (set_up(s, table, err) == 0)
		return s;
	scan_free(s);
	return NULL;
}

void
scan_free(struct scan *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->member_count; i++)
		free(s->members[i].from);
	free(s->members);
	free(s->items);
	free(s->columns.columns);
	free(s->live_columns);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- one row ---- */

struct worker {
	struct scan *scan;
	const struct member *member;
	unsigned slot;
	struct field *fields; /* of a row as it comes */
	struct field *chosen; /* as it is compared */
	struct buf bytes;
	struct part part;
};

/* A row, a line without its newline. */
static int
take_row(void *arg, const void *data, size_t len, struct err *err)
{
	struct worker *w = arg;
	const struct scan_columns *c = &w->scan->columns;
	const struct member *m = w->member;
	struct scan_row row = { .side = m->side, .fields = w->chosen };
	size_t i;
	int rc = rows_fields(c->format, data, len, w->fields, m->field_count);

	if (rc != 0)
		return err_set(err, ERR_DAMAGED,
		    "a row of %s.%s is not what COPY writes", m->as.schema,
		    m->as.name);
	w->bytes.len = 0;
	for (i = 0; i < c->count; i++) {
		w->chosen[i] = w->fields[m->from[i]];
		if (rows_field_bytes(&w->bytes, &w->chosen[i], err) != 0)
			return -1;
		if (i + 1 == c->key)
			row.key_len = w->bytes.len;
	}
	row.bytes = w->bytes.data;
	row.len = w->bytes.len;
	w->scan->take(w->scan->arg, w->slot, &row);
	return 0;
}

/* COPY gives lines with their newline. */
static int
take_copied(void *arg, const void *data, size_t len, struct err *err)
{
	const struct worker *w = arg;

	progress_add(w->scan->progress, len, 1);
	return take_row(arg, data,
	    len - (w->scan->columns.format == COPY_TEXT && len > 0), err);
}

/* ---- the workers ---- */

static int
next_item(struct scan *s, const struct item **item)
{
	int got;

	(void)pthread_mutex_lock(&s->lock);
	got = !s->stopping && s->next < s->item_count;
	if (got)
		*item = &s->items[s->next++];
	(void)pthread_mutex_unlock(&s->lock);
	return got;
}

static int
read_part(struct worker *w, const struct item *item, struct err *err)
{
	const struct side *side = &w->scan->sides[w->member->side];
	struct source *rows;
	int rc;

	if (reader_part(side->reader, item->part, &w->part, err) != 0)
		return -1;
	progress_add(
	    w->scan->progress, w->part.head.bytes, w->part.head.digest.rows);
	rows = part_rows(&w->part);
	rc = rows_cut(rows,
	    w->scan->columns.format == COPY_BINARY ? ROWS_TUPLES : ROWS_LINES,
	    take_row, w, err);
	source_free(rows);
	return rc;
}

static int
read_range(struct worker *w, const struct item *item, struct conn *conn,
    struct err *err)
{
	struct scan *s = w->scan;

	if (snapshot_join(conn, s->sides[1].snapshot, err) != 0)
		return -1;
	if (copy_out(conn, &w->member->as, &item->range, take_copied, w, err) !=
	    0)
		return -1;
	return conn_exec(conn, "COMMIT", err);
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct scan *s = arg;
	struct worker w = { .scan = s, .slot = slot };
	const struct item *item;
	size_t i, most = s->columns.count;
	int rc = 0;

	for (i = 0; i < s->member_count; i++)
		if (s->members[i].field_count > most)
			most = s->members[i].field_count;
	w.fields = mem_zalloc((most + 1) * sizeof(*w.fields));
	w.chosen = mem_zalloc((most + 1) * sizeof(*w.chosen));
	while (rc == 0 && next_item(s, &item)) {
		w.member = &s->members[item->member];
		progress_slot(s->progress, slot, w.member->as.name);
		rc = item->part > 0 ? read_part(&w, item, err)
				    : read_range(&w, item, conn, err);
	}
	progress_slot(s->progress, slot, NULL);
	part_free(&w.part);
	buf_free(&w.bytes);
	free(w.fields);
	free(w.chosen);
	return rc;
}

static void
stop(void *arg)
{
	struct scan *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	s->stopping = 1;
	(void)pthread_mutex_unlock(&s->lock);
}

int
scan_run(struct scan *s, scan_take *take, void *arg, struct err *err)
{
	struct pool_opts opts = { .jobs = s->jobs,
		.conns = s->sides[1].conns,
		.run = run,
		.on_stop = stop,
		.arg = s };
	struct pool *pool;

	s->take = take;
	s->arg = arg;
	s->next = 0;
	pool = pool_start(&opts, err);
	return pool != NULL ? pool_join(pool, err) : -1;
}
