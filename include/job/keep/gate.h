#ifndef JOB_KEEP_GATE_H
#define JOB_KEEP_GATE_H

#include "base/buf.h"
#include "db/pattern.h"
#include "job/choose/selection.h"
#include "job/keep/figures.h"

/*
 * The anomaly gate: is a backup like the one before it?  A backup can be
 * without fault and save what is left of a database: after a migration that
 * dropped a table, a DELETE without WHERE, a wrong connection string.  Nobody
 * looks at archives every day, and retention removes the good ones in time.  So
 * each is compared with the newest of the same NAME that was normal or
 * accepted, from what this host remembers (job/keep/ledger.h); one that differs
 * by more than the bounds is kept and marked suspect (job/keep/suspect.h).
 *
 * Small numbers raise no alarm: a table has to lose GATE_ROWS rows, the data
 * GATE_BYTES, and the backup has to take GATE_SECONDS.
 */

#define GATE_ROWS 100
#define GATE_BYTES 1000000
#define GATE_SECONDS 60

struct gate_bounds {
	int off;         /* nothing is compared, and nothing remembered */
	uint64_t tables; /* that may be gone; UINT64_MAX: any number */
	double rows;     /* share of rows lost that is abnormal; 0: none is */
	double size;     /* the same of the data */
	double time;     /* times as long is abnormal; 0: nothing is */
	struct pattern **except; /* tables that are not looked at */
	size_t except_count;
};

/* gate_defaults(bounds): no table gone, half the rows, half the size, ten times
 * the time.  gate_parse(text, bounds, err): change what ${text} names, "off" or
 * "rows=50%,size=50%,time=10x,tables=0,except=PATTERN", each of which may be
 * "off" itself; ERR_USAGE.  gate_clear(bounds): free what it has. */
void gate_defaults(struct gate_bounds *bounds);
int gate_parse(const char *text, struct gate_bounds *bounds, struct err *err);
void gate_clear(struct gate_bounds *bounds);

/* gate_chosen(selection, format, row_security): a text that is the same for
 * backups that can be compared, "" for all of a database; the caller frees. */
char *gate_chosen(
    const struct selection *selection, const char *format, int row_security);

/* What is abnormal. */
struct gate_findings {
	size_t count;
	struct buf details; /* "table shop.log is gone; ..." */
	struct buf kinds;   /* "fewer rows, less data": fit for a repository */
};

/* gate_compare(bounds, before, now, findings): both are sorted; start
 * ${findings} as {0}, and free its two texts. */
void
gate_compare(const struct gate_bounds *bounds, const struct figures *before,
    const struct figures *now, struct gate_findings *findings);

struct gate_opts {
	const struct gate_bounds *bounds;
	const char *state;  /* the ledgers' folder, or NULL */
	const char *repo;   /* as are the archive's, */
	const char *name;   /* its NAME, */
	const char *path;   /* and its path */
	const char *chosen; /* gate_chosen() */
};

/* gate_judge(opts, now, err): compare a backup that is whole, but not under its
 * name yet, with the one before.  ERR_ABNORMAL when it does not look like that:
 * then the mark is there before the archive is, or, if it can't be written,
 * this host's ledger knows that it is missing (job/keep/unmarked.h).  What
 * stands in the way of comparing or remembering is a warning.
 * gate_settle(opts, now, abnormal, placed): after that, ${abnormal} telling how
 * it went: the archive has its name, and a normal one is remembered; or it
 * never will, and has no mark. */
int
gate_judge(const struct gate_opts *opts, struct figures *now, struct err *err);
void gate_settle(const struct gate_opts *opts, const struct figures *now,
    int abnormal, int placed);

/* gate_accept(state, archive, id, err): the archive ${id} at that path is
 * normal: let the next one be compared with it, then take its mark away. Return
 * 1, 0 if a later one is normal already, or -1.  Warns when this host knows
 * nothing of it. */
int gate_accept(
    const char *state, const char *archive, const char *id, struct err *err);

#endif
