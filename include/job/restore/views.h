#ifndef JOB_RESTORE_VIEWS_H
#define JOB_RESTORE_VIEWS_H

#include <stdint.h>

#include "db/conn.h"
#include "db/toc.h"

/* views_saved(e): whether the entry ${e} says that a materialized view, of its
 * schema and tag, could be read when it was saved. */
int views_saved(const struct toc_entry *e);

/* views_find(conn, toc, populated, err): set the bytes of those entries whose
 * view can be read in ${conn}'s database. */
int views_find(struct conn *conn, const struct toc *toc, uint8_t *populated,
    struct err *err);

#endif
