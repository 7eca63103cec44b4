#ifndef JOB_RESTORE_TARGET_H
#define JOB_RESTORE_TARGET_H

#include "db/catalog.h"
#include "db/conn.h"
#include "job/statement.h"

/*
 * The database that a restore fills.  One that is there must be empty, where
 * all of an archive comes; one that is made has the name NAME.pgcask.partial
 * until it is whole (of a long NAME, its start and a hash).  An advisory lock
 * holds the name meanwhile, and a comment marks the database, so that what a
 * killed run left is known for that, and the next run under the name drops it.
 */
struct target;

/* What such a database is called behind its name, and its comment. */
#define TARGET_SUFFIX ".pgcask.partial"
#define TARGET_MARK "pgcask is restoring into this database; it is incomplete"

enum target_kind {
	TARGET_EMPTY, /* is there, and holds nothing */
	TARGET_MADE,  /* is made */
	TARGET_ANY    /* is there, whatever it holds */
};

struct target_opts {
	const struct conn_opts *conn; /* dbname: the target */
	enum target_kind kind;
	const struct catalog *cat; /* lent until target_free() */
	const char *globals;       /* to run before it is made, or NULL */
	int no_tablespaces;        /* nor make any, nor use one */
	int salvages; /* what is whole of a wreck: its options are fewer */
	int fleeting; /* what is made may stay if it is not kept */
	int looks;    /* make nothing: only find what would stand in the way */
};

/* target_open(opts, err): connect to it, or make it.  ERR_FAIL when it holds
 * what it must not, or is there already and was to be made; ERR_USAGE when the
 * server has no such long names; ERR_LOCKED when another restore is making it.
 */
struct target *target_open(const struct target_opts *opts, struct err *err);
/* target_refused(t): how many statements of the globals were refused. */
unsigned target_refused(const struct target *t);

/* target_conn(t): a session in it, for the leader; lent.  Where one that is to
 * be made was only looked for, a session in another database. */
struct conn *target_conn(struct target *t);
/* target_name(t): the name that it has in the end. */
const char *target_name(const struct target *t);

/* target_properties(t, cat, session, refuse, arg, err): give a database that
 * was made its owner, privileges and settings.  What the server refuses, or
 * would refuse, goes to refuse(arg, what, why). */
int target_properties(struct target *t, const struct catalog *cat,
    const struct session *session,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err);

/* target_keep(t, err): it is whole: end the session, and give it its name and
 * its comment. */
int target_keep(struct target *t, struct err *err);

/* target_free(t): end the session; a database that was made and not kept is
 * dropped. */
void target_free(struct target *t);

/* target_parse(text, other, dsn, err): the name of the database that ${text}
 * names, a name, a conninfo string or a URI, in memory that the caller frees;
 * a conninfo string for the database ${other} instead goes to ${dsn}.
 * ${text} NULL: what the environment says. */
char *target_parse(
    const char *text, const char *other, struct buf *dsn, struct err *err);

/* target_drop(admin, name, err): drop a database that may be there, whoever is
 * in it. */
int target_drop(struct conn *admin, const char *name, struct err *err);

#endif
