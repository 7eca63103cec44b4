#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Errors.  A function that can fail returns 0 or -1 (or a pointer or NULL)
 * and takes a caller-owned struct err, which it fills before it fails.  The
 * message is set once, where the fault is detected; each layer above may put
 * its context in front of it; main prints it once and exits with its kind.
 *
 * A struct err belongs to one thread.  Initialise it with ERR_INIT.
 */

/* What went wrong, numbered as the exit status of the program. */
enum err_kind {
	ERR_NONE = 0,
	ERR_FAIL = 1,       /* anything without a number of its own */
	ERR_USAGE = 2,      /* usage or configuration */
	ERR_WARNINGS = 3,   /* done, with warnings */
	ERR_DB = 4,         /* the database server, or what runs on it */
	ERR_STORAGE = 5,    /* files, folders, disks */
	ERR_DAMAGED = 6,    /* a damaged, foreign or forged archive */
	ERR_KEY = 7,        /* a key or a passphrase */
	ERR_LOCKED = 8,     /* another run holds the lock */
	ERR_ABNORMAL = 9,   /* the result looks abnormal */
	ERR_ABSENT = 10,    /* no such archive */
	ERR_INTERRUPT = 128 /* stopped by a signal: 128 + its number */
};

struct err {
	enum err_kind kind;
	int sysno;        /* errno at the fault, or 0 */
	int signo;        /* the signal, for ERR_INTERRUPT */
	char sqlstate[6]; /* the server's code, or "" */
	char msg[2048];   /* what failed, on which object; one line or a few */
	char hint[1024];  /* what to do next, or "" */
};

#define ERR_INIT                 \
	{                        \
		.kind = ERR_NONE \
	}

/*
 * All four return -1, for the caller's own return.  They are macros so that
 * the compiler and the analysers see it.
 *
 * err_set(err, kind, fmt, ...): fill ${err}.
 * err_sys(err, kind, fmt, ...): the same, with errno's text after it.
 * err_wrap(err, fmt, ...): put "context: " in front of the message.
 * err_hint(err, fmt, ...): say what to do next, unless something already does.
 */
static inline int
err_failed(void)
{
	return -1;
}
#define err_set(...) (err_put(__VA_ARGS__), err_failed())
#define err_sys(...) (err_put_sys(__VA_ARGS__), err_failed())
#define err_wrap(...) (err_put_context(__VA_ARGS__), err_failed())
#define err_hint(...) (err_put_hint(__VA_ARGS__), err_failed())

void err_put(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void err_put_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void err_put_context(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void err_put_hint(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* err_status(err): the exit status that ${err} stands for. */
int err_status(const struct err *err);

#endif
