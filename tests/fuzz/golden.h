#ifndef GOLDEN_H
#define GOLDEN_H

#include "archive/reader.h"
#include "fuzz.h"

/*
 * The golden archive of tests/golden, and what opens it, read from there, so
 * that they are those of today; the folder of the sources is ${srcdir}, or the
 * current one.
 */

/* golden_archive(): its bytes, which are kept. */
const struct buf *golden_archive(void);
/* golden_unlock(reader, err): reader_unlock() with its open key. */
int golden_unlock(struct reader *reader, struct err *err);

#endif
