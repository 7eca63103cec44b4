#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/copy.h"
#include "job/restore/compare.h"
#include "job/groups.h"
#include "job/pool.h"

/* Pages of a range, and of a table that is worth cutting into ranges. */
#define RANGE_PAGES ((uint64_t)16384)
#define LARGE_BYTES ((uint64_t)256 << 20)
#define NAMED_MAX 10

struct item {
	size_t table;
	struct range range;
	uint64_t bytes; /* of the table's rows */
};

struct compare {
	const struct compare_opts *opts;
	struct item *items;
	size_t count;
	pthread_mutex_t lock; /* guards what follows */
	size_t next;
	int stopping;
	struct digest *digests; /* of each group's key, so far */
};

static void
add_item(struct compare *c, size_t table, uint64_t first, uint64_t last)
{
	if (c->count % 256 == 0)
		c->items =
		    mem_array(c->items, c->count + 256, sizeof(*c->items));
	c->items[c->count].table = table;
	c->items[c->count].bytes = c->opts->manifest->tables[table].bytes;
	c->items[c->count].range.first = first;
	c->items[c->count++].range.last = last;
}

/* The largest tables first, so that all workers end at about one time. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return (x->range.first > y->range.first) -
	    (x->range.first < y->range.first);
}

static int
plan(struct compare *c, struct err *err)
{
	const struct catalog *cat = c->opts->cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];
		uint64_t pages = 0, page = 0;

		if (!table_has_rows(t) || c->opts->skip[i])
			continue;
		if (t->bytes >= LARGE_BYTES &&
		    catalog_pages(c->opts->conns[0], t, &pages, err) != 0)
			return -1;
		for (; page + RANGE_PAGES < pages; page += RANGE_PAGES)
			add_item(c, i, page, page + RANGE_PAGES);
		/* The last has no end: rows may be anywhere. */
		add_item(c, i, page, RANGE_END);
	}
	if (c->count > 0)
		qsort(c->items, c->count, sizeof(*c->items), compare_items);
	return 0;
}

struct reading {
	struct compare *compare;
	struct digest digest;
	size_t newline; /* 1 if a row ends in one that is not digested */
	uint64_t bytes;
	uint64_t rows;
};

static void
report(struct reading *r)
{
	progress_add(r->compare->opts->progress, r->bytes, r->rows);
	r->bytes = r->rows = 0;
}

static int
take_row(void *arg, const void *row, size_t len, struct err *err)
{
	struct reading *r = arg;

	(void)err;
	digest_row(&r->digest, row, len - (len > 0 ? r->newline : 0));
	r->bytes += len;
	r->rows++;
	if (r->bytes >= (1u << 20))
		report(r);
	return 0;
}

static int
next_item(struct compare *c, const struct item **item)
{
	int got;

	(void)pthread_mutex_lock(&c->lock);
	got = !c->stopping && c->next < c->count;
	if (got)
		*item = &c->items[c->next++];
	(void)pthread_mutex_unlock(&c->lock);
	return got;
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct compare *c = arg;
	const struct item *item;
	int rc = 0;

	while (rc == 0 && next_item(c, &item)) {
		const struct table *t = &c->opts->cat->tables[item->table];
		struct reading r = { .compare = c,
			.newline = t->format == COPY_TEXT };

		progress_slot(c->opts->progress, slot, t->name);
		rc = copy_out(conn, t, &item->range, take_row, &r, err);
		report(&r);
		(void)pthread_mutex_lock(&c->lock);
		digest_add(&c->digests[groups_key(c->opts->cat, item->table)],
		    &r.digest);
		(void)pthread_mutex_unlock(&c->lock);
	}
	progress_slot(c->opts->progress, slot, NULL);
	return rc;
}

static void
stop(void *arg)
{
	struct compare *c = arg;

	(void)pthread_mutex_lock(&c->lock);
	c->stopping = 1;
	(void)pthread_mutex_unlock(&c->lock);
}

/* What was saved of each group. */
static struct digest *
saved_digests(const struct compare *c)
{
	const struct catalog *cat = c->opts->cat;
	struct digest *saved =
	    mem_zalloc((cat->table_count + 1) * sizeof(*saved));
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]))
			digest_add(&saved[groups_key(cat, i)],
			    &c->opts->manifest->tables[i].digest);
	return saved;
}

static int
judge(const struct compare *c, size_t *tables, struct err *err)
{
	const struct catalog *cat = c->opts->cat;
	struct digest *saved = saved_digests(c);
	struct buf list = { 0 };
	size_t i, bad = 0;

	*tables = 0;
	for (i = 0; i < cat->table_count; i++) {
		if (c->opts->skip[i])
			continue;
		*tables += table_has_rows(&cat->tables[i]) != 0;
		if (digest_equal(&c->digests[i], &saved[i]))
			continue;
		if (bad++ < NAMED_MAX)
			buf_printf(&list, "%s%s.%s", bad > 1 ? ", " : "",
			    cat->tables[i].schema, cat->tables[i].name);
	}
	if (bad > 0)
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s not what was saved, by digest: %s%s", bad,
		    bad > 1 ? "s are" : " is", buf_text(&list),
		    bad > NAMED_MAX ? ", ..." : "");
	buf_free(&list);
	free(saved);
	return bad > 0 ? -1 : 0;
}

int
compare_digests(
    const struct compare_opts *opts, size_t *tables, struct err *err)
{
	struct compare c = { .opts = opts };
	struct pool_opts pool_opts = { .jobs = opts->jobs,
		.conns = opts->conns,
		.run = run,
		.on_stop = stop,
		.arg = &c };
	struct pool *pool;
	int rc = -1;

	c.digests =
	    mem_zalloc((opts->cat->table_count + 1) * sizeof(*c.digests));
	(void)pthread_mutex_init(&c.lock, NULL);
	if (plan(&c, err) == 0 &&
	    (pool = pool_start(&pool_opts, err)) != NULL &&
	    pool_join(pool, err) == 0)
		rc = judge(&c, tables, err);
	(void)pthread_mutex_destroy(&c.lock);
	free(c.items);
	free(c.digests);
	return rc;
}
