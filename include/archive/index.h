#ifndef ARCHIVE_INDEX_H
#define ARCHIVE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "archive/header.h"
#include "base/buf.h"
#include "storage/store.h"

/*
 * The index: where every entry lies and what it hashes to, so that the whole
 * file can be checked without a key.  Its entry is the last: records of
 * INDEX_RECORD_SIZE, zeros up to a block, and a tail of one block; then the
 * two zero blocks of the tar.  So the tail is found from the file's end.
 *
 * record:	u64 offset, u64 length, BLAKE2b-256 of those bytes of the file:
 *		tar header, body and padding.  Records adjoin from offset 0.
 * tail:	0 root: BLAKE2b-256 of the records	32 signature (64)
 *		96 u64 records		104 u64 offset of the index's header
 *		112 zeros		496 INDEX_MAGIC
 * The signature is over "pgcask index 1", NUL, archive id, tail bytes 0 to 31
 * and 96 to 111.
 */

#define INDEX_RECORD_SIZE 48
#define INDEX_TAIL_SIZE TAR_BLOCK
#define INDEX_MAGIC "pgcask index 1\n" /* 15 bytes and a NUL */

struct index_record {
	uint64_t offset;
	uint64_t length;
	uint8_t hash[HASH_SIZE];
};

struct index {
	struct index_record *records;
	size_t count;
	uint64_t offset; /* of the index's own tar header */
	uint8_t root[HASH_SIZE];
	uint8_t signature[HEADER_SIGNATURE_SIZE];
};

/* index_size(count): bytes of the index's body when it has ${count} records. */
uint64_t index_size(uint64_t count);
void
index_add(struct index *index, uint64_t length, const uint8_t hash[HASH_SIZE]);
/* index_dump(index, header_id, sealing, keys, out, err): sign, and append the
 * body of the index entry. */
int index_dump(struct index *index, const uint8_t id[FORMAT_ID_SIZE],
    const struct sealing *sealing, const struct archive_keys *keys,
    struct buf *out, struct err *err);
/* index_load(blob, header, keys, err): find it at the end of a file and check
 * everything about it but the hashes of the entries.  ${keys} as in
 * header_verify(). */
struct index *index_load(struct blob *blob, const struct header *header,
    const struct archive_keys *keys, struct err *err);
/* index_check(blob, header, err): what can be told without a key: all of that
 * about a signed one; of another that it is there and fits the file. */
int
index_check(struct blob *blob, const struct header *header, struct err *err);
/* index_root(blob, root, records, err): the root hash at the end of a file, and
 * how many records there are, believed as they stand. */
int index_root(struct blob *blob, uint8_t root[HASH_SIZE], uint64_t *records,
    struct err *err);
/* index_parse(body, len, offset, header, keys, err): the same, from the body
 * of the entry whose tar header is at ${offset}. */
struct index *index_parse(const uint8_t *body, size_t len, uint64_t offset,
    const struct header *header, const struct archive_keys *keys,
    struct err *err);
/* index_tail_count(tail, count): how many entries an index says it is of, by
 * its last bytes, which are not to be trusted; -1 if they are no index's. */
int index_tail_count(const uint8_t tail[INDEX_TAIL_SIZE], uint64_t *count);

void index_free(struct index *index);

#endif
