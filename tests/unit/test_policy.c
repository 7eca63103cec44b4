#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job/keep/policy.h"
#include "unit.h"

#define DAY ((int64_t)86400)
#define HOUR ((int64_t)3600)
#define MOST 400

#define RULE(rule) (1u << POLICY_##rule)

/* A moment of the local time that TZ says. */
static int64_t
at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

static void
set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* The rules of the zone are in its text, so that no database is needed. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static int
set_up(void **unused)
{
	(void)unused;
	set_zone(BERLIN);
	return 0;
}

static struct policy_item
good(int64_t time)
{
	return (struct policy_item){ .time = time, .readable = 1, .whole = 1 };
}

/* Every night at 02:15 for so many days, the last one on that day. */
static size_t
nights(struct policy_item *items, size_t count, int year, int month, int day)
{
	size_t i;

	for (i = 0; i < count; i++)
		items[i] =
		    good(at(year, month, day - (int)(count - 1 - i), 2, 15));
	return count;
}

static size_t
kept(const struct policy_item *items, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += items[i].kept_by != 0;
	return n;
}

static size_t
kept_by(const struct policy_item *items, size_t count, unsigned rule)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += (items[i].kept_by & rule) != 0;
	return n;
}

static void
test_last(void **unused)
{
	struct policy policy = { .count[POLICY_LAST] = 3 };
	struct policy_item items[MOST];
	size_t n = nights(items, 10, 2026, 11, 20);

	(void)unused;
	/* Two of one second are two. */
	items[8].time = items[9].time;
	policy_apply(&policy, items[9].time, items, n);
	assert_int_equal(kept(items, n), 3);
	assert_int_equal(items[9].kept_by, RULE(LAST) | RULE(NEWEST));
	assert_int_equal(items[8].kept_by, RULE(LAST));
	assert_int_equal(items[7].kept_by, RULE(LAST));
	/* All of them where there are fewer, and none is "oldest". */
	policy_apply(&policy, items[9].time, items, 2);
	assert_int_equal(kept(items, 2), 2);
	assert_int_equal(items[0].oldest, 0);
}

static void
test_days_and_more(void **unused)
{
	struct policy policy = { .count = { [POLICY_DAILY] = 7,
				     [POLICY_WEEKLY] = 4,
				     [POLICY_MONTHLY] = 3,
				     [POLICY_YEARLY] = 2 } };
	struct policy_item items[MOST];
	size_t i, n = nights(items, 400, 2026, 11, 20); /* a Friday */

	(void)unused;
	policy_apply(&policy, items[n - 1].time, items, n);
	for (i = n - 7; i < n; i++)
		assert_true(items[i].kept_by & RULE(DAILY));
	assert_int_equal(kept_by(items, n, RULE(DAILY)), 7);
	/* Friday, and the Sundays before. */
	assert_true(items[n - 1].kept_by & RULE(WEEKLY));
	assert_true(items[n - 6].kept_by & RULE(WEEKLY));
	assert_true(items[n - 13].kept_by & RULE(WEEKLY));
	assert_true(items[n - 20].kept_by & RULE(WEEKLY));
	assert_int_equal(kept_by(items, n, RULE(WEEKLY)), 4);
	assert_true(items[n - 21].kept_by & RULE(MONTHLY)); /* 31 October */
	assert_true(items[n - 52].kept_by & RULE(MONTHLY)); /* 30 September */
	assert_int_equal(kept_by(items, n, RULE(MONTHLY)), 3);
	for (i = 0; i < n; i++)
		if (items[i].time == at(2025, 12, 31, 2, 15))
			assert_int_equal(items[i].kept_by, RULE(YEARLY));
	assert_int_equal(kept_by(items, n, RULE(YEARLY)), 2);
	assert_int_equal(kept(items, n), 7 + 2 + 2 + 1);
}

/* 29 December 2025 is of the first week of 2026, and 3 January 2027 of the
 * 53rd of 2026. */
