#include "fuzz.h"
#include "stream/zstd.h"

#define OUT_MAX ((size_t)1 << 18)

/* A Zstandard frame, read in small pieces; a bomb is stopped by the bound. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source *source = source_unzstd(source_from_mem(data, size));
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	int rc = source_read_all(source, &out, OUT_MAX, &err);

	if (rc == 0) {
		char byte;

		/* A frame's magic number is checked; and after the end there
		 * is nothing. */
		insist(size >= 4 && data[0] == 0x28 && data[3] == 0xFD);
		insist(out.len <= OUT_MAX);
		insist(source_read(source, &byte, 1, &err) == 0);
	} else {
		insist(err.kind == ERR_DAMAGED);
	}
	buf_free(&out);
	source_free(source);
	return 0;
}
