#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "archive/catalog_doc.h"
#include "archive/entries.h"
#include "archive/reader.h"
#include "archive/wreck.h"
#include "base/mem.h"
#include "db/encoding.h"
#include "stream/zstd.h"

/* What a whole archive has besides parts: header, catalog, schema, globals,
 * manifest. */
#define DOCUMENTS 5
/* A part's buffer that grew larger is given back. */
#define PART_KEEP ((size_t)32 << 20)

struct reader {
	/* One of the three. */
	struct file_entries *file;
	struct stream_entries *stream;
	struct wreck *wreck;

	char *name; /* for messages */
	struct header *header;
	struct archive_keys *keys;
	int trusted; /* the header is */
	struct catalog *catalog;
	struct buf catalog_text;
	int shows_names; /* the catalog's are in UTF-8 */
	struct manifest *manifest;
	struct buf manifest_text;
	atomic_uint_fast64_t next; /* a file's next part */

	pthread_mutex_t lock; /* guards the stream's order, and: */
	int parts_done;       /* the stream's manifest has been read */
};

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	file_entries_free(r->file);
	stream_entries_free(r->stream);
	wreck_free(r->wreck);
	header_free(r->header);
	archive_keys_free(r->keys);
	catalog_free(r->catalog);
	manifest_free(r->manifest);
	buf_free(&r->catalog_text);
	buf_free(&r->manifest_text);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->name);
	free(r);
}

/* What to do without a header. */
static int
hint_headless(struct err *err)
{
	return err_hint(err,
	    "the keys of the archive are in its header and nowhere else; "
	    "another copy of it, even one that is damaged elsewhere, has the "
	    "same: put its first 64 KiB in the place of these (dd "
	    "if=GOODCOPY of=DAMAGED bs=64k count=1 conv=notrunc)");
}

/* A header that could not be parsed; one of another format says so itself. */
static int
fail_headless(const char *what, struct err *err)
{
	if (err->kind != ERR_DAMAGED || err->hint[0] != '\0')
		return -1;
	(void)err_wrap(err, "%s", what);
	return hint_headless(err);
}

/* Parse the header entry. */
static int
load_header(struct reader *r, const struct buf *buf, struct err *err)
{
	struct tar_entry entry;
	int64_t mtime = 0;

	r->header =
	    header_load(buf->data + TAR_BLOCK, buf->len - TAR_BLOCK, err);
	if (r->header == NULL)
		return fail_headless("the header is damaged", err);
	if (tar_parse_head(buf->data, &entry, &mtime, err) != 1)
		return -1;
	if (mtime != r->header->created)
		return err_set(err, ERR_DAMAGED,
		    FORMAT_HEADER " and its tar header differ in time");
	return 0;
}

static struct reader *
new_reader(const char *name)
{
	struct reader *r = mem_zalloc(sizeof(*r));

	(void)pthread_mutex_init(&r->lock, NULL);
	atomic_init(&r->next, 1);
	r->name = mem_strdup(name);
	return r;
}

/* Open ${blob}, or ${source} if it is NULL. */
static struct reader *
open_either(struct blob *blob, struct source *source, struct err *err)
{
	struct reader *r =
	    new_reader(blob != NULL ? blob_name(blob) : "standard input");
	struct buf buf = { 0 };
	struct entry first = { .buf = &buf };
	int opened;

	if (blob != NULL)
		r->file = file_entries_open(blob, &first, err);
	else
		r->stream = stream_entries_open(source, &first, err);
	opened = r->file != NULL || r->stream != NULL;
	if (!opened || load_header(r, &buf, err) != 0) {
		(void)err_wrap(err, "%s", r->name);
		reader_free(r);
		r = NULL;
	}
	buf_free(&buf);
	return r;
}

struct reader *
reader_open_file(const char *path, struct err *err)
{
	struct blob *blob = blob_open(path, err);

	return blob != NULL ? open_either(blob, NULL, err) : NULL;
}

struct reader *
reader_open_blob(struct blob *blob, struct err *err)
{
	return open_either(blob, NULL, err);
}

