#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entries.h"
#include "base/mem.h"
#include "base/stop.h"

struct file_entries {
	struct blob *blob;
	struct index *index; /* once file_entries_index() was called */
};

int
entries_foreign(struct err *err)
{
	(void)err_set(err, ERR_DAMAGED, "this is not a pgcask archive");
	return err_hint(err,
	    "an archive is a tar file whose first entry is " FORMAT_HEADER);
}

void
file_entries_free(struct file_entries *f)
{
	if (f == NULL)
		return;
	blob_free(f->blob);
	index_free(f->index);
	free(f);
}

/* The first entry, before there is an index to tell where it ends. */
static int
read_first(struct file_entries *f, struct entry *e, struct err *err)
{
	struct buf expected = { 0 };
	struct tar_entry head;
	int64_t mtime;
	int rc = -1;

	if (blob_size(f->blob) == 0)
		return err_set(err, ERR_DAMAGED, "the file is empty");
	if (blob_size(f->blob) < TAR_BLOCK)
		return entries_foreign(err);
	if (buf_reserve(e->buf, TAR_BLOCK + FORMAT_HEADER_MAX, err) != 0 ||
	    blob_read(f->blob, 0, e->buf->data, TAR_BLOCK, err) != 0)
		return -1;
	if (tar_parse_head(e->buf->data, &head, &mtime, err) != 1 ||
	    strcmp(head.name, FORMAT_HEADER) != 0 ||
	    head.size > FORMAT_HEADER_MAX)
		return entries_foreign(err);
	if (blob_read(f->blob, TAR_BLOCK, e->buf->data + TAR_BLOCK,
		(size_t)head.size, err) != 0 ||
	    tar_head(head.name, head.size, mtime, &expected, err) != 0)
		goto out;
	e->buf->len = TAR_BLOCK + (size_t)head.size;
	e->position = 0;
	memcpy(e->name, head.name, sizeof(e->name));
	if (expected.len == TAR_BLOCK &&
	    memcmp(expected.data, e->buf->data, TAR_BLOCK) == 0)
		rc = 0;
	else
		(void)err_set(err, ERR_DAMAGED,
		    "the tar header of " FORMAT_HEADER " is damaged");
out:
	buf_free(&expected);
	return rc;
}

struct file_entries *
file_entries_open(struct blob *blob, struct entry *header, struct err *err)
{
	struct file_entries *f = mem_zalloc(sizeof(*f));

	f->blob = blob;
	if (read_first(f, header, err) == 0)
		return f;
	file_entries_free(f);
	return NULL;
}

uint64_t
file_entries_size(const struct file_entries *f)
{
	return blob_size(f->blob);
}

int
file_entries_check(
    const struct file_entries *f, const struct header *header, struct err *err)
{
	return index_check(f->blob, header, err);
}

int
file_entries_index(struct file_entries *f, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	f->index = index_load(f->blob, header, keys, err);
	return f->index != NULL ? 0 : -1;
}

uint64_t
file_entries_count(const struct file_entries *f)
{
	return f->index->count;
}

const uint8_t *
file_entries_root(const struct file_entries *f)
{
	return f->index->root;
}

/* Whether an entry is as long as one can be. */
static int
check_length(
    const struct index_record *record, uint64_t position, struct err *err)
{
	if (record->length <= ENTRIES_SIZE_MAX)
		return 0;
	return err_set(err, ERR_DAMAGED,
	    "entry %" PRIu64 " is larger than any can be", position);
}

static int
check_hash(const struct index_record *record, const uint8_t hash[HASH_SIZE],
    uint64_t position, struct err *err)
{
	if (memcmp(hash, record->hash, HASH_SIZE) == 0)
		return 0;
	return err_set(err, ERR_DAMAGED,
	    "entry %" PRIu64 " (bytes %" PRIu64 " to %" PRIu64
	    ") is damaged: its hash is not the index's",
	    position, record->offset, record->offset + record->length - 1);
}

/* Name, position and size, by the tar header. */
static int
take_head(const struct index_record *record, const uint8_t *block,
    uint64_t position, struct entry *e, struct err *err)
{
	struct tar_entry head;
	int64_t mtime;

	if (tar_parse_head(block, &head, &mtime, err) != 1 ||
	    TAR_BLOCK + (head.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK !=
		record->length)
		return err_set(err, ERR_DAMAGED,
		    "entry %" PRIu64 " is not where the index says", position);
	memcpy(e->name, head.name, sizeof(e->name));
	e->position = position;
	e->size = TAR_BLOCK + head.size;
	return 0;
}

int
file_entries_read(
    struct file_entries *f, uint64_t position, struct entry *e, struct err *err)
{
	const struct index_record *record = &f->index->records[position];
	uint8_t hash[HASH_SIZE];

	e->buf->len = 0;
	if (check_length(record, position, err) != 0 ||
	    buf_reserve(e->buf, (size_t)record->length, err) != 0 ||
	    blob_read(f->blob, record->offset, e->buf->data,
		(size_t)record->length, err) != 0)
		return -1;
	hash_once(e->buf->data, (size_t)record->length, hash);
	if (check_hash(record, hash, position, err) != 0 ||
	    take_head(record, e->buf->data, position, e, err) != 0)
		return -1;
	e->buf->len = (size_t)e->size;
	return 0;
}

/* Hash an entry piece by piece; ${block} gets its tar header. */
static int
hash_pieces(struct file_entries *f, const struct index_record *record,
    struct hash *hash, uint8_t block[TAR_BLOCK], struct buf *buf,
    struct err *err)
{
	uint64_t done;
	size_t now;

	for (done = 0; done < record->length; done += now) {
		now = ENTRIES_PIECE;
		if (now > record->length - done)
			now = (size_t)(record->length - done);
		if (stop_check(err) != 0 ||
		    blob_read(f->blob, record->offset + done, buf->data, now,
			err) != 0)
			return -1;
		if (done == 0)
			memcpy(block, buf->data, TAR_BLOCK);
		hash_add(hash, buf->data, now);
	}
	return 0;
}

int
file_entries_prove(
    struct file_entries *f, uint64_t position, struct entry *e, struct err *err)
{
	const struct index_record *record = &f->index->records[position];
	uint8_t sum[HASH_SIZE], block[TAR_BLOCK];
	struct hash *hash;
	int rc;

	e->buf->len = 0;
	if (check_length(record, position, err) != 0 ||
	    buf_reserve(e->buf, ENTRIES_PIECE, err) != 0)
		return -1;
	hash = hash_new();
	rc = hash_pieces(f, record, hash, block, e->buf, err);
	hash_end(hash, sum);
	hash_free(hash);
	if (rc != 0 || check_hash(record, sum, position, err) != 0)
		return -1;
	return take_head(record, block, position, e, err);
}
