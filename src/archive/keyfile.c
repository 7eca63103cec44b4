#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/keyfile.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"

#define SALT_SIZE crypto_pwhash_SALTBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOX_SIZE (KEYS_SECRET_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)

_Static_assert(SALT_SIZE == 16, "Argon2id salt");

struct keyfile {
	char *path;
	char *text; /* secret memory; lines end in NUL */
	size_t len;
};

uint8_t *
keyfile_secret(size_t size)
{
	uint8_t *p = sodium_malloc(size);

	if (p == NULL) {
		/* The locked-memory limit is a few kilobytes at least. */
		(void)fprintf(stderr,
		    "pgcask: no locked memory for a secret: raise ulimit -l\n");
		_exit(ERR_KEY);
	}
	return p;
}

static int
refuse_mode(int fd, const char *path, const char *what, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(err, ERR_STORAGE, "%s %s", what, path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0 || !S_ISREG(st.st_mode))
		return 0;
	(void)err_set(err, ERR_KEY,
	    "%s %s may be read or written by others (mode %04o)", what, path,
	    (unsigned)st.st_mode & 07777);
	return err_hint(err, "chmod 600 %s", path);
}

static void
cannot_open(const char *path, const char *what, struct err *err)
{
	int denied = errno == EACCES;
	char user[TEXT_USER_SIZE];

	(void)err_sys(err, ERR_KEY, "cannot read the %s %s", what, path);
	if (!denied)
		return;
	text_user(user);
	(void)err_hint(err,
	    "this runs as user %s: give it the file (chown, with mode 0600), "
	    "and let it into the folder",
	    user);
}

char *
keyfile_read(const char *path, const char *what, int is_secret, size_t *len,
    struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	ssize_t got = 0;

	if (fd < 0) {
		cannot_open(path, what, err);
		return NULL;
	}
	if (is_secret && refuse_mode(fd, path, what, err) != 0)
		goto out;
	text = (char *)keyfile_secret(KEYFILE_MAX + 1);
	*len = 0;
	while (*len < KEYFILE_MAX &&
	    ((got = read(fd, text + *len, KEYFILE_MAX - *len)) > 0 ||
		(got < 0 && errno == EINTR)))
		*len += got > 0 ? (size_t)got : 0;
	text[*len] = '\0';
	if (got < 0 || *len == KEYFILE_MAX) {
		if (got < 0)
			(void)err_sys(
			    err, ERR_KEY, "cannot read the %s %s", what, path);
		else
			(void)err_set(err, ERR_KEY, "%s is too long for a %s",
			    path, what);
		sodium_free(text);
		text = NULL;
	}
out:
	(void)close(fd);
	return text;
}

/* Which key ${first_line} begins, in words, or NULL. */
static const char *
kind_of(const char *first_line)
{
	if (strcmp(first_line, KEYFILE_SEAL) == 0)
		return "a seal key";
	return strcmp(first_line, KEYFILE_OPEN) == 0 ? "an open key" : NULL;
}

/* Another kind of key than ${wanted}, or none. */
static int
refuse_kind(
    const char *path, const char *text, const char *wanted, struct err *err)
{
	const char *kind = kind_of(text);

	if (kind == NULL) {
		(void)err_set(err, ERR_KEY,
		    "%s is no key that \"pgcask keygen\" made", path);
		return err_hint(err,
		    "the first line of one is \"%s\" or \"%s\"", KEYFILE_SEAL,
		    KEYFILE_OPEN);
	}
	if (wanted != NULL && strcmp(wanted, KEYFILE_OPEN) == 0) {
		(void)err_set(
		    err, ERR_KEY, "%s is %s, which opens nothing", path, kind);
		return err_hint(
		    err, "give the other of the pair, PREFIX-open.key");
	}
	(void)err_set(
	    err, ERR_KEY, "%s is %s, which seals nothing", path, kind);
	return err_hint(err,
	    "give the other of the pair, PREFIX-seal.key; a host that makes "
	    "backups should have no open key");
}

