#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/index.h"
#include "base/mem.h"
#include "base/wire.h"

#define TAIL_SIGNATURE 32
#define TAIL_COUNT 96
#define TAIL_OFFSET 104
#define TAIL_ZEROS 112
#define TAIL_MAGIC 496

_Static_assert(sizeof(INDEX_MAGIC) == INDEX_TAIL_SIZE - TAIL_MAGIC, "magic");
_Static_assert(TAIL_SIGNATURE + HEADER_SIGNATURE_SIZE == TAIL_COUNT, "tail");

static int
damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_DAMAGED, "the index %s", what);
}

void
index_add(struct index *index, uint64_t length, const uint8_t hash[HASH_SIZE])
{
	struct index_record *r;
	size_t n = index->count;

	/* Grow by doubling: a terabyte has 65,000 records. */
	if ((n & (n - 1)) == 0)
		index->records = mem_array(
		    index->records, n > 0 ? 2 * n : 1, sizeof(*index->records));
	r = &index->records[index->count++];
	r->offset = index->offset;
	r->length = length;
	memcpy(r->hash, hash, HASH_SIZE);
	index->offset += length;
}

static size_t
padded(size_t len)
{
	return (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

uint64_t
index_size(uint64_t count)
{
	return padded((size_t)count * INDEX_RECORD_SIZE) + INDEX_TAIL_SIZE;
}

/* What the signature is over. */
static void
signed_text(const uint8_t id[FORMAT_ID_SIZE],
    const uint8_t tail[INDEX_TAIL_SIZE], struct buf *out)
{
	static const char context[] = "pgcask index 1";
	struct err err = ERR_INIT;

	(void)buf_add(out, context, sizeof(context), &err);
	(void)buf_add(out, id, FORMAT_ID_SIZE, &err);
	(void)buf_add(out, tail, HASH_SIZE, &err);
	(void)buf_add(out, tail + TAIL_COUNT, TAIL_ZEROS - TAIL_COUNT, &err);
}

int
index_dump(struct index *index, const uint8_t id[FORMAT_ID_SIZE],
    const struct sealing *sealing, const struct archive_keys *keys,
    struct buf *out, struct err *err)
{
	uint8_t record[INDEX_RECORD_SIZE], tail[INDEX_TAIL_SIZE] = { 0 };
	static const uint8_t zeros[TAR_BLOCK];
	struct buf text = { 0 };
	size_t i, start = out->len, len;

	for (i = 0; i < index->count; i++) {
		wire_put_le64(record, index->records[i].offset);
		wire_put_le64(record + 8, index->records[i].length);
		memcpy(record + 16, index->records[i].hash, HASH_SIZE);
		if (buf_add(out, record, sizeof(record), err) != 0)
			return -1;
	}
	len = out->len - start;
	hash_once(out->data + start, len, index->root);
	memcpy(tail, index->root, HASH_SIZE);
	wire_put_le64(tail + TAIL_COUNT, index->count);
	wire_put_le64(tail + TAIL_OFFSET, index->offset);
	memcpy(tail + TAIL_MAGIC, INDEX_MAGIC, sizeof(INDEX_MAGIC));
	signed_text(id, tail, &text);
	header_sign(sealing, keys, text.data, text.len, index->signature);
	memcpy(tail + TAIL_SIGNATURE, index->signature, HEADER_SIGNATURE_SIZE);
	buf_free(&text);
	return buf_add(out, zeros, padded(len) - len, err) != 0
	    ? -1
	    : buf_add(out, tail, sizeof(tail), err);
}

static int
all_zero(const uint8_t *p, size_t len)
{
	while (len > 0)
		if (p[--len] != 0)
			return 0;
	return 1;
}

/* The tail's own sense, before its numbers are used. */
static int
check_tail(const uint8_t *tail, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	struct buf text = { 0 };
	int rc;

	if (memcmp(tail + TAIL_MAGIC, INDEX_MAGIC, sizeof(INDEX_MAGIC)) != 0 ||
	    !all_zero(tail + TAIL_ZEROS, TAIL_MAGIC - TAIL_ZEROS))
		return err_set(err, ERR_DAMAGED,
		    "the file does not end in an index: it is cut or damaged");
	signed_text(header->id, tail, &text);
	rc = header_verify(
	    header, keys, text.data, text.len, tail + TAIL_SIGNATURE, err);
	buf_free(&text);
	return rc == 0 ? 0 : err_wrap(err, "index");
}

static int
read_records(
    struct index *index, const uint8_t *body, uint64_t count, struct err *err)
{
	uint64_t i, offset;

	for (i = 0; i < count; i++, body += INDEX_RECORD_SIZE) {
		offset = wire_get_le64(body);
		uint64_t length = wire_get_le64(body + 8);

		if (offset != index->offset || length == 0 ||
		    length % TAR_BLOCK != 0 || length > UINT64_MAX / 2 - offset)
			return damaged(err, "has records that do not adjoin");
		index_add(index, length, body + 16);
	}
	return 0;
}

struct index *
index_parse(const uint8_t *body, size_t len, uint64_t offset,
    const struct header *header, const struct archive_keys *keys,
    struct err *err)
{
	struct index *index = mem_zalloc(sizeof(*index));
	uint8_t root[HASH_SIZE];
	const uint8_t *tail;
	uint64_t count;
	size_t records;

	if (len < INDEX_TAIL_SIZE || len % TAR_BLOCK != 0) {
		(void)damaged(err, "has a size that none has");
		goto fail;
	}
	tail = body + len - INDEX_TAIL_SIZE;
	if (check_tail(tail, header, keys, err) != 0)
		goto fail;
	count = wire_get_le64(tail + TAIL_COUNT);
	records = len - INDEX_TAIL_SIZE;
	if (count > FORMAT_PARTS_MAX + 8 || index_size(count) != len ||
	    !all_zero(body + count * INDEX_RECORD_SIZE,
		records - (size_t)count * INDEX_RECORD_SIZE)) {
		(void)damaged(err, "and its number of records do not fit");
		goto fail;
	}
	hash_once(body, (size_t)count * INDEX_RECORD_SIZE, root);
	if (memcmp(root, tail, HASH_SIZE) != 0) {
		(void)damaged(err, "has damaged records");
		goto fail;
	}
	if (read_records(index, body, count, err) != 0)
		goto fail;
	if (index->offset != wire_get_le64(tail + TAIL_OFFSET) ||
	    index->offset != offset) {
		(void)damaged(err, "is not where it says it is");
		goto fail;
	}
	memcpy(index->root, root, HASH_SIZE);
	memcpy(index->signature, tail + TAIL_SIGNATURE, HEADER_SIGNATURE_SIZE);
	return index;
fail:
	index_free(index);
	return NULL;
}

/* Where the index begins, according to a tail that is not yet trusted; -1
 * when that cannot be. */
static int
find(struct blob *blob, uint64_t *offset, struct err *err)
{
	uint8_t end[INDEX_TAIL_SIZE + TAR_END];
	uint64_t size = blob_size(blob), count;

	if (size % TAR_BLOCK != 0 || size < sizeof(end) + TAR_BLOCK)
		return err_set(err, ERR_DAMAGED,
		    "the file has a size that no archive has: it is cut");
	if (blob_read(blob, size - sizeof(end), end, sizeof(end), err) != 0)
		return -1;
	if (memcmp(end + TAIL_MAGIC, INDEX_MAGIC, sizeof(INDEX_MAGIC)) != 0 ||
	    !all_zero(end + INDEX_TAIL_SIZE, TAR_END))
		return err_set(err, ERR_DAMAGED,
		    "the file does not end in an index: it is cut or damaged");
	count = wire_get_le64(end + TAIL_COUNT);
	*offset = wire_get_le64(end + TAIL_OFFSET);
	/* An entry is two blocks at least: what is read into memory before
	 * its signature is checked is a small part of the file. */
	if (count > FORMAT_PARTS_MAX + 8 || count > *offset / (2 * TAR_BLOCK) ||
	    *offset > size - sizeof(end) - TAR_BLOCK ||
	    size - *offset != TAR_BLOCK + index_size(count) + TAR_END)
		return damaged(err, "does not fit the file's size");
	return 0;
}

struct index *
index_load(struct blob *blob, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	struct index *index = NULL;
	struct buf body = { 0 }, expected = { 0 };
	uint64_t offset;
	size_t len;

	if (find(blob, &offset, err) != 0)
		return NULL;
	len = (size_t)(blob_size(blob) - offset);
	if (buf_reserve(&body, len, err) != 0 ||
	    blob_read(blob, offset, body.data, len, err) != 0 ||
	    tar_head(FORMAT_INDEX, len - TAR_BLOCK - TAR_END, header->created,
		&expected, err) != 0)
		goto out;
	if (expected.len != TAR_BLOCK ||
	    memcmp(expected.data, body.data, TAR_BLOCK) != 0) {
		(void)damaged(err, "has a damaged tar header");
		goto out;
	}
	index = index_parse(body.data + TAR_BLOCK, len - TAR_BLOCK - TAR_END,
	    offset, header, keys, err);
out:
	buf_free(&body);
	buf_free(&expected);
	return index;
}

int
index_check(struct blob *blob, const struct header *header, struct err *err)
{
	struct index *index;
	uint64_t offset;

	if (!header->is_signed)
		return find(blob, &offset, err);
	index = index_load(blob, header, NULL, err);
	index_free(index);
	return index != NULL ? 0 : -1;
}

int
index_root(struct blob *blob, uint8_t root[HASH_SIZE], uint64_t *records,
    struct err *err)
{
	uint8_t end[INDEX_TAIL_SIZE + TAR_END];
	uint64_t offset;

	if (find(blob, &offset, err) != 0 ||
	    blob_read(blob, blob_size(blob) - sizeof(end), end, sizeof(end),
		err) != 0)
		return -1;
	memcpy(root, end, HASH_SIZE);
	*records = wire_get_le64(end + TAIL_COUNT);
	return 0;
}

void
index_free(struct index *index)
{
	if (index == NULL)
		return;
	free(index->records);
	free(index);
}
