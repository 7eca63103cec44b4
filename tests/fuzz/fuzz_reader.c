#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/reader.h"
#include "fuzz.h"
#include "stream/hash.h"

/*
 * A whole archive, read with the key of tests/golden: as a stream and as a
 * file, to its end.  The first file of the corpus is the golden archive; no
 * other bytes may be taken for an archive of its signer.
 */
static const char GOLDEN[] =
    "e52fe8925c396cf0814ab309e818fe65f61bb6aeae7e7c72fa300c2981a57b58";
static const char RECIPIENT[] =
    "a1e761e63dd7a0cbaa48b31787e718f59590f9039419eacf0932dfc74b9cc762";
static const char SIGNER[] =
    "b6b72a2eb958cc36463af0cef777131a3ad7a1a7c01b98aebb83917ac0334bf1";
static const char SECRET[] =
    "ea9b6261d920784ceaed20add237a9c68541c02afa0481238c0eb472b533a72f";

static void
from_hex(const char *hex, uint8_t out[32])
{
	insist(
	    sodium_hex2bin(out, 32, hex, strlen(hex), NULL, NULL, NULL) == 0);
}

static int
is_golden(const uint8_t *data, size_t size)
{
	uint8_t want[32], have[32];

	from_hex(GOLDEN, want);
	hash_once(data, size, have);
	return memcmp(want, have, sizeof(want)) == 0;
}

static int
read_parts(struct reader *r, struct err *err)
{
	struct part part = { 0 };
	struct buf rows = { 0 };
	struct source *source;
	int more;

	while ((more = reader_next_part(r, &part, err)) == 1) {
		source = part_rows(&part);
		rows.len = 0;
		if (source_read_all(source, &rows, 1u << 24, err) != 0)
			more = -1;
		source_free(source);
		if (more == -1)
			break;
		insist(rows.len == part.head.bytes);
	}
	buf_free(&rows);
	part_free(&part);
	return more;
}

/* Read all there is.  Return 0 if it is authentic, or -1. */
static int
read_all(struct reader *r, struct err *err)
{
	uint8_t recipient[32], signer[32], secret[32];
	struct open_key key = { .secret = secret };
	struct opening opening = { .open_key = &key };
	struct buf schema = { 0 }, globals = { 0 };
	int rc = -1;

	from_hex(RECIPIENT, recipient);
	from_hex(SIGNER, signer);
	from_hex(SECRET, secret);
	memcpy(key.recipient, recipient, sizeof(recipient));
	memcpy(key.signer, signer, sizeof(signer));
	if (r != NULL && reader_unlock(r, &opening, err) == 0 &&
	    reader_catalog(r, NULL, err) != NULL &&
	    reader_schema(r, &schema, err) == 0 &&
	    reader_globals(r, &globals, err) == 0 && read_parts(r, err) == 0 &&
	    reader_manifest(r, NULL, err) != NULL)
		rc = reader_end(r, err);
	buf_free(&schema);
	buf_free(&globals);
	reader_free(r);
	return rc;
}

static int
read_file(const uint8_t *data, size_t size, struct err *err)
{
	int fd = memfd_create("archive", MFD_CLOEXEC), rc;
	char path[40];

	insist(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = read_all(reader_open_file(path, err), err);
	insist(close(fd) == 0);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	int want, rc;

	insist(keys_init(&err) == 0);
	want = is_golden(data, size) ? 0 : -1;
	rc = read_all(
	    reader_open_stream(source_from_mem(data, size), &err), &err);
	insist(rc == want);
	insist(rc == 0 || err.kind == ERR_DAMAGED || err.kind == ERR_KEY);
	/* The reader's own contract: of a file, entries that nobody asked for
	 * are not read, and every byte is asked for here. */
	err = (struct err)ERR_INIT;
	rc = read_file(data, size, &err);
	insist(rc == want);
	insist(rc == 0 || err.kind == ERR_DAMAGED || err.kind == ERR_KEY);
	return 0;
}