static void
test_weeks_across_years(void **unused)
{
	struct policy policy = { .count[POLICY_WEEKLY] = 3 };
	struct policy_item items[4];

	(void)unused;
	items[0] = good(at(2025, 12, 28, 12, 0));
	items[1] = good(at(2025, 12, 29, 12, 0));
	items[2] = good(at(2026, 1, 4, 12, 0));
	items[3] = good(at(2026, 1, 5, 12, 0));
	policy_apply(&policy, items[3].time, items, 4);
	assert_true(items[0].kept_by & RULE(WEEKLY));
	assert_int_equal(items[1].kept_by, 0);
	assert_true(items[2].kept_by & RULE(WEEKLY));
	assert_true(items[3].kept_by & RULE(WEEKLY));
	items[0] = good(at(2026, 12, 27, 12, 0));
	items[1] = good(at(2026, 12, 28, 12, 0));
	items[2] = good(at(2027, 1, 3, 12, 0));
	items[3] = good(at(2027, 1, 4, 12, 0));
	policy_apply(&policy, items[3].time, items, 4);
	assert_int_equal(items[1].kept_by, 0);
	assert_int_equal(kept(items, 4), 3);
}

static void
test_oldest(void **unused)
{
	struct policy policy = { .count[POLICY_MONTHLY] = 3 };
	struct policy_item items[MOST];
	size_t n = nights(items, 40, 2026, 11, 20);

	(void)unused;
	/* From 12 October: two months, so the first day is kept, too. */
	policy_apply(&policy, items[n - 1].time, items, n);
	assert_int_equal(kept(items, n), 3);
	assert_int_equal(items[0].kept_by, RULE(MONTHLY));
	assert_int_equal(items[0].oldest, RULE(MONTHLY));
	assert_int_equal(items[n - 1].oldest, 0);
	/* But not when there are enough. */
	policy.count[POLICY_MONTHLY] = 2;
	policy_apply(&policy, items[n - 1].time, items, n);
	assert_int_equal(kept(items, n), 2);
	assert_int_equal(items[0].kept_by, 0);
}

/* The hour from 2 to 3 comes twice in October, and in March it does not come.
 */
static void
test_summer_time(void **unused)
{
	struct policy policy = { .count[POLICY_HOURLY] = 4 };
	struct policy_item items[12];
	int64_t back = at(2026, 10, 25, 1, 0);
	size_t i;

	(void)unused;
	/* 01:00, 01:30 and 02:00, 02:30 of summer, then the same of winter. */
	for (i = 0; i < 8; i++)
		items[i] = good(back + (int64_t)i * 1800);
	policy_apply(&policy, items[7].time, items, 8);
	assert_int_equal(kept(items, 8), 4);
	for (i = 0; i < 8; i++)
		assert_int_equal(items[i].kept_by != 0, i % 2);
	/* But all of it is one day, of 25 hours. */
	policy = (struct policy){ .count[POLICY_DAILY] = 2 };
	items[0] = good(at(2026, 10, 25, 0, 0) - 1);
	items[1] = good(at(2026, 10, 25, 0, 0));
	items[2] = good(items[1].time + 25 * HOUR - 1);
	items[3] = good(items[1].time + 25 * HOUR);
	policy_apply(&policy, items[3].time, items, 4);
	assert_int_equal(items[0].kept_by, 0);
	assert_int_equal(items[1].kept_by, 0);
	assert_int_equal(items[2].kept_by, RULE(DAILY));
	assert_int_equal(items[3].kept_by, RULE(DAILY) | RULE(NEWEST));
	/* And one of 23. */
	items[1] = good(at(2026, 3, 29, 0, 0));
	items[2] = good(items[1].time + 23 * HOUR - 1);
	items[3] = good(items[1].time + 23 * HOUR);
	items[0] = good(items[1].time - 1);
	policy_apply(&policy, items[3].time, items, 4);
	assert_int_equal(items[1].kept_by, 0);
	assert_int_equal(items[2].kept_by, RULE(DAILY));
	/* Elsewhere it is another day. */
	set_zone("UTC0");
	items[0] = good(at(2026, 3, 28, 23, 30));
	items[1] = good(at(2026, 3, 29, 0, 30));
	policy_apply(&policy, items[1].time, items, 2);
	assert_int_equal(kept_by(items, 2, RULE(DAILY)), 2);
	policy.count[POLICY_DAILY] = 1;
	policy_apply(&policy, items[1].time, items, 2);
	assert_int_equal(kept(items, 2), 1);
	set_zone(BERLIN);
	policy.count[POLICY_DAILY] = 1;
	policy_apply(&policy, items[1].time, items, 2);
	assert_int_equal(items[0].kept_by, 0);
}

