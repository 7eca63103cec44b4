#ifndef JOB_POOL_H
#define JOB_POOL_H

#include <stddef.h>

#include "base/err.h"
#include "db/conn.h"

/*
 * A pool of workers: N threads, each with a connection of its own, that run
 * one function until it returns.
 *
 * The first worker (or the leader) that fails stores its error and stops the
 * pool: pool_stopping() turns true, on_stop is called once, and every
 * worker's running query is cancelled through libpq.  Errors that come after
 * the first are its consequences and are dropped.  A stop signal has the same
 * effect.  The leader starts the pool, does its own share, and joins it.
 */
struct pool;

struct pool_opts {
	unsigned jobs;
	struct conn **conns; /* one per job, or NULL; lent */
	int (*run)(
	    void *arg, unsigned slot, struct conn *conn, struct err *err);
	void (*on_stop)(void *arg); /* wake whoever waits, or NULL */
	void *arg;
};

struct pool *pool_start(const struct pool_opts *opts, struct err *err);
/* pool_fail(pool, err): stop the pool because of ${err}. */
void pool_fail(struct pool *pool, const struct err *err);
int pool_stopping(struct pool *pool);
/* pool_join(pool, err): wait for all workers and free the pool.  Return 0, or
 * -1 with the first error. */
int pool_join(struct pool *pool, struct err *err);

#endif
