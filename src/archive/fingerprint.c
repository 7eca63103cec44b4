#include <string.h>

#include "archive/fingerprint.h"
#include "base/buf.h"

/* With the NUL, which buf_puts() leaves behind the text. */
static void
put_text(struct buf *out, const char *text)
{
	buf_puts(out, text);
	out->len++;
}

void
fingerprint(const struct table *table, const struct digest *rows,
    char out[DIGEST_HEX_SIZE])
{
	struct digest digest = *rows;
	struct buf head = { 0 };
	size_t i;

	put_text(&head, table->format == COPY_BINARY ? "binary" : "text");
	for (i = 0; i < table->column_count; i++) {
		put_text(&head, table->columns[i].name);
		put_text(&head, table->columns[i].type);
	}
	digest_row(&digest, head.data, head.len);
	digest_hex(&digest, out);
	buf_free(&head);
}