struct reader *
reader_open_stream(struct source *source, struct err *err)
{
	return open_either(NULL, source, err);
}

struct reader *
reader_open_wreck(const char *path, struct err *err)
{
	struct reader *r = new_reader(path);
	struct buf text = { 0 };

	r->wreck = wreck_open(path, &text, err);
	if (r->wreck != NULL) {
		r->header = header_load(text.data, text.len, err);
		if (r->header == NULL) {
			(void)fail_headless("the header is damaged, or this "
					    "is no pgcask archive",
			    err);
			(void)err_wrap(err, "%s", path);
		}
	}
	buf_free(&text);
	if (r->header != NULL)
		return r;
	reader_free(r);
	return NULL;
}

struct wreck *
reader_wreck(const struct reader *r)
{
	return r->wreck;
}

const struct header *
reader_header(const struct reader *r)
{
	return r->header;
}

const char *
reader_name(const struct reader *r)
{
	return r->name;
}

uint64_t
reader_size(const struct reader *r)
{
	if (r->wreck != NULL)
		return wreck_size(r->wreck);
	return r->file != NULL ? file_entries_size(r->file) : 0;
}

int
reader_is_stream(const struct reader *r)
{
	return r->stream != NULL;
}

void
reader_hint(struct err *err)
{
	if (err->kind == ERR_DAMAGED)
		(void)err_hint(err,
		    "\"pgcask list\" shows other archives, \"pgcask salvage\" "
		    "brings back what is whole of this one");
}

/* A file's index, and that it is that of a whole archive. */
static int
load_index(struct reader *r, const struct archive_keys *keys, struct err *err)
{
	struct buf buf = { 0 };
	struct entry first = { .buf = &buf };
	int rc = -1;

	if (file_entries_index(r->file, r->header, keys, err) != 0) {
		reader_hint(err);
		return -1;
	}
	if (file_entries_count(r->file) < DOCUMENTS)
		(void)err_set(err, ERR_DAMAGED, "the index lacks entries");
	else
		rc = file_entries_prove(r->file, 0, &first, err);
	buf_free(&buf);
	return rc;
}

int
reader_unlock(struct reader *r, const struct opening *opening, struct err *err)
{
	r->keys = header_open(r->header, opening, err);
	if (r->keys == NULL && r->wreck != NULL && err->kind == ERR_DAMAGED)
		(void)hint_headless(err);
	r->trusted = r->keys != NULL;
	if (r->keys == NULL ||
	    (r->file != NULL && load_index(r, r->keys, err) != 0) ||
	    (r->wreck != NULL &&
		wreck_find(r->wreck, r->header, r->keys, err) != 0))
		return err_wrap(err, "%s", r->name);
	return 0;
}

int
reader_trust(struct reader *r, const uint8_t *signer, struct err *err)
{
	r->trusted = header_trust(r->header, signer, err) == 0;
	if (!r->trusted || load_index(r, NULL, err) != 0)
		return err_wrap(err, "%s", r->name);
	return 0;
}

int
reader_trust_own(
    struct reader *r, const struct archive_keys *keys, struct err *err)
{
	r->trusted = header_trust_own(r->header, keys, err) == 0;
	if (!r->trusted || load_index(r, keys, err) != 0)
		return err_wrap(err, "%s", r->name);
	return 0;
}

int
reader_is_trusted(const struct reader *r)
{
	return r->trusted;
}

uint64_t
reader_entries(const struct reader *r)
{
	return file_entries_count(r->file);
}

const uint8_t *
reader_root(const struct reader *r)
{
	return file_entries_root(r->file);
}

/* What has to be the name of the entry there. */
static int
is_in_place(const struct reader *r, const struct entry *e)
{
	static const char *const first[] = { FORMAT_HEADER, FORMAT_CATALOG,
		FORMAT_SCHEMA, FORMAT_GLOBALS };
	enum part_kind kind;
	uint64_t number;

	if (e->position <= FORMAT_PARTS_AFTER)
		return strcmp(e->name, first[e->position]) == 0;
	if (e->position == reader_entries(r) - 1)
		return strcmp(e->name, FORMAT_MANIFEST) == 0;
	return format_parse_part_name(e->name, &number, &kind) == 0 &&
	    number == e->position - FORMAT_PARTS_AFTER;
}

