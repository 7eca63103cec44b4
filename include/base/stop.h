#ifndef BASE_STOP_H
#define BASE_STOP_H

#include "base/err.h"

/*
 * Stopping on a signal.  SIGINT, SIGTERM and SIGHUP are blocked in every
 * thread and taken by one that waits for them: it notes the first, calls the
 * registered hooks (which cancel queries and end children), and leaves the
 * clean-up to the threads that then fail.  A second SIGINT changes nothing;
 * SIGKILL is survived by design, not handled.  A SIGHUP that is ignored when
 * the program starts, as nohup(1) has it, stays ignored.
 */

/* stop_begin(err): block the signals and start the waiting thread.  Call
 * once, from main, before any other thread exists.  Also ignores SIGPIPE and
 * SIGXFSZ, so that a write reports what they would kill for. */
int stop_begin(struct err *err);

/* stop_signal(): the signal that asked to stop, or 0. */
int stop_signal(void);

/* stop_because(why): stop what runs as a signal would, for a reason of our own;
 * any thread but one that a hook of its own waits for.  stop_resume() forgets
 * the reason, when all that it stopped has ended; a signal is not forgotten. */
void stop_because(const struct err *why);
void stop_resume(void);

/* stop_check(err): 0, or -1 with ERR_INTERRUPT once a signal came, or with the
 * reason that stop_because() gave. */
int stop_check(struct err *err);

/* stop_hook(hook, arg), stop_unhook(hook, arg): call hook(arg) from the
 * waiting thread when a signal comes, and at once if one has come already.
 * After stop_unhook() returned, it is not and will not be running. */
void stop_hook(void (*hook)(void *), void *arg);
void stop_unhook(void (*hook)(void *), void *arg);

#endif
