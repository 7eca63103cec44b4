#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A growable run of bytes.  Start it as {0}; buf_free() empties it again. */
struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* buf_reserve(buf, more, err): make room for ${more} further bytes.  Fails
 * with ERR_FAIL when there is no memory; ${buf} is then as it was. */
int buf_reserve(struct buf *buf, size_t more, struct err *err);

/* buf_add(buf, data, len, err): append. */
int buf_add(struct buf *buf, const void *data, size_t len, struct err *err);

/* buf_shrink(buf, keep): give back memory beyond ${keep} bytes of capacity,
 * so that one giant row does not stay resident; contents beyond are lost. */
void buf_shrink(struct buf *buf, size_t keep);

void buf_free(struct buf *buf);

/*
 * Text being built: the same bytes, NUL-terminated after every call.  These
 * are for SQL and messages and share the terms of base/mem.h.
 */
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* buf_text(buf): the text so far, "" when there is none; lent. */
const char *buf_text(const struct buf *buf);

#endif
