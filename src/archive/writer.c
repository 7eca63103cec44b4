#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "archive/index.h"
#include "archive/writer.h"
#include "base/mem.h"
#include "stream/zstd.h"

/*
 * Parts wait in a ring, each in the place of its number.  The next number to
 * be written is always admitted, so that the ring can't fill up with others
 * while the thread waits for it.
 */
#define RING 4096
/* Memory of a part that grew larger is given back. */
#define SPARE_MAX ((size_t)12 << 20)

struct waiting {
	struct buf sealed;
	char name[TAR_NAME_MAX + 1];
	int present;
};

struct writer {
	struct sink *sink; /* where the bytes go */
	struct sink tap;   /* between the tar and the sink: hashes, counts */
	struct tar_writer *tar;
	const struct sealing *sealing;
	struct header *header;
	struct archive_keys *keys;
	struct index index;
	struct hash *hash;
	uint64_t entry_bytes; /* of the entry being written */
	int proves;           /* documents are decompressed again */
	int complete;         /* all but the final name */

	pthread_t thread;
	int started;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct waiting ring[RING];
	uint64_t next;  /* the number to be written next */
	uint64_t taken; /* tickets given out */
	size_t queued;  /* bytes in the ring */
	uint64_t bytes; /* written in all */
	int open;       /* the opening documents are written */
	int closing;    /* no more tickets */
	int failed;
	struct buf spare; /* memory of a part that was written */
	struct err err;   /* why; ERR_NONE when the job failed elsewhere */
};

static struct writer *
of_tap(struct sink *tap)
{
	return (struct writer *)(void *)((char *)tap -
	    offsetof(struct writer, tap));
}

static int
tap_write(struct sink *tap, const void *data, size_t len, struct err *err)
{
	struct writer *w = of_tap(tap);

	hash_add(w->hash, data, len);
	w->entry_bytes += len;
	return sink_write(w->sink, data, len, err);
}

static int
tap_finish(struct sink *tap, struct err *err)
{
	(void)tap;
	(void)err;
	return 0;
}

static void
tap_free(struct sink *tap)
{
	(void)tap;
}

static const struct sink_ops TAP = { tap_write, tap_finish, tap_free };

/* Write a whole entry and index it.  One thread at a time: the leader before
 * the thread starts and after it ended, the thread between. */
static int
put_entry(
    struct writer *w, const char *name, const struct buf *body, struct err *err)
{
	uint8_t hash[HASH_SIZE];

