#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/named.h"
#include "job/callers.h"
#include "nodes.h"

static void
push(struct list *list, uint32_t value)
{
	if (list->count == list->cap) {
		list->cap = list->cap > 0 ? list->cap * 2 : 4;
		list->at = mem_array(list->at, list->cap, sizeof(*list->at));
	}
	list->at[list->count++] = value;
}

static int
is_relation(const struct toc_entry *e)
{
	return strcmp(e->desc, "TABLE") == 0 ||
	    strcmp(e->desc, "FOREIGN TABLE") == 0;
}

static uint32_t *
ids_array(const struct toc *toc)
{
	return mem_zalloc(((size_t)toc->max_id + 1) * sizeof(uint32_t));
}

/* Every TABLE of the table of contents, with its number in the catalog. */
static void
find_relations(struct schedule *s)
{
	struct named *named = named_new(s->cat);
	size_t i;

	s->relations = mem_zalloc((s->toc->count + 1) * sizeof(*s->relations));
	s->table_relation =
	    mem_zalloc((s->cat->table_count + 1) * sizeof(uint32_t));
	for (i = 0; i < s->toc->count; i++) {
		const struct toc_entry *e = &s->toc->entries[i];
		struct relation *r = &s->relations[s->relation_count];

		if (!is_relation(e))
			continue;
		r->table = named_table(named, e->schema, e->tag);
		r->done = s->pass != PASS_POST || r->table < 0 ||
		    !groups_waits(s->groups, (size_t)r->table);
		s->relation_of[e->id] = (uint32_t)++s->relation_count;
		if (r->table >= 0)
			s->table_relation[r->table] =
			    (uint32_t)s->relation_count;
	}
	named_free(named);
}

/*
 * Who inherits from whom: a TABLE that depends on a TABLE may be its heir (or
 * use its row type, which makes it wait needlessly at worst); TABLE ATTACH
 * depends on parent and partition, and the catalog tells them apart.
 */
static void
find_heirs(struct schedule *s)
{
	size_t i, d;

	for (i = 0; i < s->toc->count; i++) {
		const struct toc_entry *e = &s->toc->entries[i];
		uint32_t heir = s->relation_of[e->id];

		for (d = 0; heir > 0 && d < e->dep_count; d++) {
			uint32_t of = e->deps[d] <= s->toc->max_id
			    ? s->relation_of[e->deps[d]]
			    : 0;

			if (of > 0 && of != heir)
				push(&s->relations[of - 1].heirs, heir - 1);
		}
	}
	for (i = 0; i < s->cat->table_count; i++) {
		int parent = s->cat->tables[i].parent;
		uint32_t heir = s->table_relation[i], of;

		if (parent < 0 || (size_t)parent >= s->cat->table_count ||
		    heir == 0)
			continue;
		of = s->table_relation[parent];
		if (of > 0)
			push(&s->relations[of - 1].heirs, heir - 1);
	}
}

static uint64_t
bytes_of(const struct schedule *s, uint32_t relation)
{
	int table = s->relations[relation].table;

	return table >= 0 ? s->cat->tables[table].bytes : 0;
}

/* Lock ${relation}, and its heirs if ${deep}, unless this walk did. */
static void
lock_relation(struct schedule *s, struct node *n, uint32_t relation, int deep)
{
	struct relation *r = &s->relations[relation];
	size_t i;

	if (s->mark[relation] == s->walk)
		return;
	s->mark[relation] = s->walk;
	push(&n->locks, relation);
	if (s->pass == PASS_POST && bytes_of(s, relation) > n->weight)
		n->weight = bytes_of(s, relation);
	for (i = 0; deep && i < r->heirs.count; i++)
		lock_relation(s, n, r->heirs.at[i], deep);
}

/* The relations that a step concerns: those it depends on, and after the rows
 * those of the steps that it depends on (of the index that it attaches). */
static void
find_locks(struct schedule *s, struct node *n, const struct toc_entry *e)
{
	int post = s->pass == PASS_POST;
	int deep = post && n->exclusive;
	size_t d, k;

	s->walk++;
	for (d = 0; d < e->dep_count; d++) {
		int id = e->deps[d];
		uint32_t before;

		if (id > s->toc->max_id)
			continue;
		if (s->relation_of[id] > 0)
			lock_relation(s, n, s->relation_of[id] - 1, deep);
		before = post ? s->last_of[id] : 0;
		if (before == 0 || &s->nodes[before - 1] >= n)
			continue;
		for (k = 0; k < s->nodes[before - 1].locks.count; k++)
			lock_relation(
			    s, n, s->nodes[before - 1].locks.at[k], deep);
	}
}

