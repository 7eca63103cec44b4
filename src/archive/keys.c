#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/keyfile.h"
#include "archive/keys.h"
#include "base/mem.h"

_Static_assert(KEYS_PUBLIC_SIZE == crypto_box_PUBLICKEYBYTES, "X25519");
_Static_assert(KEYS_SECRET_SIZE == crypto_box_SECRETKEYBYTES, "X25519");
_Static_assert(KEYS_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(KEYS_SIGN_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "Ed25519");

#define RECIPIENT_PREFIX "cask-recipient-"
#define SIGNER_PREFIX "cask-signer-"

int
keys_init(struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ERR_KEY, "libsodium does not start");
	return 0;
}

static struct seal_key *
seal_key_new(void)
{
	struct seal_key *key = mem_zalloc(sizeof(*key));

	key->sign_secret = keyfile_secret(KEYS_SIGN_SECRET_SIZE);
	return key;
}

static struct open_key *
open_key_new(void)
{
	struct open_key *key = mem_zalloc(sizeof(*key));

	key->secret = keyfile_secret(KEYS_SECRET_SIZE);
	return key;
}

void
seal_key_free(struct seal_key *key)
{
	if (key == NULL)
		return;
	sodium_free(key->sign_secret);
	free(key);
}

void
open_key_free(struct open_key *key)
{
	if (key == NULL)
		return;
	sodium_free(key->secret);
	free(key);
}

struct passphrase *
passphrase_new(const char *text, size_t len)
{
	struct passphrase *p = mem_zalloc(sizeof(*p));

	p->text = (char *)keyfile_secret(len + 1);
	memcpy(p->text, text, len);
	p->text[len] = '\0';
	p->len = len;
	return p;
}

void
passphrase_free(struct passphrase *p)
{
	if (p == NULL)
		return;
	sodium_free(p->text);
	free(p);
}

struct passphrase *
keys_load_passphrase(const char *path, struct err *err)
{
	struct passphrase *p = NULL;
	size_t len;
	char *text = keyfile_read(path, "passphrase file", 1, &len, err);

	if (text == NULL)
		return NULL;
	len = strcspn(text, "\r\n");
	if (len == 0)
		(void)err_set(
		    err, ERR_KEY, "%s: the first line is empty", path);
	else
		p = passphrase_new(text, len);
	sodium_free(text);
	return p;
}

static void
public_text(const char *prefix, const uint8_t key[KEYS_PUBLIC_SIZE],
    char text[KEYS_TEXT_SIZE])
{
	char hex[KEYS_PUBLIC_SIZE * 2 + 1];

	(void)sodium_bin2hex(hex, sizeof(hex), key, KEYS_PUBLIC_SIZE);
	(void)snprintf(text, KEYS_TEXT_SIZE, "%s%s", prefix, hex);
}

void
keys_recipient_text(
    const uint8_t key[KEYS_PUBLIC_SIZE], char text[KEYS_TEXT_SIZE])
{
	public_text(RECIPIENT_PREFIX, key, text);
}

void
keys_signer_text(const uint8_t key[KEYS_PUBLIC_SIZE], char text[KEYS_TEXT_SIZE])
{
	public_text(SIGNER_PREFIX, key, text);
}

/* The public key in "PREFIX" + 64 digits; -1 if it is none. */
static int
parse_text(const char *prefix, const char *text, uint8_t key[KEYS_PUBLIC_SIZE])
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0 ||
	    strlen(text + len) != KEYS_PUBLIC_SIZE * 2)
		return -1;
	return sodium_hex2bin(key, KEYS_PUBLIC_SIZE, text + len,
	    KEYS_PUBLIC_SIZE * 2, NULL, NULL, NULL);
}

/* ${field} names the line of a key file that holds such a key. */
static int
parse_public(const char *prefix, const char *field, const char *text,
    uint8_t key[KEYS_PUBLIC_SIZE], struct err *err)
{
	struct keyfile *file;
	size_t len;
	char *line;
	int rc;

	if (parse_text(prefix, text, key) == 0)
		return 0;
	if (access(text, F_OK) != 0)
		return err_set(err, ERR_KEY,
		    "%s is neither a public key "
		    "(%s and 64 digits) nor a file",
		    text, prefix);
	/* A bare public key in a file, or a key file that has one. */
	line = keyfile_read(text, "public key", 0, &len, err);
	if (line == NULL)
		return -1;
	line[strcspn(line, "\r\n")] = '\0';
	rc = parse_text(prefix, line, key);
	sodium_free(line);
	if (rc == 0)
		return 0;
	file = keyfile_load(text, NULL, 0, err);
	if (file == NULL)
		return -1;
	rc = keyfile_public(file, field, key, err);
	keyfile_free(file);
	return rc;
}

int
keys_parse_recipient(
    const char *text, uint8_t key[KEYS_PUBLIC_SIZE], struct err *err)
{
	return parse_public(RECIPIENT_PREFIX, "recipient", text, key, err);
}

