#ifndef JOB_PROOF_ROWS_VALUE_H
#define JOB_PROOF_ROWS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/catalog.h"

/* A field of a row as COPY has it; NULL without data. */
struct field {
	const uint8_t *data;
	size_t len;
};

/* rows_value(field, type, format, out): append it for people: what the types
 * that are most common mean, of other binary ones what is text, else their
 * bytes.  ${type} is as format_type() writes it. */
void rows_value(const struct field *field, const char *type,
    enum copy_format format, struct buf *out);

#endif
