#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "stream/source.h"

#define WAIT_MS 200       /* how soon a stop signal ends a wait for bytes */
#define STEP (64u * 1024) /* source_read_all() asks for so much at once */

ssize_t
source_read(struct source *source, void *buf, size_t size, struct err *err)
{
	return source->ops->read(source, buf, size, err);
}

ssize_t
source_read_full(struct source *source, void *buf, size_t size, struct err *err)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got =
		    source_read(source, (char *)buf + have, size - have, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

int
source_read_all(
    struct source *source, struct buf *out, size_t max, struct err *err)
{
	size_t before = out->len;

	for (;;) {
		ssize_t got;

		if (buf_reserve(out, STEP, err) != 0)
			return -1;
		got = source_read(source, out->data + out->len, STEP, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
		out->len += (size_t)got;
		if (out->len - before > max)
			return err_set(err, ERR_DAMAGED,
			    "there are more than the %zu bytes allowed", max);
	}
}

void
source_free(struct source *source)
{
	if (source != NULL)
		source->ops->free(source);
}

struct mem_source {
	struct source base;
	const char *data;
	size_t left;
};

static ssize_t
mem_source_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct mem_source *s = (struct mem_source *)source;

	(void)err;
	if (size > s->left)
		size = s->left;
	if (size > 0)
		memcpy(buf, s->data, size);
	s->data += size;
	s->left -= size;
	return (ssize_t)size;
}

static void
mem_source_free(struct source *source)
{
	free(source);
}

struct source *
source_from_mem(const void *data, size_t len)
{
	static const struct source_ops ops = { mem_source_read,
		mem_source_free };
	struct mem_source *s = mem_zalloc(sizeof(*s));

	s->base.ops = &ops;
	s->data = len > 0 ? data : "";
	s->left = len;
	return &s->base;
}

struct fd_source {
	struct source base;
	int fd;
	char *name;
};

static ssize_t
fd_source_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct fd_source *s = (struct fd_source *)source;
	struct pollfd p = { s->fd, POLLIN, 0 };

	for (;;) {
		ssize_t got;
		int rc;

		if (stop_check(err) != 0)
			return -1;
		rc = poll(&p, 1, WAIT_MS);
		if (rc == 0 || (rc < 0 && errno == EINTR))
			continue;
		got = rc > 0 ? read(s->fd, buf, size) : -1;
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return err_sys(
			    err, ERR_STORAGE, "cannot read from %s", s->name);
	}
}

static void
fd_source_free(struct source *source)
{
	struct fd_source *s = (struct fd_source *)source;

	free(s->name);
	free(s);
}

struct source *
source_from_fd(int fd, const char *name)
{
	static const struct source_ops ops = { fd_source_read, fd_source_free };
	struct fd_source *s = mem_zalloc(sizeof(*s));

	s->base.ops = &ops;
	s->fd = fd;
	s->name = mem_strdup(name);
	return &s->base;
}
