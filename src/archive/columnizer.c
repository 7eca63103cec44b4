#include <stdlib.h>
#include <string.h>

#include "archive/columns.h"
#include "base/mem.h"
#include "base/wire.h"
#include "planes.h"
#include "steps.h"

#define SAMPLE 256         /* values that show what a column is */
#define ROWS_LEAST 1024    /* of room for codes at first */
#define VALUES_LEAST 1024  /* bytes of room for a column's values at first */
#define KEEP COLUMNS_BLOCK /* room that all columns may keep, four times */
/* Between columns' codes, which are written in turn: lest they all fall into
 * the same few lines of the cache. */
#define CODES_APART 192

struct column {
	uint8_t *next;  /* where the next value goes */
	uint8_t *limit; /* of values; there is a STEP behind it */
	uint8_t *values;
	struct buf lengths; /* of long values, u32 each */
};

struct columnizer {
	struct packer *out;
	struct column *columns;
	size_t column_cap;
	size_t count; /* columns of the rows held */
	size_t rows;
	size_t row_cap;
	uint8_t *codes; /* of every column, code_step apart */
	size_t code_step;
	size_t bytes;       /* of the rows held */
	struct buf grouped; /* a column's values, by length */
	struct buf block;
};

struct columnizer *
columnizer_new(void)
{
	return mem_zalloc(sizeof(struct columnizer));
}

static void
free_columns(struct columnizer *c)
{
	size_t i;

	for (i = 0; i < c->column_cap; i++) {
		free(c->columns[i].values);
		buf_free(&c->columns[i].lengths);
	}
	free(c->columns);
	free(c->codes);
	c->columns = NULL;
	c->codes = NULL;
	c->column_cap = 0;
	c->row_cap = 0;
}

void
columnizer_free(struct columnizer *c)
{
	if (c == NULL)
		return;
	free_columns(c);
	buf_free(&c->grouped);
	buf_free(&c->block);
	free(c);
}

static void
forget(struct columnizer *c)
{
	size_t i, room = 0;

	for (i = 0; i < c->column_cap; i++) {
		struct column *column = &c->columns[i];

		column->next = column->values;
		column->lengths.len = 0;
		room += (size_t)(column->limit - column->values) +
		    column->lengths.cap;
	}
	/* Each column's room is for its fullest block. */
	if (room > 4 * KEEP)
		free_columns(c);
	c->rows = 0;
	c->bytes = 0;
}

void
columnizer_begin(struct columnizer *c, struct packer *out)
{
	forget(c);
	c->out = out;
}

/* ---- taking rows apart ---- */

static int
not_a_tuple(struct err *err)
{
	return err_set(
	    err, ERR_DB, "the server's binary COPY has a row that is none");
}

static size_t
values_len(const struct column *column)
{
	return (size_t)(column->next - column->values);
}

/* Room for ${more} further bytes of values. */
static void
widen(struct column *column, size_t more)
{
	size_t cap = (size_t)(column->limit - column->values);
	size_t len = values_len(column);

	cap = cap == 0 ? VALUES_LEAST : 2 * cap;
	if (cap < len + more)
		cap = len + more;
	column->values = mem_array(column->values, cap + STEP, 1);
	column->next = column->values + len;
	column->limit = column->values + cap;
}

/* Room for one more row of ${c}->count columns. */
static void
make_room(struct columnizer *c)
{
	size_t i, rows = c->row_cap == 0 ? ROWS_LEAST : 2 * c->row_cap;
	size_t step = rows + CODES_APART;
	uint8_t *codes = mem_array(NULL, c->count + 1, step);

	if (c->count > c->column_cap) {
		c->columns =
		    mem_array(c->columns, c->count, sizeof(*c->columns));
		memset(c->columns + c->column_cap, 0,
		    (c->count - c->column_cap) * sizeof(*c->columns));
		for (; c->column_cap < c->count; c->column_cap++)
			widen(&c->columns[c->column_cap], 0);
	}
	for (i = 0; i < c->count && c->rows > 0; i++)
		memcpy(codes + i * step, c->codes + i * c->code_step, c->rows);
	free(c->codes);
	c->codes = codes;
	c->code_step = step;
	c->row_cap = rows;
}

static int
note_long(struct column *column, uint32_t len, struct err *err)
{
	uint8_t wire[4];

	wire_put_le32(wire, len);
	return buf_add(&column->lengths, wire, sizeof(wire), err);
}

