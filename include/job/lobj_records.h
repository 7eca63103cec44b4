#ifndef JOB_LOBJ_RECORDS_H
#define JOB_LOBJ_RECORDS_H

#include <stdint.h>

#include "base/buf.h"
#include "db/conn.h"

/* A large object as an archive's parts have it: cut into records at fixed
 * offsets (archive/format.h), so that it has one digest wherever it is read. */

typedef int
lobj_record(void *arg, const void *record, size_t len, struct err *err);

/* lobj_records(conn, oid, room, each, arg, err): call ${each} for each record,
 * head included; one without content has none.  ${conn} is in a transaction if
 * somebody else may change it meanwhile; ${room} is the caller's, to be used
 * again. */
int lobj_records(struct conn *conn, uint32_t oid, struct buf *room,
    lobj_record *each, void *arg, struct err *err);

#endif
