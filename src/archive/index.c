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

int
index_tail_count(const uint8_t tail[INDEX_TAIL_SIZE], uint64_t *count)
{
	*count = wire_get_le64(tail + TAIL_COUNT);
	return memcmp(tail + TAIL_MAGIC, INDEX_MAGIC, sizeof(INDEX_MAGIC)) ==
		    0 &&
		*count <= FORMAT_PARTS_MAX + 8
	    ? 0
	    : -1;
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

/* ---- records, as they come ---- */

/* Reading them: hashed, and kept if they are wanted. */
struct walk {
	struct hash *hash;
	struct index *kept; /* or NULL */
	uint64_t offset;    /* where the next one has to be */
	int apart;          /* one was not there */
};

static void
walk_on(struct walk *w, const uint8_t *records, size_t count)
{
	hash_add(w->hash, records, count * INDEX_RECORD_SIZE);
	for (; count > 0 && !w->apart; count--, records += INDEX_RECORD_SIZE) {
		uint64_t offset = wire_get_le64(records);
		uint64_t length = wire_get_le64(records + 8);

		w->apart = offset != w->offset || length == 0 ||
		    length % TAR_BLOCK != 0 || length > UINT64_MAX / 2 - offset;
		w->offset = offset + length;
		if (w->kept != NULL && !w->apart)
			index_add(w->kept, length, records + 16);
	}
}

/* Whether that were the records that ${tail} is of, of an index that lies at
 * ${offset}.  Frees what ${w} has but the index. */
static int
walk_end(struct walk *w, const uint8_t *tail, uint64_t offset, struct err *err)
{
	uint8_t root[HASH_SIZE];

	hash_end(w->hash, root);
	hash_free(w->hash);
	w->hash = NULL;
	if (memcmp(root, tail, HASH_SIZE) != 0)
		return damaged(err, "has damaged records");
	if (w->apart)
		return damaged(err, "has records that do not adjoin");
	if (w->offset != wire_get_le64(tail + TAIL_OFFSET) ||
	    w->offset != offset)
		return damaged(err, "is not where it says it is");
	if (w->kept == NULL)
		return 0;
	memcpy(w->kept->root, root, HASH_SIZE);
	memcpy(
	    w->kept->signature, tail + TAIL_SIGNATURE, HEADER_SIGNATURE_SIZE);
	return 0;
}

static int
does_not_fit(struct err *err)
{
	return damaged(err, "and its number of records do not fit");
}

struct index *
index_parse(const uint8_t *body, size_t len, uint64_t offset,
    const struct header *header, const struct archive_keys *keys,
    struct err *err)
{
	struct index *index = mem_zalloc(sizeof(*index));
	const uint8_t *tail;
	struct walk walk;
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
	if (count > FORMAT_PARTS_MAX + 8 || index_size(count) != len) {
		(void)does_not_fit(err);
		goto fail;
	}
	records = (size_t)count * INDEX_RECORD_SIZE;
	if (!all_zero(body + records, len - INDEX_TAIL_SIZE - records)) {
		(void)does_not_fit(err);
		goto fail;
	}
	walk = (struct walk){ .hash = hash_new(), .kept = index };
	walk_on(&walk, body, (size_t)count);
	if (walk_end(&walk, tail, offset, err) == 0)
		return index;
fail:
	index_free(index);
	return NULL;
}

/* ---- at the end of a file ---- */

/* The end of a file, from the tail on. */
#define END_SIZE (INDEX_TAIL_SIZE + TAR_END)

/* Bytes behind an archive's end that are searched for it. */
#define BEHIND_MAX ((uint64_t)1 << 20)

static int
is_end(const uint8_t *end)
{
	return memcmp(end + TAIL_MAGIC, INDEX_MAGIC, sizeof(INDEX_MAGIC)) ==
	    0 &&
	    all_zero(end + INDEX_TAIL_SIZE, TAR_END);
}

/* Where the index begins, according to a tail that is not yet trusted; whether
 * that fits a file of so many bytes. */
static int
fits(const uint8_t *end, uint64_t size, uint64_t *offset)
{
	uint64_t count = wire_get_le64(end + TAIL_COUNT);

	*offset = wire_get_le64(end + TAIL_OFFSET);
	/* An entry is two blocks at least. */
	return count <= FORMAT_PARTS_MAX + 8 &&
	    count <= *offset / (2 * TAR_BLOCK) &&
	    *offset <= size - END_SIZE - TAR_BLOCK &&
	    size - *offset == TAR_BLOCK + index_size(count) + TAR_END;
}

/* Where the archive ends if something was appended to it, or 0. */
static uint64_t
end_before(struct blob *blob)
{
	uint64_t size = blob_size(blob), from = 0, at, offset, found = 0;
	struct err err = ERR_INIT;
	uint8_t *data;
	size_t len;

	if (size < END_SIZE + TAR_BLOCK)
		return 0;
	if (size > BEHIND_MAX)
		from = (size - BEHIND_MAX) / TAR_BLOCK * TAR_BLOCK;
	len = (size_t)(size - from);
	data = mem_alloc(len);
	at = from + (len - END_SIZE) / TAR_BLOCK * TAR_BLOCK;
	if (blob_read(blob, from, data, len, &err) != 0)
		at = from;
	for (; at > from && found == 0; at -= TAR_BLOCK)
		if (is_end(data + (at - from)) &&
		    fits(data + (at - from), at + END_SIZE, &offset))
			found = at + END_SIZE;
	free(data);
	return found;
}

static int
has_no_end(struct blob *blob, const char *why, struct err *err)
{
	uint64_t end = end_before(blob);

	if (end == 0)
		return err_set(err, ERR_DAMAGED, "%s", why);
	(void)err_set(err, ERR_DAMAGED,
	    "the file goes on behind its end: %" PRIu64
	    " bytes were appended to it",
	    blob_size(blob) - end);
	return err_hint(err,
	    "without them it may be whole: \"head -c %" PRIu64
	    " FILE >COPY\" leaves them out",
	    end);
}

/* Where the index begins, according to a tail that is not yet trusted, which
 * goes to ${end}; -1 when that cannot be. */
static int
find(
    struct blob *blob, uint8_t end[END_SIZE], uint64_t *offset, struct err *err)
{
	uint64_t size = blob_size(blob);

	if (size % TAR_BLOCK != 0 || size < END_SIZE + TAR_BLOCK)
		return has_no_end(blob,
		    "the file has a size that no archive has: it is cut", err);
	if (blob_read(blob, size - END_SIZE, end, END_SIZE, err) != 0)
		return -1;
	if (!is_end(end))
		return has_no_end(blob,
		    "the file does not end in an index: it is cut or damaged",
		    err);
	if (!fits(end, size, offset))
		return has_no_end(
		    blob, "the index does not fit the file's size", err);
	return 0;
}

/* Its tar header. */
static int
check_head(struct blob *blob, uint64_t offset, const struct header *header,
    struct err *err)
{
	uint64_t len = blob_size(blob) - offset - TAR_BLOCK - TAR_END;
	struct buf expected = { 0 };
	uint8_t head[TAR_BLOCK];
	int rc = -1;

	if (blob_read(blob, offset, head, sizeof(head), err) != 0 ||
	    tar_head(FORMAT_INDEX, len, header->created, &expected, err) != 0)
		goto out;
	rc = expected.len == sizeof(head) &&
		memcmp(expected.data, head, sizeof(head)) == 0
	    ? 0
	    : damaged(err, "has a damaged tar header");
out:
	buf_free(&expected);
	return rc;
}

/* Records that are in memory at once, besides those that are kept. */
#define CHUNK 1024

/* All records, which begin at ${at}, and the zeros behind them. */
static int
walk_file(struct walk *w, struct blob *blob, uint64_t at, uint64_t count,
    struct err *err)
{
	uint8_t *chunk = mem_alloc((size_t)CHUNK * INDEX_RECORD_SIZE);
	size_t n,
	    rest = padded((size_t)count * INDEX_RECORD_SIZE) -
	    (size_t)count * INDEX_RECORD_SIZE;
	int rc = 0;

	for (; count > 0 && rc == 0; count -= n) {
		n = count < CHUNK ? (size_t)count : CHUNK;
		rc = blob_read(blob, at, chunk, n * INDEX_RECORD_SIZE, err);
		if (rc == 0)
			walk_on(w, chunk, n);
		at += n * INDEX_RECORD_SIZE;
	}
	if (rc == 0)
		rc = blob_read(blob, at, chunk, rest, err);
	if (rc == 0 && !all_zero(chunk, rest))
		rc = does_not_fit(err);
	free(chunk);
	return rc;
}

/* Check it, and have ${kept} hold it unless NULL.  Before it is signed for, a
 * few blocks of it are read, whatever its size: that of a file without
 * substance costs nothing. */
static int
load(struct blob *blob, const struct header *header,
    const struct archive_keys *keys, struct index *kept, struct err *err)
{
	uint8_t end[END_SIZE];
	struct walk walk;
	uint64_t offset, count;
	int rc;

	if (find(blob, end, &offset, err) != 0 ||
	    check_head(blob, offset, header, err) != 0 ||
	    check_tail(end, header, keys, err) != 0)
		return -1;
	count = wire_get_le64(end + TAIL_COUNT);
	walk = (struct walk){ .hash = hash_new(), .kept = kept };
	rc = walk_file(&walk, blob, offset + TAR_BLOCK, count, err);
	if (rc == 0)
		rc = walk_end(&walk, end, offset, err);
	hash_free(walk.hash);
	return rc;
}

struct index *
index_load(struct blob *blob, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	struct index *index = mem_zalloc(sizeof(*index));

	if (load(blob, header, keys, index, err) == 0)
		return index;
	index_free(index);
	return NULL;
}

int
index_check(struct blob *blob, const struct header *header, struct err *err)
{
	uint8_t end[END_SIZE];
	uint64_t offset;

	if (!header->is_signed)
		return find(blob, end, &offset, err);
	return load(blob, header, NULL, NULL, err);
}

int
index_root(struct blob *blob, uint8_t root[HASH_SIZE], uint64_t *records,
    struct err *err)
{
	uint8_t end[END_SIZE];
	uint64_t offset;

	if (find(blob, end, &offset, err) != 0)
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