struct keyfile *
keyfile_load(
    const char *path, const char *first_line, int is_secret, struct err *err)
{
	struct keyfile *file;
	size_t len, i;
	char *text = keyfile_read(path, "key", is_secret, &len, err);

	if (text == NULL)
		return NULL;
	for (i = 0; i < len; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = '\0';
	if (first_line != NULL ? strcmp(text, first_line) != 0
			       : kind_of(text) == NULL) {
		(void)refuse_kind(path, text, first_line, err);
		sodium_free(text);
		return NULL;
	}
	file = mem_zalloc(sizeof(*file));
	file->path = mem_strdup(path);
	file->text = text;
	file->len = len;
	return file;
}

void
keyfile_free(struct keyfile *file)
{
	if (file == NULL)
		return;
	sodium_free(file->text);
	free(file->path);
	free(file);
}

/* The value of the line "field: value", or NULL. */
static const char *
find(const struct keyfile *file, const char *field)
{
	size_t at = 0, len = strlen(field);

	while (at < file->len) {
		const char *line = file->text + at;

		if (strncmp(line, field, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
		at += strlen(line) + 1;
	}
	return NULL;
}

static const char *
need(const struct keyfile *file, const char *field, struct err *err)
{
	const char *value = find(file, field);

	if (value == NULL)
		(void)err_set(err, ERR_KEY, "%s has no line \"%s: ...\"",
		    file->path, field);
	return value;
}

static int
damaged(const struct keyfile *file, const char *field, struct err *err)
{
	return err_set(err, ERR_KEY, "%s: the line \"%s: ...\" is damaged",
	    file->path, field);
}

int
keyfile_public(const struct keyfile *file, const char *field,
    uint8_t key[KEYS_PUBLIC_SIZE], struct err *err)
{
	const char *value = need(file, field, err);
	char prefix[32];
	size_t len;

	if (value == NULL)
		return -1;
	len = (size_t)snprintf(prefix, sizeof(prefix), "cask-%s-", field);
	if (strncmp(value, prefix, len) != 0 ||
	    strlen(value + len) != KEYS_PUBLIC_SIZE * 2 ||
	    sodium_hex2bin(key, KEYS_PUBLIC_SIZE, value + len,
		KEYS_PUBLIC_SIZE * 2, NULL, NULL, NULL) != 0)
		return damaged(file, field, err);
	return 0;
}

/* Read ${size} bytes of hexadecimal and step over what follows. */
static int
take_hex(const char **text, uint8_t *out, size_t size)
{
	size_t len = strcspn(*text, " ");

	if (len != size * 2 ||
	    sodium_hex2bin(out, size, *text, len, NULL, NULL, NULL) != 0)
		return -1;
	*text += len + strspn(*text + len, " ");
	return 0;
}

int
keyfile_secret_field(const struct keyfile *file, const char *field,
    uint8_t *secret, size_t size, struct err *err)
{
	const char *value = need(file, field, err);

	if (value == NULL)
		return -1;
	if (take_hex(&value, secret, size) != 0 || *value != '\0')
		return damaged(file, field, err);
	return 0;
}

int
keyfile_is_protected(const struct keyfile *file)
{
	return find(file, "protected") != NULL;
}

int
keyfile_stretch(const struct passphrase *passphrase, const uint8_t salt[16],
    uint64_t operations, uint64_t memory, uint8_t key[32], struct err *err)
{
	if (operations < 1 || operations > KEYFILE_OPERATIONS_MAX ||
	    memory < crypto_pwhash_MEMLIMIT_MIN || memory > KEYFILE_MEMORY_MAX)
		return err_set(err, ERR_DAMAGED,
		    "Argon2id parameters out of bounds (%" PRIu64
		    " passes, %" PRIu64 " bytes)",
		    operations, memory);
	if (crypto_pwhash(key, 32, passphrase->text, passphrase->len, salt,
		operations, (size_t)memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(err, ERR_KEY,
		    "no memory to check the passphrase: Argon2id needs %" PRIu64
		    " MiB",
		    memory >> 20);
	/* That took a while, in which the user may have thought better. */
	return stop_check(err);
}

int
keyfile_unprotect(const struct keyfile *file,
    const struct passphrase *passphrase, uint8_t secret[KEYS_SECRET_SIZE],
    struct err *err)
{
	const char *value = need(file, "protected", err);
	uint8_t salt[SALT_SIZE], nonce[NONCE_SIZE], box[BOX_SIZE];
	uint8_t publics[2 * KEYS_PUBLIC_SIZE], *key;
	uint64_t operations, memory;
	int used = 0, rc;

	if (value == NULL ||
	    keyfile_public(file, "recipient", publics, err) != 0 ||
	    keyfile_public(file, "signer", publics + KEYS_PUBLIC_SIZE, err) !=
		0)
		return -1;
	if (take_hex(&value, salt, sizeof(salt)) != 0 ||
	    sscanf(value, "%" SCNu64 " %" SCNu64 " %n", &operations, &memory,
		&used) != 2)
		return damaged(file, "protected", err);
	value += used;
	if (take_hex(&value, nonce, sizeof(nonce)) != 0 ||
	    take_hex(&value, box, sizeof(box)) != 0 || *value != '\0')
		return damaged(file, "protected", err);
	key = keyfile_secret(32);
	rc = keyfile_stretch(passphrase, salt, operations, memory, key, err);
	if (rc == 0 &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, box,
		sizeof(box), publics, sizeof(publics), nonce, key) != 0)
		rc = err_set(err, ERR_KEY, "%s: wrong passphrase", file->path);
	sodium_free(key);
	return rc;
}

/* Until its folder is synced, a power cut may take the file's name away. */
static int
sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL
	    ? mem_printf("%.*s", (int)(slash - path) + 1, path)
	    : mem_strdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	/* Some network file systems have nothing to sync in a folder. */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP))
		rc = err_sys(
		    err, ERR_STORAGE, "cannot sync the folder %s", folder);
	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return rc;
}

/* Write a secret text under a new name. */
static int
save(const char *path, const char *text, struct err *err)
{
	size_t len = strlen(text), done = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0) {
		(void)err_sys(err, errno == EEXIST ? ERR_KEY : ERR_STORAGE,
		    "cannot make %s", path);
		if (err->sysno == EEXIST)
			(void)err_hint(err,
			    "a key is never overwritten: "
			    "choose another prefix, or move the old key away");
		return -1;
	}
	while (done < len && rc == 0) {
		ssize_t put = write(fd, text + done, len - done);

		if (put > 0)
			done += (size_t)put;
		else if (errno != EINTR)
			rc = err_sys(err, ERR_STORAGE, "cannot write %s", path);
	}
	if (rc == 0 && fchmod(fd, 0600) != 0)
		rc = err_sys(
		    err, ERR_STORAGE, "cannot set the mode of %s", path);
	if (rc == 0 && fsync(fd) != 0)
		rc = err_sys(err, ERR_STORAGE, "cannot sync %s", path);
	if (close(fd) != 0 && rc == 0)
		rc = err_sys(err, ERR_STORAGE, "cannot close %s", path);
	if (rc == 0)
		rc = sync_folder(path, err);
	if (rc != 0)
		(void)unlink(path);
	return rc;
}

