#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entries.h"
#include "base/mem.h"

/* A sealed document: no compression makes it larger than by this. */
#define DOCUMENT_MAX ((uint64_t)FORMAT_DOC_MAX + (FORMAT_DOC_MAX >> 6))
/* Memory is taken as bytes come, not as a header promises. */
#define PIECE ((size_t)1 << 20)

struct stream_entries {
	struct tar_reader *tar;
	struct source *source; /* the tar's own, lent, to see its end */
	pthread_mutex_t lock;  /* guards what follows */
	struct index seen;     /* the entries as they were read */
};

void
stream_entries_free(struct stream_entries *s)
{
	if (s == NULL)
		return;
	tar_reader_free(s->tar);
	free(s->seen.records);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static size_t
padding(uint64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

static int
read_body(
    struct stream_entries *s, uint64_t size, struct buf *buf, struct err *err)
{
	ssize_t got;

	if (size > ENTRIES_SIZE_MAX)
		return err_set(err, ERR_DAMAGED,
		    "%" PRIu64 " bytes are more than any entry has", size);
	while (size > 0) {
		size_t want = size < PIECE ? (size_t)size : PIECE;

		if (buf_reserve(buf, want, err) != 0)
			return -1;
		got = tar_reader_data(s->tar, buf->data + buf->len, want, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(err, ERR_DAMAGED, "the archive is cut");
		buf->len += (size_t)got;
		size -= (uint64_t)got;
	}
	return 0;
}

/* Read an entry, of at most ${max} bytes; 0 at the archive's end. */
static int
read_entry(
    struct stream_entries *s, struct entry *e, uint64_t max, struct err *err)
{
	struct tar_entry head;
	int rc;

	e->buf->len = 0;
	rc = tar_reader_next(s->tar, &head, e->buf, err);
	if (rc <= 0)
		return rc;
	memcpy(e->name, head.name, sizeof(e->name));
	if (e->buf->len != TAR_BLOCK || head.size > max)
		return err_set(err, ERR_DAMAGED,
		    "\"%s\" is larger than it can be", head.name);
	if (read_body(s, head.size, e->buf, err) != 0)
		return err_wrap(err, "%s", head.name);
	return 1;
}

/* Give an entry its place among those seen; its hash comes later. */
static void
place(struct stream_entries *s, struct entry *e)
{
	static const uint8_t none[HASH_SIZE];

	(void)pthread_mutex_lock(&s->lock);
	e->position = s->seen.count;
	index_add(
	    &s->seen, e->buf->len + padding(e->buf->len - TAR_BLOCK), none);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Why the first entry is not there. */
static void
explain(
    const struct stream_entries *s, const struct entry *header, struct err *err)
{
	if (tar_reader_is_empty(s->tar)) {
		(void)err_set(err, ERR_DAMAGED, "there is nothing to read");
		(void)err_hint(err,
		    "the command before the pipe has failed: see what it says");
		return;
	}
	/* What is no tar at all is no archive either. */
	if (err->kind != ERR_STORAGE &&
	    strcmp(header->name, FORMAT_HEADER) != 0)
		(void)entries_foreign(err);
}

struct stream_entries *
stream_entries_open(
    struct source *source, struct entry *header, struct err *err)
{
	struct stream_entries *s = mem_zalloc(sizeof(*s));
	int rc;

	(void)pthread_mutex_init(&s->lock, NULL);
	s->source = source;
	s->tar = tar_reader_new(source);
	header->name[0] = '\0';
	rc = read_entry(s, header, FORMAT_HEADER_MAX, err);
	if (rc == 0)
		(void)err_set(err, ERR_DAMAGED, "there is nothing to read");
	if (rc > 0 && strcmp(header->name, FORMAT_HEADER) == 0) {
		place(s, header);
		stream_entries_note(s, header);
		return s;
	}
	if (rc != 0)
		explain(s, header, err);
	stream_entries_free(s);
	return NULL;
}

uint64_t
stream_entries_position(const struct stream_entries *s)
{
	return s->seen.count;
}

int
stream_entries_next(struct stream_entries *s, struct entry *e, struct err *err)
{
	int document = s->seen.count <= FORMAT_GLOBALS_AT;
	int rc = read_entry(s, e, document ? DOCUMENT_MAX : UINT64_MAX, err);

	if (rc == 0)
		return err_set(err, ERR_DAMAGED,
		    "the archive ends before its manifest: it is cut");
	if (rc < 0)
		return -1;
	place(s, e);
	return 0;
}

void
stream_entries_note(struct stream_entries *s, const struct entry *e)
{
	static const uint8_t zeros[TAR_BLOCK];
	uint8_t hash[HASH_SIZE];
	struct hash *h = hash_new();

	hash_add(h, e->buf->data, e->buf->len);
	hash_add(h, zeros, padding(e->buf->len - TAR_BLOCK));
	hash_end(h, hash);
	hash_free(h);
	(void)pthread_mutex_lock(&s->lock);
	memcpy(s->seen.records[e->position].hash, hash, HASH_SIZE);
	(void)pthread_mutex_unlock(&s->lock);
}

static int
compare(const struct index *seen, const struct index *index, struct err *err)
{
	size_t i;

	if (index->count != seen->count)
		return err_set(err, ERR_DAMAGED,
		    "the index has %zu entries, the archive %zu", index->count,
		    seen->count);
	for (i = 0; i < index->count; i++)
		if (index->records[i].length != seen->records[i].length ||
		    memcmp(index->records[i].hash, seen->records[i].hash,
			HASH_SIZE) != 0)
			return err_set(err, ERR_DAMAGED,
			    "entry %zu is "
			    "damaged: its hash is not the index's",
			    i);
	return 0;
}

/* After the index come two zero blocks, and nothing more. */
static int
check_end(struct stream_entries *s, struct err *err)
{
	struct tar_entry head;
	ssize_t got = 0;
	char extra;
	int rc = tar_reader_next(s->tar, &head, NULL, err);

	if (rc == 0)
		got = source_read(s->source, &extra, 1, err);
	if (rc < 0 || got < 0)
		return -1;
	if (rc > 0 || got > 0)
		return err_set(
		    err, ERR_DAMAGED, "the archive goes on after its index");
	return 0;
}

int
stream_entries_end(struct stream_entries *s, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	struct buf buf = { 0 };
	struct entry e = { .buf = &buf };
	struct index *index = NULL;
	int rc = read_entry(s, &e, index_size(s->seen.count), err);

	if (rc == 0 || (rc > 0 && strcmp(e.name, FORMAT_INDEX) != 0)) {
		(void)err_set(err, ERR_DAMAGED,
		    "the index is missing: the archive is cut or damaged");
		rc = -1;
	}
	if (rc > 0) {
		index = index_parse(buf.data + TAR_BLOCK, buf.len - TAR_BLOCK,
		    s->seen.offset, header, keys, err);
		rc = index != NULL && compare(&s->seen, index, err) == 0
		    ? check_end(s, err)
		    : -1;
	}
	index_free(index);
	buf_free(&buf);
	return rc;
}
