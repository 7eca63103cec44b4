#ifndef JOB_RESTORE_SEQUENCES_H
#define JOB_RESTORE_SEQUENCES_H

#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "job/restore/ddl.h"

/* sequences_set(conn, cat, skip, ddl, err): give every sequence of ${cat} its
 * value, but those whose byte in ${skip} is set.  One that the server refuses
 * is a refusal of ${ddl}'s, its byte is set, and the others get theirs. */
int sequences_set(struct conn *conn, const struct catalog *cat, uint8_t *skip,
    struct ddl *ddl, struct err *err);

/* Where a sequence of a database stands. */
enum sequence_state { SEQUENCE_ABSENT = 0, SEQUENCE_UNREADABLE, SEQUENCE_READ };

struct sequence_found {
	enum sequence_state state;
	int64_t value; /* if it was read */
	int called;
};

/* sequences_read(conn, cat, skip, found, err): fill ${found} for each sequence
 * of ${cat}, as ${conn}'s database has it, but for those whose byte in ${skip}
 * is set. */
int sequences_read(struct conn *conn, const struct catalog *cat,
    const uint8_t *skip, struct sequence_found *found, struct err *err);

#endif
