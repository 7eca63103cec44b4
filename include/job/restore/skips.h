#ifndef JOB_RESTORE_SKIPS_H
#define JOB_RESTORE_SKIPS_H

#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "db/toc.h"
#include "job/restore/crew.h"
#include "job/restore/ddl.h"

/* What a restore does not fill, known when the tables are made: those that
 * could not be made, and those that are not the user's to fill. */
struct skips_opts {
	struct conn *conn;
	const struct toc *toc;
	const struct catalog *cat;
	struct ddl *ddl;
	int limited; /* the user is no superuser */
};

/* skips_absent(opts, tallies, err): set the skips of tables that are not there.
 * skips_denied(opts, tallies, sequences, err): then, those of tables that are
 * not the user's, with all of their groups, and the bytes of such sequences;
 * these are told to the ddl's list, the tables' rows are yet to be counted. */
int skips_absent(
    const struct skips_opts *opts, struct tally *tallies, struct err *err);
int skips_denied(const struct skips_opts *opts, struct tally *tallies,
    uint8_t *sequences, struct err *err);

#endif
