#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <sys/types.h>

#include "base/err.h"

/*
 * A program that runs beside this one until it is told to end, such as a
 * server, perhaps as another user.  When this process dies, however that
 * comes about, the system ends the service with the signal ${end}.  It has a
 * session of its own, so that a terminal's signals do not reach it.  One
 * thread starts and stops a service, and lives as long.
 */
struct service;

/* Whom it runs as. */
struct service_user {
	const char *name;
	uid_t uid;
	gid_t gid;
	int change; /* it is not whom we are, and we are root */
};

struct service_opts {
	const char *const *argv; /* NULL-terminated; argv[0] is its path */
	const char *const *env;  /* NULL-terminated, all that it gets */
	const struct service_user *user;
	const char *folder; /* to work in */
	const char *log;    /* a file that takes what it says; made, or added
			       to */
	int end;            /* the signal that ends it */
};

/* service_start(opts, err): it runs, or tries to; all is copied. */
struct service *service_start(const struct service_opts *opts, struct err *err);
/* service_is_running(s): whether it has not ended by itself. */
int service_is_running(struct service *s);
/* service_stop(s): end it, wait for that, and free; NULL is fine. */
void service_stop(struct service *s);

/* service_wait(s): wait until it has ended by itself, whatever signal comes to
 * us, and free.  Return its status, or 128 + the signal that ended it. */
int service_wait(struct service *s);

/* service_run(opts, err): run a program to its end.  ERR_FAIL unless its status
 * is 0; a stop signal ends it. */
int service_run(const struct service_opts *opts, struct err *err);

#endif
