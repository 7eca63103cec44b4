#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "job/groups.h"
#include "job/proof/diff_rows.h"
#include "job/view/cat.h"
#include "rows_foreign.h"
#include "rows_scan.h"

#define BUCKETS 65536u
#define ROWS_MAX 500000u /* of the buckets that are looked into */

/* A key, and what there is of it on each side. */
struct key {
	struct digest hash; /* of the key's bytes */
	struct digest sums[2];
};

/* A row to show. */
struct found {
	struct key key;
	struct diff_text text; /* the key's, or NULL: not seen yet */
	struct diff_text *values[2];
	struct digest *hashes[2]; /* of each value */
};

struct comparing {
	struct scan *scan;
	const char *encoding; /* of the rows */
	uint8_t *foreign;     /* rows_foreign(), or NULL */
	size_t limit;
	/* Pass 1: of each worker, of each side, of each bucket. */
	struct digest *sums;
	/* Pass 2, under the lock: open addressing, at most half full. */
	uint8_t *chosen; /* of each bucket */
	struct key *keys;
	size_t key_count, key_room;
	/* Pass 3, under the lock: sorted by hash. */
	struct found *found;
	size_t found_count;
	int more;
	pthread_mutex_t lock;
};

static struct digest
hash(const void *bytes, size_t len)
{
	struct digest d = { 0 };

	digest_row(&d, bytes, len);
	return d;
}

static size_t
bucket_of(const struct digest *key)
{
	return (size_t)(key->low % BUCKETS);
}

/* ---- pass 1: which buckets differ ---- */

static struct digest *
sum_of(const struct comparing *c, unsigned slot, size_t side, size_t bucket)
{
	return &c->sums[((size_t)slot * 2 + side) * BUCKETS + bucket];
}

static void
take_sum(void *arg, unsigned slot, const struct scan_row *row)
{
	struct comparing *c = arg;
	struct digest key = hash(row->bytes, row->key_len);

	digest_row(
	    sum_of(c, slot, row->side, bucket_of(&key)), row->bytes, row->len);
}

struct differing {
	size_t bucket;
	uint64_t rows;
};

static int
by_rows(const void *a, const void *b)
{
	const struct differing *x = a, *y = b;

	if (x->rows != y->rows)
		return x->rows < y->rows ? -1 : 1;
	return (x->bucket > y->bucket) - (x->bucket < y->bucket);
}

/* Take the smallest of those that differ. */
static void
choose_buckets(struct comparing *c)
{
	struct differing *list = mem_array(NULL, BUCKETS, sizeof(*list));
	unsigned slot, jobs = scan_jobs(c->scan);
	size_t i, n = 0, side;
	uint64_t rows = 0;

	for (i = 0; i < BUCKETS; i++) {
		struct digest *first[2] = { sum_of(c, 0, 0, i),
			sum_of(c, 0, 1, i) };

		for (slot = 1; slot < jobs; slot++)
			for (side = 0; side < 2; side++)
				digest_add(
				    first[side], sum_of(c, slot, side, i));
		if (!digest_equal(first[0], first[1]))
			list[n++] = (struct differing){ i,
				first[0]->rows + first[1]->rows };
	}
	qsort(list, n, sizeof(*list), by_rows);
	c->chosen = mem_zalloc(BUCKETS);
	for (i = 0; i < n && i < c->limit; i++) {
		rows += list[i].rows;
		if (i > 0 && rows > ROWS_MAX)
			break;
		c->chosen[list[i].bucket] = 1;
	}
	c->more = i < n;
	free(list);
}

/* ---- pass 2: which keys differ ---- */

static int
same_hash(const struct digest *a, const struct digest *b)
{
	return a->low == b->low && a->high == b->high;
}

/* The place of a key, or where it would be. */
static struct key *
place_of(const struct comparing *c, const struct digest *key)
{
	size_t at = (size_t)(key->low / BUCKETS) % c->key_room;

	while (c->keys[at].hash.rows > 0 && !same_hash(&c->keys[at].hash, key))
		at = (at + 1) % c->key_room;
	return &c->keys[at];
}

static void
grow(struct comparing *c)
{
	struct key *old = c->keys;
	size_t i, room = c->key_room;

	c->key_room = room > 0 ? 2 * room : 1024;
	c->keys = mem_zalloc(c->key_room * sizeof(*c->keys));
	for (i = 0; i < room; i++)
		if (old[i].hash.rows > 0)
			*place_of(c, &old[i].hash) = old[i];
	free(old);
}

