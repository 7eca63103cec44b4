#ifndef DB_LOBJ_H
#define DB_LOBJ_H

#include <stddef.h>
#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"

/* Large objects: which there are, what is known of them, their content. */

/* lobj_list(conn, oids, count, err): every one's OID, rising; the caller
 * frees.  ${conn} is in a transaction. */
int
lobj_list(struct conn *conn, uint32_t **oids, size_t *count, struct err *err);

/* lobj_count(conn, count, err): how many there are. */
int lobj_count(struct conn *conn, uint64_t *count, struct err *err);
/* lobj_make(conn, oid, err): make an empty one, unless it is there. */
int lobj_make(struct conn *conn, uint32_t oid, struct err *err);

/* lobj_describe(conn, cat, err): fill ${cat}'s lobj_groups and lobj_notes,
 * which pg_dump from 17 on does not write without the objects' content.  Any
 * user may.  ${conn} is in a transaction. */
int lobj_describe(struct conn *conn, struct catalog *cat, struct err *err);

/* lobj_next_run(text, first, last): the next run of OIDs of a group's list,
 * ${first} to ${last}, both included; ${*text} is moved behind it.  Return 1,
 * 0 at the end, or -1 if it is not such a list. */
int lobj_next_run(const char **text, uint32_t *first, uint32_t *last);

/* lobj_read(conn, oid, each, arg, err): call each(arg, data, len, err) for its
 * content, in pieces; ${conn} is in a transaction if it may change meanwhile.
 */
int lobj_read(struct conn *conn, uint32_t oid,
    int (*each)(void *arg, const void *data, size_t len, struct err *err),
    void *arg, struct err *err);

/* lobj_write(conn, oid, offset, data, len, err): write ${data} at ${offset}
 * into an object that is there; ${conn} is in a transaction. */
int lobj_write(struct conn *conn, uint32_t oid, uint64_t offset,
    const void *data, size_t len, struct err *err);

#endif
