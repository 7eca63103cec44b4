#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "job/keep/policy.h"

/* Nights that are missed, months of unlike lengths: no gap yet. */
#define WEEK ((int64_t)7 * 86400)
#define SLACK ((int64_t)2 * 86400)

#define BIT(rule) (1u << (rule))

const char *
policy_rule_name(enum policy_rule rule)
{
	static const char *const names[POLICY_RULES] = { "last", "hourly",
		"daily", "weekly", "monthly", "yearly", "within", "newest",
		"drilled", "evidence", "held", "label", "unreadable", "damaged",
		"unknown", "failed", "suspect", "future", "link", "copy",
		"renamed", "signer" };

	return names[rule];
}

const char *
policy_refusal_name(enum policy_refusal refusal)
{
	switch (refusal) {
	case POLICY_NEWEST_SUSPECT:
		return "suspect";
	case POLICY_NEWEST_DAMAGED:
		return "damaged";
	case POLICY_OVERDUE:
		return "overdue";
	case POLICY_GAP:
		return "gap";
	case POLICY_NEWEST_UNKNOWN:
		return "unknown";
	case POLICY_NEWEST_FAILED:
		return "failed";
	case POLICY_SIGNERS:
		return "signers";
	}
	return "";
}

int
policy_has_rules(const struct policy *policy)
{
	int rule, any = policy->within > 0;

	for (rule = 0; rule < POLICY_WITHIN; rule++)
		any |= policy->count[rule] > 0;
	return any;
}

/* ---- the order ---- */

/* Pointers into one array. */
static int
compare(const void *a, const void *b)
{
	const struct policy_item *x = *(struct policy_item *const *)a;
	const struct policy_item *y = *(struct policy_item *const *)b;

	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	return (x < y) - (x > y);
}

static int
is_ahead(const struct policy_item *item, int64_t now)
{
	return item->time > now && item->time - now > POLICY_AHEAD;
}

#define ANY_GROUP (-1)

/* An archive whose header can't be read may be of any group. */
static int
is_of(const struct policy_item *item, int group)
{
	return group == ANY_GROUP || item->group == group || !item->readable;
}

/* The newest of a group that is there in its own right. */
static size_t
newest_of(int64_t now, const struct policy_item *items, size_t count, int group)
{
	size_t i, newest = count;

	for (i = 0; i < count; i++)
		if (!is_ahead(&items[i], now) && is_of(&items[i], group) &&
		    items[i].stray == POLICY_OWN && !items[i].foreign &&
		    (newest == count || items[i].time >= items[newest].time))
			newest = i;
	return newest;
}

size_t
policy_newest(int64_t now, const struct policy_item *items, size_t count)
{
	return newest_of(now, items, count, ANY_GROUP);
}

/* ---- apart ---- */

static int
is_labelled(const struct policy *policy, const struct policy_item *item)
{
	size_t i;

	if (item->label == NULL)
		return 0;
	for (i = 0; i < policy->label_count; i++)
		if (fnmatch(policy->labels[i], item->label, 0) == 0)
			return 1;
	return policy->label_count == 0;
}

static unsigned
apart(const struct policy *policy, int64_t now, const struct policy_item *item)
{
	unsigned rules = 0;

	if (!item->readable)
		rules |= BIT(POLICY_UNREADABLE);
	else if (!item->whole)
		rules |= BIT(POLICY_DAMAGED);
	else if (item->unknown)
		rules |= BIT(POLICY_UNKNOWN);
	if (item->failed)
		rules |= BIT(POLICY_FAILED);
	if (item->suspect)
		rules |= BIT(POLICY_SUSPECT);
	if (is_ahead(item, now))
		rules |= BIT(POLICY_FUTURE);
	if (is_labelled(policy, item))
		rules |= BIT(POLICY_LABEL);
	if (item->stray == POLICY_IS_LINK)
		rules |= BIT(POLICY_LINK);
	if (item->stray == POLICY_IS_COPY)
		rules |= BIT(POLICY_COPY);
	if (item->stray == POLICY_IS_RENAMED)
		rules |= BIT(POLICY_RENAMED);
	if (item->foreign)
		rules |= BIT(POLICY_SIGNER);
	return rules;
}

/* ---- the rules ---- */

static int64_t
floor_hours(int64_t seconds)
{
	return seconds / 3600 - (seconds % 3600 < 0);
}