/* Hours of a zone half an hour off. */
static void
test_half_hours(void **unused)
{
	struct policy policy = { .count[POLICY_HOURLY] = 2 };
	struct policy_item items[3];

	(void)unused;
	set_zone("IST-5:30");
	items[0] = good(at(2026, 11, 20, 9, 59));
	items[1] = good(at(2026, 11, 20, 10, 1));
	items[2] = good(at(2026, 11, 20, 10, 59));
	policy_apply(&policy, items[2].time, items, 3);
	assert_int_equal(items[0].kept_by, RULE(HOURLY));
	assert_int_equal(items[1].kept_by, 0);
}

static void
test_within(void **unused)
{
	struct policy policy = { .within = 3 * DAY };
	struct policy_item items[MOST];
	size_t n = nights(items, 10, 2026, 11, 20);

	(void)unused;
	policy_apply(&policy, items[9].time, items, n);
	assert_int_equal(kept(items, n), 4);
	assert_int_equal(items[6].kept_by, RULE(WITHIN));
	items[6].time--;
	policy_apply(&policy, items[9].time, items, n);
	assert_int_equal(items[6].kept_by, 0);
	/* It counts from the newest, not from today. */
	policy_apply(&policy, items[9].time + 1000 * DAY, items, n);
	assert_int_equal(kept(items, n), 3);
}

static void
test_labels(void **unused)
{
	static const char *patterns[] = { "before-*", "keep" };
	struct policy policy = { .count[POLICY_LAST] = 2 };
	struct policy_item items[MOST];
	size_t n = nights(items, 6, 2026, 11, 20);

	(void)unused;
	items[1].label = "before-2.14";
	items[2].label = "trial";
	items[5].label = "before-2.15";
	policy_apply(&policy, items[5].time, items, n);
	/* They do not count: two others are kept. */
	assert_int_equal(items[5].kept_by, RULE(LABEL));
	assert_int_equal(items[4].kept_by, RULE(LAST) | RULE(NEWEST));
	assert_int_equal(items[3].kept_by, RULE(LAST));
	assert_int_equal(items[2].kept_by, RULE(LABEL));
	assert_int_equal(items[0].kept_by, 0);
	policy.labels = patterns;
	policy.label_count = 2;
	policy_apply(&policy, items[5].time, items, n);
	assert_int_equal(items[1].kept_by, RULE(LABEL));
	assert_int_equal(items[2].kept_by, 0);
	assert_int_equal(kept(items, n), 4);
	/* The others do count. */
	items[4].label = "trial";
	policy_apply(&policy, items[5].time, items, n);
	assert_int_equal(items[4].kept_by, RULE(LAST) | RULE(NEWEST));
}

/* What is in doubt is kept, and does not push out what is good. */
static void
test_doubt(void **unused)
{
	struct policy policy = { .count[POLICY_DAILY] = 1 };
	struct policy_item items[MOST];
	size_t n = nights(items, 5, 2026, 11, 20);

	(void)unused;
	items[4].whole = 0;
	items[3].suspect = 1;
	items[2].readable = 0;
	items[2].whole = 0;
	policy_apply(&policy, items[4].time, items, n);
	assert_int_equal(items[4].kept_by, RULE(DAMAGED));
	assert_int_equal(items[3].kept_by, RULE(SUSPECT));
	assert_int_equal(items[2].kept_by, RULE(UNREADABLE));
	assert_int_equal(items[1].kept_by, RULE(DAILY) | RULE(NEWEST));
	assert_int_equal(items[0].kept_by, 0);
}

static void
test_drilled(void **unused)
{
	struct policy policy = { .count[POLICY_LAST] = 1 };
	struct policy_item items[MOST];
	size_t n = nights(items, 6, 2026, 11, 20);

	(void)unused;
	items[0].drilled = items[2].drilled = items[3].drilled = 1;
	policy_apply(&policy, items[5].time, items, n);
	assert_int_equal(items[3].kept_by, RULE(DRILLED));
	assert_int_equal(kept(items, n), 2);
	/* A drill that something damaged since proves nothing. */
	items[3].whole = 0;
	policy_apply(&policy, items[5].time, items, n);
	assert_int_equal(items[3].kept_by, RULE(DAMAGED));
	assert_int_equal(items[2].kept_by, RULE(DRILLED));
	/* One with a label is kept anyway. */
	items[4].label = "x";
	items[4].drilled = 1;
	policy_apply(&policy, items[5].time, items, n);
	assert_int_equal(items[4].kept_by, RULE(LABEL) | RULE(DRILLED));
	assert_int_equal(items[2].kept_by, 0);
}

