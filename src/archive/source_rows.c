#include <stdlib.h>
#include <string.h>

#include "archive/columns.h"
#include "base/mem.h"
#include "base/wire.h"
#include "planes.h"
#include "steps.h"

struct column {
	const uint8_t *codes;
	size_t step; /* from one row's code to the next one's: 0 or 1 */
	const uint8_t *lengths;
	/* The next value of each length that is in planes, and of the rest. */
	const uint8_t *next[COLUMNS_PLANES_MAX + 1];
	const uint8_t *rest;
	size_t planes; /* lengths below are in planes */
};

struct rows_source {
	struct source base;
	struct source *below;
	struct columns_room *room;
	size_t given;  /* of room->rows */
	uint64_t left; /* of a long row, to be passed through */
	struct column columns[COLUMNS_MAX];
};

/* What of a block has not been read yet. */
struct cursor {
	const uint8_t *p;
	const uint8_t *end;
};

static int
broken(struct err *err)
{
	return err_set(
	    err, ERR_DAMAGED, "a block of columns breaks the format's rules");
}

/* Pass over ${len} bytes; NULL if there are fewer. */
static const uint8_t *
pass(struct cursor *in, uint64_t len)
{
	const uint8_t *p = in->p;

	if (len > (uint64_t)(in->end - in->p))
		return NULL;
	in->p += len;
	return p;
}

/* How many values there are of each code. */
static void
count_codes(
    const struct column *column, size_t rows, size_t count[UINT8_MAX + 1])
{
	size_t i;

	memset(count, 0, (UINT8_MAX + 1) * sizeof(*count));
	if (column->step == 0)
		count[column->codes[0]] = rows;
	else
		for (i = 0; i < rows; i++)
			count[column->codes[i]]++;
}

/* The lengths of long values: pass over them, and add them up. */
static int
read_lengths(
    struct column *column, struct cursor *in, size_t count, uint64_t *sum)
{
	size_t i;

	column->lengths = pass(in, 4 * (uint64_t)count);
	if (column->lengths == NULL)
		return -1;
	for (i = 0; i < count; i++) {
		uint32_t len = wire_get_le32(column->lengths + 4 * i);

		if (len < COLUMNS_LONG || len > COLUMNS_BLOCK_MAX)
			return -1;
		*sum += len;
	}
	return 0;
}

/* One column's section; the bytes of its values are added to ${sum}, which
 * may be no more than a block can have. */
static int
read_column(struct rows_source *s, struct column *column, size_t rows,
    struct cursor *in, uint64_t *sum)
{
	const uint8_t *shape = pass(in, 1);
	size_t count[UINT8_MAX + 1];
	uint64_t rest = 0, before = *sum;
	size_t k;

	if (shape == NULL || *shape > (COLUMNS_SAME_CODE | COLUMNS_PLANES))
		return -1;
	column->step = (*shape & COLUMNS_SAME_CODE) ? 0 : 1;
	column->planes = (*shape & COLUMNS_PLANES) ? COLUMNS_PLANES_MAX + 1 : 0;
	column->codes = pass(in, column->step ? rows : 1);
	if (column->codes == NULL)
		return -1;
	count_codes(column, rows, count);
	if (read_lengths(column, in, count[COLUMNS_LONG], &rest) != 0)
		return -1;
	for (k = 0; k < COLUMNS_LONG; k++) {
		const uint8_t *planes;

		if (k >= column->planes) {
			rest += k * (uint64_t)count[k];
			continue;
		}
		column->next[k] = s->room->values.data + s->room->values.len;
		planes = pass(in, k * (uint64_t)count[k]);
		if (planes == NULL)
			return -1;
		planes_get(planes, k, count[k],
		    s->room->values.data + s->room->values.len);
		s->room->values.len += k * count[k];
		*sum += k * count[k];
	}
	column->rest = pass(in, rest);
	*sum += rest;
	return column->rest == NULL || *sum < before || *sum > COLUMNS_BLOCK_MAX
	    ? -1
	    : 0;
}

/* Put the next value behind ${out}: its length, and itself. */
static inline uint8_t *
put_value(struct column *column, size_t row, uint8_t *out)
{
	uint8_t code = column->codes[row * column->step];
	size_t size = code;
	const uint8_t **from;

	if (code < column->planes) {
		from = &column->next[code];
	} else {
		from = &column->rest;
		if (code == COLUMNS_NULL) {
			wire_put_be32(out, UINT32_MAX);
			return out + 4;
		}
		if (code == COLUMNS_LONG) {
			size = wire_get_le32(column->lengths);
			column->lengths += 4;
		}
	}
	wire_put_be32(out, (uint32_t)size);
	if (code == COLUMNS_LONG)
		memcpy(out + 4, *from, size);
	else
		copy_steps(out + 4, *from, size);
	*from += size;
	return out + 4 + size;
}

