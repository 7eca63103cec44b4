#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stream/hash.h"

struct hash {
	crypto_generichash_state state;
};

/* libsodium's calls here fail only for sizes that are out of range, and these
 * are constants within it. */
_Static_assert(HASH_SIZE >= crypto_generichash_BYTES_MIN &&
	HASH_SIZE <= crypto_generichash_BYTES_MAX,
    "BLAKE2b-256 is a size of crypto_generichash");

struct hash *
hash_new(void)
{
	struct hash *hash =
	    mem_aligned(_Alignof(struct hash), sizeof(struct hash));

	hash_reset(hash);
	return hash;
}

void
hash_free(struct hash *hash)
{
	free(hash);
}

void
hash_reset(struct hash *hash)
{
	(void)crypto_generichash_init(&hash->state, NULL, 0, HASH_SIZE);
}

void
hash_add(struct hash *hash, const void *data, size_t len)
{
	(void)crypto_generichash_update(&hash->state, data, len);
}

void
hash_end(struct hash *hash, uint8_t out[HASH_SIZE])
{
	(void)crypto_generichash_final(&hash->state, out, HASH_SIZE);
}

void
hash_once(const void *data, size_t len, uint8_t out[HASH_SIZE])
{
	(void)crypto_generichash(out, HASH_SIZE, data, len, NULL, 0);
}
