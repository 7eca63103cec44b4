#ifndef JOB_RESTORE_ACCOUNT_H
#define JOB_RESTORE_ACCOUNT_H

#include "archive/manifest.h"
#include "db/catalog.h"
#include "db/conn.h"
#include "db/toc.h"
#include "job/choose/choice.h"
#include "job/restore/crew.h"
#include "job/restore/denied.h"
#include "job/restore/regroup.h"

/* Whether what was restored is what was saved. */
struct account {
	const struct catalog *cat; /* as chosen, and grouped */
	const struct regroup *groups;
	const struct manifest *manifest;
	const struct tally *tallies;
	int forgiving;         /* large objects may be missing */
	int is_plain;          /* the schema is lost */
	struct denied *denied; /* gets the tables that are not the user's */
};

/* account_rows(a, lost, err): ERR_FAIL that names the tables whose rows, or
 * those of whose group (job/groups.h), are not as many as were saved.  Tables
 * that could not be made, or filled, though they had rows, are named in a
 * warning and counted in ${*lost}. */
int account_rows(const struct account *a, size_t *lost, struct err *err);

/* account_lobjs(a, conn, toc, others, err): the same for large objects, of
 * which the target had ${others} before. */
int account_lobjs(const struct account *a, struct conn *conn,
    const struct toc *toc, uint64_t others, struct err *err);

/* account_objects(conn, marks, toc, indexes, constraints, err): count those of
 * the relations whose entries are marked, or, with NULL, of everything. */
int
account_objects(struct conn *conn, const uint8_t *marks, const struct toc *toc,
    size_t *indexes, size_t *constraints, struct err *err);

#endif
