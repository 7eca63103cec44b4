#ifndef JOB_VIEW_EXPORT_H
#define JOB_VIEW_EXPORT_H

#include "archive/reader.h"
#include "stream/sink.h"

/*
 * An archive as one SQL script for psql, in the order of pg_dump's:
 * definitions, rows as COPY ... FROM stdin, large objects, sequences' values,
 * indexes and constraints, privileges, refreshes.  Neither the database itself
 * nor its settings nor roles are in it.
 *
 * Rows pass as they are, so they must be text; nothing is converted.  What
 * psql would take for a command of its own is ERR_DAMAGED.
 */
struct export;

struct export_opts {
	int without_binary; /* leave the rows of binary tables out */
};

/* export_new(reader, opts, err): read what comes before the rows of an unlocked
 * archive, and refuse one with binary tables, all of them named, unless they
 * are to be left out.  ${reader} is lent; ${opts} is copied. */
struct export *export_new(
    struct reader *reader, const struct export_opts *opts, struct err *err);
void export_free(struct export *x);

/* export_write(x, out, err): write all of it to ${out}, which is lent and not
 * finished.  A file's tables follow one another; in a stream their parts are
 * mixed, and a table may have several COPY.  Warns of rows that are left out.
 */
int export_write(struct export *x, struct sink *out, struct err *err);

#endif
