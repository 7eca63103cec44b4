#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "db/queries.h"
#include "job/backup/watch.h"
#include "job/lockers.h"

/* Between two looks, in milliseconds; giving way is worth more of them. */
#define PAUSE 1000
#define PAUSE_YIELDING 250

struct watch {
	struct conn *conn;      /* lent */
	pthread_mutex_t asking; /* whose turn it is with that */
	int yield;
	char leader[16]; /* its pid */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	int ending;
	/* Of the thread alone: those that were told, "PID TABLE". */
	char **told;
	size_t told_count;
};

static int
is_told(const struct watch *w, const char *what)
{
	size_t i;

	for (i = 0; i < w->told_count; i++)
		if (strcmp(w->told[i], what) == 0)
			return 1;
	return 0;
}

static void
add_behind(const char *behind, struct buf *out)
{
	if (strcmp(behind, "0") != 0)
		buf_printf(out, " (%s more wait%s behind it)", behind,
		    strcmp(behind, "1") == 0 ? "s" : "");
}

static void
give_way(const PGresult *r)
{
	struct buf text = { 0 };
	struct err why = ERR_INIT;

	buf_puts(&text, "gave way: ");
	lockers_describe(r, 0, "waits for", &text);
	add_behind(PQgetvalue(r, 0, LOCKERS_BEHIND), &text);
	(void)err_set(&why, ERR_WARNINGS, "%s", buf_text(&text));
	(void)err_hint(&why, "nothing is left of it: run it again later");
	buf_free(&text);
	stop_because(&why);
}

static void
warn(struct watch *w, const PGresult *r, int row)
{
	struct buf text = { 0 };
	char *what = mem_printf("%s %s", PQgetvalue(r, row, LOCKERS_PID),
	    PQgetvalue(r, row, LOCKERS_TABLE));

	if (is_told(w, what)) {
		free(what);
		return;
	}
	w->told = mem_array(w->told, w->told_count + 1, sizeof(*w->told));
	w->told[w->told_count++] = what;
	lockers_describe(r, row, "waits for this backup to let go of", &text);
	add_behind(PQgetvalue(r, row, LOCKERS_BEHIND), &text);
	log_warn("%s", buf_text(&text));
	buf_free(&text);
}

/* Look once.  Return whether to go on. */
static int
look(struct watch *w)
{
	struct err err = ERR_INIT;
	PGresult *r;
	int i, n;

	watch_hold(w);
	r = conn_query1(w->conn, sql_waiting, w->leader, &err);
	watch_release(w);
	if (r == NULL) {
		if (stop_check(&err) == 0 && w->yield)
			log_warn("nobody gives way any more: %s", err.msg);
		else
			log_step("nobody looks out for who waits: %s", err.msg);
		return 0;
	}
	n = PQntuples(r);
	if (n > 0 && w->yield)
		give_way(r);
	for (i = 0; i < n && !w->yield; i++)
		warn(w, r, i);
	PQclear(r);
	return n == 0 || !w->yield;
}

/* Wait for the next look; 0 when the watch ends. */
static int
wait_a_while(struct watch *w)
{
	long pause = w->yield ? PAUSE_YIELDING : PAUSE;
	struct timespec until;
	int rc = 0, ending;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += pause / 1000;
	until.tv_nsec += pause % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&w->lock);
	while (!w->ending && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
	ending = w->ending;
	(void)pthread_mutex_unlock(&w->lock);
	return !ending;
}

static void *
run(void *arg)
{
	struct watch *w = arg;

	while (wait_a_while(w) && look(w))
		;
	return NULL;
}

static void
destroy(struct watch *w)
{
	(void)pthread_cond_destroy(&w->changed);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_mutex_destroy(&w->asking);
	free(w);
}

struct watch *
watch_start(
    const struct conn *leader, struct conn *conn, int yield, struct err *err)
{
	struct watch *w = mem_zalloc(sizeof(*w));
	pthread_condattr_t attr;
	int rc;

	w->conn = conn;
	w->yield = yield;
	(void)snprintf(w->leader, sizeof(w->leader), "%d", conn_pid(leader));
	(void)pthread_mutex_init(&w->asking, NULL);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	rc = pthread_create(&w->thread, NULL, run, w);
	if (rc == 0)
		return w;
	errno = rc;
	(void)err_sys(err, ERR_FAIL, "cannot start a thread");
	destroy(w);
	return NULL;
}

void
watch_hold(struct watch *watch)
{
	if (watch != NULL)
		(void)pthread_mutex_lock(&watch->asking);
}

void
watch_release(struct watch *watch)
{
	if (watch != NULL)
		(void)pthread_mutex_unlock(&watch->asking);
}

void
watch_end(struct watch *watch)
{
	size_t i;

	if (watch == NULL)
		return;
	(void)pthread_mutex_lock(&watch->lock);
	watch->ending = 1;
	(void)pthread_cond_signal(&watch->changed);
	(void)pthread_mutex_unlock(&watch->lock);
	(void)pthread_join(watch->thread, NULL);
	for (i = 0; i < watch->told_count; i++)
		free(watch->told[i]);
	free(watch->told);
	destroy(watch);
}