/* A clock that was years ahead when one of them was made. */
static void
test_future(void **unused)
{
	struct policy policy = { .count[POLICY_DAILY] = 3, .within = 2 * DAY };
	struct policy_item items[MOST];
	size_t n = nights(items, 10, 2026, 11, 20);
	int64_t now = items[9].time;

	(void)unused;
	items[10] = good(at(2038, 1, 19, 3, 14));
	n++;
	policy_apply(&policy, now, items, n);
	assert_int_equal(items[10].kept_by, RULE(FUTURE));
	assert_int_equal(kept(items, n), 4);
	assert_true(items[7].kept_by & RULE(DAILY));
	assert_int_equal(policy_newest(now, items, n), 9);
	assert_int_equal(policy_refusals(&policy, DAY, now, items, n), 0);
	/* A clock that is set back makes future what was not, and so none of
	 * what would have stayed goes. */
	policy_apply(&policy, items[4].time, items, n);
	assert_int_equal(kept_by(items, n, RULE(FUTURE)), 6);
	assert_int_equal(kept(items, n), 6 + 3);
	policy_apply(&policy, 0, items, n);
	assert_int_equal(kept(items, n), n);
	assert_int_equal(policy_newest(0, items, n), n);
	assert_int_equal(policy_refusals(&policy, 0, 0, items, n), 0);
	/* Nothing is there that was expected. */
	assert_int_equal(
	    policy_refusals(&policy, DAY, 0, items, n), POLICY_OVERDUE);
	/* That of another host may be a little ahead. */
	items[10] = good(now + POLICY_AHEAD);
	policy_apply(&policy, now, items, n);
	assert_true(items[10].kept_by & RULE(NEWEST));
}

static void
test_refusals(void **unused)
{
	struct policy policy = { .count[POLICY_DAILY] = 3 };
	struct policy_item items[MOST];
	size_t n = nights(items, 10, 2026, 11, 20);
	int64_t now = items[9].time + 26 * HOUR;

	(void)unused;
	policy_apply(&policy, now, items, n);
	assert_int_equal(policy_refusals(&policy, 0, now, items, n), 0);
	assert_int_equal(policy_refusals(&policy, 26 * HOUR, now, items, n), 0);
	assert_int_equal(policy_refusals(&policy, 26 * HOUR, now + 1, items, n),
	    POLICY_OVERDUE);
	items[8].suspect = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(policy_refusals(&policy, 0, now, items, n), 0);
	items[9].suspect = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(
	    policy_refusals(&policy, 0, now, items, n), POLICY_NEWEST_SUSPECT);
	items[9].whole = 0;
	assert_int_equal(policy_refusals(&policy, DAY, now, items, n),
	    POLICY_NEWEST_SUSPECT | POLICY_NEWEST_DAMAGED | POLICY_OVERDUE);
	/* One of the same second that was listed later is the newest. */
	items[10] = good(items[9].time);
	policy_apply(&policy, now, items, n + 1);
	assert_int_equal(policy_refusals(&policy, 0, now, items, n + 1), 0);
	assert_int_equal(policy_refusals(&policy, DAY, now, items, 0), 0);
}

/* Each kind has rules, and a newest, of its own. */
static void
test_groups(void **unused)
{
	struct policy policy = { .count[POLICY_DAILY] = 1 };
	struct policy_item items[MOST];
	size_t n = nights(items, 6, 2026, 11, 20);
	int64_t now = items[5].time;

	(void)unused;
	items[2].group = items[3].group = items[5].group = 2;
	policy_apply(&policy, now, items, n);
	assert_int_equal(items[5].kept_by, RULE(DAILY) | RULE(NEWEST));
	assert_int_equal(items[4].kept_by, RULE(DAILY) | RULE(NEWEST));
	assert_int_equal(kept(items, n), 2);
	/* What is not made any more is not overdue. */
	assert_int_equal(policy_refusals(&policy, DAY - 1, now, items, n), 0);
	assert_int_equal(policy_refusals(&policy, DAY - 1, now + DAY, items, n),
	    POLICY_OVERDUE);
	assert_int_equal(items[5].refuses, POLICY_OVERDUE);
	/* A doubt about it holds its like, and nothing else. */
	items[4].failed = 1;
	policy_apply(&policy, now, items, n);
	policy_hold(&policy, POLICY_NEWEST_FAILED, now, items, n);
	assert_int_equal(kept(items, n), 3);
	policy_hold(&policy, 0, now, items, n);
	assert_int_equal(items[0].kept_by, RULE(HELD));
	assert_int_equal(items[2].kept_by, 0);
	assert_int_equal(policy_refusals(&policy, 0, now, items, n), 0);
	/* About what is made now, it speaks against all. */
	items[5].failed = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(items[3].kept_by, RULE(DAILY) | RULE(NEWEST));
	assert_int_equal(
	    policy_refusals(&policy, 0, now, items, n), POLICY_NEWEST_FAILED);
}

