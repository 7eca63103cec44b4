#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/callers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum verdict { OPEN = 0, ASKED, NO, YES };

struct search {
	const struct toc *toc;
	size_t *entry_of; /* by dump id: 1 + the entry, or 0 */
	uint8_t *verdicts;
};

/* What a kind of entry calls, by way of the kinds that it is made of. */
struct way {
	const char *kind;
	const char *through[4];
};

static const struct way ways[] = {
	{ "TABLE", { "TABLE", "DOMAIN", "TYPE" } },
	{ "DOMAIN", { "DOMAIN", "TYPE" } },
	{ "TYPE", { "DOMAIN", "TYPE" } },
	{ "TABLE ATTACH", { "TABLE" } },
	{ "VIEW", { "VIEW", "MATERIALIZED VIEW" } },
	{ "MATERIALIZED VIEW", { "VIEW", "MATERIALIZED VIEW" } },
	{ "MATERIALIZED VIEW DATA", { "MATERIALIZED VIEW" } },
	{ "INDEX", { NULL } },
	{ "CONSTRAINT", { NULL } },
	{ "CHECK CONSTRAINT", { NULL } },
};

static int
is_function(const struct toc_entry *e)
{
	static const char *const kinds[] = { "FUNCTION", "AGGREGATE",
		"OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "CAST" };
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (toc_is(e, kinds[i]))
			return 1;
	return 0;
}

/* A default calls its function for no row that is brought, and no dependency
 * tells it from a check. */
static int
computes(const struct toc_entry *e)
{
	static const char *const words[] = { "CHECK (", "PARTITION BY ",
		"GENERATED ALWAYS AS (" };
	size_t i;

	if (!toc_is(e, "TABLE") && !toc_is(e, "DOMAIN"))
		return 1;
	for (i = 0; i < COUNT(words); i++)
		if (strstr(e->defn, words[i]) != NULL)
			return 1;
	return 0;
}

static const struct way *
way_of(const struct toc_entry *e)
{
	size_t i;

	for (i = 0; i < COUNT(ways); i++)
		if (toc_is(e, ways[i].kind))
			return &ways[i];
	return NULL;
}

static int
leads_on(const struct way *way, const struct toc_entry *e)
{
	size_t i;

	for (i = 0; i < COUNT(way->through) && way->through[i] != NULL; i++)
		if (toc_is(e, way->through[i]))
			return 1;
	return 0;
}

static int calls(struct search *s, size_t entry);

static int
calls_now(struct search *s, size_t entry)
{
	const struct toc_entry *e = &s->toc->entries[entry];
	const struct way *way = way_of(e);
	size_t d, at;

	for (d = 0; way != NULL && d < e->dep_count; d++) {
		if (e->deps[d] < 0 || e->deps[d] > s->toc->max_id ||
		    s->entry_of[e->deps[d]] == 0)
			continue;
		at = s->entry_of[e->deps[d]] - 1;
		if ((is_function(&s->toc->entries[at]) && computes(e)) ||
		    (leads_on(way, &s->toc->entries[at]) && calls(s, at)))
			return 1;
	}
	return 0;
}

/* What depends on itself, as types and tables may, adds nothing. */
static int
calls(struct search *s, size_t entry)
{
	uint8_t *verdict = &s->verdicts[entry];

	if (*verdict == OPEN) {
		*verdict = ASKED;
		*verdict = calls_now(s, entry) ? YES : NO;
	}
	return *verdict == YES;
}

uint8_t *
callers_find(const struct toc *toc)
{
	struct search s = { .toc = toc };
	uint8_t *callers = mem_zalloc(toc->count + 1);
	size_t i;

	s.entry_of =
	    mem_zalloc(((size_t)toc->max_id + 1) * sizeof(*s.entry_of));
	s.verdicts = mem_zalloc(toc->count + 1);
	for (i = 0; i < toc->count; i++)
		s.entry_of[toc->entries[i].id] = i + 1;
	for (i = 0; i < toc->count; i++)
		callers[i] = calls(&s, i) != 0;
	free(s.entry_of);
	free(s.verdicts);
	return callers;
}

void
callers_mark(const struct toc *toc, const struct toc_tree *tree, int there,
    struct table *tables, size_t count)
{
	uint8_t *callers = callers_find(toc);
	size_t i;
	int at;

	for (i = 0; i < toc->count && there; i++) {
		at = toc_tree_owner(tree, i);
		if (at >= 0 && callers[i])
			callers[at] = 1;
	}
	for (i = 0; i < count; i++) {
		at = toc_tree_relation(tree, tables[i].schema, tables[i].name);
		tables[i].late = at >= 0 && callers[at];
	}
	free(callers);
}
