#include "fuzz.h"
#include "stream/tar.h"

/* A tar stream: the header blocks that are taken are those we write, and all
 * that is read is there. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tar_reader *tar = tar_reader_new(source_from_mem(data, size));
	struct err err = ERR_INIT;
	struct tar_entry entry;
	struct buf raw = { 0 };
	uint8_t piece[700];
	uint64_t total = 0;
	ssize_t got;
	int rc;

	while ((rc = tar_reader_next(tar, &entry, &raw, &err)) == 1) {
		insist(raw.len == TAR_BLOCK && entry.name[0] != '\0');
		total += TAR_BLOCK;
		/* Every second entry is skipped by the reader. */
		if (entry.size % 2 != 0)
			continue;
		while ((got = tar_reader_data(
			    tar, piece, sizeof(piece), &err)) > 0)
			total += (uint64_t)got;
		insist(total <= size);
		if (got < 0)
			break;
	}
	insist(rc >= 0 || err.kind == ERR_DAMAGED);
	tar_reader_free(tar);
	buf_free(&raw);
	return 0;
}
