#ifndef JOB_RESTORE_SEQUENCES_H
#define JOB_RESTORE_SEQUENCES_H

#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "job/restore/ddl.h"

/* sequences_set(conn, cat, skip, ddl, err): give every sequence of ${cat} its
 * value, but those whose byte in ${skip} is set.  One that the server refuses
 * is a refusal of ${ddl}'s, and the others get theirs. */
int sequences_set(struct conn *conn, const struct catalog *cat,
    const uint8_t *skip, struct ddl *ddl, struct err *err);

#endif