static void
take_key(void *arg, unsigned slot, const struct scan_row *row)
{
	struct comparing *c = arg;
	struct digest key = hash(row->bytes, row->key_len);
	struct key *k;

	(void)slot;
	if (!c->chosen[bucket_of(&key)])
		return;
	(void)pthread_mutex_lock(&c->lock);
	if (2 * (c->key_count + 1) > c->key_room)
		grow(c);
	k = place_of(c, &key);
	c->key_count += k->hash.rows == 0;
	k->hash = key;
	digest_row(&k->sums[row->side], row->bytes, row->len);
	(void)pthread_mutex_unlock(&c->lock);
}

static int
by_hash(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->key.hash.low != y->key.hash.low)
		return x->key.hash.low < y->key.hash.low ? -1 : 1;
	return (x->key.hash.high > y->key.hash.high) -
	    (x->key.hash.high < y->key.hash.high);
}

static void
choose_keys(struct comparing *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->key_room; i++)
		n += c->keys[i].hash.rows > 0 &&
		    !digest_equal(&c->keys[i].sums[0], &c->keys[i].sums[1]);
	c->found = mem_zalloc((n + 1) * sizeof(*c->found));
	for (i = 0; i < c->key_room; i++)
		if (c->keys[i].hash.rows > 0 &&
		    !digest_equal(&c->keys[i].sums[0], &c->keys[i].sums[1]))
			c->found[c->found_count++].key = c->keys[i];
	qsort(c->found, n, sizeof(*c->found), by_hash);
	if (n > c->limit) {
		c->found_count = c->limit;
		c->more = 1;
	}
}

/* ---- pass 3: what they are ---- */

/* Both sides' rows come in the left side's encoding. */
static struct diff_text
shown(const struct comparing *c, const struct scan_row *row, size_t column)
{
	const struct scan_columns *columns = scan_columns(c->scan);

	return rows_value(&row->fields[column], columns->columns[column],
	    columns->format, c->encoding);
}

static void
free_text(struct diff_text *text)
{
	free(text->plain);
	free(text->line);
}

/* Move it. */
static struct diff_text
take_text(struct diff_text *from)
{
	struct diff_text text = *from;

	*from = (struct diff_text){ NULL, NULL };
	return text;
}

void
diff_rows_value(const char *text, struct buf *out)
{
	int looks = text != NULL && strcmp(text, "NULL") == 0;

	buf_printf(out, looks ? "'%s'" : "%s", text != NULL ? text : "NULL");
}

static struct diff_text
key_text(const struct comparing *c, const struct scan_row *row)
{
	const struct scan_columns *columns = scan_columns(c->scan);
	struct buf plain = { 0 }, line = { 0 };
	struct diff_text key;
	size_t i;

	for (i = 0; i < columns->key; i++) {
		struct diff_text value = shown(c, row, i);

		buf_puts(&plain, i > 0 ? ", " : "");
		buf_puts(&line, i > 0 ? ", " : "");
		diff_rows_value(value.plain, &plain);
		diff_rows_value(value.line, &line);
		free_text(&value);
	}
	if (columns->count == 0) {
		buf_puts(&plain, "no column that is saved");
		buf_puts(&line, "no column that is saved");
	}
	key.plain = mem_strdup(buf_text(&plain));
	key.line = mem_strdup(buf_text(&line));
	buf_free(&plain);
	buf_free(&line);
	return key;
}

static void
keep_values(
    const struct comparing *c, struct found *f, const struct scan_row *row)
{
	const struct scan_columns *columns = scan_columns(c->scan);
	size_t i, n = columns->count;
	struct diff_text *values = mem_zalloc(n * sizeof(*values));
	struct digest *hashes = mem_zalloc(n * sizeof(*hashes));

	for (i = columns->key; i < n; i++) {
		const struct field *field = &row->fields[i];

		values[i] = shown(c, row, i);
		/* NULL is not the empty value. */
		if (field->data != NULL)
			hashes[i] = hash(field->data, field->len);
	}
	f->values[row->side] = values;
	f->hashes[row->side] = hashes;
}

