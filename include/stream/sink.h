#ifndef STREAM_SINK_H
#define STREAM_SINK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A sink takes bytes.  Sinks are stacked: a compressing sink writes to a
 * sealing one, that to a file.  A stage owns the sink below it, and freeing
 * or finishing the top does the same to all of them.
 *
 *	write	takes all of the bytes or fails
 *	finish	flushes; 0 means that what was written is complete and, for a
 *		file, durable.  Called once, last before free.
 *	free	releases; without a successful finish what was written is
 *		discarded (a file is removed, an upload abandoned)
 *
 * After a failed write or finish, only free may follow.  One thread at a time
 * may use a sink.
 */
struct sink;

struct sink_ops {
	int (*write)(struct sink *, const void *, size_t, struct err *);
	int (*finish)(struct sink *, struct err *);
	void (*free)(struct sink *);
};

/* The first member of every kind of sink. */
struct sink {
	const struct sink_ops *ops;
};

int
sink_write(struct sink *sink, const void *data, size_t len, struct err *err);
int sink_finish(struct sink *sink, struct err *err);
/* sink_free(sink): NULL is fine. */
void sink_free(struct sink *sink);

/* sink_to_buf(buf): a sink that appends to ${buf}, which is lent and outlives
 * it. */
struct sink *sink_to_buf(struct buf *buf);

/* sink_to_fd(fd, name): a sink that writes to the open descriptor ${fd}, which
 * is lent; ${name} stands in messages.  finish() syncs a file.  Waiting for the
 * reader of a pipe ends with a stop signal.  Errors are ERR_STORAGE. */
struct sink *sink_to_fd(int fd, const char *name);

#endif
