#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/copy.h"
#include "db/snapshot.h"
#include "job/digests.h"
#include "job/lobj_records.h"
#include "job/pool.h"

/* Pages of a range, and the size of a table that is worth cutting. */
#define RANGE_PAGES ((uint64_t)4096)
#define LARGE_BYTES ((uint64_t)64 << 20)
/* Large objects in an item, and what one of unknown size counts for. */
#define LOBJS 256
#define LOBJ_BYTES 65536
/* So many items to a transaction: locks stay few. */
#define ITEMS_PER_JOIN 16
#define REPORT_BYTES ((uint64_t)1 << 20)

/* A range of a table's rows, or a run of large objects. */
struct item {
	int is_lobjs;
	size_t table;
	struct range range;
	size_t first, last;
	uint64_t bytes; /* an estimate; of a table, all of it */
};

struct reading {
	const struct digests_opts *opts;
	struct item *items;
	size_t count;
	pthread_mutex_t lock; /* guards what follows */
	size_t next;
	int stopping;
	struct digests *out;
};

/* ---- what there is to do ---- */

static void
add_item(struct reading *r, const struct item *item)
{
	if (r->count % 256 == 0)
		r->items =
		    mem_array(r->items, r->count + 256, sizeof(*r->items));
	r->items[r->count++] = *item;
}

/* The largest first, so that all workers end at about one time. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->is_lobjs != y->is_lobjs)
		return x->is_lobjs - y->is_lobjs;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->range.first != y->range.first)
		return x->range.first < y->range.first ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static int
add_table(struct reading *r, size_t table, struct err *err)
{
	const struct table *t = &r->opts->cat->tables[table];
	struct item item = { .table = table, .bytes = t->bytes };
	uint64_t pages = 0, page = 0;

	if (t->bytes >= LARGE_BYTES &&
	    catalog_pages(r->opts->conns[0], t, &pages, err) != 0)
		return -1;
	for (; page + RANGE_PAGES < pages; page += RANGE_PAGES) {
		item.range.first = page;
		item.range.last = page + RANGE_PAGES;
		add_item(r, &item);
	}
	/* The last has no end: rows may be anywhere. */
	item.range.first = page;
	item.range.last = RANGE_END;
	add_item(r, &item);
	return 0;
}

static int
plan(struct reading *r, struct err *err)
{
	const struct catalog *cat = r->opts->cat;
	struct item lobjs = { .is_lobjs = 1 };
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]) && !r->opts->skip[i] &&
		    add_table(r, i, err) != 0)
			return -1;
	for (i = 0; i < r->opts->lobj_count; i += LOBJS) {
		lobjs.first = i;
		lobjs.last = r->opts->lobj_count - i > LOBJS
		    ? i + LOBJS
		    : r->opts->lobj_count;
		lobjs.bytes = (lobjs.last - lobjs.first) * LOBJ_BYTES;
		add_item(r, &lobjs);
	}
	if (r->count > 0)
		qsort(r->items, r->count, sizeof(*r->items), compare_items);
	return 0;
}

static int
next_item(struct reading *r, const struct item **item)
{
	int got;

	(void)pthread_mutex_lock(&r->lock);
	got = !r->stopping && r->next < r->count;
	if (got)
		*item = &r->items[r->next++];
	(void)pthread_mutex_unlock(&r->lock);
	return got;
}

/* ---- one item ---- */

struct sum {
	const struct reading *reading;
	struct digest digest;
	uint64_t bytes;
	size_t newline; /* 1 if a row ends in one that is not digested */
	uint64_t unreported_bytes;
	uint64_t unreported_rows;
};

static void
report(struct sum *s)
{
	progress_add(s->reading->opts->progress, s->unreported_bytes,
	    s->unreported_rows);
	s->unreported_bytes = s->unreported_rows = 0;
}

