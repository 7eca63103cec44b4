#ifndef JOB_PROOF_THROWAWAY_H
#define JOB_PROOF_THROWAWAY_H

#include "db/conn.h"

/*
 * A PostgreSQL server of our own, for nothing but a drill: in a private
 * folder, on a unix socket in that, and as fast as it can be, for what it
 * holds is thrown away.  It dies with us, whatever ends us, and its folder is
 * removed: by throwaway_free() or, where we were killed, by the next
 * throwaway_open() there.  Started by root it runs as the user "postgres".
 */
struct throwaway;

struct throwaway_opts {
	const char *folder;    /* to make its own in; NULL: a usual place */
	const char *bindir;    /* of initdb and postgres */
	int major;             /* their version */
	const char *superuser; /* the role that the server begins with */
	/* Further settings, "NAME=VALUE", each as throwaway_check() has it. */
	const char *const *settings;
	size_t setting_count;
};

/* The role to connect as: none of an archive, whose roles may be changed. */
#define THROWAWAY_ROLE "pgcask_drill"

/* throwaway_forget(): take the PG* variables, which are of other servers, out
 * of the environment, while no other thread reads that. */
void throwaway_forget(void);

/* throwaway_check(setting, err): ERR_USAGE of "NAME=VALUE" that it could not be
 * reached with, or would not tell of itself. */
int throwaway_check(const char *setting, struct err *err);

/* throwaway_open(opts, err): it takes connections.  One thread opens and frees
 * it. */
struct throwaway *
throwaway_open(const struct throwaway_opts *opts, struct err *err);
/* throwaway_free(t): stop it and remove all of it, also after a stop signal;
 * NULL is fine. */
void throwaway_free(struct throwaway *t);

/* throwaway_conn(t): how to reach it, without a database; lent. */
struct conn_opts throwaway_conn(const struct throwaway *t);
/* throwaway_explain(t, err): whether it is there no more, which ${err} came of;
 * then that is said in it, with its last words.  One that is about to end is
 * waited for. */
int throwaway_explain(struct throwaway *t, struct err *err);
/* throwaway_is_up(t): whether it goes on, and takes sessions. */
int throwaway_is_up(struct throwaway *t);
/* throwaway_place(t): the folder in which its own was made; lent. */
const char *throwaway_place(const struct throwaway *t);

#endif