int
keyfile_save_seal(const char *path, const struct seal_key *key, struct err *err)
{
	char recipient[KEYS_TEXT_SIZE], signer[KEYS_TEXT_SIZE];
	char *hex = (char *)keyfile_secret(KEYS_SIGN_SECRET_SIZE * 2 + 1);
	char *text = (char *)keyfile_secret(KEYFILE_MAX);
	int rc;

	keys_recipient_text(key->recipient, recipient);
	keys_signer_text(key->signer, signer);
	(void)sodium_bin2hex(hex, KEYS_SIGN_SECRET_SIZE * 2 + 1,
	    key->sign_secret, KEYS_SIGN_SECRET_SIZE);
	(void)snprintf(text, KEYFILE_MAX,
	    KEYFILE_SEAL
	    "\n"
	    "# Writes archives and cannot open them.  Keep it on the host that "
	    "makes backups.\n"
	    "recipient: %s\nsigner: %s\nsigner-secret: %s\n",
	    recipient, signer, hex);
	rc = save(path, text, err);
	sodium_free(text);
	sodium_free(hex);
	return rc;
}

/* "secret: HEX" or "protected: ...", into ${line}. */
static int
secret_line(const struct open_key *key, const struct passphrase *protect,
    char *line, size_t size, struct err *err)
{
	uint8_t salt[SALT_SIZE], nonce[NONCE_SIZE], box[BOX_SIZE], *wrap;
	uint8_t publics[2 * KEYS_PUBLIC_SIZE];
	char salt_hex[SALT_SIZE * 2 + 1], nonce_hex[NONCE_SIZE * 2 + 1];
	char box_hex[BOX_SIZE * 2 + 1];
	int len;

	if (protect == NULL) {
		len = snprintf(line, size, "secret: ");
		(void)sodium_bin2hex(line + len, size - (size_t)len,
		    key->secret, KEYS_SECRET_SIZE);
		return 0;
	}
	randombytes_buf(salt, sizeof(salt));
	randombytes_buf(nonce, sizeof(nonce));
	wrap = keyfile_secret(32);
	if (keyfile_stretch(protect, salt, KEYFILE_OPERATIONS, KEYFILE_MEMORY,
		wrap, err) != 0) {
		sodium_free(wrap);
		return -1;
	}
	memcpy(publics, key->recipient, KEYS_PUBLIC_SIZE);
	memcpy(publics + KEYS_PUBLIC_SIZE, key->signer, KEYS_PUBLIC_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, key->secret,
	    KEYS_SECRET_SIZE, publics, sizeof(publics), NULL, nonce, wrap);
	sodium_free(wrap);
	(void)snprintf(line, size, "protected: %s %d %u %s %s",
	    sodium_bin2hex(salt_hex, sizeof(salt_hex), salt, sizeof(salt)),
	    KEYFILE_OPERATIONS, KEYFILE_MEMORY,
	    sodium_bin2hex(nonce_hex, sizeof(nonce_hex), nonce, sizeof(nonce)),
	    sodium_bin2hex(box_hex, sizeof(box_hex), box, sizeof(box)));
	return 0;
}

int
keyfile_save_open(const char *path, const struct open_key *key,
    const struct passphrase *protect, struct err *err)
{
	char recipient[KEYS_TEXT_SIZE], signer[KEYS_TEXT_SIZE];
	char *line = (char *)keyfile_secret(512);
	char *text = (char *)keyfile_secret(KEYFILE_MAX);
	int rc = secret_line(key, protect, line, 512, err);

	keys_recipient_text(key->recipient, recipient);
	keys_signer_text(key->signer, signer);
	if (rc == 0) {
		(void)snprintf(text, KEYFILE_MAX,
		    KEYFILE_OPEN
		    "\n"
		    "# Opens archives.  Keep it away from the database host; "
		    "without it no archive comes back.\n"
		    "recipient: %s\nsigner: %s\n%s\n",
		    recipient, signer, line);
		rc = save(path, text, err);
	}
	sodium_free(text);
	sodium_free(line);
	return rc;
}
