#ifndef JOB_PROOF_ROWS_VALUE_H
#define JOB_PROOF_ROWS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/catalog.h"
#include "job/proof/diff_rows.h"

/* A field of a row as COPY has it; NULL without data. */
struct field {
	const uint8_t *data;
	size_t len;
};

/* rows_fields(format, row, len, fields, count): cut a row, a line without its
 * newline, into ${count} fields, which point into it.  Return -1 if it has not
 * so many. */
int rows_fields(enum copy_format format, const void *row, size_t len,
    struct field *fields, size_t count);

/* rows_field_bytes(out, field, err): append its length and its bytes: what
 * reads the same is the same. */
int
rows_field_bytes(struct buf *out, const struct field *field, struct err *err);

/* rows_value(field, column, format, encoding): a value for people, which the
 * caller frees; all NULL for NULL: what the types that are most common mean, of
 * other binary ones what is text, else their bytes; in text format what stands
 * there, without COPY's escapes.  Text is in UTF-8, from the rows' ${encoding};
 * it is cut at DIFF_VALUE_MAX characters. */
struct diff_text rows_value(const struct field *field,
    const struct column *column, enum copy_format format, const char *encoding);

#endif
