#ifndef JOB_RESTORE_LOOK_H
#define JOB_RESTORE_LOOK_H

#include "db/toc.h"
#include "job/restore/restore.h"
#include "job/statement.h"

/*
 * What a restore finds out, and may fail for, before it changes anything: for
 * whoever wants to know beforehand.
 */
struct look;

/* look_new(reader, opts, err): read what the archive has before its rows, and
 * choose of it, as restore_run() does.  ${reader} and ${opts} are lent. */
struct look *look_new(
    struct reader *reader, const struct restore_opts *opts, struct err *err);
void look_free(struct look *l);

/* look_catalog(l), look_toc(l), look_passes(l): what is chosen; lent. */
const struct catalog *look_catalog(const struct look *l);
const struct toc *look_toc(const struct look *l);
const enum pass *look_passes(const struct look *l);

/* look_target(l, err): a session in the target or, where that is to be made, in
 * another database of its server; lent.  Fails for what stands in the way of
 * the restore, as the restore does. */
struct conn *look_target(struct look *l, struct err *err);

/* look_absent(l, err): what the target lacks, and whose objects the user may
 * not make; after look_target(). */
const struct session *look_absent(struct look *l, struct err *err);

#endif
