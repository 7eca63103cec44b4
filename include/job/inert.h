#ifndef JOB_INERT_H
#define JOB_INERT_H

#include <stddef.h>

/*
 * Whether a script is nothing but SQL and rows to psql, which runs commands of
 * its own, programs among them, where it finds a backslash.  What a server
 * says of its objects is not to reach so far.
 */

/* inert_sql(sql, escapes): whether every quote and comment ends and no
 * backslash stands outside them; ${escapes}: standard_conforming_strings is
 * off.  What different versions of psql read in different ways is not inert
 * either; pg_dump writes nothing of the kind. */
int inert_sql(const char *sql, int escapes);

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
