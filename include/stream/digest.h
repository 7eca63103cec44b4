#ifndef STREAM_DIGEST_H
#define STREAM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The order-independent fingerprint of a table's rows: the XXH3 128-bit
 * hash of every row's COPY bytes, added up modulo 2^128.  Any split of the
 * rows over parts and workers gives the same sum.  It finds faults, not
 * forgers: those meet the seal.
 *
 * A row's bytes are, in text format, the line without its newline; in binary
 * format, the tuple with its field count.
 */
struct digest {
	uint64_t low;
	uint64_t high;
	uint64_t rows;
};

#define DIGEST_HEX_SIZE 33 /* 32 digits, high half first, and a NUL */

/* digest_row(digest, row, len): add one row.  Start from {0}. */
void digest_row(struct digest *digest, const void *row, size_t len);
/* digest_add(digest, other): add all of another's rows. */
void digest_add(struct digest *digest, const struct digest *other);
int digest_equal(const struct digest *a, const struct digest *b);
void digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE]);
/* digest_parse(digest, hex): the sum alone; rows are left alone.  Return 0,
 * or -1 if it is not such text. */
int digest_parse(struct digest *digest, const char *hex);

#endif
