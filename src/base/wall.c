#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/wall.h"

int64_t
wall_now(void)
{
	return (int64_t)time(NULL);
}

static int
split(int64_t t, struct tm *tm)
{
	time_t when = (time_t)t;

	return gmtime_r(&when, tm) != NULL && tm->tm_year >= 1000 - 1900 &&
	    tm->tm_year <= 9999 - 1900;
}

void
wall_basic(int64_t t, char out[WALL_BASIC_SIZE])
{
	struct tm tm;

	if (!split(t, &tm) ||
	    strftime(out, WALL_BASIC_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
		out[0] = '\0';
}

void
wall_iso(int64_t t, char out[WALL_ISO_SIZE])
{
	struct tm tm;

	if (!split(t, &tm) ||
	    strftime(out, WALL_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

/* Refuses what strptime bends: 31 February, a short year. */
int
wall_parse_iso(const char *text, int64_t *t)
{
	char again[WALL_ISO_SIZE];
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (end == NULL || *end != '\0')
		return -1;
	*t = (int64_t)timegm(&tm);
	wall_iso(*t, again);
	return strcmp(again, text) == 0 ? 0 : -1;
}

int
wall_parse_basic(const char *text, int64_t *t)
{
	char again[WALL_BASIC_SIZE];
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);

	if (end == NULL || *end != '\0')
		return -1;
	*t = (int64_t)timegm(&tm);
	wall_basic(*t, again);
	return strcmp(again, text) == 0 ? 0 : -1;
}

double
wall_seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
