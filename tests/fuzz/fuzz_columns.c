#include <string.h>

#include "archive/columns.h"
#include "base/wire.h"
#include "fuzz.h"

#define OUT_MAX ((size_t)16 << 20)

/* Rows again into blocks, and those into the same rows. */
static void
again(const struct buf *rows)
{
	struct columnizer *c = columnizer_new();
	struct packer *packer = packer_new(1);
	struct buf packed = { 0 }, out = { 0 };
	struct sink *sink = sink_to_buf(&packed);
	struct err err = ERR_INIT;
	struct columns_room room = { 0 };
	struct source *source;
	size_t at = 0;

	packer_begin(packer, sink);
	columnizer_begin(c, packer);
	while (at < rows->len) {
		size_t end = at + 2;
		unsigned left;

		/* What passed through as a long row need not be one. */
		if (rows->len - at < 2)
			goto out;
		left = (unsigned)rows->data[at] << 8 | rows->data[at + 1];
		for (; left > 0; left--) {
			uint32_t len;

			if (rows->len - end < 4)
				goto out;
			len = wire_get_be32(rows->data + end);
			len = len == UINT32_MAX ? 0 : len;
			end += 4;
			if (rows->len - end < len)
				goto out;
			end += len;
		}
		if (columnizer_row(c, rows->data + at, end - at, &err) != 0)
			goto out;
		at = end;
	}
	insist(columnizer_end(c, &err) == 0 && packer_end(packer, &err) == 0);
	source = source_rows(
	    source_unzstd(source_from_mem(packed.data, packed.len)), &room);
	insist(source_read_all(source, &out, OUT_MAX, &err) == 0);
	insist(out.len == rows->len &&
	    (out.len == 0 || memcmp(out.data, rows->data, out.len) == 0));
	source_free(source);
out:
	columns_room_free(&room);
	columnizer_free(c);
	packer_free(packer);
	sink_free(sink);
	buf_free(&packed);
	buf_free(&out);
}

/* Column blocks; what they hold is laid out by columns once more. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct columns_room room = { 0 };
	struct source *source = source_rows(source_from_mem(data, size), &room);
	struct err err = ERR_INIT;
	struct buf rows = { 0 };

	if (source_read_all(source, &rows, OUT_MAX, &err) == 0)
		again(&rows);
	else
		insist(err.kind == ERR_DAMAGED);
	source_free(source);
	columns_room_free(&room);
	buf_free(&rows);
	return 0;
}