static void
take_found(void *arg, unsigned slot, const struct scan_row *row)
{
	struct comparing *c = arg;
	struct found wanted = { .key.hash = hash(row->bytes, row->key_len) };
	struct found *f;

	(void)slot;
	f = bsearch(
	    &wanted, c->found, c->found_count, sizeof(*c->found), by_hash);
	if (f == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	if (f->text.plain == NULL)
		f->text = key_text(c, row);
	if (f->values[row->side] == NULL)
		keep_values(c, f, row);
	(void)pthread_mutex_unlock(&c->lock);
}

/* ---- the result ---- */

static void
add_changes(const struct comparing *c, const struct side *side, struct found *f,
    struct diff_row *row)
{
	const struct scan_columns *columns = scan_columns(c->scan);
	size_t i, s;

	row->values = mem_zalloc((columns->count + 1) * sizeof(*row->values));
	if (f->values[0] == NULL || f->values[1] == NULL)
		return;
	for (i = columns->key; i < columns->count; i++) {
		struct diff_value *v = &row->values[row->value_count];

		if (digest_equal(&f->hashes[0][i], &f->hashes[1][i]))
			continue;
		row->value_count++;
		v->column = side_utf8(side, columns->columns[i]->name);
		for (s = 0; s < 2; s++)
			v->text[s] = take_text(&f->values[s][i]);
	}
}

/* As people count: by number, where both are, else by text. */
static int
by_key(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;
	char *end_x, *end_y;
	double m = strtod(x->key.plain, &end_x),
	       n = strtod(y->key.plain, &end_y);

	if (end_x != x->key.plain && end_y != y->key.plain && m != n &&
	    (*end_x == '\0' || *end_x == ',') &&
	    (*end_y == '\0' || *end_y == ','))
		return m < n ? -1 : 1;
	return strcmp(x->key.plain, y->key.plain);
}

static void
fill(const struct comparing *c, const struct side *side, struct diff_rows *out)
{
	size_t i;

	out->rows = mem_zalloc((c->found_count + 1) * sizeof(*out->rows));
	for (i = 0; i < c->found_count; i++) {
		struct found *f = &c->found[i];
		struct diff_row *row = &out->rows[out->row_count++];

		row->key = take_text(&f->text);
		if (row->key.plain == NULL)
			row->key = (struct diff_text){ mem_strdup("?"),
				mem_strdup("?") };
		row->count[0] = f->key.sums[0].rows;
		row->count[1] = f->key.sums[1].rows;
		if (row->count[0] == row->count[1]) {
			row->state = DIFF_CHANGED;
			add_changes(c, side, f, row);
		} else {
			row->state = row->count[0] < row->count[1]
			    ? DIFF_ADDED
			    : DIFF_REMOVED;
		}
	}
	if (out->row_count > 0)
		qsort(out->rows, out->row_count, sizeof(*out->rows), by_key);
	out->more = c->more;
}

static void
name_key(
    const struct comparing *c, const struct side *side, struct diff_rows *out)
{
	const struct scan_columns *columns = scan_columns(c->scan);
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < columns->key && columns->has_key; i++) {
		char *name = side_utf8(side, columns->columns[i]->name);

		buf_printf(&text, "%s%s", i > 0 ? ", " : "", name);
		free(name);
	}
	if (columns->has_key)
		out->key = mem_strdup(buf_text(&text));
	buf_free(&text);
}

/* ---- what was not compared ---- */

struct omitting {
	const struct side *sides;
	struct diff_rows *out;
};

static void
take_omitted(void *arg, size_t side, const struct column *column)
{
	struct omitting *o = arg;
	struct diff_rows *out = o->out;
	char *name = side_utf8(&o->sides[side], column->name);
	size_t i = 0;

	while (
	    i < out->omitted_count && strcmp(out->omitted[i].name, name) != 0)
		i++;
	if (i == out->omitted_count) {
		out->omitted = mem_array(
		    out->omitted, ++out->omitted_count, sizeof(*out->omitted));
		out->omitted[i] =
		    (struct diff_column){ .name = mem_strdup(name) };
	}
	if (out->omitted[i].type[side] == NULL)
		out->omitted[i].type[side] =
		    side_utf8(&o->sides[side], column->type);
	free(name);
}

/* ---- the run ---- */

static int
compare(struct comparing *c, struct progress *progress, struct err *err)
{
	c->sums = mem_zalloc(
	    (size_t)scan_jobs(c->scan) * 2 * BUCKETS * sizeof(*c->sums));
	progress_phase(progress, "rows, 1 of 3");
	if (scan_run(c->scan, take_sum, c, err) != 0)
		return -1;
	choose_buckets(c);
	free(c->sums);
	c->sums = NULL;
	progress_phase(progress, "rows, 2 of 3");
	if (scan_run(c->scan, take_key, c, err) != 0)
		return -1;
	choose_keys(c);
	if (c->found_count == 0)
		return 0;
	progress_phase(progress, "rows, 3 of 3");
	return scan_run(c->scan, take_found, c, err);
}

/* Compare what can be compared. */
static int
scan(struct comparing *c, struct side sides[2], size_t table,
    const struct diff_opts *opts, struct err *err)
{
	c->encoding = sides[0].cat->encoding;
	c->scan = scan_new(sides, table, NULL, opts, err);
	if (c->scan == NULL)
		return -1;
	if (compare(c, opts->progress, err) == 0)
		return 0;
	c->foreign = rows_foreign(c->scan, sides, err);
	if (c->foreign == NULL)
		return -1;
	*err = (struct err)ERR_INIT;
	free(c->sums);
	c->sums = NULL;
	scan_free(c->scan);
	c->scan = scan_new(sides, table, c->foreign, opts, err);
	return c->scan != NULL ? compare(c, opts->progress, err) : -1;
}

