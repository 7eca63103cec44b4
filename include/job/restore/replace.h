#ifndef JOB_RESTORE_REPLACE_H
#define JOB_RESTORE_REPLACE_H

#include "job/restore/presence.h"
#include "job/restore/ties.h"

/* Making room for what is to be restored, where it is there already. */

/* replace_lock(opts, seconds, err): keep everybody from the tables that are to
 * go, so that what is found out about them holds; wait at most so many
 * ${seconds} for each.  The connection is in a transaction. */
int
replace_lock(const struct ties_opts *opts, unsigned seconds, struct err *err);

/*
 * replace_drop(p, opts, seconds, err): drop what of the choice the target has
 * and the passes will make again, the last first, but what depends on another
 * by what was done to the target since, before that.  Extensions and
 * subscriptions stay, as do schemas that hold something else.  Behind
 * replace_lock(), with the same ${seconds}.
 * ERR_DB where something depends on it that is not chosen, or another session
 * keeps it.
 */
int replace_drop(const struct presence *p, const struct ties_opts *opts,
    unsigned seconds, struct err *err);

/* replace_order(opts, order): the entries that are dropped, in that order;
 * ${order} has room for all.  Return how many. */
size_t replace_order(const struct ties_opts *opts, size_t *order);

/* replace_text(e, out): append the statement that drops entry ${e} if it is
 * there; nothing if there is none. */
void replace_text(const struct toc_entry *e, struct buf *out);

#endif