/* A value that has no length of its own among the codes: its code. */
static int
take_long(struct column *column, uint8_t *code, const uint8_t *p, uint32_t len,
    size_t left, struct err *err)
{
	if (len == UINT32_MAX) {
		*code = COLUMNS_NULL;
		return 0;
	}
	if (len > left)
		return not_a_tuple(err);
	*code = COLUMNS_LONG;
	if ((size_t)(column->limit - column->next) < len)
		widen(column, len);
	memcpy(column->next, p, len);
	column->next += len;
	return note_long(column, len, err);
}

/* Add a value of ${len} bytes, with ${left} from it to the row's end; there
 * is room for it. */
static inline void
put_short(struct column *column, const uint8_t *p, size_t len, size_t left)
{
	uint8_t *to = column->next;

	column->next += len;
	if (left >= len + STEP) {
		copy_steps(to, p, len);
		return;
	}
	/* The row has nothing to spare behind it. */
	for (; len >= STEP; len -= STEP, to += STEP, p += STEP)
		memcpy(to, p, STEP);
	while (len-- > 0)
		*to++ = *p++;
}

static int
take_fields(
    struct columnizer *c, const uint8_t *p, const uint8_t *end, struct err *err)
{
	uint8_t *code = c->codes + c->rows;
	size_t i;

	for (i = 0; i < c->count; i++, code += c->code_step) {
		struct column *column = &c->columns[i];
		uint32_t len;
		size_t left;

		if (end - p < 4)
			return not_a_tuple(err);
		len = wire_get_be32(p);
		p += 4;
		left = (size_t)(end - p);
		if (len >= COLUMNS_LONG) {
			if (take_long(column, code, p, len, left, err) != 0)
				return -1;
			p += len == UINT32_MAX ? 0 : len;
			continue;
		}
		if (len > left)
			return not_a_tuple(err);
		*code = (uint8_t)len;
		if ((size_t)(column->limit - column->next) < len)
			widen(column, len);
		put_short(column, p, len, left);
		p += len;
	}
	return p == end ? 0 : not_a_tuple(err);
}

/* ---- putting columns together ---- */

static int
all_same(const uint8_t *codes, size_t count)
{
	return memcmp(codes, codes + 1, count - 1) == 0;
}

static uint8_t *
put(uint8_t *out, const void *data, size_t len)
{
	if (len > 0)
		memcpy(out, data, len);
	return out + len;
}

/* Whether the column's short values look like numbers: text has no control
 * characters but white space. */
static int
is_numeric(const struct column *column, const uint8_t *codes, size_t rows)
{
	const uint8_t *p = column->values;
	size_t i, k;

	for (i = 0; i < rows && i < SAMPLE; i++) {
		if (codes[i] == COLUMNS_NULL)
			continue;
		if (codes[i] > COLUMNS_PLANES_MAX)
			return 0;
		for (k = 0; codes[i] > 1 && k < codes[i]; k++) {
			if (p[k] < '\t')
				return 1;
		}
		p += codes[i];
	}
	return 0;
}

/* Where the values of each short length begin, and those of all others. */
struct groups {
	const uint8_t *first[COLUMNS_PLANES_MAX + 2];
};

/* Copy the column's values into ${to}: short ones by length, each group with
 * STEP to spare, then the others as they come. */
static void
group(const struct column *column, const uint8_t *codes, size_t rows,
    const size_t count[], uint8_t *to, struct groups *groups)
{
	const uint8_t *p = column->values, *end = column->next;
	const uint8_t *length = column->lengths.data;
	uint8_t *next[COLUMNS_PLANES_MAX + 2];
	size_t i, k;

	for (k = 0; k < COLUMNS_PLANES_MAX + 2; k++) {
		groups->first[k] = next[k] = to;
		to += k * count[k] + STEP;
	}
	for (i = 0; i < rows && p < end; i++) {
		size_t size = codes[i], at = size;

		if (size > COLUMNS_PLANES_MAX) {
			if (size == COLUMNS_NULL)
				continue;
			if (size == COLUMNS_LONG) {
				size = wire_get_le32(length);
				length += 4;
			}
			at = COLUMNS_PLANES_MAX + 1;
		}
		copy_steps(next[at], p, size);
		next[at] += size;
		p += size;
	}
}

