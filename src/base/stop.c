#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"

struct hook {
	void (*call)(void *);
	void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hook *hooks;
static size_t hook_count;
static atomic_int caught;
static atomic_int stopped; /* by stop_because() */
static struct err reason;  /* guarded by the lock */

/* A blocked signal waits to be taken even where it is to be ignored, so one
 * that nohup(1) has turned off must be left alone. */
static int
is_ignored(int signo)
{
	struct sigaction now;

	return sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void
fill_set(sigset_t *set)
{
	(void)sigemptyset(set);
	/* Shells ignore SIGINT for all that a script puts into the background;
	 * who sends it there by name means it all the same. */
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	if (!is_ignored(SIGHUP))
		(void)sigaddset(set, SIGHUP);
}

/* The caller has the lock. */
static void
call_hooks(void)
{
	size_t i;

	for (i = 0; i < hook_count; i++)
		hooks[i].call(hooks[i].arg);
}

static void *
wait_for_signal(void *arg)
{
	sigset_t set;
	int signo;

	(void)arg;
	fill_set(&set);
	for (;;) {
		if (sigwait(&set, &signo) != 0)
			continue;
		(void)pthread_mutex_lock(&lock);
		if (atomic_load(&caught) == 0)
			atomic_store(&caught, signo);
		call_hooks();
		(void)pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int
stop_begin(struct err *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	pthread_t thread;
	sigset_t set;
	int rc;

	fill_set(&set);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL);
	rc = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (rc == 0)
		rc = pthread_create(&thread, NULL, wait_for_signal, NULL);
	if (rc != 0) {
		errno = rc;
		return err_sys(err, ERR_FAIL, "cannot start a thread");
	}
	(void)pthread_detach(thread);
	return 0;
}

int
stop_signal(void)
{
	return atomic_load(&caught);
}

void
stop_because(const struct err *why)
{
	(void)pthread_mutex_lock(&lock);
	reason = *why;
	atomic_store(&stopped, 1);
	call_hooks();
	(void)pthread_mutex_unlock(&lock);
}

void
stop_resume(void)
{
	atomic_store(&stopped, 0);
}

int
stop_check(struct err *err)
{
	int signo = stop_signal();

	if (signo == 0 && atomic_load(&stopped) != 0) {
		(void)pthread_mutex_lock(&lock);
		*err = reason;
		(void)pthread_mutex_unlock(&lock);
		return -1;
	}
	if (signo == 0)
		return 0;
	err_set(
	    err, ERR_INTERRUPT, "stopped by a signal: %s", strsignal(signo));
	err->signo = signo;
	return -1;
}

void
stop_hook(void (*call)(void *), void *arg)
{
	(void)pthread_mutex_lock(&lock);
	hooks = mem_array(hooks, hook_count + 1, sizeof(*hooks));
	hooks[hook_count++] = (struct hook){ call, arg };
	if (atomic_load(&caught) != 0 || atomic_load(&stopped) != 0)
		call(arg);
	(void)pthread_mutex_unlock(&lock);
}

void
stop_unhook(void (*call)(void *), void *arg)
{
	size_t i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < hook_count; i++) {
		if (hooks[i].call == call && hooks[i].arg == arg) {
			hooks[i] = hooks[--hook_count];
			break;
		}
	}
	(void)pthread_mutex_unlock(&lock);
}
