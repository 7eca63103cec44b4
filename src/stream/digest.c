#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

#include "stream/digest.h"

static void
add(struct digest *digest, uint64_t low, uint64_t high)
{
	digest->low += low;
	digest->high += high + (digest->low < low);
}

void
digest_row(struct digest *digest, const void *row, size_t len)
{
	XXH128_hash_t hash = XXH3_128bits(row, len);

	add(digest, hash.low64, hash.high64);
	digest->rows++;
}

void
digest_add(struct digest *digest, const struct digest *other)
{
	add(digest, other->low, other->high);
	digest->rows += other->rows;
}

int
digest_equal(const struct digest *a, const struct digest *b)
{
	return a->low == b->low && a->high == b->high && a->rows == b->rows;
}

void
digest_hex(const struct digest *digest, char out[DIGEST_HEX_SIZE])
{
	(void)snprintf(out, DIGEST_HEX_SIZE, "%016" PRIx64 "%016" PRIx64,
	    digest->high, digest->low);
}

static int
parse_half(const char *hex, uint64_t *value)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 16; i++) {
		char c = hex[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	*value = v;
	return 0;
}

int
digest_parse(struct digest *digest, const char *hex)
{
	uint64_t high, low;

	/* A NUL within the digits ends either half's loop in time. */
	if (parse_half(hex, &high) != 0 || parse_half(hex + 16, &low) != 0 ||
	    hex[32] != '\0')
		return -1;
	digest->high = high;
	digest->low = low;
	return 0;
}
