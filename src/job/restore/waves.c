#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/queries.h"
#include "job/groups.h"
#include "job/restore/fit.h"
#include "job/restore/waves.h"

#define NAMED_MAX 10

/* A table whose rows refer to another's; where tables are loaded through a
 * partitioned one, that stands for them. */
struct edge {
	size_t from;
	size_t to;
};

struct graph {
	const struct waves_opts *opts;
	struct edge *edges;
	size_t count;
};

static int
read_edges(struct graph *g, struct conn *conn, struct err *err)
{
	const struct catalog *cat = g->opts->cat;
	size_t *places = mem_array(NULL, cat->table_count + 1, sizeof(*places));
	struct buf names = { 0 };
	PGresult *r;
	int row;

	(void)fit_homes(cat, places, &names);
	r = conn_query1(conn, sql_references, buf_text(&names), err);
	buf_free(&names);
	if (r != NULL)
		g->edges = mem_array(
		    NULL, (size_t)PQntuples(r) + 1, sizeof(*g->edges));
	for (row = 0; r != NULL && row < PQntuples(r); row++) {
		struct edge *e = &g->edges[g->count];

		if (g->opts->deferred && PQgetvalue(r, row, 2)[0] == 't')
			continue;
		e->from = places[strtoul(PQgetvalue(r, row, 0), NULL, 10)];
		e->to = places[strtoul(PQgetvalue(r, row, 1), NULL, 10)];
		g->count++;
	}
	PQclear(r);
	free(places);
	return r != NULL
	    ? 0
	    : err_wrap(err, "cannot read the target's foreign keys");
}

/* Put each table behind those that it refers to.  Return whether that came to
 * an end, as it does unless there is a circle. */
static int
settle(const struct graph *g, unsigned *waves, unsigned *count)
{
	size_t i, round, tables = g->opts->cat->table_count;
	int moved = 1;

	*count = 1;
	for (round = 0; moved && round <= tables; round++) {
		moved = 0;
		for (i = 0; i < g->count; i++) {
			const struct edge *e = &g->edges[i];

			if (e->from == e->to || waves[e->from] > waves[e->to])
				continue;
			waves[e->from] = waves[e->to] + 1;
			if (waves[e->from] + 1 > *count)
				*count = waves[e->from] + 1;
			moved = 1;
		}
	}
	return !moved;
}

/* Late tables go into waves of their own, behind all others, unless one of
 * these refers to them. */
static void
put_late_behind(const struct graph *g, unsigned *waves, unsigned *count)
{
	const struct catalog *cat = g->opts->cat;
	uint8_t *needed = mem_zalloc(cat->table_count + 1);
	unsigned before = *count;
	size_t i;

	for (i = 0; i < g->count; i++)
		if (!cat->tables[g->edges[i].from].late)
			needed[g->edges[i].to] = 1;
	for (i = 0; i < cat->table_count; i++) {
		if (!cat->tables[i].late || needed[i] || before == 1)
			continue;
		waves[i] += before;
		if (waves[i] + 1 > *count)
			*count = waves[i] + 1;
	}
	free(needed);
}

static int
advise(struct err *err)
{
	return err_hint(err,
	    "--disable-triggers loads the rows unchecked; keys that are "
	    "DEFERRABLE can wait, with --single-transaction");
}

static int
is_referred_to(const struct graph *g, const uint8_t *among, size_t table)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (g->edges[i].to == table && g->edges[i].from != table &&
		    among[g->edges[i].from])
			return 1;
	return 0;
}

/* The tables that never found a wave are in a circle, or behind one; those
 * behind go. */
static uint8_t *
find_circles(const struct graph *g, const unsigned *waves)
{
	size_t i, tables = g->opts->cat->table_count;
	uint8_t *among = mem_zalloc(tables + 1);
	int changed = 1;

	for (i = 0; i < tables; i++)
		among[i] = waves[i] >= tables;
	while (changed) {
		changed = 0;
		for (i = 0; i < tables; i++) {
			if (!among[i] || is_referred_to(g, among, i))
				continue;
			among[i] = 0;
			changed = 1;
		}
	}
	return among;
}

static int
refuse_circle(const struct graph *g, const unsigned *waves, struct err *err)
{
	const struct catalog *cat = g->opts->cat;
	uint8_t *among = find_circles(g, waves);
	struct buf list = { 0 };
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++)
		if (among[i] && n++ < NAMED_MAX)
			buf_printf(&list, "%s%s.%s", n > 1 ? ", " : "",
			    cat->tables[i].schema, cat->tables[i].name);
	(void)err_set(err, ERR_FAIL,
	    "foreign keys refer to each other in a circle, so that no order of "
	    "the rows satisfies them: %s",
	    buf_text(&list));
	buf_free(&list);
	free(among);
	return advise(err);
}

/* Keys are checked at the end of each COPY: within one part a row may refer to
 * a later one, but not into another part. */
static int
refuse_split(const struct graph *g, size_t table, struct err *err)
{
	const struct manifest *m = g->opts->manifest;
	const struct table *t = &g->opts->cat->tables[table];
	size_t i, parts = 0;

	for (i = 0; m != NULL && i < m->part_count; i++)
		parts += m->parts[i].head.kind == PART_ROWS &&
		    groups_key(g->opts->cat, m->parts[i].head.table) == table;
	if (parts < 2)
		return 0;
	(void)err_set(err, ERR_FAIL,
	    "%s.%s has a foreign key to itself, and its rows come in %zu parts",
	    t->schema, t->name, parts);
	return advise(err);
}

static int
judge(const struct graph *g, unsigned count, struct err *err)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (g->edges[i].from == g->edges[i].to &&
		    refuse_split(g, g->edges[i].from, err) != 0)
			return -1;
	if (count == 1 || g->opts->manifest != NULL)
		return 0;
	(void)err_set(err, ERR_FAIL,
	    "the tables have foreign keys to each other, which want their rows "
	    "in another order than that of a stream");
	return err_hint(err,
	    "restore from a file; or --disable-triggers loads the rows "
	    "unchecked");
}

int
waves_find(struct conn *conn, const struct waves_opts *opts, unsigned *waves,
    unsigned *count, struct err *err)
{
	struct graph g = { .opts = opts };
	size_t i;
	int rc = read_edges(&g, conn, err);

	memset(waves, 0, opts->cat->table_count * sizeof(*waves));
	if (rc == 0 && !settle(&g, waves, count))
		rc = refuse_circle(&g, waves, err);
	if (rc == 0)
		put_late_behind(&g, waves, count);
	if (rc == 0)
		rc = judge(&g, *count, err);
	for (i = 0; i < opts->cat->table_count; i++)
		waves[i] = waves[groups_key(opts->cat, i)];
	free(g.edges);
	return rc;
}
