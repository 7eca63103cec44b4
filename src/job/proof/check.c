#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/rows.h"
#include "base/mem.h"
#include "base/wall.h"
#include "db/toc.h"
#include "job/pool.h"
#include "job/proof/check.h"

#define NO_ENTRY UINT64_MAX

struct check {
	struct reader *reader;
	const struct check_opts *opts;
	/* With CHECK_DATA. */
	const struct catalog *cat;
	const struct manifest *manifest;
	pthread_mutex_t lock; /* guards what follows */
	uint64_t next;        /* the entry to check next */
	int stopping;
	uint64_t bad; /* the first bad entry so far, or NO_ENTRY */
	struct err why;
	struct check_result *result;
};

const char *
check_depth_name(enum check_depth depth)
{
	return depth == CHECK_DATA ? "data" : "hashes";
}

uint64_t
check_parts(const struct reader *reader)
{
	/* The manifest is no part. */
	return reader_entries(reader) - 1 - FORMAT_PARTS_AFTER - 1;
}

/* The number of the part at that entry, or 0. */
static uint64_t
part_at(const struct check *c, uint64_t entry)
{
	if (entry <= FORMAT_PARTS_AFTER ||
	    entry == reader_entries(c->reader) - 1)
		return 0;
	return entry - FORMAT_PARTS_AFTER;
}

/* ---- one part's rows ---- */

static int
add_row(void *arg, const void *row, size_t len, struct err *err)
{
	(void)err;
	digest_row(arg, row, len);
	return 0;
}

/* What the manifest says of the part is what its own head says. */
static int
same_head(const struct part_head *a, const struct part_head *b)
{
	return a->kind == b->kind && a->table == b->table &&
	    a->bytes == b->bytes && digest_equal(&a->digest, &b->digest);
}

static int
check_rows(const struct check *c, struct part *part, struct err *err)
{
	const struct part_head *head = &part->head;
	enum rows_frame frame = ROWS_RECORDS;
	struct digest digest = { 0 };
	struct source *rows;
	int rc;

	if (!same_head(head, &c->manifest->parts[part->number - 1].head))
		return err_set(
		    err, ERR_DAMAGED, "the manifest says otherwise of it");
	if (head->kind == PART_ROWS)
		frame = c->cat->tables[head->table].format == COPY_BINARY
		    ? ROWS_TUPLES
		    : ROWS_LINES;
	rows = part_rows(part);
	rc = rows_cut(rows, frame, add_row, &digest, err);
	source_free(rows);
	if (rc == 0 && digest.rows != head->digest.rows)
		rc = err_set(err, ERR_DAMAGED,
		    "it holds %" PRIu64 " rows where its head says %" PRIu64,
		    digest.rows, head->digest.rows);
	if (rc == 0 && !digest_equal(&digest, &head->digest))
		rc = err_set(err, ERR_DAMAGED,
		    "its rows have another digest than its head says");
	return rc;
}

/* Say behind what is wrong with a part whose rows it holds, and how many. */
static int
blame(const struct check *c, uint64_t number, struct err *err)
{
	const struct manifest *m = c->manifest;
	const struct part_head *head = &m->parts[number - 1].head;
	enum err_kind kind = err->kind;
	char *msg = mem_strdup(err->msg);

	if (head->kind == PART_LOBJS)
		(void)err_set(err, kind,
		    "%s; it holds large objects, %" PRIu64 " of %" PRIu64
		    " pieces",
		    msg, head->digest.rows, m->lobjs.digest.rows);
	else
		(void)err_set(err, kind,
		    "%s; it holds %" PRIu64 " of the %" PRIu64 " rows of %s.%s",
		    msg, head->digest.rows, m->tables[head->table].digest.rows,
		    c->cat->tables[head->table].schema,
		    c->cat->tables[head->table].name);
	free(msg);
	return -1;
}

static int
check_part(struct check *c, uint64_t number, struct part *part, struct err *err)
{
	if (reader_part(c->reader, number, part, err) == 0) {
		if (check_rows(c, part, err) == 0)
			return 0;
		(void)err_wrap(
		    err, "%s: part %" PRIu64, reader_name(c->reader), number);
	}
	return err->kind == ERR_DAMAGED ? blame(c, number, err) : -1;
}

/* ---- all entries ---- */

static int
is_chosen(const struct check *c, uint64_t entry)
{
	uint64_t number = part_at(c, entry);

	return number == 0 || c->opts->chosen == NULL ||
	    c->opts->chosen[number - 1];
}

