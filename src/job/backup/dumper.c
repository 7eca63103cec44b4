#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/columns.h"
#include "archive/reader.h"
#include "archive/rows.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/snapshot.h"
#include "job/backup/dumper.h"
#include "job/lobj_records.h"
#include "stream/zstd.h"

/* Items in one transaction: few enough that locks stay few, many enough that
 * joining again costs nothing. */
#define ITEMS_PER_JOIN 16
/* Longer than any honest wait for ACCESS SHARE but that behind ACCESS
 * EXCLUSIVE; being wrong costs nothing but the leader's time. */
static const char LOCK_WAIT[] = "SET lock_timeout = '250ms'";
/* A part that does not compress ends with so many sealed bytes: workers hold
 * one each, and others wait to be written. */
#define SEALED_TARGET ((size_t)8 << 20)
/* Rows' bytes between two reports of progress. */
#define REPORT_BYTES ((uint64_t)1 << 20)

struct dumper_shared {
	struct dumper_opts opts;
	struct plan *plan;
	pthread_mutex_t lock; /* guards the manifest */
	atomic_int stopping;
	/* Guarded by the lock as well: */
	uint8_t *is_left; /* of each table: to the leader */
	struct plan_item *left;
	size_t left_count;
};

/* One worker. */
struct dumper {
	struct dumper_shared *shared;
	struct columnizer *columnizer;
	struct packer *packer;
	struct sealer *sealer;
	struct columns_room room; /* for proofs */
	struct plan_item item;
	int text; /* rows end in a newline that is not digested */
	struct part_head head;
	int begun;           /* the part has a frame */
	uint64_t item_bytes; /* of the item's rows so far */
	uint64_t unreported_bytes;
	uint64_t unreported_rows;
};

struct dumper_shared *
dumper_new(const struct dumper_opts *opts)
{
	struct dumper_shared *d = mem_zalloc(sizeof(*d));

	d->opts = *opts;
	d->plan = plan_new(opts->cat, opts->lobj_count);
	d->is_left = mem_zalloc(opts->cat->table_count + 1);
	(void)pthread_mutex_init(&d->lock, NULL);
	atomic_init(&d->stopping, 0);
	return d;
}

