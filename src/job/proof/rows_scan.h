#ifndef JOB_PROOF_ROWS_SCAN_H
#define JOB_PROOF_ROWS_SCAN_H

#include "diff_side.h"
#include "rows_value.h"

/*
 * Reading all rows of one table on both sides, by workers, each row as the
 * fields that both sides have, those of the key first.
 */
struct scan;

/* What is compared of the table. */
struct scan_columns {
	const struct column **columns; /* of the left side, lent */
	size_t count;
	size_t key; /* so many of them are the key; all, if there is none */
	int has_key;
	enum copy_format format;
};

/* A row: its fields, and the same as bytes, of which the first ${key_len} are
 * the key's.  Lent during the call. */
struct scan_row {
	size_t side;
	const struct field *fields;
	const void *bytes;
	size_t len;
	size_t key_len;
};

/* Called by any worker; ${slot} is whose turn it is. */
typedef void scan_take(void *arg, unsigned slot, const struct scan_row *row);

/* scan_new(sides, table, except, opts, err): ${table} is the left side's;
 * ${except} tells of each column of its first table with rows whether it is to
 * be left alone, or is NULL.  ERR_USAGE if its rows can't be compared with
 * those of the right side. */
struct scan *scan_new(struct side sides[2], size_t table, const uint8_t *except,
    const struct diff_opts *opts, struct err *err);
void scan_free(struct scan *scan);
const struct scan_columns *scan_columns(const struct scan *scan);
/* scan_left(scan): the left side's first table with rows, whose columns those
 * of scan_columns() are.  scan_right(scan): the right side's table. */
const struct table *scan_left(const struct scan *scan);
const struct table *scan_right(const struct scan *scan);
unsigned scan_jobs(const struct scan *scan);
/* scan_omitted(scan, each, arg): call ${each} for every column of the table, on
 * either side and in each of its partitions, that is not compared. */
void scan_omitted(const struct scan *scan,
    void (*each)(void *arg, size_t side, const struct column *column),
    void *arg);

/* scan_run(scan, take, arg, err): read all rows once. */
int scan_run(struct scan *scan, scan_take *take, void *arg, struct err *err);

#endif
