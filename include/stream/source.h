#ifndef STREAM_SOURCE_H
#define STREAM_SOURCE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A source gives bytes.  read() returns how many it gave (at least 1, at most
 * ${size}), 0 at the end, or -1; a decoder whose input ends early is an error,
 * not an end.  A stage owns the source below it.  One thread at a time.
 */
struct source;

struct source_ops {
	ssize_t (*read)(struct source *, void *, size_t, struct err *);
	void (*free)(struct source *);
};

/* The first member of every kind of source. */
struct source {
	const struct source_ops *ops;
};

ssize_t
source_read(struct source *source, void *buf, size_t size, struct err *err);
/* source_read_full(source, buf, size, err): as many as ${size} bytes; fewer
 * only at the end.  Return the count or -1. */
ssize_t source_read_full(
    struct source *source, void *buf, size_t size, struct err *err);
/* source_read_all(source, out, max, err): append all that is left, at most
 * ${max} bytes; more is ERR_DAMAGED. */
int source_read_all(
    struct source *source, struct buf *out, size_t max, struct err *err);
/* source_free(source): NULL is fine. */
void source_free(struct source *source);

/* source_from_mem(data, len): bytes lent by the caller. */
struct source *source_from_mem(const void *data, size_t len);

/* source_from_fd(fd, name): an open descriptor, lent.  Waiting for its writer
 * ends with a stop signal.  Errors are ERR_STORAGE. */
struct source *source_from_fd(int fd, const char *name);

#endif