static void
wait_for(struct schedule *s, uint32_t node, uint32_t on)
{
	if (node == on)
		return;
	push(&s->nodes[on].next, node);
	s->nodes[node].waits++;
}

static void
find_waits(struct schedule *s, uint32_t node)
{
	struct node *n = &s->nodes[node];
	const struct toc_entry *e = &s->toc->entries[n->step.entry];
	size_t i;

	for (i = 0; i < n->locks.count; i++) {
		struct relation *r = &s->relations[n->locks.at[i]];

		if (r->done)
			continue;
		push(&r->waiting, node);
		n->waits++;
	}
	/* For the rows of all tables, since nobody knows of which. */
	n->waits += n->calls && s->pass == PASS_POST;
	if (n->step.form == STEP_CONSTRAINT) {
		wait_for(s, node, node - 1);
		return;
	}
	for (i = 0; i < e->dep_count; i++)
		if (e->deps[i] <= s->toc->max_id && s->last_of[e->deps[i]] > 0)
			wait_for(s, node, s->last_of[e->deps[i]] - 1);
}

/*
 * Before the rows, the file's order counts for more than its dependencies:
 * functions may use, in their bodies, what no dependency shows.  Only kinds
 * that hide nothing may run beside each other; any other waits for all before
 * it, and all after it wait for it.
 */
static int
is_open(const struct toc_entry *e)
{
	static const char *const kinds[] = { "TABLE", "SEQUENCE",
		"SEQUENCE OWNED BY", "DEFAULT", "VIEW", "TABLE ATTACH",
		"COMMENT", "SECURITY LABEL", "BLOB", "BLOB METADATA" };

	return text_is_one_of(e->desc, kinds, sizeof(kinds) / sizeof(kinds[0]));
}

/* What is computed on the way calls functions: when all is there that the file
 * has before it, and one after another. */
static int
computes(const struct schedule *s, const struct node *n)
{
	const struct toc_entry *e = &s->toc->entries[n->step.entry];

	if (!n->calls)
		return 0;
	return s->pass == PASS_REFRESH ||
	    strcmp(e->desc, "TABLE ATTACH") == 0 ||
	    (strcmp(e->desc, "TABLE") == 0 &&
		strstr(e->defn, "PARTITION BY") != NULL);
}

static void
keep_callers_order(struct schedule *s)
{
	size_t i, k, since = 0;

	for (i = 0; i < s->count; i++) {
		if (!computes(s, &s->nodes[i]))
			continue;
		for (k = since; k < i; k++)
			wait_for(s, (uint32_t)i, (uint32_t)k);
		since = i;
	}
}

/* Of what waits for one step, that which the file has first goes first. */
static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
sort_next(struct schedule *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->nodes[i].next.count > 1)
			qsort(s->nodes[i].next.at, s->nodes[i].next.count,
			    sizeof(uint32_t), compare_numbers);
}

static void
keep_order(struct schedule *s)
{
	size_t i, k, barrier = 0, since = 0;
	int any = 0;

	for (i = 0; i < s->count; i++) {
		const struct node *n = &s->nodes[i];

		if (any)
			wait_for(s, (uint32_t)i, (uint32_t)barrier);
		if (is_open(&s->toc->entries[n->step.entry]))
			continue;
		for (k = since; k < i; k++)
			wait_for(s, (uint32_t)i, (uint32_t)k);
		barrier = i;
		since = i + 1;
		any = 1;
	}
}

/* A key is worth two steps when its table is large: other indexes on it
 * then build at the same time. */
static int
worth_splitting(const struct schedule *s, const struct toc_entry *e)
{
	struct buf index = { 0 }, constraint = { 0 };
	uint32_t relation = 0;
	size_t d;
	int simple;

	for (d = 0; d < e->dep_count && relation == 0; d++)
		if (e->deps[d] <= s->toc->max_id)
			relation = s->relation_of[e->deps[d]];
	if (relation == 0 || bytes_of(s, relation - 1) < SCHEDULE_LARGE ||
	    s->relations[relation - 1].table < 0 ||
	    s->cat->tables[s->relations[relation - 1].table].kind != 'r')
		return 0;
	simple = statement_split_key(e, &index, &constraint);
	buf_free(&index);
	buf_free(&constraint);
	return simple;
}

