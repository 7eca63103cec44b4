#include <string.h>

#include <sodium.h>

#include "golden.h"

static size_t
read_golden(const char *name, void *data, size_t size)
{
	const char *top = getenv("srcdir");
	char path[4096];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/%s",
	    top != NULL ? top : ".", name);
	file = fopen(path, "r");
	if (file == NULL)
		perror(path);
	insist(file != NULL);
	len = fread(data, 1, size, file);
	insist(len > 0 && len < size);
	(void)fclose(file);
	return len;
}

const struct buf *
golden_archive(void)
{
	static uint8_t data[1u << 20];
	static struct buf golden;

	if (golden.data == NULL) {
		golden.len = read_golden("format-1.cask", data, sizeof(data));
		golden.data = data;
	}
	return &golden;
}

/* The 32 bytes that a line of the key file has in hexadecimal. */
static void
find_bytes(const char *text, const char *label, uint8_t out[32])
{
	const char *at = strstr(text, label);

	insist(at != NULL);
	at += strlen(label);
	insist(sodium_hex2bin(out, 32, at, 64, NULL, NULL, NULL) == 0);
}

int
golden_unlock(struct reader *reader, struct err *err)
{
	static uint8_t secret[KEYS_SECRET_SIZE];
	static struct open_key key;
	struct opening opening = { .open_key = &key };
	char text[1024] = { 0 };

	if (key.secret == NULL) {
		(void)read_golden("format-1-open.key", text, sizeof(text));
		find_bytes(text, "cask-recipient-", key.recipient);
		find_bytes(text, "cask-signer-", key.signer);
		find_bytes(text, "secret: ", secret);
		key.secret = secret;
	}
	return reader_unlock(reader, &opening, err);
}
