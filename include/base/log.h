#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

/*
 * What the program says on standard error while it works.  Any thread may
 * call these; a line is written whole.
 */

enum log_level {
	LOG_ERRORS,   /* -q: nothing but errors */
	LOG_WARNINGS, /* the default: errors and warnings */
	LOG_STEPS,    /* -v: what is being done */
	LOG_DETAILS   /* -vv: each object and statement */
};

void log_set_level(enum log_level level);
enum log_level log_level(void);

/* log_set_eraser(erase): call ${erase} before a line is written, so that a
 * progress bar can get out of its way; NULL for none.  It is called with the
 * log's lock held and must not log. */
void log_set_eraser(void (*erase)(void));

/* log_lock(), log_unlock(): hold back every line meanwhile; for whoever else
 * draws on standard error. */
void log_lock(void);
void log_unlock(void);

void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* log_note(fmt, ...): at the level of warnings, but none of ours: what somebody
 * else says, that is worth knowing. */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* log_err(err): print "pgcask: message" and the hint, at every level. */
void log_err(const struct err *err);

/* log_warnings(): how many warnings there were; they make exit status 3. */
unsigned log_warnings(void);

#endif
