#ifndef STREAM_TAR_H
#define STREAM_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/sink.h"
#include "stream/source.h"

/*
 * POSIX pax tar (IEEE Std 1003.1, "pax Interchange Format") through
 * libarchive: regular files of known size with mode 0400, owner 0 and a fixed
 * time, so that the same entries give the same bytes.  Names of printable
 * ASCII, at most TAR_NAME_MAX bytes, and sizes below 8 GiB are all that is
 * taken: then each header is one ustar block without extensions, also after
 * 2038.
 */

#define TAR_BLOCK 512
#define TAR_END 1024 /* two zero blocks end the archive */

/* Writing.  Everything goes to the sink below as it comes. */
struct tar_writer;

/* tar_writer_new(below, mtime, err): ${below} is lent, and is not finished by
 * this writer.  Returns NULL on error. */
struct tar_writer *
tar_writer_new(struct sink *below, int64_t mtime, struct err *err);
/* tar_writer_entry(w, name, size, err): begin an entry of exactly ${size}
 * bytes.  The entry before is padded first. */
int tar_writer_entry(
    struct tar_writer *w, const char *name, uint64_t size, struct err *err);
int tar_writer_data(
    struct tar_writer *w, const void *data, size_t len, struct err *err);
/* tar_writer_pad(w, err): end the entry, its padding written; so that the
 * caller knows where it ends. */
int tar_writer_pad(struct tar_writer *w, struct err *err);
/* tar_writer_end(w, err): write the end of the archive. */
int tar_writer_end(struct tar_writer *w, struct err *err);
void tar_writer_free(struct tar_writer *w);

/* tar_head(name, size, mtime, out, err): append to ${out} the header blocks
 * that tar_writer_entry() writes for such an entry: what a reader compares
 * with. */
int tar_head(const char *name, uint64_t size, int64_t mtime, struct buf *out,
    struct err *err);

/*
 * Reading from a stream, entry after entry.  Only what tar_writer writes is
 * accepted: header blocks are made again from the name and size that they
 * state and must be the same, all of one time, and padding must be zero.
 */
struct tar_reader;

#define TAR_NAME_MAX 100

struct tar_entry {
	char name[TAR_NAME_MAX + 1];
	uint64_t size;
};

/* tar_reader_new(below): ${below} is owned. */
struct tar_reader *tar_reader_new(struct source *below);
void tar_reader_free(struct tar_reader *r);
/* tar_reader_is_empty(r): whether the first tar_reader_next() failed because
 * not one byte came. */
int tar_reader_is_empty(const struct tar_reader *r);
/* tar_reader_next(r, entry, raw, err): skip what is left of the entry before
 * and read the next header.  ${raw}, if not NULL, is emptied and gets the
 * header's own blocks.  Return 1, 0 at the end of the archive, after which
 * ${below} must end too, or -1 (ERR_DAMAGED). */
int tar_reader_next(struct tar_reader *r, struct tar_entry *entry,
    struct buf *raw, struct err *err);
/* tar_reader_data(r, buf, size, err): the entry's bytes as source_read(). */
ssize_t
tar_reader_data(struct tar_reader *r, void *buf, size_t size, struct err *err);
/* tar_parse_head(block, entry, mtime, err): read one plain ustar header block
 * of TAR_BLOCK bytes, which must be as tar_head() makes it.  Return 1, 0 for a
 * zero block, or -1 (ERR_DAMAGED). */
int tar_parse_head(const uint8_t *block, struct tar_entry *entry,
    int64_t *mtime, struct err *err);

#endif
