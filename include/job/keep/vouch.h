#ifndef JOB_KEEP_VOUCH_H
#define JOB_KEEP_VOUCH_H

#include "job/keep/policy.h"
#include "job/view/locate.h"

/*
 * Nothing is removed in favour of an archive that nobody has looked at since it
 * was made: the newest of each group that counts is read first, as check does
 * it without a key, and what that finds is remembered as there.
 *
 * Reading may take long, and wants no lock: what was read is known here by the
 * file's key and the archive's id when all is judged again.  One thread.
 */
struct vouch;

/* vouch_new(jobs, read): ${jobs} threads read; ${read} is the key, NAME/FILE,
 * of an archive that this run has itself just read back, or NULL; lent. */
struct vouch *vouch_new(unsigned jobs, const char *read);
void vouch_free(struct vouch *v);

/* vouch_apply(v, all, items): before policy_apply(): what was read and found
 * bad is whole no more. */
void vouch_apply(const struct vouch *v, const struct located *all,
    struct policy_item *items);

/* vouch_next(v, all, items): after policy_apply(): an archive in whose favour
 * others are to be removed, and of which neither this run nor a check that is
 * remembered has read all; or ${all->count}. */
size_t vouch_next(const struct vouch *v, const struct located *all,
    const struct policy_item *items);

/* vouch_read(v, found, err): read it.  That it is bad is no error, nor that it
 * is gone.  ERR_STORAGE is one: the disk does not give it; who goes on has it
 * count as bad in this run alone.  One that nobody signed is taken as it is,
 * for without a key there is nothing to check it by. */
int vouch_read(struct vouch *v, const struct found *found, struct err *err);

#endif
