#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "failing_sink.h"

struct failing {
	struct sink base;
	size_t left;
};

static int
fail_now(struct err *err)
{
	return err_set(err, ERR_STORAGE, FAILING_MESSAGE);
}

static int
failing_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct failing *f = (struct failing *)sink;

	(void)data;
	if (len > f->left)
		return fail_now(err);
	f->left -= len;
	return 0;
}

static int
failing_finish(struct sink *sink, struct err *err)
{
	return ((struct failing *)sink)->left > 0 ? 0 : fail_now(err);
}

static void
failing_free(struct sink *sink)
{
	free(sink);
}

struct sink *
failing_sink(size_t after)
{
	static const struct sink_ops ops = { failing_write, failing_finish,
		failing_free };
	struct failing *f = mem_zalloc(sizeof(*f));

	f->base.ops = &ops;
	f->left = after;
	return &f->base;
}

struct dribbling {
	struct source base;
	const char *data;
	size_t left;
	size_t step;
	int fails;
};

static ssize_t
dribbling_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct dribbling *d = (struct dribbling *)source;

	if (size > d->step)
		size = d->step;
	if (size > d->left)
		size = d->left;
	if (size == 0 && d->left == 0 && d->fails)
		return fail_now(err);
	if (size > 0)
		memcpy(buf, d->data, size);
	d->data += size;
	d->left -= size;
	return (ssize_t)size;
}

static void
dribbling_free(struct source *source)
{
	free(source);
}

struct source *
dribbling_source(const void *data, size_t len, size_t step, int fails)
{
	static const struct source_ops ops = { dribbling_read, dribbling_free };
	struct dribbling *d = mem_zalloc(sizeof(*d));

	d->base.ops = &ops;
	d->data = len > 0 ? data : "";
	d->left = len;
	d->step = step;
	d->fails = fails;
	return &d->base;
}
