#ifndef JOB_PROOF_VENUE_H
#define JOB_PROOF_VENUE_H

#include "job/proof/scratch.h"
#include "job/proof/throwaway.h"

/*
 * Where a drill is held, and whether that failed or the archive did: of what
 * its server, or its user's rights there, did not stand no evidence speaks.  A
 * copy that is made without some of it was made, and is judged as it is.
 */

/* One of them; lent. */
struct venue {
	struct throwaway *own;
	struct scratch *scratch;
};

/* venue_lacks(own, err): none could be had, for ${err}, of our own or another;
 * then that is said in it. */
void venue_lacks(int own, struct err *err);
/* venue_failed(venue, phase, err): whether ${err}, in that phase of
 * job/progress.h, is of the server: it has ended, or lacks room, memory or
 * sessions (SQLSTATE class 53), or failed before anything of the archive was
 * restored.  Then that is said in it, and what to do.  That our own goes on but
 * lets nobody into the copy is not of it, and is said, too. */
int venue_failed(const struct venue *venue, const char *phase, struct err *err);

#endif