void
dumper_free(struct dumper_shared *d)
{
	if (d == NULL)
		return;
	plan_free(d->plan);
	free(d->is_left);
	free(d->left);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

size_t
dumper_items(const struct dumper_shared *d)
{
	return plan_size(d->plan);
}

void
dumper_stop(void *arg)
{
	struct dumper_shared *d = arg;

	atomic_store(&d->stopping, 1);
	plan_stop(d->plan);
	writer_fail(d->opts.writer);
}

static void
report(struct dumper *d)
{
	progress_add(
	    d->shared->opts.progress, d->unreported_bytes, d->unreported_rows);
	d->unreported_bytes = 0;
	d->unreported_rows = 0;
}

static void
begin_part(struct dumper *d)
{
	memset(&d->head, 0, sizeof(d->head));
	if (d->item.kind == PART_ROWS && !d->text)
		d->head.layout = LAYOUT_COLUMNS;
	sealer_drop(d->sealer);
	packer_begin(d->packer, sealer_sink(d->sealer));
	columnizer_begin(d->columnizer, d->packer);
	d->begun = 1;
}

/* Seal the part under its number and hand it over. */
static int
ship(struct dumper *d, struct err *err)
{
	struct writer *writer = d->shared->opts.writer;
	uint64_t number = writer_ticket(writer);
	uint8_t head[FORMAT_PART_HEAD_SIZE];
	char name[TAR_NAME_MAX + 1];
	struct seal_place place;
	struct buf sealed = { 0 };
	int rc;

	format_part_name(number, d->head.kind, name);
	place = writer_place(writer, number, name);
	format_put_part_head(&d->head, head);
	rc = sealer_end(
	    d->sealer, writer_key(writer), &place, head, &sealed, err);
	if (rc == 0) {
		(void)pthread_mutex_lock(&d->shared->lock);
		manifest_add(
		    d->shared->opts.manifest, number, &d->head, sealed.len);
		(void)pthread_mutex_unlock(&d->shared->lock);
		rc = writer_part(writer, number, name, &sealed, err);
	}
	sealer_give(d->sealer, &sealed);
	return rc;
}

/* That what was compressed holds the rows that were digested. */
static int
prove(struct dumper *d, int last, struct err *err)
{
	enum rows_frame frame = ROWS_RECORDS;
	const struct table *t;
	struct source *rows;
	int rc;

	if (d->item.kind == PART_ROWS)
		frame = d->text ? ROWS_LINES : ROWS_TUPLES;
	rows = rows_unpack(sealer_source(d->sealer), &d->head, &d->room);
	rc = rows_prove(rows, frame, &d->head, err);
	source_free(rows);
	if (rc == 0)
		return 0;
	(void)writer_blame(err);
	/* Who still copies names what. */
	if (!last)
		return -1;
	if (d->item.kind == PART_LOBJS)
		return err_wrap(err, "large objects");
	t = &d->shared->opts.cat->tables[d->item.table];
	return err_wrap(err, "table %s.%s", t->schema, t->name);
}

static int
end_part(struct dumper *d, int last, struct err *err)
{
	int rc = 0;

	if (!d->begun)
		begin_part(d);
	if (plan_close(d->shared->plan, &d->item, last, d->head.digest.rows > 0,
		&d->head)) {
		rc = columnizer_end(d->columnizer, err);
		if (rc == 0)
			rc = packer_end(d->packer, err);
		if (rc == 0 && d->shared->opts.proves)
			rc = prove(d, last, err);
		if (rc == 0)
			rc = ship(d, err);
	}
	d->begun = 0;
	return rc;
}

static int
put(struct dumper *d, const void *row, size_t len, struct err *err)
{
	if (d->head.layout == LAYOUT_COLUMNS)
		return columnizer_row(d->columnizer, row, len, err);
	return packer_write(d->packer, row, len, err);
}

/* One row, or one record of a large object, into the part. */
static int
take(struct dumper *d, const void *row, size_t len, size_t digested,
    struct err *err)
{
	if (!d->begun)
		begin_part(d);
	digest_row(&d->head.digest, row, digested);
	d->head.bytes += len;
	d->item_bytes += len;
	d->unreported_bytes += len;
	d->unreported_rows += d->item.kind == PART_ROWS;
	if (put(d, row, len, err) != 0)
		return -1;
	if (d->unreported_bytes >= REPORT_BYTES)
		report(d);
	if (d->head.bytes < FORMAT_PART_TARGET &&
	    sealer_len(d->sealer) < SEALED_TARGET)
		return 0;
	return end_part(d, 0, err);
}

static int
take_row(void *arg, const void *row, size_t len, struct err *err)
{
	struct dumper *d = arg;

	return take(d, row, len, len - (size_t)(d->text && len > 0), err);
}

static void
show(struct dumper *d, unsigned slot)
{
	const struct table *t = &d->shared->opts.cat->tables[d->item.table];
	char label[PROGRESS_LABEL];

	if (d->item.kind == PART_LOBJS)
		(void)snprintf(label, sizeof(label), "large objects");
	else
		(void)snprintf(label, sizeof(label), "%.60s", t->name);
	progress_slot(d->shared->opts.progress, slot, label);
	if (d->item.kind == PART_ROWS)
		log_detail("copying %s.%s from page %" PRIu64, t->schema,
		    t->name, d->item.range.first);
}

static int
take_record(void *arg, const void *record, size_t len, struct err *err)
{
	return take(arg, record, len, len, err);
}

static int
dump_lobjs(struct dumper *d, struct conn *conn, struct err *err)
{
	struct buf room = { 0 };
	size_t i;
	int rc = 0;

	for (i = d->item.first; i < d->item.last && rc == 0; i++)
		rc = lobj_records(
		    conn, d->shared->opts.lobjs[i], &room, take_record, d, err);
	buf_free(&room);
	return rc;
}

static int
dump_item(struct dumper *d, struct conn *conn, struct err *err)
{
	const struct table *t;
	int rc;

	d->begun = 0;
	d->item_bytes = 0;
	if (d->item.kind == PART_LOBJS) {
		d->text = 0;
		rc = dump_lobjs(d, conn, err);
	} else {
		t = &d->shared->opts.cat->tables[d->item.table];
		d->text = t->format == COPY_TEXT;
		rc = t->unreachable
		    ? 0
		    : copy_out(conn, t, &d->item.range, take_row, d, err);
	}
	if (rc == 0)
		rc = end_part(d, 1, err);
	report(d);
	progress_adjust(d->shared->opts.progress, d->item.bytes, d->item_bytes);
	return rc;
}

static void
leave(struct dumper *d)
{
	struct dumper_shared *s = d->shared;
	const struct table *t = &s->opts.cat->tables[d->item.table];

	(void)pthread_mutex_lock(&s->lock);
	if (!s->is_left[d->item.table])
		log_step("another session wants %s.%s for itself: leaving it "
			 "to the leader",
		    t->schema, t->name);
	s->is_left[d->item.table] = 1;
	s->left = mem_array(s->left, s->left_count + 1, sizeof(*s->left));
	s->left[s->left_count++] = d->item;
	(void)pthread_mutex_unlock(&s->lock);
}

static int
is_left(struct dumper *d)
{
	int yes;

	if (d->item.kind != PART_ROWS)
		return 0;
	(void)pthread_mutex_lock(&d->shared->lock);
	yes = d->shared->is_left[d->item.table];
	(void)pthread_mutex_unlock(&d->shared->lock);
	return yes;
}

/* Dump the item, or leave it: 1 when that took the transaction with it. */
static int
dump_or_leave(struct dumper *d, struct conn *conn, struct err *err)
{
	if (is_left(d)) {
		leave(d);
		return 0;
	}
	if (dump_item(d, conn, err) == 0)
		return 0;
	/* 55P03: lock_not_available. */
	if (d->item.kind != PART_ROWS || strcmp(err->sqlstate, "55P03") != 0 ||
	    d->item_bytes > 0)
		return -1;
	*err = (struct err)ERR_INIT;
	leave(d);
	return 1;
}

static void
start(struct dumper *d, struct dumper_shared *shared)
{
	memset(d, 0, sizeof(*d));
	d->shared = shared;
	d->columnizer = columnizer_new();
	d->packer = packer_new(shared->opts.level);
	d->sealer = sealer_new(FORMAT_PART_HEAD_SIZE);
}

static void
end(struct dumper *d)
{
	columnizer_free(d->columnizer);
	packer_free(d->packer);
	sealer_free(d->sealer);
	columns_room_free(&d->room);
}

int
dumper_run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct dumper_shared *shared = arg;
	struct dumper d;
	unsigned n = 0;
	int rc;

	start(&d, shared);
	rc = conn_exec(conn, LOCK_WAIT, err);
	while (rc == 0 && !atomic_load(&shared->stopping) &&
	    plan_next(shared->plan, &d.item)) {
		show(&d, slot);
		if (n++ % ITEMS_PER_JOIN == 0)
			rc = snapshot_join(conn, shared->opts.snapshot, err);
		if (rc == 0)
			rc = dump_or_leave(&d, conn, err);
		plan_done(shared->plan);
		if (rc > 0) {
			n = 0;
			rc = 0;
		}
	}
	if (rc == 0 && PQtransactionStatus(conn_pg(conn)) != PQTRANS_IDLE)
		rc = conn_exec(conn, "COMMIT", err);
	progress_slot(shared->opts.progress, slot, NULL);
	end(&d);
	return rc;
}

int
dumper_run_left(
    struct dumper_shared *shared, struct conn *leader, struct err *err)
{
	struct dumper d;
	size_t i;
	int rc = 0;

	start(&d, shared);
	for (i = 0; i < shared->left_count && rc == 0; i++) {
		d.item = shared->left[i];
		show(&d, 0);
		rc = dump_item(&d, leader, err);
	}
	progress_slot(shared->opts.progress, 0, NULL);
	end(&d);
	return rc;
}
