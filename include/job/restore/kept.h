#ifndef JOB_RESTORE_KEPT_H
#define JOB_RESTORE_KEPT_H

#include "job/restore/presence.h"
#include "job/restore/ties.h"

/*
 * What stays where a choice is replaced, once replace_drop() has been: things
 * of others, subscriptions, extensions with the tables that they made, schemas
 * with something else in them.
 */

/* kept_refuse(p, opts, err): ERR_FAIL that names what of the choice ${p} still
 * has, and that can't be made therefore. */
int kept_refuse(
    const struct presence *p, const struct ties_opts *opts, struct err *err);

/* kept_tell(p, opts, choice, err): warn of what stays and is not as the archive
 * has it.  Subscriptions that stay leave the choice. */
int kept_tell(const struct presence *p, const struct ties_opts *opts,
    struct choice *choice, struct err *err);

/* kept_rows(p, opts, choice, err): make room for the archive's rows of tables
 * that extensions have made: the rows that a backup would take are deleted.
 * Where this user may not, or the table is none of those, its rows leave the
 * choice, with a warning. */
int kept_rows(const struct presence *p, const struct ties_opts *opts,
    struct choice *choice, struct err *err);

#endif
