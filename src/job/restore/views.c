#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/queries.h"
#include "db/toc_tree.h"
#include "job/restore/views.h"

/* A materialized view's name. */
struct view {
	const char *schema;
	const char *name;
};

int
views_saved(const struct toc_entry *e)
{
	return toc_is(e, "MATERIALIZED VIEW DATA");
}

static int
compare_views(const void *a, const void *b)
{
	const struct view *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->schema, y->schema);
}

int
views_find(struct conn *conn, const struct toc *toc, uint8_t *populated,
    struct err *err)
{
	PGresult *r = conn_query(conn, sql_populated_views, err);
	struct view *views;
	size_t i, n;

	if (r == NULL)
		return -1;
	n = (size_t)PQntuples(r);
	views = mem_array(NULL, n + 1, sizeof(*views));
	for (i = 0; i < n; i++)
		views[i] = (struct view){ PQgetvalue(r, (int)i, 0),
			PQgetvalue(r, (int)i, 1) };
	/* The server's order is that of its locale. */
	if (n > 0)
		qsort(views, n, sizeof(*views), compare_views);
	for (i = 0; i < toc->count && n > 0; i++) {
		const struct toc_entry *e = &toc->entries[i];
		const struct view view = { e->schema, e->tag };

		populated[i] = views_saved(e) &&
		    bsearch(&view, views, n, sizeof(*views), compare_views) !=
			NULL;
	}
	free(views);
	PQclear(r);
	return 0;
}
