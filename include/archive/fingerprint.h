#ifndef ARCHIVE_FINGERPRINT_H
#define ARCHIVE_FINGERPRINT_H

#include "db/catalog.h"
#include "stream/digest.h"

/*
 * The digest of a table, as people see it: of its rows, its columns and the
 * format that they were copied in, since rows are the same bytes only then.
 *
 * To the digest of the rows is added that of one more: "binary" or "text", NUL,
 * and of each column in its order the name, NUL, the type, NUL.
 */

/* fingerprint(table, rows, out): as 32 digits. */
void fingerprint(const struct table *table, const struct digest *rows,
    char out[DIGEST_HEX_SIZE]);

#endif
