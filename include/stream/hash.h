#ifndef STREAM_HASH_H
#define STREAM_HASH_H

#include <stddef.h>
#include <stdint.h>

/* BLAKE2b-256 (RFC 7693) through libsodium's crypto_generichash. */

#define HASH_SIZE 32

struct hash;

struct hash *hash_new(void);
void hash_free(struct hash *hash);
/* hash_reset(hash): start anew. */
void hash_reset(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
/* hash_end(hash, out): the hash of all since the reset; reset before more. */
void hash_end(struct hash *hash, uint8_t out[HASH_SIZE]);
/* hash_once(data, len, out): all at once. */
void hash_once(const void *data, size_t len, uint8_t out[HASH_SIZE]);

#endif
