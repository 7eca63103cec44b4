#ifndef JOB_CHOOSE_FILTER_H
#define JOB_CHOOSE_FILTER_H

#include "job/choose/selection.h"

/*
 * Files of rules, in the syntax that pg_dump 17 reads with --filter
 * (PostgreSQL documentation, "pg_dump"): a rule in each line,
 *
 *	include|exclude extension|schema|table|table_and_children PATTERN
 *	exclude table_data|table_data_and_children PATTERN
 *
 * words in any case, comments after "#", and quoted names, in which \n is a
 * newline and \\ a backslash, and which may go on in the next line.  Any other
 * backslash in them is an error.
 */

/* filter_read(path, sel, err): add the rules of a file, "-" for standard
 * input.  ERR_USAGE names file and line. */
int filter_read(const char *path, struct selection *sel, struct err *err);

/* filter_parse(text, len, name, sel, err): the same of a text; ${name} is
 * what messages call it. */
int filter_parse(const char *text, size_t len, const char *name,
    struct selection *sel, struct err *err);

#endif
