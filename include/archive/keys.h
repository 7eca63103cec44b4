#ifndef ARCHIVE_KEYS_H
#define ARCHIVE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Keys.  A seal key writes archives and cannot open them: it holds the
 * recipients' X25519 public keys and an Ed25519 signing secret.  An open key
 * opens them: it holds the X25519 secret and the public key of the signer it
 * trusts.  Secrets live in sodium_malloc memory and are wiped when freed.
 * Errors are ERR_KEY, or ERR_STORAGE for a file that can't be read.
 */

#define KEYS_PUBLIC_SIZE 32
#define KEYS_SECRET_SIZE 32 /* X25519 */
#define KEYS_SIGN_SECRET_SIZE 64
#define KEYS_RECIPIENTS_MAX 64
/* "cask-recipient-" or "cask-signer-" and 64 hexadecimal digits, NUL. */
#define KEYS_TEXT_SIZE 80

struct seal_key {
	uint8_t recipient[KEYS_PUBLIC_SIZE];
	uint8_t signer[KEYS_PUBLIC_SIZE];
	uint8_t *sign_secret; /* KEYS_SIGN_SECRET_SIZE, sodium_malloc */
};

struct open_key {
	uint8_t recipient[KEYS_PUBLIC_SIZE];
	uint8_t signer[KEYS_PUBLIC_SIZE]; /* whose archives it trusts */
	uint8_t *secret;                  /* KEYS_SECRET_SIZE, sodium_malloc */
};

/* A passphrase in sodium_malloc memory. */
struct passphrase {
	char *text;
	size_t len;
};

/* keys_init(err): start libsodium; once, from main. */
int keys_init(struct err *err);

/* keys_generate(prefix, protect, recipient, signer, err): make a pair and
 * write PREFIX-seal.key and PREFIX-open.key, mode 0600, neither of which may
 * exist; both or none.  ${protect}, if not NULL, encrypts the open key
 * (Argon2id, XChaCha20-Poly1305).  The public keys are given as text. */
int keys_generate(const char *prefix, const struct passphrase *protect,
    char recipient[KEYS_TEXT_SIZE], char signer[KEYS_TEXT_SIZE],
    struct err *err);

/* keys_load_seal(path, err), keys_load_open(path, ask, arg, err): read a key
 * file; refused if others may read it.  ask(arg, err) is called once if the
 * open key is protected, and gives the passphrase or NULL. */
struct seal_key *keys_load_seal(const char *path, struct err *err);
struct open_key *keys_load_open(const char *path,
    struct passphrase *(*ask)(void *arg, struct err *err), void *arg,
    struct err *err);
void seal_key_free(struct seal_key *key);
void open_key_free(struct open_key *key);

/* keys_load_passphrase(path, err): the first line of a file, which others may
 * not read; free with passphrase_free(). */
struct passphrase *keys_load_passphrase(const char *path, struct err *err);
struct passphrase *passphrase_new(const char *text, size_t len);
void passphrase_free(struct passphrase *passphrase);

/* keys_parse_recipient(text, key, err), keys_parse_signer(text, key, err): a
 * public key from its text, or from a file whose path ${text} is. */
int keys_parse_recipient(
    const char *text, uint8_t key[KEYS_PUBLIC_SIZE], struct err *err);
int keys_parse_signer(
    const char *text, uint8_t key[KEYS_PUBLIC_SIZE], struct err *err);
void keys_recipient_text(
    const uint8_t key[KEYS_PUBLIC_SIZE], char text[KEYS_TEXT_SIZE]);
void keys_signer_text(
    const uint8_t key[KEYS_PUBLIC_SIZE], char text[KEYS_TEXT_SIZE]);

#endif