	hash_reset(w->hash);
	w->entry_bytes = 0;
	if (tar_writer_entry(w->tar, name, body->len, err) != 0 ||
	    tar_writer_data(w->tar, body->data, body->len, err) != 0 ||
	    tar_writer_pad(w->tar, err) != 0)
		return -1;
	hash_end(w->hash, hash);
	index_add(&w->index, w->entry_bytes, hash);
	(void)pthread_mutex_lock(&w->lock);
	w->bytes += w->entry_bytes;
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

/* That the frames in ${sealer} are ${text}'s. */
static int
prove(const struct sealer *sealer, const struct buf *text, struct err *err)
{
	struct source *source = source_unzstd(sealer_source(sealer));
	struct buf again = { 0 };
	int rc = source_read_all(source, &again, FORMAT_DOC_MAX, err);

	if (rc == 0 &&
	    (again.len != text->len ||
		(text->len > 0 &&
		    memcmp(again.data, text->data, text->len) != 0)))
		rc = err_set(
		    err, ERR_DAMAGED, "it is decompressed to something else");
	source_free(source);
	buf_free(&again);
	return rc == 0 ? 0 : writer_blame(err);
}

/* Compress, seal and write one document. */
static int
put_document(struct writer *w, int level, uint64_t position, const char *name,
    const struct buf *text, struct err *err)
{
	struct seal_place place = { .position = position, .name = name };
	struct packer *packer = packer_new(level);
	struct sealer *sealer = sealer_new(0);
	struct buf sealed = { 0 };
	int rc;

	memcpy(place.id, w->header->id, SEAL_ID_SIZE);
	packer_begin(packer, sealer_sink(sealer));
	rc = packer_write(packer, text->data, text->len, err);
	if (rc == 0)
		rc = packer_end(packer, err);
	if (rc == 0 && w->proves)
		rc = prove(sealer, text, err);
	if (rc == 0)
		rc = sealer_end(
		    sealer, w->keys->seal, &place, NULL, &sealed, err);
	if (rc == 0)
		rc = put_entry(w, name, &sealed, err);
	packer_free(packer);
	sealer_free(sealer);
	buf_free(&sealed);
	return rc == 0 ? 0 : err_wrap(err, "%s", name);
}

static int
put_header(struct writer *w, struct err *err)
{
	struct buf text = { 0 };
	int rc = header_dump(w->header, &text, err);

	if (rc == 0)
		rc = put_entry(w, FORMAT_HEADER, &text, err);
	buf_free(&text);
	return rc;
}

/* Take the next part in turn: 1, or 0 when there will be no more. */
static int
take_next(struct writer *w, struct waiting *part)
{
	struct waiting *slot;
	int got = 0;

	(void)pthread_mutex_lock(&w->lock);
	slot = &w->ring[w->next % RING];
	while (!w->failed && !(w->open && slot->present) &&
	    !(w->closing && w->next > w->taken))
		(void)pthread_cond_wait(&w->changed, &w->lock);
	if (!w->failed && slot->present) {
		*part = *slot;
		memset(slot, 0, sizeof(*slot));
		w->queued -= part->sealed.len;
		w->next++;
		got = 1;
		(void)pthread_cond_broadcast(&w->changed);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return got;
}

static void
set_failed(struct writer *w, const struct err *err)
{
	(void)pthread_mutex_lock(&w->lock);
	if (!w->failed && err != NULL)
		w->err = *err;
	w->failed = 1;
	(void)pthread_cond_broadcast(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
}

/* Fresh pages cost more than what is done with them: keep one part's. */
static void
keep_spare(struct writer *w, struct buf *sealed)
{
	struct buf other = *sealed;

	if (sealed->cap <= SPARE_MAX) {
		(void)pthread_mutex_lock(&w->lock);
		other = w->spare;
		w->spare = *sealed;
		w->spare.len = 0;
		(void)pthread_mutex_unlock(&w->lock);
	}
	buf_free(&other);
}

static void *
write_parts(void *arg)
{
	struct writer *w = arg;
	struct waiting part;
	struct err err = ERR_INIT;

	while (take_next(w, &part)) {
		int rc = put_entry(w, part.name, &part.sealed, &err);

		keep_spare(w, &part.sealed);
		if (rc != 0) {
			set_failed(w, &err);
			break;
		}
	}
	return NULL;
}

/* Pass on why the writer failed. */
static int
report(struct writer *w, struct err *err)
{
	(void)pthread_mutex_lock(&w->lock);
	if (w->err.kind != ERR_NONE)
		*err = w->err;
	else
		(void)err_set(err, ERR_FAIL, "the backup was given up");
	(void)pthread_mutex_unlock(&w->lock);
	return -1;
}

struct writer *
writer_new(struct sink *sink, const struct sealing *sealing,
    struct header *header, struct archive_keys *keys, struct err *err)
{
	struct writer *w = mem_zalloc(sizeof(*w));
	int rc;

	w->sink = sink;
	w->tap.ops = &TAP;
	w->sealing = sealing;
	w->hash = hash_new();
	w->next = 1;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->changed, NULL);
	w->header = header;
	w->keys = keys;
	w->tar = tar_writer_new(&w->tap, header->created, err);
	if (w->tar == NULL || put_header(w, err) != 0)
		goto fail;
	rc = pthread_create(&w->thread, NULL, write_parts, w);
	if (rc != 0) {
		errno = rc;
		(void)err_sys(err, ERR_FAIL, "cannot start a thread");
		goto fail;
	}
	w->started = 1;
	return w;
fail:
	writer_free(w);
	return NULL;
}

void
writer_free(struct writer *w)
{
	size_t i;

	if (w == NULL)
		return;
	if (w->started) {
		set_failed(w, NULL);
		(void)pthread_join(w->thread, NULL);
	}
	for (i = 0; i < RING; i++)
		buf_free(&w->ring[i].sealed);
	buf_free(&w->spare);
	tar_writer_free(w->tar);
	sink_free(w->sink);
	hash_free(w->hash);
	header_free(w->header);
	archive_keys_free(w->keys);
	free(w->index.records);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->changed);
	free(w);
}

void
writer_prove(struct writer *w)
{
	w->proves = 1;
}

int
writer_blame(struct err *err)
{
	if (err->kind != ERR_DAMAGED)
		return -1;
	(void)err_wrap(err, "what was compressed is not what comes back");
	return err_hint(err,
	    "this host's memory or processor makes mistakes: test them "
	    "(memtest86+, the kernel's log) before you trust it with a backup");
}

const struct header *
writer_header(const struct writer *w)
{
	return w->header;
}

const uint8_t *
writer_key(const struct writer *w)
{
	return w->keys->seal;
}

struct seal_place
writer_place(const struct writer *w, uint64_t number, const char *name)
{
	struct seal_place place = { .position = FORMAT_PARTS_AFTER + number,
		.name = name };

	memcpy(place.id, w->header->id, SEAL_ID_SIZE);
	return place;
}

int
writer_open(struct writer *w, int level, const struct buf *catalog,
    const struct buf *schema, const struct buf *globals, struct err *err)
{
	/* The thread writes nothing before w->open is set. */
	if (put_document(w, level, FORMAT_CATALOG_AT, FORMAT_CATALOG, catalog,
		err) != 0 ||
	    put_document(
		w, level, FORMAT_SCHEMA_AT, FORMAT_SCHEMA, schema, err) != 0 ||
	    put_document(w, level, FORMAT_GLOBALS_AT, FORMAT_GLOBALS, globals,
		err) != 0) {
		set_failed(w, err);
		return -1;
	}
	(void)pthread_mutex_lock(&w->lock);
	w->open = 1;
	(void)pthread_cond_broadcast(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

uint64_t
writer_ticket(struct writer *w)
{
	uint64_t number;

	(void)pthread_mutex_lock(&w->lock);
	number = ++w->taken;
	(void)pthread_mutex_unlock(&w->lock);
	return number;
}

/* Whether part ${number} may enter the ring now; the caller has the lock. */
static int
admitted(const struct writer *w, uint64_t number, size_t len)
{
	if (number == w->next)
		return 1;
	return number - w->next < RING && w->queued + len <= WRITER_QUEUE;
}

int
writer_part(struct writer *w, uint64_t number, const char *name,
    struct buf *sealed, struct err *err)
{
	struct waiting *slot = &w->ring[number % RING];
	int failed;

	if (number > FORMAT_PARTS_MAX)
		return err_set(err, ERR_FAIL,
		    "more parts than format %d has "
		    "numbers for",
		    FORMAT_NUMBER);
	/* What waits is counted by its length. */
	if (sealed->cap / 2 > sealed->len)
		buf_shrink(sealed, sealed->len);
	(void)pthread_mutex_lock(&w->lock);
	while (!w->failed && !admitted(w, number, sealed->len))
		(void)pthread_cond_wait(&w->changed, &w->lock);
	failed = w->failed;
	if (!failed) {
		slot->sealed = *sealed;
		slot->present = 1;
		(void)memcpy(slot->name, name, strlen(name) + 1);
		w->queued += sealed->len;
		*sealed = w->spare;
		w->spare = (struct buf){ 0 };
		(void)pthread_cond_broadcast(&w->changed);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return failed ? report(w, err) : 0;
}

void
writer_fail(struct writer *w)
{
	set_failed(w, NULL);
}

/* Let the thread write what waits, and end it. */
static int
drain(struct writer *w, struct err *err)
{
	(void)pthread_mutex_lock(&w->lock);
	w->closing = 1;
	(void)pthread_cond_broadcast(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	w->started = 0;
	return w->failed ? report(w, err) : 0;
}

static int
put_index(struct writer *w, struct err *err)
{
	struct buf body = { 0 };
	int rc = index_dump(
	    &w->index, w->header->id, w->sealing, w->keys, &body, err);

	if (rc == 0)
		rc = put_entry(w, FORMAT_INDEX, &body, err);
	buf_free(&body);
	return rc;
}

int
writer_complete(
    struct writer *w, int level, const struct manifest *m, struct err *err)
{
	struct buf text = { 0 };
	int rc = drain(w, err);

	if (rc == 0)
		rc = manifest_dump(m, &text, err);
	if (rc == 0)
		rc = put_document(w, level, FORMAT_PARTS_AFTER + w->next,
		    FORMAT_MANIFEST, &text, err);
	if (rc == 0)
		rc = put_index(w, err);
	if (rc == 0)
		rc = tar_writer_end(w->tar, err);
	w->bytes += TAR_END;
	w->complete = rc == 0;
	buf_free(&text);
	return rc;
}

struct reader *
writer_reread(struct writer *w, struct err *err)
{
	struct blob *blob = file_settle(w->sink, err);
	struct reader *r;

	if (blob == NULL)
		return NULL;
	if (blob_size(blob) != w->bytes) {
		(void)err_set(err, ERR_DAMAGED,
		    "%s has %" PRIu64 " bytes, and %" PRIu64 " were written",
		    blob_name(blob), blob_size(blob), w->bytes);
		blob_free(blob);
		return NULL;
	}
	r = reader_open_blob(blob, err);
	if (r == NULL)
		return NULL;
	if (reader_trust_own(r, w->keys, err) == 0) {
		if (memcmp(reader_root(r), w->index.root, HASH_SIZE) == 0)
			return r;
		(void)err_set(err, ERR_DAMAGED,
		    "%s: the index is not the one that was written",
		    reader_name(r));
	}
	reader_free(r);
	return NULL;
}

int
writer_finish(
    struct writer *w, int level, const struct manifest *m, struct err *err)
{
	if (!w->complete && writer_complete(w, level, m, err) != 0)
		return -1;
	return sink_finish(w->sink, err);
}

uint64_t
writer_bytes(const struct writer *w)
{
	return w->bytes;
}
