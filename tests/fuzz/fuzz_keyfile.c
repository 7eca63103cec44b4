#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/keyfile.h"
#include "fuzz.h"

static void
try_fields(const char *path)
{
	struct err err = ERR_INIT;
	struct keyfile *file = keyfile_load(path, NULL, 1, &err);
	uint8_t *secret, key[KEYS_PUBLIC_SIZE];

	if (file == NULL) {
		insist(err.kind == ERR_KEY);
		return;
	}
	secret = keyfile_secret(KEYS_SIGN_SECRET_SIZE);
	(void)keyfile_public(file, "recipient", key, &err);
	(void)keyfile_public(file, "signer", key, &err);
	(void)keyfile_secret_field(
	    file, "secret", secret, KEYS_SECRET_SIZE, &err);
	(void)keyfile_secret_field(
	    file, "signer-secret", secret, KEYS_SIGN_SECRET_SIZE, &err);
	sodium_free(secret);
	keyfile_free(file);
}

/* An empty passphrase: the protected line is parsed, its box does not open.
 * Stretching is left out where it would take long. */
static struct passphrase *
answer(void *arg, struct err *err)
{
	const char *text = arg;
	unsigned long long passes, bytes;

	if (text != NULL &&
	    sscanf(text, "protected: %*s %llu %llu", &passes, &bytes) == 2 &&
	    passes <= 2 && bytes <= 65536)
		return passphrase_new("", 0);
	(void)err_set(err, ERR_KEY, "no answer");
	return NULL;
}

static void
try_keys(const char *path, char *text)
{
	struct err err = ERR_INIT;
	struct seal_key *seal = keys_load_seal(path, &err);
	struct open_key *open;

	insist(seal != NULL || err.kind == ERR_KEY);
	seal_key_free(seal);
	err = (struct err)ERR_INIT;
	open = keys_load_open(path, answer, strstr(text, "protected: "), &err);
	insist(open != NULL || err.kind == ERR_KEY || err.kind == ERR_DAMAGED);
	open_key_free(open);
}

/* A key file, through a file that has no name. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	char path[40], *text;
	int fd;

	insist(keys_init(&err) == 0);
	fd = memfd_create("key", MFD_CLOEXEC);
	insist(fd >= 0 && fchmod(fd, 0600) == 0);
	insist(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	text = calloc(1, size + 1);
	insist(text != NULL);
	memcpy(text, data, size);
	try_fields(path);
	try_keys(path, text);
	free(text);
	insist(close(fd) == 0);
	return 0;
}
