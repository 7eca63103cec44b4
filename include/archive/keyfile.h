#ifndef ARCHIVE_KEYFILE_H
#define ARCHIVE_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "archive/keys.h"

/*
 * Key files: a first line that says what it is, comments after "#", and
 * lines "name: value".  Public keys are in their text form, secrets in
 * hexadecimal.  A protected open key has, instead of "secret",
 *
 *	protected: SALT OPERATIONS MEMORY NONCE BOX
 *
 * where BOX is the secret under XChaCha20-Poly1305, keyed by Argon2id of the
 * passphrase, with the recipient's and the signer's key as associated data.
 *Used by keys.c alone.
 */

#define KEYFILE_SEAL "pgcask seal key 1"
#define KEYFILE_OPEN "pgcask open key 1"
#define KEYFILE_MAX 65536

/* Argon2id: the second recommended parameters of RFC 9106, one lane. */
#define KEYFILE_OPERATIONS 3
#define KEYFILE_MEMORY (64u << 20)
/* What a file may ask of us. */
#define KEYFILE_OPERATIONS_MAX 20
#define KEYFILE_MEMORY_MAX (1u << 30)

struct keyfile;

/* keyfile_secret(size): sodium_malloc that never fails; sodium_free it. */
uint8_t *keyfile_secret(size_t size);

/* keyfile_read(path, what, is_secret, len, err): the whole text in secret
 * memory, NUL-terminated; sodium_free it.  A secret that group or others may
 * read is refused. */
char *keyfile_read(const char *path, const char *what, int is_secret,
    size_t *len, struct err *err);

/* keyfile_load(path, first_line, is_secret, err): ${first_line} NULL: any. */
struct keyfile *keyfile_load(
    const char *path, const char *first_line, int is_secret, struct err *err);
void keyfile_free(struct keyfile *file);
int keyfile_public(const struct keyfile *file, const char *field,
    uint8_t key[KEYS_PUBLIC_SIZE], struct err *err);
int keyfile_secret_field(const struct keyfile *file, const char *field,
    uint8_t *secret, size_t size, struct err *err);
int keyfile_is_protected(const struct keyfile *file);
int keyfile_unprotect(const struct keyfile *file,
    const struct passphrase *passphrase, uint8_t secret[KEYS_SECRET_SIZE],
    struct err *err);

/* keyfile_save_seal(path, key, err), keyfile_save_open(path, key, protect,
 * err): write a new file, mode 0600, synced; an existing one is left. */
int keyfile_save_seal(
    const char *path, const struct seal_key *key, struct err *err);
int keyfile_save_open(const char *path, const struct open_key *key,
    const struct passphrase *protect, struct err *err);

/* keyfile_stretch(passphrase, salt, operations, memory, key, err): Argon2id;
 * ${salt} is 16 bytes, ${key} 32.  Also for archives' passphrase slots. */
int keyfile_stretch(const struct passphrase *passphrase, const uint8_t salt[16],
    uint64_t operations, uint64_t memory, uint8_t key[32], struct err *err);

#endif