/* What is not there in its own right is no newest, and takes no place. */
static void
test_strays(void **unused)
{
	struct policy policy = { .count[POLICY_LAST] = 1 };
	struct policy_item items[MOST];
	size_t n = nights(items, 7, 2026, 11, 20);
	int64_t now = items[6].time;

	(void)unused;
	items[6].stray = POLICY_IS_LINK;
	items[5].stray = POLICY_IS_COPY;
	items[4].stray = POLICY_IS_RENAMED;
	items[3].foreign = 1;
	items[0].evidence = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(items[6].kept_by, RULE(LINK));
	assert_int_equal(items[5].kept_by, RULE(COPY));
	assert_int_equal(items[4].kept_by, RULE(RENAMED));
	assert_int_equal(items[3].kept_by, RULE(SIGNER));
	assert_int_equal(items[2].kept_by, RULE(LAST) | RULE(NEWEST));
	assert_int_equal(items[1].kept_by, 0);
	assert_int_equal(items[0].kept_by, RULE(EVIDENCE));
	assert_int_equal(policy_newest(now, items, n), 2);
	assert_int_equal(policy_refusals(&policy, 0, now, items, n), 0);
	items[2].unknown = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(items[1].kept_by, RULE(LAST) | RULE(NEWEST));
	assert_int_equal(
	    policy_refusals(&policy, 0, now, items, n), POLICY_NEWEST_UNKNOWN);
	/* Several signers, while nobody says who is trusted. */
	items[2].unknown = items[0].evidence = 0;
	items[1].signer = 1;
	policy_apply(&policy, now, items, n);
	assert_int_equal(
	    policy_refusals(&policy, 0, now, items, n), POLICY_SIGNERS);
}

static void
test_gap(void **unused)
{
	struct policy policy = { .within = 30 * DAY };
	struct policy_item items[MOST];
	size_t n = nights(items, 40, 2026, 10, 1), i;

	(void)unused;
	/* Back after a long time, or the clock jumped: not all of it goes. */
	for (i = 0; i < 5; i++) {
		items[n] = good(at(2026, 12, 1 + (int)i, 2, 15));
		n++;
		policy_apply(&policy, items[n - 1].time, items, n);
		assert_int_equal(kept(items, n), i + 1);
		assert_int_equal(
		    policy_refusals(&policy, 0, items[n - 1].time, items, n),
		    POLICY_GAP);
	}
	/* Once that is gone, there is no gap to speak of. */
	policy_apply(&policy, items[44].time, items + 40, 5);
	assert_int_equal(
	    policy_refusals(&policy, 0, items[44].time, items + 40, 5), 0);
	/* Nor while another rule keeps what is before it. */
	policy.count[POLICY_MONTHLY] = 2;
	policy_apply(&policy, items[44].time, items, n);
	assert_int_equal(
	    policy_refusals(&policy, 0, items[44].time, items, n), 0);
	/* A week is none, however little is to be kept. */
	policy = (struct policy){ .within = DAY };
	n = nights(items, 10, 2026, 10, 1);
	items[n] = good(items[n - 1].time + 9 * DAY);
	n++;
	policy_apply(&policy, items[n - 1].time, items, n);
	assert_int_equal(
	    policy_refusals(&policy, 0, items[n - 1].time, items, n), 0);
	items[n - 1].time++;
	policy_apply(&policy, items[n - 1].time, items, n);
	assert_int_equal(
	    policy_refusals(&policy, 0, items[n - 1].time, items, n),
	    POLICY_GAP);
}

