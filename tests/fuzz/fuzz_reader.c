#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "golden.h"

/*
 * A whole archive, read with the key of tests/golden: as a stream and as a
 * file, to its end.  No bytes but the golden archive's may be taken for an
 * archive of its signer.
 */

static int
is_golden(const uint8_t *data, size_t size)
{
	const struct buf *golden = golden_archive();

	return size == golden->len && memcmp(data, golden->data, size) == 0;
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
	struct buf schema = { 0 }, globals = { 0 };
	int rc = -1;

	if (r != NULL && golden_unlock(r, err) == 0 &&
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

static void
try(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	int want = is_golden(data, size) ? 0 : -1, rc;

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
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int begun;
	struct err err = ERR_INIT;

	/* Or else it would be the key that everything fails by. */
	if (!begun) {
		insist(keys_init(&err) == 0);
		try(golden_archive()->data, golden_archive()->len);
		begun = 1;
	}
	try(data, size);
	return 0;
}