int
reader_check_entry(struct reader *r, uint64_t position, struct buf *buf,
    uint64_t *size, struct err *err)
{
	struct entry e = { .buf = buf };

	buf_shrink(buf, PART_KEEP);
	if (file_entries_prove(r->file, position, &e, err) != 0)
		return err_wrap(err, "%s", r->name);
	*size = e.size;
	if (!is_in_place(r, &e))
		return err_set(err, ERR_DAMAGED,
		    "%s: entry %" PRIu64 " is \"%s\", which belongs elsewhere",
		    r->name, position, e.name);
	return 0;
}

int
reader_check(const struct reader *r, struct err *err)
{
	if (r->file == NULL || file_entries_check(r->file, r->header, err) == 0)
		return 0;
	return err_wrap(err, "%s", r->name);
}

/* The parts that a file has. */
static uint64_t
part_count(const struct reader *r)
{
	if (r->wreck != NULL)
		return wreck_remains(r->wreck)->part_count;
	return file_entries_count(r->file) - DOCUMENTS;
}

/* Decrypt and decompress a document that was read. */
static int
open_document(struct reader *r, const struct entry *e, const char *name,
    struct buf *out, struct err *err)
{
	struct seal_place place = { .position = e->position, .name = name };
	struct source *source;
	uint8_t *body;
	size_t len;
	int rc;

	if (strcmp(e->name, name) != 0)
		return err_set(err, ERR_DAMAGED,
		    "entry %" PRIu64 " is \"%s\" where \"%s\" belongs",
		    e->position, e->name, name);
	memcpy(place.id, r->header->id, SEAL_ID_SIZE);
	if (seal_open_in_place(r->keys->seal, &place, NULL, 0,
		e->buf->data + TAR_BLOCK, e->buf->len - TAR_BLOCK, &body, &len,
		err) != 0)
		return err_wrap(err, "%s", name);
	source = source_unzstd(source_from_mem(body, len));
	rc = source_read_all(source, out, FORMAT_DOC_MAX, err);
	source_free(source);
	return rc == 0 ? 0 : err_wrap(err, "%s", name);
}

/* Read a stream up to entry ${position}; the caller has the lock. */
static int
stream_to(struct reader *r, struct entry *e, uint64_t position, struct err *err)
{
	if (stream_entries_position(r->stream) > position)
		return err_set(err, ERR_FAIL,
		    "entry %" PRIu64 " of the stream has passed", position);
	do {
		if (stream_entries_next(r->stream, e, err) != 0)
			return -1;
		stream_entries_note(r->stream, e);
	} while (e->position < position);
	return 0;
}

static int
read_document(struct reader *r, uint64_t position, const char *name,
    struct buf *out, struct err *err)
{
	struct buf buf = { 0 };
	struct entry e = { .buf = &buf };
	int rc;

	if (r->wreck != NULL) {
		return wreck_document(
		    r->wreck, (enum find_what)position, out, err);
	}
	if (r->file != NULL) {
		rc = file_entries_read(r->file, position, &e, err);
		if (rc != 0)
			reader_hint(err);
	} else {
		(void)pthread_mutex_lock(&r->lock);
		rc = stream_to(r, &e, position, err);
		(void)pthread_mutex_unlock(&r->lock);
	}
	if (rc == 0)
		rc = open_document(r, &e, name, out, err);
	buf_free(&buf);
	return rc == 0 ? 0 : err_wrap(err, "%s", r->name);
}

void
reader_show_names(struct reader *r)
{
	r->shows_names = 1;
}

const struct catalog *
reader_catalog(struct reader *r, struct buf *raw, struct err *err)
{
	if (r->catalog == NULL) {
		r->catalog_text.len = 0;
		if (read_document(r, FORMAT_CATALOG_AT, FORMAT_CATALOG,
			&r->catalog_text, err) != 0)
			return NULL;
		r->catalog = catalog_doc_load(
		    r->catalog_text.data, r->catalog_text.len, err);
		if (r->catalog == NULL) {
			(void)err_wrap(err, "%s", r->name);
			return NULL;
		}
		if (r->shows_names)
			encoding_show(r->catalog);
	}
	if (raw != NULL &&
	    buf_add(raw, r->catalog_text.data, r->catalog_text.len, err) != 0)
		return NULL;
	return r->catalog;
}

