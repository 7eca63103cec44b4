#ifndef JOB_VIEW_INERT_H
#define JOB_VIEW_INERT_H

#include <stddef.h>

/*
 * Whether a script is nothing but SQL and rows to psql, which runs commands of
 * its own, programs among them, where it finds a backslash.  What a server
 * says of its objects is not to reach so far.
 */

/* inert_next(sql, escapes): what follows the first statement of ${sql}, up to
 * where psql would send it; NULL if a quote or comment does not end, if a
 * backslash stands outside them, or if rows would be read behind it.
 * ${escapes}: standard_conforming_strings is off.  What different versions of
 * psql read in different ways is not inert either; pg_dump writes nothing of
 * the kind. */
const char *inert_next(const char *sql, int escapes);

/* inert_is_fixed(sql, len): whether psql reads it in one way, whatever
 * standard_conforming_strings and the client's encoding are. */
int inert_is_fixed(const char *sql, size_t len);

/* Rows of COPY in text format, however they are cut.  Begin with {0}. */
struct inert_rows {
	int within;    /* a line has begun */
	int backslash; /* with this */
};

/* inert_rows_take(rows, data, len): whether no line begins as COPY's end does.
 * inert_rows_end(rows): whether the last line is whole. */
int inert_rows_take(struct inert_rows *rows, const void *data, size_t len);
int inert_rows_end(const struct inert_rows *rows);

#endif