/* The hour, day, week, month or year of a moment: the same numbers, or others,
 * as two moments are in the same one, or not. */
static void
period_of(enum policy_rule rule, int64_t moment, int64_t period[2])
{
	time_t when = (time_t)moment;
	struct tm tm = { 0 };
	char week[32];

	period[0] = period[1] = 0;
	/* A year that does not fit an int has no date: each is its own. */
	if (localtime_r(&when, &tm) == NULL) {
		period[0] = moment;
		return;
	}
	period[0] = tm.tm_year;
	switch (rule) {
	case POLICY_HOURLY:
		/* Local hours may begin at any minute of UTC's, and one that
		 * comes twice differs by its offset. */
		period[0] = floor_hours(moment + tm.tm_gmtoff);
		period[1] = tm.tm_gmtoff;
		break;
	case POLICY_DAILY:
		period[1] = tm.tm_yday;
		break;
	case POLICY_WEEKLY:
		(void)strftime(week, sizeof(week), "%G%V", &tm);
		period[0] = strtoll(week, NULL, 10);
		break;
	case POLICY_MONTHLY:
		period[1] = tm.tm_mon;
		break;
	default:
		break;
	}
}

/* ${rest} is the newest first. */
static void
apply_count(const struct policy *policy, enum policy_rule rule,
    struct policy_item **rest, size_t count)
{
	uint64_t left = policy->count[rule];
	int64_t last[2] = { 0 }, period[2];
	size_t i;

	for (i = 0; i < count && left > 0; i++) {
		period_of(rule, rest[i]->time, period);
		if (rule != POLICY_LAST && i > 0 &&
		    memcmp(period, last, sizeof(last)) == 0)
			continue;
		memcpy(last, period, sizeof(last));
		rest[i]->kept_by |= BIT(rule);
		left--;
	}
	if (left > 0 && count > 0 && !(rest[count - 1]->kept_by & BIT(rule))) {
		rest[count - 1]->kept_by |= BIT(rule);
		rest[count - 1]->oldest |= BIT(rule);
	}
}

static void
apply_within(
    const struct policy *policy, struct policy_item **rest, size_t count)
{
	size_t i;

	for (i = 0; policy->within > 0 && i < count; i++)
		if (rest[0]->time - rest[i]->time <= policy->within)
			rest[i]->kept_by |= BIT(POLICY_WITHIN);
}

/* One that is in doubt proves nothing, whatever it passed before. */
static void
apply_drilled(struct policy_item **all, size_t count, int group)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!all[i]->drilled || all[i]->group != group ||
		    (all[i]->kept_by & ~BIT(POLICY_LABEL)) >> POLICY_LABEL)
			continue;
		all[i]->kept_by |= BIT(POLICY_DRILLED);
		return;
	}
}

/* ${all} is the newest first. */
static void
apply_group(const struct policy *policy, int group, struct policy_item **all,
    size_t count)
{
	struct policy_item **rest =
	    mem_array(NULL, count + 1, sizeof(struct policy_item *));
	size_t i, n = 0;
	int rule;

	for (i = 0; i < count; i++)
		if (all[i]->group == group &&
		    all[i]->kept_by >> POLICY_LABEL == 0)
			rest[n++] = all[i];
	for (rule = 0; rule < POLICY_WITHIN; rule++)
		apply_count(policy, (enum policy_rule)rule, rest, n);
	apply_within(policy, rest, n);
	if (n > 0)
		rest[0]->kept_by |= BIT(POLICY_NEWEST);
	apply_drilled(all, count, group);
	free(rest);
}

/* Whether it is the first of its group in the array. */
static int
begins_group(const struct policy_item *items, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (items[i].group == items[at].group)
			return 0;
	return 1;
}

void
policy_apply(const struct policy *policy, int64_t now,
    struct policy_item *items, size_t count)
{
	struct policy_item **all =
	    mem_array(NULL, count + 1, sizeof(struct policy_item *));
	size_t i;

	tzset();
	for (i = 0; i < count; i++) {
		items[i].kept_by = apart(policy, now, &items[i]);
		items[i].oldest = 0;
		items[i].refuses = 0;
		all[i] = &items[i];
	}
	if (count > 0)
		qsort(all, count, sizeof(struct policy_item *), compare);
	for (i = 0; i < count; i++)
		if (begins_group(items, i))
			apply_group(policy, items[i].group, all, count);
	for (i = 0; i < count; i++)
		if (items[i].evidence)
			items[i].kept_by |= BIT(POLICY_EVIDENCE);
	free(all);
}

