#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

int
buf_reserve(struct buf *buf, size_t more, struct err *err)
{
	size_t want, cap;
	uint8_t *data;

	if (more > SIZE_MAX / 2 - buf->len)
		return err_set(err, ERR_FAIL, "out of memory");
	want = buf->len + more;
	if (want <= buf->cap)
		return 0;
	cap = buf->cap < 256 ? 256 : buf->cap;
	/* Large buffers grow by a half, so that little of them lies idle. */
	while (cap < want)
		cap += cap < (1u << 20) ? cap : cap / 2;
	data = realloc(buf->data, cap);
	if (data == NULL)
		return err_set(err, ERR_FAIL,
		    "out of memory: %zu bytes are not to be had", cap);
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int
buf_add(struct buf *buf, const void *data, size_t len, struct err *err)
{
	if (buf_reserve(buf, len, err) != 0)
		return -1;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return 0;
}

void
buf_shrink(struct buf *buf, size_t keep)
{
	uint8_t *data;

	if (buf->cap <= keep)
		return;
	if (keep == 0) {
		buf_free(buf);
		return;
	}
	data = realloc(buf->data, keep);
	if (data == NULL)
		return;
	buf->data = data;
	buf->cap = keep;
	if (buf->len > keep)
		buf->len = keep;
}

void
buf_free(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

static void
text_room(struct buf *buf, size_t more)
{
	size_t want = buf->len + more + 1;

	if (want <= buf->cap)
		return;
	want = want < 128 ? 128 : want * 2;
	buf->data = mem_array(buf->data, want, 1);
	buf->cap = want;
}

void
buf_puts(struct buf *buf, const char *text)
{
	size_t len = strlen(text);

	text_room(buf, len);
	memcpy(buf->data + buf->len, text, len + 1);
	buf->len += len;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len <= 0)
		return;
	text_room(buf, (size_t)len);
	va_start(ap, fmt);
	(void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

const char *
buf_text(const struct buf *buf)
{
	return buf->len > 0 ? (const char *)buf->data : "";
}
