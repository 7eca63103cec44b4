/*
 * What the row digests of a dump cost: the CPU time of digesting all the rows
 * of an archive, and of nothing else. usage: digest_cost ARCHIVE OPEN-KEY
 *
 * Rows are gathered, as many as stay in a processor's cache, where a dump has
 * them, too, when it digests them; then these are digested, and only that is
 * timed.  What comes out is compared with the archive's manifest.  Prints
 * seconds, rows and bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "archive/reader.h"
#include "archive/rows.h"
#include "base/log.h"
#include "base/mem.h"

/* Of rows that are digested at once. */
#define BATCH ((size_t)64 << 10)

struct cost {
	struct buf rows;
	size_t *lens;
	size_t count;
	size_t room;
	struct digest digest;
	double seconds;
	uint64_t bytes;
	uint64_t total;
};

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
digest_batch(struct cost *c)
{
	const uint8_t *row = c->rows.data;
	double began = cpu_seconds();
	size_t i;

	for (i = 0; i < c->count; i++) {
		digest_row(&c->digest, row, c->lens[i]);
		row += c->lens[i];
	}
	c->seconds += cpu_seconds() - began;
	c->total += c->count;
	c->count = 0;
	c->rows.len = 0;
}

static int
take_row(void *arg, const void *row, size_t len, struct err *err)
{
	struct cost *c = arg;

	if (buf_add(&c->rows, row, len, err) != 0)
		return -1;
	if (c->count == c->room) {
		c->room = 2 * c->room + 64;
		c->lens = mem_array(c->lens, c->room, sizeof(*c->lens));
	}
	c->lens[c->count++] = len;
	c->bytes += len;
	if (c->rows.len >= BATCH)
		digest_batch(c);
	return 0;
}

static int
take_part(struct cost *c, const struct catalog *cat, struct part *part,
    struct err *err)
{
	enum rows_frame frame = ROWS_RECORDS;
	struct source *rows;
	int rc;

	if (part->head.kind == PART_ROWS)
		frame = cat->tables[part->head.table].format == COPY_BINARY
		    ? ROWS_TUPLES
		    : ROWS_LINES;
	c->digest = (struct digest){ 0 };
	rows = part_rows(part);
	rc = rows_cut(rows, frame, take_row, c, err);
	source_free(rows);
	if (rc != 0)
		return -1;
	digest_batch(c);
	if (!digest_equal(&c->digest, &part->head.digest))
		return err_set(err, ERR_DAMAGED, "another digest");
	return 0;
}

static int
measure(const char *archive, const char *key, struct err *err)
{
	struct open_key *open_key = keys_load_open(key, NULL, NULL, err);
	struct opening opening = { .open_key = open_key };
	struct reader *r = reader_open_file(archive, err);
	const struct catalog *cat = NULL;
	struct part part = { 0 };
	struct cost c = { 0 };
	int rc = -1;

	if (open_key != NULL && r != NULL &&
	    reader_unlock(r, &opening, err) == 0)
		cat = reader_catalog(r, NULL, err);
	if (cat != NULL)
		while ((rc = reader_next_part(r, &part, err)) > 0 &&
		    (rc = take_part(&c, cat, &part, err)) == 0)
			;
	if (rc == 0)
		(void)printf("%.4f %" PRIu64 " %" PRIu64 "\n", c.seconds,
		    c.total, c.bytes);
	part_free(&part);
	buf_free(&c.rows);
	free(c.lens);
	reader_free(r);
	open_key_free(open_key);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: digest_cost ARCHIVE OPEN-KEY\n");
		return ERR_USAGE;
	}
	if (keys_init(&err) != 0 || measure(argv[1], argv[2], &err) != 0) {
		log_err(&err);
		return err_status(&err);
	}
	return fclose(stdout) == 0 ? 0 : ERR_STORAGE;
}