static void
put_rows(struct rows_source *s, size_t rows, size_t columns)
{
	uint8_t *out = s->room->rows.data;
	size_t i, k;

	for (i = 0; i < rows; i++) {
		*out++ = (uint8_t)(columns >> 8);
		*out++ = (uint8_t)columns;
		for (k = 0; k < columns; k++)
			out = put_value(&s->columns[k], i, out);
	}
	s->room->rows.len = (size_t)(out - s->room->rows.data);
}

/* Read a block's ${len} bytes, with room behind them for copying in steps. */
static int
read_block(struct rows_source *s, size_t len, struct err *err)
{
	ssize_t got;

	s->room->block.len = 0;
	s->room->values.len = 0;
	s->room->rows.len = 0;
	s->given = 0;
	if (buf_reserve(&s->room->block, len + STEP, err) != 0 ||
	    buf_reserve(&s->room->values, len + STEP, err) != 0)
		return -1;
	got = source_read_full(s->below, s->room->block.data, len, err);
	if (got < 0)
		return -1;
	s->room->block.len = (size_t)got;
	return s->room->block.len == len ? 0 : broken(err);
}

static int
decode_block(struct rows_source *s, uint32_t rows, uint32_t columns,
    uint32_t len, struct err *err)
{
	struct cursor in;
	uint64_t size = rows * (2 + 4 * (uint64_t)columns);
	size_t k;

	if (rows == 0 || columns > COLUMNS_MAX || len > COLUMNS_BLOCK_MAX ||
	    size > COLUMNS_BLOCK_MAX)
		return broken(err);
	if (read_block(s, len, err) != 0)
		return -1;
	in.p = s->room->block.data;
	in.end = in.p + len;
	for (k = 0; k < columns; k++) {
		if (read_column(s, &s->columns[k], rows, &in, &size) != 0)
			return broken(err);
	}
	if (in.p != in.end)
		return broken(err);
	if (buf_reserve(&s->room->rows, size + STEP, err) != 0)
		return -1;
	put_rows(s, rows, columns);
	return 0;
}

/* The next block's head, and its rows unless it is one that passes through.
 * Return 1, 0 at the end, or -1. */
static int
next_block(struct rows_source *s, struct err *err)
{
	uint8_t head[COLUMNS_HEAD_SIZE];
	ssize_t got = source_read_full(s->below, head, sizeof(head), err);
	uint32_t rows, columns, len;

	if (got <= 0)
		return (int)got;
	if (got < COLUMNS_HEAD_SIZE)
		return broken(err);
	rows = wire_get_le32(head);
	columns = wire_get_le32(head + 4);
	len = wire_get_le32(head + 8);
	if (rows == 0 && columns == 0 && len > 0) {
		s->left = len;
		return 1;
	}
	return decode_block(s, rows, columns, len, err) == 0 ? 1 : -1;
}

/* Of a long row. */
static ssize_t
pass_through(struct rows_source *s, void *buf, size_t size, struct err *err)
{
	ssize_t got;

	if (size > s->left)
		size = s->left;
	got = source_read(s->below, buf, size, err);
	if (got == 0)
		return broken(err);
	if (got > 0)
		s->left -= (uint64_t)got;
	return got;
}

static ssize_t
rows_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct rows_source *s = (struct rows_source *)(void *)source;
	size_t ready;

	while (s->left == 0 && s->given == s->room->rows.len) {
		int more = next_block(s, err);

		if (more <= 0)
			return more;
	}
	if (s->left > 0)
		return pass_through(s, buf, size, err);
	ready = s->room->rows.len - s->given;
	if (size > ready)
		size = ready;
	memcpy(buf, s->room->rows.data + s->given, size);
	s->given += size;
	return (ssize_t)size;
}

static void
rows_free(struct source *source)
{
	struct rows_source *s = (struct rows_source *)(void *)source;

	source_free(s->below);
	free(s);
}

void
columns_room_free(struct columns_room *room)
{
	buf_free(&room->block);
	buf_free(&room->values);
	buf_free(&room->rows);
}

struct source *
source_rows(struct source *below, struct columns_room *room)
{
	static const struct source_ops ops = { rows_read, rows_free };
	struct rows_source *s = mem_zalloc(sizeof(*s));

	s->base.ops = &ops;
	s->below = below;
	s->room = room;
	room->rows.len = 0;
	return &s->base;
}
