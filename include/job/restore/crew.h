#ifndef JOB_RESTORE_CREW_H
#define JOB_RESTORE_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "archive/reader.h"
#include "job/restore/ddl.h"
#include "job/pool.h"
#include "job/progress.h"
#include "job/restore/schedule.h"

/*
 * What the workers of a restore do, until all of it is done.  Each asks, in
 * this order: is an index of a large table ready?  Is there another part to
 * load?  Is anything small ready?  If not, it commits what it has and waits
 * for the others.  So the longest work starts first, an index builds while
 * other tables still load, and small statements share transactions.
 */

/* Why a table's rows are left out: it could not be made, or is not the user's
 * to fill. */
enum skip { SKIP_NOT = 0, SKIP_ABSENT, SKIP_DENIED };

/* How far a table's rows are. */
struct tally {
	uint32_t parts; /* committed */
	uint32_t total; /* how many there are, or 0 for not known yet */
	uint64_t rows;
	enum skip skip;
};

struct crew_opts {
	struct reader *reader; /* NULL: there are no rows to load */
	/* Of a file: the numbers of its parts in the order to load them.  NULL:
	 * as they come. */
	const uint64_t *order;
	size_t part_count;
	unsigned jobs; /* how many workers there are */
	const struct catalog *cat;
	struct tally *tallies; /* of the catalog's tables */
	struct schedule *schedule;
	struct ddl *ddl;
	int make_lobjs;
	int guarded;               /* see struct loader_opts */
	struct progress *progress; /* or NULL */
};

struct crew;

/* crew_new(opts): everything is lent. */
struct crew *crew_new(const struct crew_opts *opts);
void crew_free(struct crew *crew);

/* crew_run(crew, slot, conn, err), crew_stop(crew): for struct pool_opts. */
int crew_run(void *crew, unsigned slot, struct conn *conn, struct err *err);
void crew_stop(void *crew);

#endif
