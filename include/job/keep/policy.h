#ifndef JOB_KEEP_POLICY_H
#define JOB_KEEP_POLICY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which archives of one NAME are kept, and by which rule: a function of what
 * is known of them, which touches nothing.
 *
 * Some archives stand apart: they are kept, and do not count, so that nothing
 * good is removed in favour of one that is in doubt, or that somebody made by
 * hand between the nights.  They are those with a label, those that are damaged
 * or can't be read, or of which it can't be told, those that failed their last
 * drill, those marked suspect, those that a clock put more than POLICY_AHEAD
 * into the future, what is no file of its own (enum policy_stray), and those
 * that nobody who is trusted signed.
 *
 * The rest falls into groups: a backup of one table takes no other's place than
 * that of its like.  Of each group, newest first, and each rule by itself, as
 * in restic:
 * last N: the newest N.
 * hourly, daily, weekly, monthly, yearly N: the newest of each of the newest N
 *   hours, days, ISO weeks, months, years in which there is one.  Where there
 *   are fewer than N, the oldest archive is kept, too.
 * within T: those that are at most T older than the newest of the rest.
 * newest: the newest of the rest.
 * drilled: the newest that passed a drill, be it of the rest or with a label.
 * evidence: those of which it can't be told whether they passed.
 * held: all of a group that is not what is made now, and whose newest is in
 *   doubt.
 *
 * Hours, days and so on are those of the host's local time.  An hour that
 * comes twice, when clocks are set back, is two hours; the days on which they
 * are set are days as others, of 23 or 25 hours.
 *
 * What it leaves is the same when it is asked again after any of what it
 * removes is gone.
 */

/* Seconds that clocks of several hosts may well differ by. */
#define POLICY_AHEAD 3600

enum policy_rule {
	POLICY_LAST,
	POLICY_HOURLY,
	POLICY_DAILY,
	POLICY_WEEKLY,
	POLICY_MONTHLY,
	POLICY_YEARLY,
	POLICY_WITHIN,
	POLICY_NEWEST,
	POLICY_DRILLED,
	POLICY_EVIDENCE,
	POLICY_HELD,
	/* Apart. */
	POLICY_LABEL,
	POLICY_UNREADABLE,
	POLICY_DAMAGED,
	POLICY_UNKNOWN,
	POLICY_FAILED,
	POLICY_SUSPECT,
	POLICY_FUTURE,
	POLICY_LINK,
	POLICY_COPY,
	POLICY_RENAMED,
	POLICY_SIGNER,
	POLICY_RULES
};

/* What is no archive's own file: a symbolic link, one more file with the
 * archive of another, or a name that no archive is given. */
enum policy_stray {
	POLICY_OWN,
	POLICY_IS_LINK,
	POLICY_IS_COPY,
	POLICY_IS_RENAMED
};

struct policy {
	/* How many are to be kept by the rules up to POLICY_YEARLY; 0: none. */
	uint64_t count[POLICY_WITHIN];
	int64_t within; /* seconds, or 0 */
	/* Shell patterns of the labels that keep an archive; with none, any
	 * label does. */
	const char **labels;
	size_t label_count;
};

/* One archive. */
struct policy_item {
	int64_t time;      /* of its snapshot, seconds since 1970 */
	const char *label; /* or NULL */
	int readable;      /* its header */
	int whole;         /* by all that is known */
	int unknown;       /* what is known can't be read */
	int drilled;       /* passed its last drill */
	int failed;        /* or did not */
	int evidence;      /* or that can't be read */
	int suspect;       /* marked so */
	int group;         /* what its like is; 0: whole databases */
	int foreign;       /* signed by nobody who is trusted */
	int signer;        /* a number for each */
	enum policy_stray stray;
	/* The answer: 1 << rule for each that keeps it; 0: to be removed.
	 * ${oldest}: those of them that it is only the oldest for.
	 * ${refuses}: enum policy_refusal: those that it is the reason of,
	 * after policy_refusals(). */
	unsigned kept_by;
	unsigned oldest;
	unsigned refuses;
};

/* policy_has_rules(policy): whether it says anything of archives without a
 * label. */
int policy_has_rules(const struct policy *policy);

/* policy_apply(policy, now, items, count): fill in the answers.  ${items} may
 * be in any order; of two of one second the later in the array is the newer. */
void policy_apply(const struct policy *policy, int64_t now,
    struct policy_item *items, size_t count);

/* Reasons to remove nothing at all. */
enum policy_refusal {
	POLICY_NEWEST_SUSPECT = 1, /* the newest is marked so */
	POLICY_NEWEST_DAMAGED = 2, /* or is not whole, or can't be read */
	POLICY_OVERDUE = 4,        /* or is older than expected */
	/* Before all that is within T nothing was made for longer than T and
	 * two days (nine days at least), so that all that was made before is
	 * within no more: somebody was away, or a clock jumped ahead. */
	POLICY_GAP = 8,
	POLICY_NEWEST_UNKNOWN = 16, /* what is known of it can't be read */
	POLICY_NEWEST_FAILED = 32,  /* it failed its last drill */
	POLICY_SIGNERS = 64         /* they are signed by several */
};
#define POLICY_REFUSAL_LAST POLICY_SIGNERS

/* The group of the newest archive of all is what is made now: of that alone
 * these tell, so that what was once made otherwise, and is not any more, does
 * not keep the disk from being cleared.
 *
 * policy_hold(policy, overrides, now, items, count): after policy_apply(): keep
 * what is of other groups where one of these reasons, ${overrides} aside,
 * speaks against removing any.
 * policy_refusals(policy, expect, now, items, count): all that apply, after
 * that; ${expect} is the age in seconds that the newest may have, or 0.  What
 * is in the future, stray or foreign is never the newest; POLICY_OVERDUE also
 * where nothing else is there. */
void policy_hold(const struct policy *policy, unsigned overrides, int64_t now,
    struct policy_item *items, size_t count);
unsigned policy_refusals(const struct policy *policy, int64_t expect,
    int64_t now, struct policy_item *items, size_t count);

/* policy_newest(now, items, count): the newest of all, as there, or ${count}.
 */
size_t
policy_newest(int64_t now, const struct policy_item *items, size_t count);

/* policy_rule_name(rule): "daily" and the like. */
const char *policy_rule_name(enum policy_rule rule);
/* policy_refusal_name(refusal): "suspect", "damaged", "overdue", "gap" and so
 * on. */
const char *policy_refusal_name(enum policy_refusal refusal);

#endif
