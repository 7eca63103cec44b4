#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/rows.h"
#include "base/mem.h"
#include "base/wall.h"
#include "db/toc.h"
#include "job/proof/check.h"
#include "job/sweep.h"

struct check {
	struct reader *reader;
	const struct check_opts *opts;
	/* With CHECK_DATA. */
	const struct catalog *cat;
	const struct manifest *manifest;
	pthread_mutex_t lock; /* guards what follows */
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
	return sweep_parts(reader);
}

/* ---- one part's rows ---- */

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
	rc = rows_prove(rows, frame, head, err);
	source_free(rows);
	return rc;
}

char *
check_fault(const struct reader *reader, const struct check_result *result,
    const struct err *why)
{
	const char *name = reader_name(reader), *msg = why->msg;
	size_t len = strlen(name);

	if (result->bad_part != 0)
		return mem_printf(
		    "entry %" PRIu64 ", a part, is damaged", result->bad_entry);
	if (strncmp(msg, name, len) == 0 && strncmp(msg + len, ": ", 2) == 0)
		msg += len + 2;
	return mem_strdup(msg);
}

char *
check_holds(struct reader *reader, uint64_t part, struct err *err)
{
	const struct catalog *cat = reader_catalog(reader, NULL, err);
	const struct manifest *m = NULL;
	const struct part_head *head;

	if (cat != NULL)
		m = reader_manifest(reader, NULL, err);
	if (m == NULL)
		return NULL;
	if (part == 0 || part > m->part_count) {
		(void)err_set(err, ERR_DAMAGED, "there is no such part");
		return NULL;
	}
	head = &m->parts[part - 1].head;
	if (head->kind == PART_LOBJS)
		return mem_printf("large objects, %" PRIu64 " of %" PRIu64
				  " pieces",
		    head->digest.rows, m->lobjs.digest.rows);
	return mem_printf("%" PRIu64 " of the %" PRIu64 " rows of %s.%s",
	    head->digest.rows, m->tables[head->table].digest.rows,
	    cat->tables[head->table].schema, cat->tables[head->table].name);
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
	return -1;
}

/* ---- all entries ---- */

static int
is_chosen(const void *arg, uint64_t entry)
{
	const struct check *c = arg;
	uint64_t number = sweep_part(c->reader, entry);

	return number == 0 || c->opts->chosen == NULL ||
	    c->opts->chosen[number - 1];
}

static void
note_good(struct check *c, uint64_t number, uint64_t size,
    const struct part_head *head)
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

/* The first is the one that is told. */
static void
note_bad(struct check *c, uint64_t entry, uint64_t number)
{
	(void)pthread_mutex_lock(&c->lock);
	if (entry < c->result->bad_entry) {
		c->result->bad_entry = entry;
		c->result->bad_part = number;
	}
	(void)pthread_mutex_unlock(&c->lock);
}

static int
check_entry(void *arg, uint64_t entry, struct part *part, struct err *err)
{
	struct check *c = arg;
	uint64_t number = sweep_part(c->reader, entry);
	int data = number != 0 && c->opts->depth == CHECK_DATA;
	uint64_t size = 0;
	int rc = data
	    ? check_part(c, number, part, err)
	    : reader_check_entry(c->reader, entry, &part->buf, &size, err);

	if (data)
		size = part->buf.len;
	if (rc == 0)
		note_good(c, number, size, data ? &part->head : NULL);
	else if (err->kind == ERR_DAMAGED)
		note_bad(c, entry, number);
	return rc;
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
	struct sweep_opts so = { .reader = c->reader,
		.jobs = c->opts->jobs,
		.wants = is_chosen,
		.each = check_entry,
		.arg = c };

	progress_phase(c->opts->progress, "check");
	progress_total(c->opts->progress, reader_size(c->reader), 0);
	return sweep_run(&so, err);
}

int
check_run(struct reader *reader, const struct check_opts *opts,
    struct check_result *result, struct err *err)
{
	struct check c = { .reader = reader, .opts = opts, .result = result };
	double began = wall_seconds();
	int rc = 0;

	memset(result, 0, sizeof(*result));
	result->bad_entry = UINT64_MAX;
	result->all_parts = check_parts(reader);
	(void)pthread_mutex_init(&c.lock, NULL);
	if (opts->depth == CHECK_DATA)
		rc = check_documents(&c, err);
	if (rc == 0)
		rc = check_entries(&c, err);
	if (rc != 0)
		reader_hint(err);
	(void)pthread_mutex_destroy(&c.lock);
	result->seconds = wall_seconds() - began;
	return rc;
}
