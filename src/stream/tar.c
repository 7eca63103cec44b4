#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/tar.h"

#define SIZE_MAX_OCTAL UINT64_C(077777777777) /* 11 digits, 8 GiB - 1 */

struct tar_writer {
	struct archive *tar;
	struct sink *below;
	int64_t mtime;
	uint64_t left;   /* bytes that the entry still has to get */
	struct err *err; /* of the call under way */
	int below_failed;
	int closing;
};

/* The outcome of a call of libarchive that gave ${rc}.  A failure of the sink
 * below has filled the error already. */
static int
judge(struct tar_writer *w, int rc, const char *what, struct err *err)
{
	if (w->below_failed)
		return -1;
	if (rc == ARCHIVE_OK)
		return 0;
	return err_set(err, ERR_FAIL, "cannot write %s: %s", what,
	    archive_error_string(w->tar) != NULL
		? archive_error_string(w->tar)
		: "libarchive gives no reason");
}

/*
 * libarchive frees all its memory only if it could close the archive, which it
 * does not try after a failed write.  So a failure of the sink is kept from it
 * and dealt with in judge(); and when a writer is freed without an end, what
 * closing would write is refused.
 */
static la_ssize_t
write_below(struct archive *tar, void *arg, const void *data, size_t len)
{
	struct tar_writer *w = arg;

	if (w->closing) {
		archive_set_error(tar, ECANCELED, "not wanted");
		return -1;
	}
	if (!w->below_failed && sink_write(w->below, data, len, w->err) != 0)
		w->below_failed = 1;
	return (la_ssize_t)len;
}

struct tar_writer *
tar_writer_new(struct sink *below, int64_t mtime, struct err *err)
{
	struct tar_writer *w = mem_zalloc(sizeof(*w));

	w->below = below;
	w->mtime = mtime;
	w->err = err;
	w->tar = archive_write_new();
	if (w->tar == NULL) {
		err_set(err, ERR_FAIL, "out of memory");
		tar_writer_free(w);
		return NULL;
	}
	/*
	 * The ustar writer: what it can say it says in one block, the same
	 * that the pax writer makes, and the rest it refuses.  The pax writer
	 * adds extensions by rules of its own, such as for times after 2038.
	 * Blocks of 0 bytes: everything passes at once, nothing is added.
	 */
	if (archive_write_set_format_ustar(w->tar) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(w->tar, 0) != ARCHIVE_OK ||
	    archive_write_open(w->tar, w, NULL, write_below, NULL) !=
		ARCHIVE_OK) {
		(void)judge(w, ARCHIVE_FATAL, "a tar archive", err);
		tar_writer_free(w);
		return NULL;
	}
	return w;
}

/* Only what one plain ustar block can say. */
static int
check_entry(const char *name, uint64_t size, int64_t mtime, struct err *err)
{
	size_t len = strlen(name), i;

	if (len == 0 || len > TAR_NAME_MAX || name[len - 1] == '/')
		return err_set(
		    err, ERR_FAIL, "not a tar entry's name: %s", name);
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return err_set(
			    err, ERR_FAIL, "not a tar entry's name: %s", name);
	if (size > SIZE_MAX_OCTAL)
		return err_set(err, ERR_FAIL,
		    "%s has %llu bytes, which is more than the tar format "
		    "takes",
		    name, (unsigned long long)size);
	if (mtime < 0 || (uint64_t)mtime > SIZE_MAX_OCTAL)
		return err_set(err, ERR_FAIL, "not a tar entry's time: %lld",
		    (long long)mtime);
	return 0;
}

int
tar_writer_entry(
    struct tar_writer *w, const char *name, uint64_t size, struct err *err)
{
	struct archive_entry *entry;
	int rc;

	if (check_entry(name, size, w->mtime, err) != 0 ||
	    tar_writer_pad(w, err) != 0)
		return -1;
	entry = archive_entry_new();
	if (entry == NULL)
		return err_set(err, ERR_FAIL, "out of memory");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0400);
	archive_entry_set_mtime(entry, (time_t)w->mtime, 0);
	w->err = err;
	rc = archive_write_header(w->tar, entry);
	archive_entry_free(entry);
	if (judge(w, rc, name, err) != 0)
		return -1;
	w->left = size;
	return 0;
}

int
tar_writer_data(
    struct tar_writer *w, const void *data, size_t len, struct err *err)
{
	int rc = ARCHIVE_OK;

	if (len > w->left)
		return err_set(err, ERR_FAIL,
		    "more bytes for a tar entry than it was begun with");
	w->err = err;
	if (len > 0 && archive_write_data(w->tar, data, len) != (la_ssize_t)len)
		rc = ARCHIVE_FATAL;
	w->left -= len;
	return judge(w, rc, "an entry", err);
}

int
tar_writer_pad(struct tar_writer *w, struct err *err)
{
	/* libarchive would fill up the rest with zeros and say nothing. */
	if (w->left > 0)
		return err_set(err, ERR_FAIL,
		    "a tar entry lacks %llu of its bytes",
		    (unsigned long long)w->left);
	w->err = err;
	return judge(w, archive_write_finish_entry(w->tar), "an entry", err);
}

int
tar_writer_end(struct tar_writer *w, struct err *err)
{
	if (tar_writer_pad(w, err) != 0)
		return -1;
	w->err = err;
	return judge(
	    w, archive_write_close(w->tar), "the end of the archive", err);
}

void
tar_writer_free(struct tar_writer *w)
{
	if (w == NULL)
		return;
	w->closing = 1;
	if (w->tar != NULL)
		(void)archive_write_free(w->tar);
	free(w);
}

int
tar_head(const char *name, uint64_t size, int64_t mtime, struct buf *out,
    struct err *err)
{
	struct sink *sink = sink_to_buf(out);
	struct tar_writer *w = tar_writer_new(sink, mtime, err);
	int rc = -1;

