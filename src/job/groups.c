#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "job/groups.h"

struct groups {
	const struct catalog *cat;
	uint8_t *waits; /* of each table */
	uint32_t *open; /* of a key: tables whose rows are not all in */
};

size_t
groups_key(const struct catalog *cat, size_t table)
{
	int via = cat->tables[table].load_via;

	return via >= 0 ? (size_t)via : table;
}

/* The partitioned tables between ${table} and the one it is loaded through,
 * that one included: rows pass them, and they are locked meanwhile. */
static int
next_above(const struct catalog *cat, size_t key, size_t *table)
{
	if (*table == key)
		return 0;
	*table = (size_t)cat->tables[*table].parent;
	return 1;
}

struct groups *
groups_new(const struct catalog *cat)
{
	struct groups *g = mem_zalloc(sizeof(*g));
	size_t i, above, key;

	g->cat = cat;
	g->waits = mem_zalloc(cat->table_count + 1);
	g->open = mem_zalloc((cat->table_count + 1) * sizeof(*g->open));
	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]))
			g->open[groups_key(cat, i)]++;
	/* Rows of others may come into what comes without its own. */
	for (i = 0; i < cat->table_count; i++) {
		key = groups_key(cat, i);
		if (g->open[key] == 0)
			continue;
		g->waits[i] = 1;
		for (above = i; next_above(cat, key, &above);)
			g->waits[above] = 1;
	}
	return g;
}

void
groups_free(struct groups *g)
{
	if (g == NULL)
		return;
	free(g->waits);
	free(g->open);
	free(g);
}

int
groups_waits(const struct groups *g, size_t table)
{
	return g->waits[table];
}

static void
end_wait(struct groups *g, size_t table, void (*each)(void *arg, size_t table),
    void *arg)
{
	if (!g->waits[table])
		return;
	g->waits[table] = 0;
	each(arg, table);
}

void
groups_done(struct groups *g, size_t table,
    void (*each)(void *arg, size_t table), void *arg)
{
	const struct catalog *cat = g->cat;
	size_t key = groups_key(cat, table), i, above;

	if (g->open[key] == 0 || --g->open[key] > 0)
		return;
	if (key == table) {
		end_wait(g, table, each, arg);
		return;
	}
	for (i = 0; i < cat->table_count; i++) {
		if (cat->tables[i].load_via != (int)key)
			continue;
		end_wait(g, i, each, arg);
		for (above = i; next_above(cat, key, &above);)
			end_wait(g, above, each, arg);
	}
}