static void
clear(struct comparing *c)
{
	size_t i, k, side;

	for (i = 0; i < c->found_count; i++)
		for (side = 0; side < 2; side++) {
			struct diff_text *values = c->found[i].values[side];

			for (k = 0;
			     values != NULL && k < scan_columns(c->scan)->count;
			     k++)
				free_text(&values[k]);
			free(values);
			free(c->found[i].hashes[side]);
		}
	for (i = 0; i < c->found_count; i++)
		free_text(&c->found[i].text);
	free(c->found);
	free(c->keys);
	free(c->chosen);
	free(c->sums);
	free(c->foreign);
	scan_free(c->scan);
	(void)pthread_mutex_destroy(&c->lock);
}

static int
open_sides(const struct diff_opts *opts, struct side sides[2],
    struct diff_rows *out, struct err *err)
{
	size_t s;

	if (side_open_archive(&sides[0], opts->left, err) != 0)
		return -1;
	if ((opts->right != NULL
		    ? side_open_archive(&sides[1], opts->right, err)
		    : side_open_live(&sides[1], opts->live, err)) != 0)
		return -1;
	sides[0].tree = toc_tree_new(sides[0].toc);
	for (s = 0; s < 2; s++)
		side_title(&sides[s], &out->titles[s]);
	return 0;
}

/* By its name in UTF-8, or as it is in the archive. */
static int
find_named(const struct side *side, const char *text, struct err *err)
{
	struct catalog shown = *side->cat;
	size_t i;
	int at;

	shown.tables =
	    mem_array(NULL, shown.table_count + 1, sizeof(*shown.tables));
	for (i = 0; i < shown.table_count; i++) {
		const struct table *t = &side->cat->tables[i];

		shown.tables[i] = *t;
		shown.tables[i].schema = side_utf8(side, t->schema);
		shown.tables[i].name = side_utf8(side, t->name);
	}
	at = cat_find_table(&shown, text, err);
	for (i = 0; i < shown.table_count; i++) {
		free(shown.tables[i].schema);
		free(shown.tables[i].name);
	}
	free(shown.tables);
	return at;
}

/* Rows that may be in any partition are those of the whole. */
static int
find_table(const struct side *side, const char *text, struct diff_rows *out,
    struct err *err)
{
	int at = find_named(side, text, err);
	const struct table *t;
	char *schema, *name;

	if (at < 0)
		return -1;
	at = (int)groups_key(side->cat, (size_t)at);
	t = &side->cat->tables[at];
	schema = side_utf8(side, t->schema);
	name = side_utf8(side, t->name);
	out->table = mem_printf("%s.%s", schema, name);
	free(schema);
	free(name);
	return at;
}

int
diff_rows_run(const struct diff_opts *opts, const char *table, size_t limit,
    struct diff_rows *out, struct err *err)
{
	struct side sides[2] = { 0 };
	struct comparing c = { .limit = limit };
	int at, rc = -1;

	memset(out, 0, sizeof(*out));
	(void)pthread_mutex_init(&c.lock, NULL);
	progress_phase(opts->progress, "catalog");
	if (open_sides(opts, sides, out, err) == 0 &&
	    (at = find_table(&sides[0], table, out, err)) >= 0 &&
	    scan(&c, sides, (size_t)at, opts, err) == 0)
		rc = side_end(&sides[1], err);
	if (rc == 0) {
		struct omitting o = { sides, out };

		name_key(&c, &sides[0], out);
		scan_omitted(c.scan, take_omitted, &o);
		rows_foreign_mark(c.scan, c.foreign, &sides[0], out);
		fill(&c, &sides[0], out);
	} else {
		rows_foreign_tell(out->table, err);
		/* Whatever failed because of a signal, that is the reason. */
		(void)stop_check(err);
	}
	clear(&c);
	side_close(&sides[0]);
	side_close(&sides[1]);
	return rc;
}

void
diff_rows_free(struct diff_rows *rows)
{
	size_t i, k;

	for (i = 0; i < rows->row_count; i++) {
		struct diff_row *row = &rows->rows[i];

		for (k = 0; k < row->value_count; k++) {
			free(row->values[k].column);
			free_text(&row->values[k].text[0]);
			free_text(&row->values[k].text[1]);
		}
		free(row->values);
		free_text(&row->key);
	}
	free(rows->rows);
	for (i = 0; i < rows->omitted_count; i++) {
		free(rows->omitted[i].name);
		free(rows->omitted[i].type[0]);
		free(rows->omitted[i].type[1]);
	}
	free(rows->omitted);
	free(rows->titles[0].database);
	free(rows->titles[1].database);
	free(rows->table);
	free(rows->key);
	memset(rows, 0, sizeof(*rows));
}

int
diff_rows_is_same(const struct diff_rows *rows)
{
	return rows->row_count == 0 && rows->omitted_count == 0;
}