	if (w != NULL)
		rc = tar_writer_entry(w, name, size, err);
	tar_writer_free(w);
	sink_free(sink);
	return rc;
}

/* A ustar field of octal digits with a space or a NUL behind them. */
static int
parse_octal(const uint8_t *field, size_t size, uint64_t *value)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i + 1 < size; i++) {
		if (field[i] < '0' || field[i] > '7')
			return -1;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	if (field[i] != ' ' && field[i] != '\0')
		return -1;
	*value = v;
	return 0;
}

static int
is_zero(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] != 0)
			return 0;
	return 1;
}

static int
not_ours(struct err *err)
{
	return err_set(
	    err, ERR_DAMAGED, "a tar header is not as pgcask writes it");
}

int
tar_parse_head(const uint8_t *block, struct tar_entry *entry, int64_t *mtime,
    struct err *err)
{
	struct err ignored = ERR_INIT;
	struct buf again = { 0 };
	struct tar_entry e = { 0 };
	uint64_t t;
	int same;

	if (is_zero(block, TAR_BLOCK))
		return 0;
	/* Offsets are those of the ustar header: name, size, mtime, magic. */
	if (memcmp(block + 257, "ustar", 6) != 0)
		return err_set(err, ERR_DAMAGED, "a tar header is missing");
	memcpy(e.name, block, TAR_NAME_MAX);
	if (parse_octal(block + 124, 12, &e.size) != 0 ||
	    parse_octal(block + 136, 12, &t) != 0 ||
	    check_entry(e.name, e.size, (int64_t)t, &ignored) != 0)
		return not_ours(err);
	/* What one block can say fails for want of memory alone, and nothing
	 * is to be called damaged for that. */
	if (tar_head(e.name, e.size, (int64_t)t, &again, &ignored) != 0)
		mem_exhausted();
	same =
	    again.len == TAR_BLOCK && memcmp(again.data, block, TAR_BLOCK) == 0;
	buf_free(&again);
	if (!same)
		return not_ours(err);
	*entry = e;
	*mtime = (int64_t)t;
	return 1;
}

struct tar_reader {
	struct source *below;
	uint64_t left; /* bytes of the entry that were not read yet */
	size_t pad;    /* bytes of padding after it */
	int begun;
	int empty;     /* not one byte came */
	int64_t mtime; /* of all entries */
};

struct tar_reader *
tar_reader_new(struct source *below)
{
	struct tar_reader *r = mem_zalloc(sizeof(*r));

	r->below = below;
	return r;
}

void
tar_reader_free(struct tar_reader *r)
{
	if (r == NULL)
		return;
	source_free(r->below);
	free(r);
}

static int
cut_short(struct err *err)
{
	return err_set(err, ERR_DAMAGED, "the archive is cut short");
}

ssize_t
tar_reader_data(struct tar_reader *r, void *buf, size_t size, struct err *err)
{
	ssize_t got;

	if (size > r->left)
		size = (size_t)r->left;
	if (size == 0)
		return 0;
	got = source_read(r->below, buf, size, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return cut_short(err);
	r->left -= (uint64_t)got;
	return got;
}

/* Read ${len} bytes, at most a block, into ${block}. */
static int
read_block(struct tar_reader *r, uint8_t *block, size_t len, struct err *err)
{
	ssize_t got = source_read_full(r->below, block, len, err);

	if (got < 0)
		return -1;
	r->empty = !r->begun && len > 0 && got == 0;
	return (size_t)got == len ? 0 : cut_short(err);
}

static int
skip_entry(struct tar_reader *r, struct err *err)
{
	uint8_t block[TAR_BLOCK];
	uint8_t skipped[8192];
	size_t pad = r->pad;

	while (r->left > 0)
		if (tar_reader_data(r, skipped, sizeof(skipped), err) < 0)
			return -1;
	r->pad = 0;
	if (read_block(r, block, pad, err) != 0)
		return -1;
	if (!is_zero(block, pad))
		return err_set(err, ERR_DAMAGED,
		    "the padding after a tar entry is not zero");
	return 0;
}

/* After the first of the two zero blocks. */
static int
check_end(struct tar_reader *r, struct err *err)
{
	uint8_t block[TAR_BLOCK];
	ssize_t got;

	if (read_block(r, block, TAR_BLOCK, err) != 0)
		return -1;
	if (!is_zero(block, TAR_BLOCK))
		return err_set(
		    err, ERR_DAMAGED, "the end of the archive is damaged");
	got = source_read(r->below, block, 1, err);
	if (got < 0)
		return -1;
	if (got > 0)
		return err_set(err, ERR_DAMAGED,
		    "there are bytes after the end of the archive");
	return 0;
}

int
tar_reader_is_empty(const struct tar_reader *r)
{
	return r->empty;
}

int
tar_reader_next(struct tar_reader *r, struct tar_entry *entry, struct buf *raw,
    struct err *err)
{
	uint8_t block[TAR_BLOCK];
	int64_t mtime = 0;
	int rc;

	if (skip_entry(r, err) != 0 ||
	    read_block(r, block, TAR_BLOCK, err) != 0)
		return -1;
	rc = tar_parse_head(block, entry, &mtime, err);
	if (rc < 0)
		return -1;
	if (raw != NULL) {
		raw->len = 0;
		if (buf_add(raw, block, TAR_BLOCK, err) != 0)
			return -1;
	}
	if (rc == 0)
		return check_end(r, err);
	if (r->begun && mtime != r->mtime)
		return not_ours(err);
	r->begun = 1;
	r->mtime = mtime;
	r->left = entry->size;
	r->pad = (size_t)(-entry->size % TAR_BLOCK);
	return 1;
}