int
reader_schema(struct reader *r, struct buf *out, struct err *err)
{
	return read_document(r, FORMAT_SCHEMA_AT, FORMAT_SCHEMA, out, err);
}

int
reader_globals(struct reader *r, struct buf *out, struct err *err)
{
	return read_document(r, FORMAT_GLOBALS_AT, FORMAT_GLOBALS, out, err);
}

/* Decrypt a part that lies in part->buf behind its tar header. */
static int
open_part(
    struct reader *r, const char *name, struct part *part, struct err *err)
{
	struct seal_place place = {
		.position = FORMAT_PARTS_AFTER + part->number, .name = name
	};
	uint8_t head[FORMAT_PART_HEAD_SIZE], *body;
	enum part_kind kind;
	uint64_t number;

	if (format_parse_part_name(name, &number, &kind) != 0 ||
	    number != part->number)
		return err_set(err, ERR_DAMAGED,
		    "\"%s\" stands where part %" PRIu64 " belongs", name,
		    part->number);
	memcpy(place.id, r->header->id, SEAL_ID_SIZE);
	if (seal_open_in_place(r->keys->seal, &place, head, sizeof(head),
		part->buf.data + TAR_BLOCK, part->buf.len - TAR_BLOCK, &body,
		&part->packed_len, err) != 0 ||
	    format_get_part_head(head, &part->head, err) != 0)
		return err_wrap(err, "%s", name);
	part->packed = body;
	if (part->head.kind != kind ||
	    (kind == PART_ROWS && part->head.table >= r->catalog->table_count))
		return err_set(err, ERR_DAMAGED,
		    "%s belongs to no table of the catalog", name);
	return 0;
}

/* The same of a part; with the manifest, it is known what is lost. */
static void
name_part(const struct reader *r, uint64_t number, struct err *err)
{
	const struct part_head *head;
	const struct table *t;

	if (err->kind != ERR_DAMAGED)
		return;
	if (r->manifest != NULL && number <= r->manifest->part_count) {
		head = &r->manifest->parts[number - 1].head;
		if (head->kind == PART_LOBJS) {
			(void)err_wrap(err, "large objects");
		} else {
			t = &r->catalog->tables[head->table];
			(void)err_wrap(
			    err, "rows of %s.%s", t->schema, t->name);
			(void)err_hint(err,
			    "\"pgcask list\" shows other archives; \"pgcask "
			    "restore --exclude-table-data '%s.%s'\" brings the "
			    "rest of this one, \"pgcask salvage\" the other "
			    "rows of the table, too",
			    t->schema, t->name);
		}
	}
	reader_hint(err);
}

int
reader_part(
    struct reader *r, uint64_t number, struct part *part, struct err *err)
{
	struct entry e = { .buf = &part->buf };

	buf_shrink(&part->buf, PART_KEEP);
	part->number = number;
	if (number == 0 || number > part_count(r))
		return err_set(err, ERR_DAMAGED,
		    "%s: there is no part %" PRIu64, r->name, number);
	if (r->wreck != NULL) {
		wreck_take(r->wreck, number, &part->head, &part->buf,
		    &part->packed, &part->packed_len);
		return 0;
	}
	if (file_entries_read(r->file, FORMAT_PARTS_AFTER + number, &e, err) !=
		0 ||
	    open_part(r, e.name, part, err) != 0) {
		name_part(r, number, err);
		return err_wrap(err, "%s", r->name);
	}
	return 0;
}

/* The stream's next part, still sealed: 1, or 0 when it was the manifest.  The
 * caller has the lock. */
