#ifndef ARCHIVE_ENTRIES_H
#define ARCHIVE_ENTRIES_H

#include <stdint.h>

#include "archive/index.h"
#include "base/buf.h"
#include "storage/store.h"
#include "stream/source.h"
#include "stream/tar.h"

/*
 * The raw entries of an archive, as they lie in a file or pass in a stream,
 * with their hashes; what is in them is the reader's business.
 */

/* No entry is larger: the largest part and what sealing adds, with room. */
#define ENTRIES_SIZE_MAX (FORMAT_PART_MAX + (FORMAT_PART_MAX >> 6))

/* What is read at a time of one that is only hashed. */
#define ENTRIES_PIECE ((size_t)1 << 20)

/* One entry: its tar header and its body, in one buffer that is lent. */
struct entry {
	char name[TAR_NAME_MAX + 1];
	uint64_t position;
	uint64_t size;   /* of header and body, in a file */
	struct buf *buf; /* TAR_BLOCK bytes of header, then the body */
};

/* entries_foreign(err): say that what was opened is no archive; return -1. */
int entries_foreign(struct err *err);

/* Entries of a file, read at any place. */
struct file_entries;

/* file_entries_open(blob, header, err): read the file's first entry into
 * ${header}, unchecked but for its form.  ${blob} is owned. */
struct file_entries *
file_entries_open(struct blob *blob, struct entry *header, struct err *err);
void file_entries_free(struct file_entries *f);
uint64_t file_entries_size(const struct file_entries *f);
/* file_entries_index(f, header, keys, err): find and check the index; from
 * now on entries can be read. */
int file_entries_index(struct file_entries *f, const struct header *header,
    const struct archive_keys *keys, struct err *err);
/* file_entries_check(f, header, err): as index_check(). */
int file_entries_check(
    const struct file_entries *f, const struct header *header, struct err *err);
/* file_entries_count(f): how many there are, the index aside. */
uint64_t file_entries_count(const struct file_entries *f);
/* file_entries_root(f): the index's root hash, lent. */
const uint8_t *file_entries_root(const struct file_entries *f);
/* file_entries_read(f, position, e, err): read one and compare its hash with
 * the index.  Any thread, each with an entry of its own. */
int file_entries_read(struct file_entries *f, uint64_t position,
    struct entry *e, struct err *err);
/* file_entries_prove(f, position, e, err): the same of one that is not wanted:
 * it passes through ${e->buf}, which takes ENTRIES_PIECE bytes however large
 * the entry is, and holds nothing then. */
int file_entries_prove(struct file_entries *f, uint64_t position,
    struct entry *e, struct err *err);

/* Entries of a stream, one after the other. */
struct stream_entries;

/* stream_entries_open(source, header, err): as file_entries_open(); ${source}
 * is owned. */
struct stream_entries *stream_entries_open(
    struct source *source, struct entry *header, struct err *err);
void stream_entries_free(struct stream_entries *s);
/* stream_entries_position(s): of the next entry. */
uint64_t stream_entries_position(const struct stream_entries *s);
/* stream_entries_next(s, e, err): read the next.  One thread at a time. */
int
stream_entries_next(struct stream_entries *s, struct entry *e, struct err *err);
/* stream_entries_note(s, e): note the hash of ${e}, which was read and is
 * unchanged.  Any thread: hashing is left out of stream_entries_next() so
 * that readers do not wait for it. */
void stream_entries_note(struct stream_entries *s, const struct entry *e);
/* stream_entries_end(s, header, keys, err): read the index and the end, and
 * compare the index with every hash that was noted. */
int stream_entries_end(struct stream_entries *s, const struct header *header,
    const struct archive_keys *keys, struct err *err);

#endif
