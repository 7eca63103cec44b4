#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/stop.h"
#include "job/pool.h"

struct worker {
	struct pool *pool;
	unsigned slot;
	pthread_t thread;
	int running; /* guarded by the pool's lock */
};

struct pool {
	struct pool_opts opts;
	struct conn **conns;
	struct worker *workers;
	unsigned started;
	pthread_mutex_t lock; /* guards what follows */
	int stopping;
	struct err err; /* the first */
};

/* Cancel what the workers run; the caller has the lock, so that no connection
 * is in use by nobody meanwhile. */
static void
cancel_all(struct pool *pool)
{
	unsigned i;

	if (pool->conns == NULL)
		return;
	for (i = 0; i < pool->opts.jobs; i++)
		if (pool->workers[i].running)
			conn_cancel(pool->conns[i]);
}

/* Stop because of ${err}, or because of a signal when NULL. */
static void
stop(struct pool *pool, const struct err *err)
{
	int first;

	(void)pthread_mutex_lock(&pool->lock);
	first = !pool->stopping;
	if (pool->err.kind == ERR_NONE && err != NULL)
		pool->err = *err;
	pool->stopping = 1;
	if (first && err != NULL)
		cancel_all(pool);
	(void)pthread_mutex_unlock(&pool->lock);
	if (first && pool->opts.on_stop != NULL)
		pool->opts.on_stop(pool->opts.arg);
}

static void
stop_on_signal(void *arg)
{
	/* The connections have hooks of their own that cancel. */
	stop(arg, NULL);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *pool = w->pool;
	struct err err = ERR_INIT;
	struct conn *conn = pool->conns != NULL ? pool->conns[w->slot] : NULL;

	if (pool->opts.run(pool->opts.arg, w->slot, conn, &err) != 0)
		stop(pool, &err);
	(void)pthread_mutex_lock(&pool->lock);
	w->running = 0;
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *
pool_start(const struct pool_opts *opts, struct err *err)
{
	struct pool *pool = mem_zalloc(sizeof(*pool));
	unsigned i;
	int rc = 0;

	pool->opts = *opts;
	pool->conns = opts->conns;
	pool->workers = mem_zalloc(opts->jobs * sizeof(*pool->workers));
	(void)pthread_mutex_init(&pool->lock, NULL);
	stop_hook(stop_on_signal, pool);
	for (i = 0; i < opts->jobs && rc == 0; i++) {
		struct worker *w = &pool->workers[i];

		w->pool = pool;
		w->slot = i;
		w->running = 1;
		rc = pthread_create(&w->thread, NULL, work, w);
		if (rc == 0)
			pool->started++;
	}
	if (rc == 0)
		return pool;
	errno = rc;
	(void)err_sys(err, ERR_FAIL, "cannot start a thread");
	pool_fail(pool, err);
	(void)pool_join(pool, err);
	return NULL;
}

void
pool_fail(struct pool *pool, const struct err *err)
{
	stop(pool, err);
}

int
pool_stopping(struct pool *pool)
{
	int stopping;

	(void)pthread_mutex_lock(&pool->lock);
	stopping = pool->stopping;
	(void)pthread_mutex_unlock(&pool->lock);
	return stopping;
}

int
pool_join(struct pool *pool, struct err *err)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < pool->started; i++)
		(void)pthread_join(pool->workers[i].thread, NULL);
	stop_unhook(stop_on_signal, pool);
	/* A signal is the reason, whatever failed because of it. */
	if (stop_check(err) != 0) {
		rc = -1;
	} else if (pool->err.kind != ERR_NONE) {
		*err = pool->err;
		rc = -1;
	}
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool);
	return rc;
}
