#ifndef DB_LOBJ_H
#define DB_LOBJ_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/* Large objects' content; their existence, owner and ACL are DDL. */

/* lobj_list(conn, oids, count, err): every one's OID, rising; the caller
 * frees. */
int
lobj_list(struct conn *conn, uint32_t **oids, size_t *count, struct err *err);

/* lobj_read(conn, oid, each, arg, err): call each(arg, data, len, err) for its
 * content, in pieces; ${conn} is in a transaction. */
int lobj_read(struct conn *conn, uint32_t oid,
    int (*each)(void *arg, const void *data, size_t len, struct err *err),
    void *arg, struct err *err);

/* lobj_write(conn, oid, offset, data, len, err): write ${data} at ${offset}
 * into an object that is there; ${conn} is in a transaction. */
int lobj_write(struct conn *conn, uint32_t oid, uint64_t offset,
    const void *data, size_t len, struct err *err);

#endif
