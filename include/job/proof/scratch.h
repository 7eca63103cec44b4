#ifndef JOB_PROOF_SCRATCH_H
#define JOB_PROOF_SCRATCH_H

#include "archive/format.h"
#include "db/conn.h"

/*
 * A database for a drill in a server that runs anyway, dropped afterwards.
 * It bears a mark, by which the next drill on that server knows one that was
 * left by a drill that was killed; nothing else is dropped.
 */
struct scratch;

/* scratch_open(server, id, err): connect to the server that the conninfo string
 * or URI ${server} names, drop what was left, and choose a name for the copy of
 * the archive ${id}; it is not made yet.  ERR_LOCKED while another drill of
 * the archive is at work there; ERR_FAIL where a database of the name is not
 * ours. */
struct scratch *scratch_open(
    const char *server, const uint8_t id[FORMAT_ID_SIZE], struct err *err);
/* scratch_dsn(s): a conninfo string for it; lent. */
const char *scratch_dsn(const struct scratch *s);
/* scratch_mark(s, err): it is made, and to be dropped with scratch_free(). */
int scratch_mark(struct scratch *s, struct err *err);
/* scratch_explain(s, err): whether the server is there no more, or takes no
 * sessions, which ${err} came of; then that is said in it.  One that is about
 * to end is waited for. */
int scratch_explain(struct scratch *s, struct err *err);
/* scratch_free(s): also after a stop signal; NULL is fine. */
void scratch_free(struct scratch *s);

#endif
