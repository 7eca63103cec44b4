#ifndef JOB_RESTORE_REPLACE_H
#define JOB_RESTORE_REPLACE_H

#include "job/restore/presence.h"

/* Making room for what is to be restored, where it is there already. */

/* replace_drop(p, c, toc, passes, conn, err): drop what of the choice the
 * target has and ${passes} will make again: the last first; schemas,
 * extensions, subscriptions and base types not at all.  ${conn} is in a
 * transaction. ERR_DB where something depends on it that is not chosen.
 */
int replace_drop(const struct presence *p, const struct choice *c,
    const struct toc *toc, const enum pass *passes, struct conn *conn,
    struct err *err);

/* replace_text(e, out): append the statement that drops entry ${e} if it is
 * there; nothing if there is none. */
void replace_text(const struct toc_entry *e, struct buf *out);

#endif
