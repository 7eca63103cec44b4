#include <string.h>

#include "archive/rows.h"
#include "archive/format.h"
#include "base/buf.h"
#include "fuzz.h"

/* A source that gives at most ${piece} bytes at once. */
struct crumbs {
	struct source source;
	const uint8_t *data;
	size_t left;
	size_t piece;
};

static ssize_t
crumbs_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct crumbs *c = (struct crumbs *)(void *)source;
	size_t got = c->left < c->piece ? c->left : c->piece;

	(void)err;
	got = got < size ? got : size;
	memcpy(buf, c->data, got);
	c->data += got;
	c->left -= got;
	return (ssize_t)got;
}

/* All rows, one after the other: what was read, if it is all of it. */
struct sum {
	struct buf all;
	enum rows_frame frame;
};

static int
add_row(void *arg, const void *row, size_t len, struct err *err)
{
	struct sum *sum = arg;

	insist(sum->frame != ROWS_LINES || memchr(row, '\n', len) == NULL);
	if (len > 0)
		insist(buf_add(&sum->all, row, len, err) == 0);
	if (sum->frame == ROWS_LINES)
		insist(buf_add(&sum->all, "\n", 1, err) == 0);
	return 0;
}

static int
cut(const uint8_t *data, size_t size, enum rows_frame frame, size_t piece)
{
	static const struct source_ops ops = { crumbs_read, NULL };
	struct crumbs crumbs = { { &ops }, data, size, piece };
	struct sum sum = { .frame = frame };
	struct err err = ERR_INIT;
	int rc = rows_cut(&crumbs.source, frame, add_row, &sum, &err);

	if (rc == 0)
		insist(sum.all.len == size);
	else
		insist(err.kind == ERR_DAMAGED && sum.all.len <= size);
	insist(
	    sum.all.len == 0 || memcmp(sum.all.data, data, sum.all.len) == 0);
	buf_free(&sum.all);
	return rc;
}

/* A part's head: what is taken is written as it was. */
static void
read_head(const uint8_t *data)
{
	struct part_head head;
	struct err err = ERR_INIT;
	uint8_t again[FORMAT_PART_HEAD_SIZE];

	if (format_get_part_head(data, &head, &err) != 0) {
		insist(err.kind == ERR_DAMAGED);
		return;
	}
	format_put_part_head(&head, again);
	insist(memcmp(again, data, sizeof(again)) == 0);
}

/* What a part holds, as rows of each kind, however it comes; and as a head. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum rows_frame frame;

	for (frame = ROWS_LINES; frame <= ROWS_RECORDS; frame++)
		insist(cut(data, size, frame, SIZE_MAX) ==
		    cut(data, size, frame, 7));
	if (size >= FORMAT_PART_HEAD_SIZE)
		read_head(data);
	return 0;
}