/* ---- refusals ---- */

/* Whether the newest archive of a group that is not within is to be removed,
 * and is too far from the oldest that is. */
static int
has_gap(const struct policy *policy, const struct policy_item *items,
    size_t count, int group)
{
	int64_t most = (policy->within > WEEK ? policy->within : WEEK) + SLACK;
	const struct policy_item *first = NULL, *before = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].group == group &&
		    items[i].kept_by & BIT(POLICY_WITHIN) &&
		    (first == NULL || items[i].time < first->time))
			first = &items[i];
	for (i = 0; first != NULL && i < count; i++)
		if (items[i].group == group && items[i].time < first->time &&
		    (items[i].kept_by >> POLICY_LABEL) == 0 &&
		    (before == NULL || items[i].time > before->time))
			before = &items[i];
	return before != NULL && before->kept_by == 0 &&
	    first->time - before->time > most;
}

/* Whether any of a group is to be removed. */
static int
loses(const struct policy_item *items, size_t count, int group)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].kept_by == 0 &&
		    (group == ANY_GROUP || items[i].group == group))
			return 1;
	return 0;
}

/* What speaks against the newest of a group. */
static unsigned
doubts(const struct policy_item *item)
{
	unsigned refusals = 0;

	if (item->suspect)
		refusals |= POLICY_NEWEST_SUSPECT;
	if (!item->readable || !item->whole)
		refusals |= POLICY_NEWEST_DAMAGED;
	else if (item->unknown)
		refusals |= POLICY_NEWEST_UNKNOWN;
	if (item->failed)
		refusals |= POLICY_NEWEST_FAILED;
	return refusals;
}

/* Whether they are of several signers and nobody said who is trusted, so that
 * one who is not may have added what the others would go for. */
static int
has_signers(const struct policy_item *items, size_t count)
{
	const struct policy_item *first = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!items[i].readable || !items[i].whole || items[i].foreign)
			continue;
		if (first == NULL)
			first = &items[i];
		else if (items[i].signer != first->signer)
			return loses(items, count, ANY_GROUP);
	}
	return 0;
}

/* That of the newest whose kind is known: what is made now. */
static int
leading_group(int64_t now, const struct policy_item *items, size_t count)
{
	size_t i, newest = count;

	for (i = 0; i < count; i++)
		if (items[i].readable && items[i].stray == POLICY_OWN &&
		    !items[i].foreign && !is_ahead(&items[i], now) &&
		    (newest == count || items[i].time >= items[newest].time))
			newest = i;
	return newest < count ? items[newest].group : 0;
}

void
policy_hold(const struct policy *policy, unsigned overrides, int64_t now,
    struct policy_item *items, size_t count)
{
	int leading = leading_group(now, items, count), group;
	size_t i, k, newest;
	unsigned why;

	for (i = 0; i < count; i++) {
		group = items[i].group;
		newest = newest_of(now, items, count, group);
		if (!begins_group(items, i) || group == leading ||
		    newest == count)
			continue;
		why = doubts(&items[newest]);
		if (has_gap(policy, items, count, group))
			why |= POLICY_GAP;
		if ((why & ~overrides) == 0)
			continue;
		for (k = 0; k < count; k++)
			if (items[k].group == group && items[k].kept_by == 0)
				items[k].kept_by = BIT(POLICY_HELD);
	}
}

unsigned
policy_refusals(const struct policy *policy, int64_t expect, int64_t now,
    struct policy_item *items, size_t count)
{
	int leading = leading_group(now, items, count);
	size_t i, newest = newest_of(now, items, count, leading);
	unsigned refusals = 0;

	for (i = 0; i < count; i++)
		items[i].refuses = 0;
	if (newest < count) {
		items[newest].refuses = doubts(&items[newest]);
		if (expect > 0 && now - items[newest].time > expect)
			items[newest].refuses |= POLICY_OVERDUE;
		refusals = items[newest].refuses;
	} else if (expect > 0 && count > 0) {
		refusals = POLICY_OVERDUE;
	}
	if (has_gap(policy, items, count, leading))
		refusals |= POLICY_GAP;
	if (has_signers(items, count))
		refusals |= POLICY_SIGNERS;
	return refusals;
}
