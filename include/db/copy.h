#ifndef DB_COPY_H
#define DB_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"

/*
 * Rows out of and into tables.  What passes here is rows alone: the header
 * and trailer of binary COPY (PostgreSQL documentation, "COPY", "Binary
 * Format") are taken off and put on here; a text row is its line with its
 * newline.
 */

/* A run of heap pages: first <= page < last. */
struct range {
	uint64_t first;
	uint64_t last; /* RANGE_END for no upper bound */
};
#define RANGE_END UINT64_MAX

typedef int copy_row(void *arg, const void *row, size_t len, struct err *err);

/* copy_out(conn, table, range, each, arg, err): call ${each} for every row of
 * ${table} within ${range} (NULL for all of it).  The row is lent during the
 * call.  When ${each} fails, the copy is cancelled and fails too. */
int copy_out(struct conn *conn, const struct table *table,
    const struct range *range, copy_row *each, void *arg, struct err *err);

/* copy_is_foreign(err): whether ${err} is of a character that the encoding of
 * the connection, or the one asked for, has not.
 * copy_fits(conn, table, column, encoding, err): 1 if ${encoding} has all
 * characters of the column, which is read as text, of ${table} and what is
 * below it, else 0; or -1.  ${conn} is in a transaction, which fails unless it
 * is 1. */
int copy_is_foreign(const struct err *err);
int copy_fits(struct conn *conn, const struct table *table, const char *column,
    const char *encoding, struct err *err);

/* copy_out_sql(table, range, out): append the statement that copy_out() runs.
 */
void copy_out_sql(
    const struct table *table, const struct range *range, struct buf *out);

/* copy_in_sql(table, out): append the statement that copy_in_begin() runs. */
void copy_in_sql(const struct table *table, struct buf *out);

/* copy_in_begin(conn, table, err), copy_in_data(conn, table, data, len, err),
 * copy_in_end(conn, table, rows, err): load rows.  Data may be cut anywhere.
 * copy_in_end() gives the server's count.  After a failure in data or end
 * the connection is out of COPY and in a failed transaction. */
int
copy_in_begin(struct conn *conn, const struct table *table, struct err *err);
int copy_in_data(struct conn *conn, const struct table *table, const void *data,
    size_t len, struct err *err);
int copy_in_end(struct conn *conn, const struct table *table, uint64_t *rows,
    struct err *err);
/* copy_in_abort(conn, table): leave COPY without keeping anything. */
void copy_in_abort(struct conn *conn, const struct table *table);

/* The bytes around the rows in a COPY file of a format; lent. */
const void *copy_header(enum copy_format format, size_t *len);
const void *copy_trailer(enum copy_format format, size_t *len);

#endif
