#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "db/repeats.h"

#define REPEATS_MAX 4096 /* by how much an expression may grow */
#define TIMES_MAX 65536  /* more is counted as this */
#define DEPTH_MAX 64     /* of parentheses */

/* What an expression, or a part of it, comes to when it is written out. */
struct extent {
	uint64_t size; /* in characters, about */
	uint64_t bars; /* between alternatives, each counted once */
};

/* Parentheses that are open, and what came last in them. */
struct group {
	struct extent all;
	struct extent last;
	int is_repeated; /* the last is, already */
};

static void
append(struct group *group, struct extent atom)
{
	group->all.size += atom.size;
	group->all.bars += atom.bars;
	group->last = atom;
	group->is_repeated = 0;
}

/* How often "{4,7}" or the like says to have something at most, and once for
 * that it may be had never; no more than is too much. */
static uint64_t
times(const char *braces)
{
	char *end;
	uint64_t least = strtoull(braces + 1, &end, 10), most = least;

	if (*end == ',')
		most = strtoull(end + 1, NULL, 10);
	if (most < least)
		most = least;
	return (most < TIMES_MAX ? most : TIMES_MAX) + 1;
}

/* Write out the last of ${group} as often as the quantifier at ${p} says, up to
 * a size of ${max}.  Within repetitions that stand in each other, alternatives
 * multiply.  Return how long the quantifier is. */
static size_t
repeat(struct group *group, const char *p, uint64_t max)
{
	uint64_t count = *p == '*' ? 1 : *p == '+' ? 2 : times(p);
	uint64_t bars =
	    group->last.bars < REPEATS_MAX ? group->last.bars : REPEATS_MAX;
	uint64_t size = group->last.size * count;
	size_t len = *p == '{' ? strcspn(p, "}") : 0;

	size = (size < max ? size : max) * (bars + 1);
	group->all.size += (size < max ? size : max) - group->last.size;
	group->is_repeated = 1;
	return len + (p[len] != '\0');
}

/* How long the brackets are that begin at ${p}, or all that is left. */
static size_t
brackets(const char *p)
{
	size_t len = 1;

	len += p[len] == '^';
	len += p[len] == ']';
	while (p[len] != '\0' && p[len] != ']') {
		const char end[3] = { p[len + 1], ']', '\0' };
		const char *close = NULL;

		if (p[len] == '[' && end[0] != '\0' && strchr(".:=", end[0]))
			close = strstr(p + len + 2, end);
		len = close != NULL ? (size_t)(close + 2 - p) : len + 1;
	}
	return len + (p[len] == ']');
}

/* What is one to repeat: how much of ${p} that is. */
static size_t
atom(const char *p)
{
	if (*p == '[')
		return brackets(p);
	return *p == '\\' && p[1] != '\0' ? 2 : 1;
}

static int
is_quantifier(const char *p)
{
	return *p == '*' || *p == '+' ||
	    (*p == '{' && (isdigit((unsigned char)p[1]) || p[1] == ','));
}

const char *
repeats_refuse(const char *expression)
{
	struct group groups[DEPTH_MAX] = { 0 }, *group = groups;
	uint64_t max = strlen(expression) + REPEATS_MAX;
	const char *p = expression;

	while (*p != '\0') {
		size_t len = 1;

		if (*p == '(') {
			if (++group == groups + DEPTH_MAX)
				return "has too many parentheses in each other";
			*group = (struct group){ 0 };
		} else if (*p == ')' && group > groups) {
			group--;
			group[1].all.size++;
			append(group, group[1].all);
		} else if (*p == '|') {
			append(group, (struct extent){ 1, 1 });
		} else if (!is_quantifier(p)) {
			append(group, (struct extent){ 1, 0 });
			len = atom(p);
		} else if (group->is_repeated) {
			return "repeats what is repeated already";
		} else {
			len = repeat(group, p, max + 1);
		}
		if (group->all.size > max)
			return "repeats too much for a name";
		p += len;
	}
	return NULL;
}
