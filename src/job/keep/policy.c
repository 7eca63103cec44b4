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
		"drilled", "label", "unreadable", "damaged", "suspect",
		"future", "renamed" };

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

size_t
policy_newest(int64_t now, const struct policy_item *items, size_t count)
{
	size_t i, newest = count;

	for (i = 0; i < count; i++)
		if (!is_ahead(&items[i], now) &&
		    (newest == count || items[i].time >= items[newest].time))
			newest = i;
	return newest;
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
	if (item->suspect)
		rules |= BIT(POLICY_SUSPECT);
	if (is_ahead(item, now))
		rules |= BIT(POLICY_FUTURE);
	if (item->renamed)
		rules |= BIT(POLICY_RENAMED);
	if (is_labelled(policy, item))
		rules |= BIT(POLICY_LABEL);
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
apply_drilled(struct policy_item **all, size_t count)
{
	unsigned doubt = BIT(POLICY_UNREADABLE) | BIT(POLICY_DAMAGED) |
	    BIT(POLICY_SUSPECT) | BIT(POLICY_FUTURE) | BIT(POLICY_RENAMED);
	size_t i;

	for (i = 0; i < count; i++) {
		if (!all[i]->drilled || all[i]->kept_by & doubt)
			continue;
		all[i]->kept_by |= BIT(POLICY_DRILLED);
		return;
	}
}

void
policy_apply(const struct policy *policy, int64_t now,
    struct policy_item *items, size_t count)
{
	struct policy_item **all =
	    mem_array(NULL, count + 1, sizeof(struct policy_item *));
	struct policy_item **rest =
	    mem_array(NULL, count + 1, sizeof(struct policy_item *));
	size_t i, n = 0;
	int rule;

	tzset();
	for (i = 0; i < count; i++) {
		items[i].kept_by = apart(policy, now, &items[i]);
		items[i].oldest = 0;
		all[i] = &items[i];
	}
	if (count > 0)
		qsort(all, count, sizeof(struct policy_item *), compare);
	for (i = 0; i < count; i++)
		if (all[i]->kept_by == 0)
			rest[n++] = all[i];
	for (rule = 0; rule < POLICY_WITHIN; rule++)
		apply_count(policy, (enum policy_rule)rule, rest, n);
	apply_within(policy, rest, n);
	if (n > 0)
		rest[0]->kept_by |= BIT(POLICY_NEWEST);
	apply_drilled(all, count);
	free(all);
	free(rest);
}

/* ---- refusals ---- */

/* Whether the newest archive that is not within is to be removed, and is too
 * far from the oldest that is. */
static int
has_gap(
    const struct policy *policy, const struct policy_item *items, size_t count)
{
	int64_t most = (policy->within > WEEK ? policy->within : WEEK) + SLACK;
	const struct policy_item *first = NULL, *before = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].kept_by & BIT(POLICY_WITHIN) &&
		    (first == NULL || items[i].time < first->time))
			first = &items[i];
	for (i = 0; first != NULL && i < count; i++)
		if (items[i].time < first->time &&
		    (items[i].kept_by >> POLICY_LABEL) == 0 &&
		    (before == NULL || items[i].time > before->time))
			before = &items[i];
	return before != NULL && before->kept_by == 0 &&
	    first->time - before->time > most;
}

unsigned
policy_refusals(const struct policy *policy, int64_t expect, int64_t now,
    const struct policy_item *items, size_t count)
{
	size_t newest = policy_newest(now, items, count);
	const struct policy_item *item = &items[newest];
	unsigned refusals = 0;

	if (newest == count)
		return 0;
	if (item->suspect)
		refusals |= POLICY_NEWEST_SUSPECT;
	if (!item->readable || !item->whole)
		refusals |= POLICY_NEWEST_DAMAGED;
	if (expect > 0 && now - item->time > expect)
		refusals |= POLICY_OVERDUE;
	if (has_gap(policy, items, count))
		refusals |= POLICY_GAP;
	return refusals;
}
