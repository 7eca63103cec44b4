#include <stdlib.h>

#include "base/mem.h"
#include "nodes.h"

struct schedule *
schedule_new(const struct toc *toc, const struct catalog *cat,
    const enum pass *passes, enum pass pass)
{
	struct schedule *s = mem_zalloc(sizeof(*s));

	s->toc = toc;
	s->cat = cat;
	s->pass = pass;
	nodes_make(s, passes);
	return s;
}

void
schedule_free(struct schedule *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->count; i++) {
		free(s->nodes[i].next.at);
		free(s->nodes[i].locks.at);
	}
	for (i = 0; i < s->relation_count; i++) {
		free(s->relations[i].heirs.at);
		free(s->relations[i].waiting.at);
	}
	groups_free(s->groups);
	free(s->relation_of);
	free(s->first_of);
	free(s->last_of);
	free(s->relations);
	free(s->table_relation);
	free(s->nodes);
	free(s->order);
	free(s->mark);
	free(s);
}

static void
release(struct schedule *s, const struct list *waiting)
{
	size_t i;

	for (i = 0; i < waiting->count; i++)
		if (s->nodes[waiting->at[i]].waits > 0)
			s->nodes[waiting->at[i]].waits--;
}

static void
rows_in(void *arg, size_t table)
{
	struct schedule *s = arg;
	uint32_t relation = s->table_relation[table];

	if (relation == 0 || s->relations[relation - 1].done)
		return;
	s->relations[relation - 1].done = 1;
	release(s, &s->relations[relation - 1].waiting);
}

void
schedule_table_done(struct schedule *s, size_t table)
{
	groups_done(s->groups, table, rows_in, s);
}

void
schedule_rows_done(struct schedule *s)
{
	size_t i;

	if (s->rows_done)
		return;
	s->rows_done = 1;
	for (i = 0; i < s->count; i++)
		if (s->nodes[i].calls && s->pass == PASS_POST &&
		    s->nodes[i].waits > 0)
			s->nodes[i].waits--;
}

uint64_t
schedule_cost(const struct schedule *s, size_t table)
{
	uint32_t relation = s->table_relation[table];

	return relation > 0 ? s->relations[relation - 1].cost : 0;
}

/* Whether those that run leave ${n} its locks. */
static int
is_free(const struct schedule *s, const struct node *n)
{
	size_t i;

	for (i = 0; i < n->locks.count; i++) {
		const struct relation *r = &s->relations[n->locks.at[i]];

		if (r->exclusive > 0 || (n->exclusive && r->shared > 0))
			return 0;
	}
	return 1;
}

/* Count the locks of a step up or down. */
static void
hold(struct schedule *s, const struct node *n, int take)
{
	size_t i;

	for (i = 0; i < n->locks.count; i++) {
		struct relation *r = &s->relations[n->locks.at[i]];
		unsigned *count = n->exclusive ? &r->exclusive : &r->shared;

		*count += take ? 1u : -1u;
	}
}

/* What is being picked for one transaction. */
struct batch {
	struct node *nodes[SCHEDULE_BATCH];
	size_t count;
	uint64_t weight;
};

static int
fits(const struct schedule *s, const struct batch *b, const struct node *n)
{
	return b->count < SCHEDULE_BATCH && n->state == WAITING &&
	    n->waits == n->nears &&
	    (b->count == 0 || b->weight + n->weight <= SCHEDULE_LARGE) &&
	    is_free(s, n);
}

/* Pick ${n}, and those that only waited for what is picked: they can run
 * after it in the same transaction. */
static void
pick(struct schedule *s, struct batch *b, struct node *n)
{
	size_t at = b->count, i;

	n->state = RUNNING;
	b->weight += n->weight;
	b->nodes[b->count++] = n;
	for (; at < b->count && b->weight < SCHEDULE_LARGE; at++) {
		const struct list *next = &b->nodes[at]->next;

		for (i = 0; i < next->count; i++)
			s->nodes[next->at[i]].nears++;
		for (i = 0; i < next->count; i++) {
			n = &s->nodes[next->at[i]];
			if (!fits(s, b, n))
				continue;
			n->state = RUNNING;
			b->weight += n->weight;
			b->nodes[b->count++] = n;
		}
	}
}

size_t
schedule_take(struct schedule *s, int large, struct step steps[SCHEDULE_BATCH])
{
	struct batch b = { .count = 0 };
	size_t i, k;

	while (s->start < s->count &&
	    s->nodes[s->order[s->start]].state != WAITING)
		s->start++;
	for (i = s->start; i < s->count && b.count < SCHEDULE_BATCH; i++) {
		struct node *n = &s->nodes[s->order[i]];

		if (large && n->weight < SCHEDULE_LARGE)
			break;
		if (n->waits == 0 && fits(s, &b, n))
			pick(s, &b, n);
		if (b.weight >= SCHEDULE_LARGE)
			break;
	}
	/* Those of one transaction do not stand in each other's way. */
	for (i = 0; i < b.count; i++) {
		hold(s, b.nodes[i], 1);
		steps[i] = b.nodes[i]->step;
		for (k = 0; k < b.nodes[i]->next.count; k++)
			s->nodes[b.nodes[i]->next.at[k]].nears = 0;
	}
	s->running += b.count;
	return b.count;
}

int
schedule_more(const struct schedule *s)
{
	static const struct batch none = { .count = 0 };
	size_t i;

	for (i = s->start; i < s->count; i++) {
		const struct node *n = &s->nodes[s->order[i]];

		if (n->waits == 0 && fits(s, &none, n))
			return 1;
	}
	return 0;
}

void
schedule_done(struct schedule *s, const struct step *steps, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int id = s->toc->entries[steps[i].entry].id;
		uint32_t number = steps[i].form == STEP_CONSTRAINT
		    ? s->last_of[id]
		    : s->first_of[id];
		struct node *n = &s->nodes[number - 1];

		n->state = DONE;
		hold(s, n, 0);
		release(s, &n->next);
	}
	s->left -= count;
	s->running -= count;
}

size_t
schedule_left(const struct schedule *s)
{
	return s->left;
}

size_t
schedule_running(const struct schedule *s)
{
	return s->running;
}

int
schedule_unlock_next(struct schedule *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (s->nodes[i].state != WAITING)
			continue;
		s->nodes[i].waits = 0;
		return 1;
	}
	return 0;
}
