#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "stream/sink.h"

#define WAIT_MS 200 /* how soon a stop signal ends a wait for the reader */

int
sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	return sink->ops->write(sink, data, len, err);
}

int
sink_finish(struct sink *sink, struct err *err)
{
	return sink->ops->finish(sink, err);
}

void
sink_free(struct sink *sink)
{
	if (sink != NULL)
		sink->ops->free(sink);
}

struct buf_sink {
	struct sink base;
	struct buf *buf;
};

static int
buf_sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	return buf_add(((struct buf_sink *)sink)->buf, data, len, err);
}

static int
buf_sink_finish(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void
buf_sink_free(struct sink *sink)
{
	free(sink);
}

struct sink *
sink_to_buf(struct buf *buf)
{
	static const struct sink_ops ops = { buf_sink_write, buf_sink_finish,
		buf_sink_free };
	struct buf_sink *s = mem_zalloc(sizeof(*s));

	s->base.ops = &ops;
	s->buf = buf;
	return &s->base;
}

struct fd_sink {
	struct sink base;
	int fd;
	int own; /* a second, non-blocking way to the same pipe, or -1 */
	char *name;
};

static int
fd_failed(const struct fd_sink *s, struct err *err)
{
	int sysno = errno;

	err_sys(err, ERR_STORAGE, "cannot write to %s", s->name);
	if (sysno == EPIPE)
		return err_hint(
		    err, "the program that reads it ended before it had all");
	if (sysno == ENOSPC || sysno == EDQUOT)
		return err_hint(
		    err, "free some space, or write somewhere else");
	return -1;
}

/* Wait until the descriptor takes more, or a signal asks to stop. */
static int
fd_wait(const struct fd_sink *s, int fd, struct err *err)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int rc;

	do {
		if (stop_check(err) != 0)
			return -1;
		rc = poll(&p, 1, WAIT_MS);
	} while (rc == 0 || (rc < 0 && errno == EINTR));
	return rc > 0 ? 0 : fd_failed(s, err);
}

static int
fd_sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct fd_sink *s = (struct fd_sink *)sink;
	int fd = s->own >= 0 ? s->own : s->fd;
	const char *p = data;

	while (len > 0) {
		ssize_t done = write(fd, p, len);

		if (done > 0) {
			p += done;
			len -= (size_t)done;
		} else if (done < 0 && errno == EAGAIN) {
			if (fd_wait(s, fd, err) != 0)
				return -1;
		} else if (done == 0 || errno != EINTR) {
			return fd_failed(s, err);
		}
	}
	return 0;
}

static int
fd_sink_finish(struct sink *sink, struct err *err)
{
	struct fd_sink *s = (struct fd_sink *)sink;

	/* Pipes and terminals have nothing to sync, and say so. */
	if (fsync(s->fd) != 0 && errno != EINVAL && errno != EROFS &&
	    errno != ENOTSUP)
		return fd_failed(s, err);
	return 0;
}

static void
fd_sink_free(struct sink *sink)
{
	struct fd_sink *s = (struct fd_sink *)sink;

	if (s->own >= 0)
		(void)close(s->own);
	free(s->name);
	free(s);
}

/*
 * A pipe whose reader stalls would hold a blocking write, and with it the
 * whole run, beyond any stop signal.  O_NONBLOCK on the descriptor itself
 * would reach every process that shares it, so the pipe is opened again.
 */
static int
reopen_pipe(int fd)
{
	char path[32];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

struct sink *
sink_to_fd(int fd, const char *name)
{
	static const struct sink_ops ops = { fd_sink_write, fd_sink_finish,
		fd_sink_free };
	struct fd_sink *s = mem_zalloc(sizeof(*s));

	s->base.ops = &ops;
	s->fd = fd;
	s->own = reopen_pipe(fd);
	s->name = mem_strdup(name);
	return &s->base;
}
