#ifndef JOB_PROOF_DIFF_ROWS_H
#define JOB_PROOF_DIFF_ROWS_H

#include "job/proof/diff.h"

/*
 * Which rows of one table differ, by primary key, or by all columns where
 * there is no such key.  Columns that only one side has, or that are not of one
 * type where rows are binary, are not looked at; they are listed, and where
 * there are some, the table is not the same.
 *
 * Memory is bounded whatever the table's size is, for either side may hold
 * billions of rows in any order.  Both sides are read three times:
 *
 * 1. Each row goes by the hash of its key into one of 65,536 buckets, of which
 *    only the sums of rows' digests are kept.  A bucket that has another sum
 *    on the other side holds a row that differs.
 * 2. Of some such buckets, those with the fewest rows, as many as are asked for
 *    and half a million rows at most in all unless one has more, the hash of
 *    each key is kept with the sums of its rows.  Keys whose sums differ are
 *    those to show.
 * 3. These rows are looked for and shown.
 *
 * Of two archives, parts with the same rows on both sides are not read at all.
 */

#define DIFF_VALUE_MAX 60 /* characters of a value that are shown */

/* A text in UTF-8, and how it is shown: on one line, what one would not see or
 * take for something else escaped (base/text.h). */
struct diff_text {
	char *plain;
	char *line;
};

struct diff_value {
	char *column;
	struct diff_text text[2]; /* NULL for NULL */
};

struct diff_row {
	enum diff_state state; /* ADDED, REMOVED or CHANGED */
	struct diff_text key;  /* "17", or "17, x" */
	uint64_t count[2];     /* of such rows; without a primary key, any */
	struct diff_value *values; /* of a changed one: those that differ */
	size_t value_count;
};

struct diff_rows {
	struct diff_title titles[2];
	char *table;
	char *key; /* its columns, "id, name"; NULL: no primary key */
	struct diff_row *rows;
	size_t row_count;
	int more;                    /* than are shown */
	struct diff_column *omitted; /* that were not compared */
	size_t omitted_count;
};

/* diff_rows_run(opts, table, limit, out, err): ${opts}' selection is not used.
 * ERR_USAGE if the rows of ${table} can't be compared, with the reason.  Free
 * ${out} with diff_rows_free() in any case. */
int diff_rows_run(const struct diff_opts *opts, const char *table, size_t limit,
    struct diff_rows *out, struct err *err);
void diff_rows_free(struct diff_rows *rows);

/* diff_rows_is_same(rows): whether no row is different, and no column.
 * diff_rows_value(text, out): append a value, for people: NULL is told from a
 * text that says so. */
int diff_rows_is_same(const struct diff_rows *rows);
void diff_rows_value(const char *text, struct buf *out);

#endif
