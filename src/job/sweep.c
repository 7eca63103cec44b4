#include <pthread.h>

#include "job/pool.h"
#include "job/sweep.h"

#define NO_ENTRY UINT64_MAX

struct sweep {
	const struct sweep_opts *opts;
	pthread_mutex_t lock; /* guards what follows */
	uint64_t next;        /* the entry to look at next */
	int stopping;
	uint64_t bad; /* the first bad entry so far, or NO_ENTRY */
	struct err why;
};

uint64_t
sweep_parts(const struct reader *reader)
{
	/* The manifest is no part. */
	return reader_entries(reader) - 1 - FORMAT_PARTS_AFTER - 1;
}

uint64_t
sweep_part(const struct reader *reader, uint64_t entry)
{
	if (entry <= FORMAT_PARTS_AFTER || entry == reader_entries(reader) - 1)
		return 0;
	return entry - FORMAT_PARTS_AFTER;
}

/* The next entry; whether there is one. */
static int
take_entry(struct sweep *s, uint64_t *entry)
{
	const struct sweep_opts *o = s->opts;
	uint64_t count = reader_entries(o->reader);
	int got;

	(void)pthread_mutex_lock(&s->lock);
	while (
	    s->next < count && o->wants != NULL && !o->wants(o->arg, s->next))
		s->next++;
	got = !s->stopping && s->bad == NO_ENTRY && s->next < count;
	if (got)
		*entry = s->next++;
	(void)pthread_mutex_unlock(&s->lock);
	return got;
}

/* Others may be at entries before it: all of them are awaited. */
static void
note_bad(struct sweep *s, uint64_t entry, const struct err *why)
{
	(void)pthread_mutex_lock(&s->lock);
	if (entry < s->bad) {
		s->bad = entry;
		s->why = *why;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct sweep *s = arg;
	struct part part = { 0 };
	uint64_t entry;

	(void)slot;
	(void)conn;
	(void)err;
	while (take_entry(s, &entry)) {
		struct err why = ERR_INIT;

		if (s->opts->each(s->opts->arg, entry, &part, &why) != 0)
			note_bad(s, entry, &why);
	}
	part_free(&part);
	return 0;
}

static void
stop(void *arg)
{
	struct sweep *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	s->stopping = 1;
	(void)pthread_mutex_unlock(&s->lock);
}

int
sweep_run(const struct sweep_opts *opts, struct err *err)
{
	struct sweep s = { .opts = opts, .bad = NO_ENTRY };
	struct pool_opts po = {
		.jobs = opts->jobs, .run = run, .on_stop = stop, .arg = &s
	};
	struct pool *pool;
	int rc = -1;

	(void)pthread_mutex_init(&s.lock, NULL);
	pool = pool_start(&po, err);
	if (pool != NULL)
		rc = pool_join(pool, err);
	(void)pthread_mutex_destroy(&s.lock);
	if (rc != 0 || s.bad == NO_ENTRY)
		return rc;
	*err = s.why;
	return -1;
}
