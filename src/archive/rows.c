#include <inttypes.h>
#include <string.h>
#include <sys/types.h>

#include "archive/format.h"
#include "archive/rows.h"
#include "base/buf.h"
#include "base/wire.h"

/* What is read at once, and at first kept of rows not yet whole. */
#define PIECE ((size_t)256 << 10)

/* A frame finds the length of the row at the front of ${len} bytes.  Return it,
 * 0 if more bytes are needed to tell, or -1. */
typedef ssize_t find_end(const uint8_t *p, size_t len, struct err *err);

static int
broken(struct err *err)
{
	return err_set(
	    err, ERR_DAMAGED, "what the part holds is not cut into rows");
}

static ssize_t
line_end(const uint8_t *p, size_t len, struct err *err)
{
	const uint8_t *newline = memchr(p, '\n', len);

	(void)err;
	return newline == NULL ? 0 : newline - p + 1;
}

static ssize_t
tuple_end(const uint8_t *p, size_t len, struct err *err)
{
	size_t at = 2;
	unsigned fields;

	if (len < 2)
		return 0;
	fields = (unsigned)p[0] << 8 | p[1];
	for (; fields > 0; fields--) {
		uint32_t size;

		if (len - at < 4)
			return 0;
		size = wire_get_be32(p + at);
		at += 4;
		if (size == UINT32_MAX)
			continue;
		if (size > INT32_MAX)
			return broken(err);
		if (len - at < size)
			return 0;
		at += size;
	}
	return (ssize_t)at;
}

static ssize_t
record_end(const uint8_t *p, size_t len, struct err *err)
{
	uint32_t size;

	if (len < FORMAT_LOBJ_HEAD_SIZE)
		return 0;
	size = wire_get_le32(p + 12);
	if (size > FORMAT_LOBJ_CHUNK)
		return broken(err);
	if (len - FORMAT_LOBJ_HEAD_SIZE < size)
		return 0;
	return (ssize_t)(FORMAT_LOBJ_HEAD_SIZE + size);
}

/* Give out the whole rows at the front of ${buf}.  Return the bytes that are
 * left behind them, or -1. */
static ssize_t
give(const struct buf *buf, enum rows_frame frame, rows_each *each, void *arg,
    struct err *err)
{
	static find_end *const ends[] = { line_end, tuple_end, record_end };
	const uint8_t *p = buf->data;
	size_t left = buf->len;

	while (left > 0) {
		ssize_t len = ends[frame](p, left, err);

		if (len < 0)
			return -1;
		if (len == 0)
			break;
		if (each(arg, p, (size_t)len - (frame == ROWS_LINES), err) != 0)
			return -1;
		p += len;
		left -= (size_t)len;
	}
	return (ssize_t)left;
}

int
rows_cut(struct source *source, enum rows_frame frame, rows_each *each,
    void *arg, struct err *err)
{
	struct buf buf = { 0 };
	ssize_t got, left = 0;

	for (;;) {
		/* A long row is looked at again as seldom as it doubles. */
		size_t room = buf.len > PIECE ? buf.len : PIECE;

		got = left = -1;
		if (buf_reserve(&buf, room, err) != 0)
			break;
		got = source_read_full(source, buf.data + buf.len, room, err);
		if (got <= 0)
			break;
		buf.len += (size_t)got;
		left = give(&buf, frame, each, arg, err);
		if (left < 0)
			break;
		memmove(buf.data, buf.data + buf.len - left, (size_t)left);
		buf.len = (size_t)left;
	}
	if (got == 0)
		left = buf.len == 0 ? 0 : broken(err);
	buf_free(&buf);
	return left == 0 ? 0 : -1;
}

static int
add_row(void *arg, const void *row, size_t len, struct err *err)
{
	(void)err;
	digest_row(arg, row, len);
	return 0;
}

int
rows_prove(struct source *source, enum rows_frame frame,
    const struct part_head *head, struct err *err)
{
	struct digest digest = { 0 };

	if (rows_cut(source, frame, add_row, &digest, err) != 0)
		return -1;
	if (digest.rows != head->digest.rows)
		return err_set(err, ERR_DAMAGED,
		    "it holds %" PRIu64 " rows where its head says %" PRIu64,
		    digest.rows, head->digest.rows);
	if (!digest_equal(&digest, &head->digest))
		return err_set(err, ERR_DAMAGED,
		    "its rows have another digest than its head says");
	return 0;
}