static int
stream_part(struct reader *r, struct entry *e, struct err *err)
{
	if (r->parts_done)
		return 0;
	/* Documents that nobody asked for. */
	if (stream_entries_position(r->stream) <= FORMAT_GLOBALS_AT &&
	    stream_to(r, e, FORMAT_GLOBALS_AT, err) != 0)
		return -1;
	if (stream_entries_next(r->stream, e, err) != 0)
		return -1;
	if (strcmp(e->name, FORMAT_MANIFEST) != 0)
		return 1;
	r->parts_done = 1;
	stream_entries_note(r->stream, e);
	return open_document(r, e, FORMAT_MANIFEST, &r->manifest_text, err);
}

int
reader_next_part(struct reader *r, struct part *part, struct err *err)
{
	struct entry e = { .buf = &part->buf };
	int rc;

	if (r->stream == NULL) {
		uint64_t number = atomic_fetch_add(&r->next, 1);

		if (number > part_count(r))
			return 0;
		return reader_part(r, number, part, err) == 0 ? 1 : -1;
	}
	buf_shrink(&part->buf, PART_KEEP);
	(void)pthread_mutex_lock(&r->lock);
	rc = stream_part(r, &e, err);
	(void)pthread_mutex_unlock(&r->lock);
	if (rc > 0) {
		/* Before it is decrypted where it lies. */
		stream_entries_note(r->stream, &e);
		part->number = e.position - FORMAT_PARTS_AFTER;
		rc = open_part(r, e.name, part, err) == 0 ? 1 : -1;
	}
	if (rc < 0)
		(void)err_wrap(err, "%s", r->name);
	return rc;
}

void
part_free(struct part *part)
{
	buf_free(&part->buf);
	columns_room_free(&part->room);
}

/* A source that must give exactly as many bytes as the part's head says. */
struct exact {
	struct source source;
	struct source *below;
	uint64_t left;
};

static ssize_t
exact_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct exact *e = (struct exact *)(void *)source;
	ssize_t got = source_read(e->below, buf, size, err);

	if (got < 0)
		return -1;
	if ((uint64_t)got > e->left || (got == 0 && e->left > 0))
		return err_set(err, ERR_DAMAGED,
		    "the part holds another number of bytes than it states");
	e->left -= (uint64_t)got;
	return got;
}

static void
exact_free(struct source *source)
{
	struct exact *e = (struct exact *)(void *)source;

	source_free(e->below);
	free(e);
}

struct source *
rows_unpack(struct source *packed, const struct part_head *head,
    struct columns_room *room)
{
	static const struct source_ops ops = { exact_read, exact_free };
	struct exact *e = mem_zalloc(sizeof(*e));

	e->source.ops = &ops;
	e->below = source_unzstd(packed);
	if (head->layout == LAYOUT_COLUMNS)
		e->below = source_rows(e->below, room);
	e->left = head->bytes;
	return &e->source;
}

struct source *
part_rows(struct part *part)
{
	/* Of a wreck, lost since it was looked at. */
	if (part->packed == NULL)
		return source_from_mem("", 0);
	return rows_unpack(source_from_mem(part->packed, part->packed_len),
	    &part->head, &part->room);
}

const struct manifest *
reader_manifest(struct reader *r, struct buf *raw, struct err *err)
{
	if (r->wreck != NULL)
		return wreck_remains(r->wreck);
	if (r->manifest == NULL) {
		if (r->file != NULL) {
			r->manifest_text.len = 0;
			if (read_document(r, file_entries_count(r->file) - 1,
				FORMAT_MANIFEST, &r->manifest_text, err) != 0)
				return NULL;
		}
		r->manifest = manifest_load(r->manifest_text.data,
		    r->manifest_text.len, r->catalog->table_count, err);
		if (r->manifest == NULL) {
			(void)err_wrap(err, "%s", r->name);
			return NULL;
		}
	}
	if (raw != NULL &&
	    buf_add(raw, r->manifest_text.data, r->manifest_text.len, err) != 0)
		return NULL;
	return r->manifest;
}

int
reader_end(struct reader *r, struct err *err)
{
	if (r->stream == NULL ||
	    stream_entries_end(r->stream, r->header, r->keys, err) == 0)
		return 0;
	return err_wrap(err, "%s", r->name);
}