/* ---- of any policy and any archives ---- */

static uint64_t seed = 20261120;

static uint64_t
draw(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

static struct policy
draw_policy(void)
{
	struct policy policy = { 0 };
	int rule;

	for (rule = 0; rule < POLICY_WITHIN; rule++)
		policy.count[rule] = draw(3) == 0 ? draw(8) : 0;
	policy.within = draw(3) == 0 ? (int64_t)draw(20) * DAY : 0;
	if (!policy_has_rules(&policy))
		policy.count[POLICY_DAILY] = 1 + draw(7);
	return policy;
}

static size_t
draw_items(struct policy_item *items, int64_t now)
{
	size_t i, n = 1 + draw(60);
	int64_t span = draw(2) ? 400 * DAY : 3 * DAY;

	for (i = 0; i < n; i++) {
		items[i] = good(now - (int64_t)draw((uint64_t)span));
		items[i].drilled = draw(10) == 0;
		items[i].suspect = draw(20) == 0;
		items[i].whole = draw(20) != 0;
		items[i].label = draw(20) == 0 ? "x" : NULL;
		if (draw(30) == 0)
			items[i].time = now + (int64_t)draw(90) * HOUR;
	}
	return n;
}

static int
is_kept(const struct policy_item *items, size_t count, int64_t time)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].time == time && items[i].kept_by != 0)
			return 1;
	return 0;
}

/* Whoever is killed half-way is followed by one who comes to the same. */
static void
test_again(void **unused)
{
	int64_t now = at(2026, 11, 20, 2, 15);
	struct policy_item items[MOST], rest[MOST];
	int round;

	(void)unused;
	for (round = 0; round < 3000; round++) {
		struct policy policy = draw_policy();
		size_t i, n = draw_items(items, now), left = 0;

		policy_apply(&policy, now, items, n);
		for (i = 0; i < n; i++)
			if (items[i].kept_by != 0 || draw(2))
				rest[left++] = items[i];
		policy_apply(&policy, now, rest, left);
		assert_int_equal(kept(rest, left), kept(items, n));
		for (i = 0; i < left; i++)
			if (rest[i].kept_by != 0)
				assert_true(is_kept(items, n, rest[i].time));
	}
}

/* Neither one in doubt nor a clock that is set back makes anything go. */
static void
test_never_less(void **unused)
{
	int64_t now = at(2026, 11, 20, 2, 15);
	struct policy_item items[MOST], same[MOST];
	int round;

	(void)unused;
	for (round = 0; round < 3000; round++) {
		struct policy policy = draw_policy();
		size_t i, n = draw_items(items, now), doubtful = draw(n);

		memcpy(same, items, sizeof(items));
		policy_apply(&policy, now, items, n);
		same[doubtful].suspect = 1;
		policy_apply(&policy, now, same, n);
		for (i = 0; i < n; i++)
			if (items[i].kept_by &
			    ~(unsigned)(RULE(DRILLED) | RULE(NEWEST)))
				assert_true(same[i].kept_by != 0);
		memcpy(same, items, sizeof(items));
		policy_apply(&policy, now - (int64_t)draw(500) * DAY, same, n);
		for (i = 0; i < n; i++)
			if (items[i].kept_by & ~(unsigned)RULE(DRILLED) &&
			    !(items[i].oldest))
				assert_true(same[i].kept_by != 0);
	}
}

static void
test_names(void **unused)
{
	struct policy none = { 0 };
	int rule;

	(void)unused;
	assert_false(policy_has_rules(&none));
	assert_string_equal(policy_rule_name(POLICY_DAILY), "daily");
	assert_string_equal(policy_rule_name(POLICY_FUTURE), "future");
	assert_string_equal(policy_refusal_name(POLICY_GAP), "gap");
	for (rule = 0; rule < POLICY_RULES; rule++)
		assert_non_null(policy_rule_name((enum policy_rule)rule));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last),
		TEST(test_days_and_more),
		TEST(test_weeks_across_years),
		TEST(test_oldest),
		TEST(test_summer_time),
		TEST(test_half_hours),
		TEST(test_within),
		TEST(test_labels),
		TEST(test_doubt),
		TEST(test_drilled),
		TEST(test_future),
		TEST(test_refusals),
		TEST(test_groups),
		TEST(test_strays),
		TEST(test_gap),
		TEST(test_again),
		TEST(test_never_less),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