static int
put_planes(struct columnizer *c, const struct column *column,
    const uint8_t *codes, int same, uint8_t **out, struct err *err)
{
	size_t count[UINT8_MAX + 1] = { 0 }, i, k;
	size_t left = values_len(column);
	struct groups groups;

	if (same) {
		count[codes[0]] = c->rows;
		for (k = 0; k < COLUMNS_PLANES_MAX + 2; k++)
			groups.first[k] = column->values;
	} else {
		for (i = 0; i < c->rows; i++)
			count[codes[i]]++;
		c->grouped.len = 0;
		if (buf_reserve(&c->grouped,
			left + (COLUMNS_PLANES_MAX + 2) * STEP, err) != 0)
			return -1;
		group(column, codes, c->rows, count, c->grouped.data, &groups);
	}
	for (k = 1; k <= COLUMNS_PLANES_MAX; k++) {
		planes_put(groups.first[k], k, count[k], *out);
		*out += k * count[k];
		left -= k * count[k];
	}
	*out = put(*out, groups.first[COLUMNS_PLANES_MAX + 1], left);
	return 0;
}

static int
put_column(struct columnizer *c, size_t at, uint8_t **out, struct err *err)
{
	const struct column *column = &c->columns[at];
	const uint8_t *codes = c->codes + at * c->code_step;
	int same = all_same(codes, c->rows);
	int numeric = is_numeric(column, codes, c->rows);

	*(*out)++ = (uint8_t)((same ? COLUMNS_SAME_CODE : 0) |
	    (numeric ? COLUMNS_PLANES : 0));
	*out = put(*out, codes, same ? 1 : c->rows);
	*out = put(*out, column->lengths.data, column->lengths.len);
	if (numeric)
		return put_planes(c, column, codes, same, out, err);
	*out = put(*out, column->values, values_len(column));
	return 0;
}

static void
put_head(uint8_t *out, size_t rows, size_t columns, size_t len)
{
	wire_put_le32(out, (uint32_t)rows);
	wire_put_le32(out + 4, (uint32_t)columns);
	wire_put_le32(out + 8, (uint32_t)len);
}

/* Write the rows held as one block. */
static int
flush(struct columnizer *c, struct err *err)
{
	uint8_t *out;
	size_t i;

	if (c->rows == 0)
		return 0;
	/* A code takes less than the length that it stands for, but for those
	 * of long values: one byte more in 258 at least. */
	c->block.len = 0;
	if (buf_reserve(&c->block,
		COLUMNS_HEAD_SIZE + c->bytes + c->bytes / 128 + c->count +
		    PLANES_SLACK,
		err) != 0)
		return -1;
	out = c->block.data + COLUMNS_HEAD_SIZE;
	for (i = 0; i < c->count; i++) {
		if (put_column(c, i, &out, err) != 0)
			return -1;
	}
	c->block.len = (size_t)(out - c->block.data);
	put_head(
	    c->block.data, c->rows, c->count, c->block.len - COLUMNS_HEAD_SIZE);
	forget(c);
	return packer_write(c->out, c->block.data, c->block.len, err);
}

static int
write_long(struct columnizer *c, const void *row, size_t len, struct err *err)
{
	uint8_t head[COLUMNS_HEAD_SIZE];

	put_head(head, 0, 0, len);
	if (flush(c, err) != 0 ||
	    packer_write(c->out, head, sizeof(head), err) != 0)
		return -1;
	return packer_write(c->out, row, len, err);
}

int
columnizer_row(
    struct columnizer *c, const void *row, size_t len, struct err *err)
{
	const uint8_t *p = row;
	size_t count;

	if (len >= COLUMNS_ROW_LONG)
		return write_long(c, row, len, err);
	if (len < 2)
		return not_a_tuple(err);
	count = (size_t)p[0] << 8 | p[1];
	if (count > COLUMNS_MAX || (count != c->count && c->rows > 0))
		return not_a_tuple(err);
	if (count != c->count) {
		c->count = count;
		c->row_cap = 0;
	}
	if (c->rows == c->row_cap)
		make_room(c);
	if (take_fields(c, p + 2, p + len, err) != 0)
		return -1;
	c->rows++;
	c->bytes += len;
	return c->bytes >= COLUMNS_BLOCK ? flush(c, err) : 0;
}

int
columnizer_end(struct columnizer *c, struct err *err)
{
	return flush(c, err);
}
