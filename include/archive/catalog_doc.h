#ifndef ARCHIVE_CATALOG_DOC_H
#define ARCHIVE_CATALOG_DOC_H

#include "base/buf.h"
#include "db/catalog.h"

/* The catalog entry: a struct catalog as JSON. */

int
catalog_doc_dump(const struct catalog *cat, struct buf *out, struct err *err);
/* catalog_doc_load(data, len, err): all of it checked; free with
 * catalog_free(). */
struct catalog *catalog_doc_load(const void *data, size_t len, struct err *err);

#endif