static int
take(void *arg, const void *row, size_t len, struct err *err)
{
	struct sum *s = arg;

	(void)err;
	digest_row(&s->digest, row, len - (len > 0 ? s->newline : 0));
	s->bytes += len;
	s->unreported_bytes += len;
	s->unreported_rows++;
	if (s->unreported_bytes >= REPORT_BYTES)
		report(s);
	return 0;
}

static int
read_lobjs(const struct reading *r, const struct item *item, struct sum *s,
    struct conn *conn, struct err *err)
{
	struct buf room = { 0 };
	size_t i;
	int rc = 0;

	for (i = item->first; i < item->last && rc == 0; i++)
		rc = lobj_records(conn, r->opts->lobjs[i], &room, take, s, err);
	buf_free(&room);
	return rc;
}

static int
read_item(struct reading *r, const struct item *item, unsigned slot,
    struct conn *conn, struct err *err)
{
	const struct table *t =
	    item->is_lobjs ? NULL : &r->opts->cat->tables[item->table];
	struct sum s = { .reading = r,
		.newline = t != NULL && t->format == COPY_TEXT };
	int rc;

	progress_slot(
	    r->opts->progress, slot, t != NULL ? t->name : "large objects");
	rc = t == NULL ? read_lobjs(r, item, &s, conn, err)
		       : copy_out(conn, t, &item->range, take, &s, err);
	report(&s);
	(void)pthread_mutex_lock(&r->lock);
	if (t == NULL) {
		digest_add(&r->out->lobjs, &s.digest);
	} else {
		digest_add(&r->out->tables[item->table], &s.digest);
		r->out->bytes[item->table] += s.bytes;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

/* ---- the workers ---- */

/* Whether the table can be left to itself, and the rest be read. */
static int
leave_foreign(struct reading *r, const struct item *item, struct conn *conn,
    struct err *err)
{
	if (r->opts->foreign == NULL || item->is_lobjs || !copy_is_foreign(err))
		return -1;
	*err = (struct err)ERR_INIT;
	(void)pthread_mutex_lock(&r->lock);
	r->opts->foreign[item->table] = 1;
	(void)pthread_mutex_unlock(&r->lock);
	return conn_exec(conn, "ROLLBACK", err);
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct reading *r = arg;
	const char *snapshot = r->opts->snapshot;
	const struct item *item;
	unsigned n = 0;
	int rc = 0;

	while (rc == 0 && next_item(r, &item)) {
		if (snapshot != NULL && n++ % ITEMS_PER_JOIN == 0)
			rc = snapshot_join(conn, snapshot, err);
		if (rc != 0 || read_item(r, item, slot, conn, err) == 0)
			continue;
		/* The next item joins anew. */
		rc = leave_foreign(r, item, conn, err);
		n = 0;
	}
	if (rc == 0 && n > 0)
		rc = conn_exec(conn, "COMMIT", err);
	progress_slot(r->opts->progress, slot, NULL);
	return rc;
}

static void
stop(void *arg)
{
	struct reading *r = arg;

	(void)pthread_mutex_lock(&r->lock);
	r->stopping = 1;
	(void)pthread_mutex_unlock(&r->lock);
}

int
digests_read(
    const struct digests_opts *opts, struct digests *out, struct err *err)
{
	struct reading r = { .opts = opts, .out = out };
	struct pool_opts pool_opts = { .jobs = opts->jobs,
		.conns = opts->conns,
		.run = run,
		.on_stop = stop,
		.arg = &r };
	struct pool *pool;
	size_t n = opts->cat->table_count + 1;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	out->tables = mem_zalloc(n * sizeof(*out->tables));
	out->bytes = mem_zalloc(n * sizeof(*out->bytes));
	(void)pthread_mutex_init(&r.lock, NULL);
	if (plan(&r, err) == 0 && (pool = pool_start(&pool_opts, err)) != NULL)
		rc = pool_join(pool, err);
	(void)pthread_mutex_destroy(&r.lock);
	free(r.items);
	return rc;
}

void
digests_free(struct digests *d)
{
	free(d->tables);
	free(d->bytes);
	d->tables = NULL;
	d->bytes = NULL;
}