static void
add_node(struct schedule *s, size_t entry, enum step_form form, int calls)
{
	struct node *n = &s->nodes[s->count++];
	const struct toc_entry *e = &s->toc->entries[entry];

	n->step.entry = entry;
	n->step.form = form;
	n->calls = calls;
	/* Nobody knows how long a refresh takes, and many large objects take
	 * many locks: each runs by itself. */
	if (strcmp(e->desc, "MATERIALIZED VIEW DATA") == 0 ||
	    strcmp(e->desc, "BLOB METADATA") == 0)
		n->weight = SCHEDULE_LARGE;
	n->exclusive = form == STEP_CONSTRAINT ||
	    (form == STEP_WHOLE && !statement_only_indexes(e));
	if (form != STEP_CONSTRAINT)
		s->first_of[e->id] = (uint32_t)s->count;
	s->last_of[e->id] = (uint32_t)s->count;
}

static void
add_nodes(struct schedule *s, const enum pass *passes, enum pass pass)
{
	uint8_t *callers = callers_find(s->toc);
	size_t i;

	s->nodes = mem_zalloc((2 * s->toc->count + 1) * sizeof(*s->nodes));
	for (i = 0; i < s->toc->count; i++) {
		if (passes[i] != pass)
			continue;
		if (pass == PASS_POST &&
		    worth_splitting(s, &s->toc->entries[i])) {
			add_node(s, i, STEP_INDEX, callers[i]);
			add_node(s, i, STEP_CONSTRAINT, 0);
		} else {
			add_node(s, i, STEP_WHOLE, callers[i]);
		}
	}
	free(callers);
}

/* How many times longer than a B-tree on the same table it takes: measured
 * roughly, for the order alone. */
static uint64_t
slowness(const struct toc_entry *e)
{
	static const struct {
		const char *method;
		uint64_t times;
	} slow[] = { { " USING gin ", 5 }, { " USING gist ", 5 },
		{ " USING spgist ", 3 } };
	size_t i;

	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		if (strstr(e->defn, slow[i].method) != NULL)
			return slow[i].times;
	return 1;
}

static void
sum_costs(struct schedule *s)
{
	size_t i, k;

	for (i = 0; i < s->count; i++) {
		struct node *n = &s->nodes[i];

		n->weight *= slowness(&s->toc->entries[n->step.entry]);
		for (k = 0; k < n->locks.count; k++)
			s->relations[n->locks.at[k]].cost += n->weight;
	}
}

struct rank {
	uint64_t weight;
	size_t followers;
	uint32_t node;
};

/* Heavy tables first; on one table, what others wait for (its keys). */
static int
compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->followers != y->followers)
		return x->followers > y->followers ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void
rank_nodes(struct schedule *s)
{
	struct rank *ranks = mem_array(NULL, s->count + 1, sizeof(*ranks));
	size_t i;

	for (i = 0; i < s->count; i++) {
		ranks[i].weight = s->nodes[i].weight;
		ranks[i].followers =
		    s->pass == PASS_POST ? s->nodes[i].next.count : 0;
		ranks[i].node = (uint32_t)i;
	}
	qsort(ranks, s->count, sizeof(*ranks), compare_ranks);
	s->order = mem_array(NULL, s->count + 1, sizeof(*s->order));
	for (i = 0; i < s->count; i++)
		s->order[i] = ranks[i].node;
	free(ranks);
}

void
nodes_make(struct schedule *s, const enum pass *passes)
{
	const struct toc *toc = s->toc;
	enum pass pass = s->pass;
	size_t i;

	s->groups = groups_new(s->cat);
	s->relation_of = ids_array(toc);
	s->first_of = ids_array(toc);
	s->last_of = ids_array(toc);
	find_relations(s);
	find_heirs(s);
	s->mark = mem_zalloc((s->relation_count + 1) * sizeof(*s->mark));
	add_nodes(s, passes, pass);
	for (i = 0; i < s->count; i++)
		find_locks(
		    s, &s->nodes[i], &toc->entries[s->nodes[i].step.entry]);
	for (i = 0; i < s->count; i++)
		find_waits(s, (uint32_t)i);
	if (pass == PASS_PRE)
		keep_order(s);
	if (pass != PASS_POST) {
		keep_callers_order(s);
		sort_next(s);
	}
	sum_costs(s);
	rank_nodes(s);
	s->left = s->count;
}
