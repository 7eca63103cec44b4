#ifndef BASE_DOC_H
#define BASE_DOC_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * JSON documents that come from a file: every member is asked for by name
 * and type, and what is missing or wrong is an error that names it.  Values
 * are lent by the document.  Errors are ERR_DAMAGED.
 */

/* doc_begin(): have jansson take its memory from mem_alloc().  It reports what
 * it could not get, but a document is put together in many calls, and one that
 * lacks a member is worse than none.  Before anything else here, once. */
void doc_begin(void);

/* doc_parse(data, len, what, err): a new object that the caller
 * json_decref()s.  ${what} names the document in messages.  Refuses
 * duplicate members, NUL characters and anything but an object. */
json_t *
doc_parse(const void *data, size_t len, const char *what, struct err *err);

/* doc_dump(doc, out, err): append the canonical text to ${out}: members
 * sorted by name, no white space, ASCII alone. */
int doc_dump(const json_t *doc, struct buf *out, struct err *err);

int doc_str(
    const json_t *doc, const char *name, const char **value, struct err *err);
int doc_uint(const json_t *doc, const char *name, uint64_t max, uint64_t *value,
    struct err *err);
int doc_bool(const json_t *doc, const char *name, int *value, struct err *err);
int doc_array(
    const json_t *doc, const char *name, const json_t **value, struct err *err);
int doc_object(
    const json_t *doc, const char *name, const json_t **value, struct err *err);
/* doc_hex(doc, name, out, size, err): exactly ${size} bytes of lower-case
 * hexadecimal. */
int doc_hex(const json_t *doc, const char *name, uint8_t *out, size_t size,
    struct err *err);

/* doc_text(value): a new JSON string; bytes that are not UTF-8 are kept as
 * U+0080..U+00FF after a U+FFFF mark, and doc_bytes() turns them back, so
 * that names in a SQL_ASCII database survive. */
json_t *doc_text(const char *value);
/* doc_bytes(value): a new string, the reverse of doc_text(); the caller
 * frees it. */
char *doc_bytes(const char *value);

/* doc_hex_text(data, size): a new JSON string of lower-case hexadecimal. */
json_t *doc_hex_text(const uint8_t *data, size_t size);

#endif
