#ifndef CLI_BAR_H
#define CLI_BAR_H

#include "job/progress.h"

/*
 * The progress bar: a thread that reads a struct progress five times a second
 * and draws it on standard error.  Lines of the log erase it first.  Nothing
 * is drawn before the job has named its first phase, so that a password can
 * be asked for.
 */
struct bar;

/* bar_start(progress): NULL, and nothing is shown, unless standard error is a
 * terminal that can move its cursor and messages are wanted at all.
 * ${progress} is lent until bar_stop(). */
struct bar *bar_start(struct progress *progress);
/* bar_stop(bar): erase it and end its thread; NULL is fine. */
void bar_stop(struct bar *bar);

/* What is drawn, as text; bar_start()'s thread keeps one. */
struct bar_state {
	char phase[32];
	double begun; /* of the phase, by wall_seconds() */
	double last;
	uint64_t done; /* at ${last} */
	double rate;   /* per second, recent */
};

/* bar_format(state, p, now, width, lines): both lines for a terminal of
 * ${width} columns, at most BAR_LINE bytes each; the second may be empty. */
#define BAR_LINE 512
void bar_format(struct bar_state *state, const struct progress *p, double now,
    size_t width, char lines[2][BAR_LINE]);

#endif
