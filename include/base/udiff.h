#ifndef BASE_UDIFF_H
#define BASE_UDIFF_H

#include <stddef.h>

#include "base/buf.h"

/*
 * The difference of two texts, line by line, as hunks of the unified format
 * (POSIX diff, "Diff -u Output Format").  It is the smallest one (E. Myers,
 * "An O(ND) Difference Algorithm and Its Variations", 1986) unless that has
 * more than UDIFF_EDITS_MAX lines: then what the texts do not have in common
 * at both ends is given as removed and added.  Nothing leaves memory: the texts
 * may be secret.
 */
#define UDIFF_EDITS_MAX 2000

struct udiff_opts {
	size_t context;   /* lines around what differs */
	const char *name; /* one line, behind each hunk's numbers, or NULL */
	/* Lines that come before the texts, each in its own document. */
	size_t before_at;
	size_t after_at;
};

/* udiff(before, after, opts, out): append the hunks; none if they are the
 * same.  A last line without newline counts as if it had one. */
void udiff(const char *before, const char *after, const struct udiff_opts *opts,
    struct buf *out);

/* udiff_lines(text): how many lines it has. */
size_t udiff_lines(const char *text);

#endif
