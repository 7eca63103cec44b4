#ifndef JOB_KEEP_APPRAISE_H
#define JOB_KEEP_APPRAISE_H

#include "job/keep/policy.h"
#include "job/keep/unmarked.h"
#include "job/view/locate.h"

/*
 * What is known of the archives of one NAME, without a key and without reading
 * all of them: what job/keep/policy.h asks for.
 */

/* Whose archives count.  Nothing said: everybody's, if it is one. */
struct trust {
	uint8_t *signers; /* KEYS_PUBLIC_SIZE bytes each */
	size_t count;
	int nobody; /* those that nobody signed */
};

/* appraise(all, trust, unmarked, items, err): fill in one of ${items} for each
 * archive.  Only ERR_INTERRUPT is an error. */
int appraise(const struct located *all, const struct trust *trust,
    const struct unmarked *unmarked, struct policy_item *items,
    struct err *err);

/* appraise_tell(name, all, items): warn, after policy_apply(), of those that
 * are kept and of which somebody should hear. */
void appraise_tell(const char *name, const struct located *all,
    const struct policy_item *items);

/* appraise_signers(all, items, out): how many signers the archives have that
 * count, and " --signer KEY" for each, as many as there is room for. */
size_t appraise_signers(const struct located *all,
    const struct policy_item *items, struct buf *out);

#endif
