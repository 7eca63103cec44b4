#ifndef JOB_SKIPS_H
#define JOB_SKIPS_H

#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "db/toc.h"
#include "job/crew.h"
#include "job/ddl.h"

/* What a restore does not fill, known when the tables are made: those that
 * could not be made, and those that are not the user's to fill. */
struct skips_opts {
	struct conn *conn;
	const struct toc *toc;
	const struct catalog *cat;
	struct ddl *ddl;
	int limited; /* the user is no superuser */
};

/* skips_find(opts, tallies, sequences, err): set the skips of ${tallies}, and
 * the bytes of ${sequences}; what is denied is told to the ddl's list, tables
 * aside, whose rows are yet to be counted. */
int skips_find(const struct skips_opts *opts, struct tally *tallies,
    uint8_t *sequences, struct err *err);

#endif
