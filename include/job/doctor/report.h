#ifndef JOB_DOCTOR_REPORT_H
#define JOB_DOCTOR_REPORT_H

#include <stddef.h>

#include "base/err.h"

/*
 * What was found out, in order: findings, each with its level, what was found,
 * and the remedy, which is a command, or a setting, or what else there is to
 * do.  One thread.
 */

enum level {
	LEVEL_OK,   /* as it should be */
	LEVEL_WARN, /* the work can be done, but look at this */
	LEVEL_BAD   /* the work would fail */
};

struct finding {
	char *group;       /* "keys" */
	const char *check; /* "seal-key": the same in all versions */
	enum level level;
	enum err_kind kind; /* of LEVEL_BAD: how the work would fail */
	char *what;
	char *remedy; /* or NULL */
};

struct report {
	char *group; /* of what comes now */
	char *repo;  /* as typed to a shell, or NULL */
	struct finding *findings;
	size_t count;
};

/* report_group(r, fmt, ...): what follows is of that group. */
void report_group(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* report_repo(r, path): what remedies call the repository, if there is one. */
void report_repo(struct report *r, const char *path);

/* report_ok(), report_warn(), report_bad(): add a finding; ${check} is lent.
 * report_remedy(r, fmt, ...): of the finding that was added last. */
void report_ok(struct report *r, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_warn(struct report *r, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_bad(struct report *r, const char *check, enum err_kind kind,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void report_remedy(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* report_err(r, check, level, err): add what an error says. */
void report_err(struct report *r, const char *check, enum level level,
    const struct err *err);

/* report_count(r, level): how many are of that level. */
size_t report_count(const struct report *r, enum level level);
/* report_kind(r): ERR_NONE if all is well, ERR_WARNINGS if something is to be
 * looked at; else how the work would fail, or ERR_FAIL if it would in several
 * ways. */
enum err_kind report_kind(const struct report *r);
/* report_level_name(level): "ok", "warn", "bad". */
const char *report_level_name(enum level level);
void report_free(struct report *r);

#endif
