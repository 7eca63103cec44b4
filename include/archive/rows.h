#ifndef ARCHIVE_ROWS_H
#define ARCHIVE_ROWS_H

#include <stddef.h>

#include "archive/format.h"
#include "base/err.h"
#include "stream/source.h"

/*
 * Cutting what a part holds into its rows, as they were digested: lines of
 * text COPY, tuples of binary COPY (PostgreSQL documentation, "COPY", "Binary
 * Format"), records of large objects (archive/format.h).
 */

enum rows_frame { ROWS_LINES, ROWS_TUPLES, ROWS_RECORDS };

/* rows_cut(source, frame, each, arg, err): call ${each} for every row that
 * ${source} gives, until it fails.  A line is without its newline.  The row is
 * lent during the call.  A row that is cut short, or breaks the rules of its
 * frame, is ERR_DAMAGED.  Memory: the longest row, twice. */
typedef int rows_each(void *arg, const void *row, size_t len, struct err *err);
int rows_cut(struct source *source, enum rows_frame frame, rows_each *each,
    void *arg, struct err *err);

/* rows_prove(source, frame, head, err): that the rows which ${source} gives,
 * and no others, are those that a part's head tells of: their number and their
 * digest; else ERR_DAMAGED. */
int rows_prove(struct source *source, enum rows_frame frame,
    const struct part_head *head, struct err *err);

#endif
