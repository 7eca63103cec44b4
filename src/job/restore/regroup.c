#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/queries.h"
#include "job/restore/regroup.h"

struct regroup {
	struct catalog cat;    /* all but the tables is lent */
	struct table **sorted; /* cat.tables by name */
	size_t *reached; /* 1 + the key whose tree a table is in here, or 0 */
	int *lacks;      /* of a key */
};

static int
by_name(const void *a, const void *b)
{
	const struct table *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order != 0 ? order : strcmp((*x)->schema, (*y)->schema);
}

static void
sort_tables(struct regroup *g)
{
	size_t i, count = g->cat.table_count;

	g->sorted = mem_array(NULL, count + 1, sizeof(struct table *));
	for (i = 0; i < count; i++)
		g->sorted[i] = &g->cat.tables[i];
	if (count > 0)
		qsort(g->sorted, count, sizeof(struct table *), by_name);
}

/* Rows that come from elsewhere must not go anywhere else. */
static int
refuse_foreign(
    const struct table *key, const struct table *part, struct err *err)
{
	(void)err_set(err, ERR_FAIL,
	    "%s.%s: its rows belong to other partitions here, but may not be "
	    "loaded through it: the partition %s.%s is a foreign table",
	    key->schema, key->name, part->schema, part->name);
	return err_hint(err,
	    "detach %s.%s in the source (ALTER TABLE ... DETACH PARTITION), "
	    "and make another archive",
	    part->schema, part->name);
}

/* Note which tables are below ${key} in the target. */
static int
look_below(struct regroup *g, struct conn *conn, size_t key, struct err *err)
{
	const struct table *t = &g->cat.tables[key];
	struct buf name = { 0 };
	PGresult *r;
	int row, rc = 0;

	sql_qualified(&name, t->schema, t->name);
	r = conn_query1(conn, sql_partitions, buf_text(&name), err);
	buf_free(&name);
	if (r == NULL)
		return err_wrap(err, "cannot list the partitions of %s.%s",
		    t->schema, t->name);
	for (row = 0; row < PQntuples(r) && rc == 0; row++) {
		struct table part = { .schema = PQgetvalue(r, row, 0),
			.name = PQgetvalue(r, row, 1) };
		struct table *partp = &part, **hit;

		if (PQgetvalue(r, row, 2)[0] == 'f')
			rc = refuse_foreign(t, &part, err);
		hit = bsearch(&partp, g->sorted, g->cat.table_count,
		    sizeof(struct table *), by_name);
		if (hit != NULL)
			g->reached[*hit - g->cat.tables] = key + 1;
	}
	PQclear(r);
	return rc;
}

/* The topmost table above ${table}, or itself, that is not below its key. */
static int
find_break(const struct regroup *g, size_t table)
{
	size_t key = (size_t)g->cat.tables[table].load_via, above = table;
	int broken = (int)table;

	for (; above != key; above = (size_t)g->cat.tables[above].parent)
		if (g->reached[above] != key + 1)
			broken = (int)above;
	return broken;
}

static void
split_groups(struct regroup *g, struct tally *tallies)
{
	size_t i;

	for (i = 0; i < g->cat.table_count; i++) {
		int via = g->cat.tables[i].load_via;

		if (via < 0 || g->reached[i] == (size_t)via + 1)
			continue;
		g->lacks[via] = find_break(g, i);
		g->cat.tables[i].load_via = -1;
	}
	for (i = 0; i < g->cat.table_count; i++) {
		int via = g->cat.tables[i].load_via;

		if (via < 0 || g->lacks[via] < 0)
			continue;
		tallies[i].skip = SKIP_ABSENT;
		tallies[via].skip = SKIP_ABSENT;
	}
}

struct regroup *
regroup_new(const struct catalog *cat, struct conn *conn, struct tally *tallies,
    struct err *err)
{
	struct regroup *g = mem_zalloc(sizeof(*g));
	size_t i, n = cat->table_count;
	uint8_t *asked = mem_zalloc(n + 1);
	int rc = 0;

	g->cat = *cat;
	g->cat.tables = mem_array(NULL, n + 1, sizeof(*cat->tables));
	g->reached = mem_zalloc((n + 1) * sizeof(*g->reached));
	g->lacks = mem_array(NULL, n + 1, sizeof(*g->lacks));
	if (n > 0)
		memcpy(g->cat.tables, cat->tables, n * sizeof(*cat->tables));
	for (i = 0; i < n; i++)
		g->lacks[i] = -1;
	sort_tables(g);
	for (i = 0; i < n && rc == 0; i++) {
		int via = cat->tables[i].load_via;

		if (via < 0 || asked[via])
			continue;
		asked[via] = 1;
		rc = look_below(g, conn, (size_t)via, err);
	}
	free(asked);
	if (rc == 0) {
		split_groups(g, tallies);
		return g;
	}
	regroup_free(g);
	return NULL;
}

void
regroup_free(struct regroup *g)
{
	if (g == NULL)
		return;
	free(g->cat.tables);
	free(g->sorted);
	free(g->reached);
	free(g->lacks);
	free(g);
}

const struct catalog *
regroup_catalog(const struct regroup *g)
{
	return &g->cat;
}

int
regroup_lacks(const struct regroup *g, size_t key)
{
	return g->lacks[key];
}