/* The next entry to check; whether there is one. */
static int
take_entry(struct check *c, uint64_t *entry)
{
	int got;

	(void)pthread_mutex_lock(&c->lock);
	while (c->next < reader_entries(c->reader) && !is_chosen(c, c->next))
		c->next++;
	got = !c->stopping && c->bad == NO_ENTRY &&
	    c->next < reader_entries(c->reader);
	if (got)
		*entry = c->next++;
	(void)pthread_mutex_unlock(&c->lock);
	return got;
}

static void
note_good(
    struct check *c, uint64_t number, size_t size, const struct part_head *head)
{
	uint64_t rows = head != NULL ? head->digest.rows : 0;
	uint64_t bytes = head != NULL ? head->bytes : 0;

	(void)pthread_mutex_lock(&c->lock);
	c->result->entries++;
	c->result->size += size;
	c->result->parts += number != 0;
	c->result->bytes += bytes;
	if (head != NULL && head->kind == PART_ROWS)
		c->result->rows += rows;
	(void)pthread_mutex_unlock(&c->lock);
	progress_add(c->opts->progress, size, rows);
}

/* Others may be at entries before it: all of them are awaited. */
static void
note_bad(struct check *c, uint64_t entry, const struct err *why)
{
	(void)pthread_mutex_lock(&c->lock);
	if (entry < c->bad) {
		c->bad = entry;
		c->why = *why;
	}
	(void)pthread_mutex_unlock(&c->lock);
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct check *c = arg;
	struct part part = { 0 };
	uint64_t entry;

	(void)slot;
	(void)conn;
	while (take_entry(c, &entry)) {
		uint64_t number = part_at(c, entry);
		int data = number != 0 && c->opts->depth == CHECK_DATA;
		struct err why = ERR_INIT;
		int rc = data
		    ? check_part(c, number, &part, &why)
		    : reader_check_entry(c->reader, entry, &part.buf, &why);

		if (rc == 0)
			note_good(
			    c, number, part.buf.len, data ? &part.head : NULL);
		else
			note_bad(c, entry, &why);
	}
	part_free(&part);
	(void)err;
	return 0;
}

static void
stop(void *arg)
{
	struct check *c = arg;

	(void)pthread_mutex_lock(&c->lock);
	c->stopping = 1;
	(void)pthread_mutex_unlock(&c->lock);
}

/* Read what is not rows. */
static int
check_documents(struct check *c, struct err *err)
{
	struct buf schema = { 0 }, globals = { 0 };
	struct toc *toc = NULL;
	int rc = -1;

	c->cat = reader_catalog(c->reader, NULL, err);
	if (c->cat == NULL || reader_schema(c->reader, &schema, err) != 0 ||
	    reader_globals(c->reader, &globals, err) != 0)
		goto out;
	c->manifest = reader_manifest(c->reader, NULL, err);
	if (c->manifest == NULL)
		goto out;
	if (c->manifest->part_count != check_parts(c->reader)) {
		(void)err_set(err, ERR_DAMAGED,
		    "%s: the manifest tells of %zu parts, and there are "
		    "%" PRIu64,
		    reader_name(c->reader), c->manifest->part_count,
		    check_parts(c->reader));
		goto out;
	}
	if (!c->cat->globals_only) {
		toc = toc_parse(schema.data, schema.len, err);
		if (toc == NULL) {
			(void)err_wrap(
			    err, "%s: " FORMAT_SCHEMA, reader_name(c->reader));
			goto out;
		}
	}
	rc = 0;
out:
	toc_free(toc);
	buf_free(&schema);
	buf_free(&globals);
	return rc;
}

static int
check_entries(struct check *c, struct err *err)
{
	struct pool_opts po = {
		.jobs = c->opts->jobs, .run = run, .on_stop = stop, .arg = c
	};
	struct pool *pool;

	progress_phase(c->opts->progress, "check");
	progress_total(c->opts->progress, reader_size(c->reader), 0);
	pool = pool_start(&po, err);
	if (pool == NULL || pool_join(pool, err) != 0)
		return -1;
	if (c->bad == NO_ENTRY)
		return 0;
	*err = c->why;
	return -1;
}

int
check_run(struct reader *reader, const struct check_opts *opts,
    struct check_result *result, struct err *err)
{
	struct check c = { .reader = reader,
		.opts = opts,
		.bad = NO_ENTRY,
		.result = result };
	double began = wall_seconds();
	int rc = 0;

	memset(result, 0, sizeof(*result));
	result->all_parts = check_parts(reader);
	(void)pthread_mutex_init(&c.lock, NULL);
	if (opts->depth == CHECK_DATA)
		rc = check_documents(&c, err);
	if (rc == 0)
		rc = check_entries(&c, err);
	(void)pthread_mutex_destroy(&c.lock);
	result->seconds = wall_seconds() - began;
	return rc;
}