int
keys_parse_signer(
    const char *text, uint8_t key[KEYS_PUBLIC_SIZE], struct err *err)
{
	return parse_public(SIGNER_PREFIX, "signer", text, key, err);
}

static int
write_pair(const char *prefix, const struct seal_key *seal,
    const struct open_key *open, const struct passphrase *protect,
    struct err *err)
{
	char *seal_path = mem_printf("%s-seal.key", prefix);
	char *open_path = mem_printf("%s-open.key", prefix);
	int rc = -1;

	/* The one that must not be lost first. */
	if (keyfile_save_open(open_path, open, protect, err) != 0)
		goto out;
	if (keyfile_save_seal(seal_path, seal, err) != 0) {
		(void)unlink(open_path);
		goto out;
	}
	rc = 0;
out:
	free(seal_path);
	free(open_path);
	return rc;
}

int
keys_generate(const char *prefix, const struct passphrase *protect,
    char recipient[KEYS_TEXT_SIZE], char signer[KEYS_TEXT_SIZE],
    struct err *err)
{
	struct seal_key *seal = seal_key_new();
	struct open_key *open = open_key_new();
	int rc;

	(void)crypto_box_keypair(open->recipient, open->secret);
	(void)crypto_sign_keypair(seal->signer, seal->sign_secret);
	memcpy(seal->recipient, open->recipient, KEYS_PUBLIC_SIZE);
	memcpy(open->signer, seal->signer, KEYS_PUBLIC_SIZE);
	rc = write_pair(prefix, seal, open, protect, err);
	if (rc == 0) {
		keys_recipient_text(open->recipient, recipient);
		keys_signer_text(seal->signer, signer);
	}
	seal_key_free(seal);
	open_key_free(open);
	return rc;
}

/* A key file of that kind, and its public keys. */
static struct keyfile *
load_publics(const char *path, const char *kind,
    uint8_t recipient[KEYS_PUBLIC_SIZE], uint8_t signer[KEYS_PUBLIC_SIZE],
    struct err *err)
{
	struct keyfile *file = keyfile_load(path, kind, 1, err);

	if (file != NULL &&
	    keyfile_public(file, "recipient", recipient, err) == 0 &&
	    keyfile_public(file, "signer", signer, err) == 0)
		return file;
	keyfile_free(file);
	return NULL;
}

/* Whether the public key of a file is the one that its secret gives. */
static int
check_halves(const char *path, const uint8_t derived[KEYS_PUBLIC_SIZE],
    const uint8_t public[KEYS_PUBLIC_SIZE], struct err *err)
{
	if (memcmp(derived, public, KEYS_PUBLIC_SIZE) == 0)
		return 0;
	return err_set(err, ERR_KEY,
	    "%s: secret and public half do not belong together", path);
}

struct seal_key *
keys_load_seal(const char *path, struct err *err)
{
	struct seal_key *key = seal_key_new();
	struct keyfile *file =
	    load_publics(path, KEYFILE_SEAL, key->recipient, key->signer, err);
	uint8_t derived[KEYS_PUBLIC_SIZE];
	int rc = -1;

	if (file != NULL)
		rc = keyfile_secret_field(file, "signer-secret",
		    key->sign_secret, KEYS_SIGN_SECRET_SIZE, err);
	if (rc == 0) {
		(void)crypto_sign_ed25519_sk_to_pk(derived, key->sign_secret);
		rc = check_halves(path, derived, key->signer, err);
	}
	keyfile_free(file);
	if (rc == 0)
		return key;
	seal_key_free(key);
	return NULL;
}

/* Get the passphrase and take the protection off. */
static int
unprotect(struct keyfile *file, const char *path,
    struct passphrase *(*ask)(void *, struct err *), void *arg, uint8_t *secret,
    struct err *err)
{
	struct passphrase *p;
	int rc;

	if (ask == NULL || (p = ask(arg, err)) == NULL) {
		if (ask == NULL)
			(void)err_set(err, ERR_KEY,
			    "the key is protected by a passphrase");
		return err_wrap(err, "%s", path);
	}
	rc = keyfile_unprotect(file, p, secret, err);
	passphrase_free(p);
	return rc;
}

struct open_key *
keys_load_open(const char *path,
    struct passphrase *(*ask)(void *arg, struct err *err), void *arg,
    struct err *err)
{
	struct open_key *key = open_key_new();
	struct keyfile *file =
	    load_publics(path, KEYFILE_OPEN, key->recipient, key->signer, err);
	uint8_t derived[KEYS_PUBLIC_SIZE];
	int rc = -1;

	if (file != NULL && keyfile_is_protected(file))
		rc = unprotect(file, path, ask, arg, key->secret, err);
	else if (file != NULL)
		rc = keyfile_secret_field(
		    file, "secret", key->secret, KEYS_SECRET_SIZE, err);
	if (rc == 0) {
		(void)crypto_scalarmult_base(derived, key->secret);
		rc = check_halves(path, derived, key->recipient, err);
	}
	keyfile_free(file);
	if (rc == 0)
		return key;
	open_key_free(key);
	return NULL;
}
