#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Another program, run for its output.  Secrets go to it through its
 * environment alone, never as arguments.
 */

struct child_opts {
	const char *const *argv; /* NULL-terminated; argv[0] is its path */
	/* NULL-terminated NAME=value to add or replace, or NULL */
	const char *const *env;
	size_t max_output; /* more output than this is an error */
};

/* child_run(opts, out, err): run it and append its standard output to
 * ${out}.  A status other than 0, a signal or too much output is ERR_FAIL,
 * with the last lines of its standard error in the message.  A stop signal
 * ends the child.  Any thread may call this. */
int child_run(const struct child_opts *opts, struct buf *out, struct err *err);

#endif
