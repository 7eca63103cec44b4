#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/inventory.h"
#include "db/queries.h"
#include "oids.h"

static int
find_extension(const struct inventory *inv, const char *name)
{
	size_t i;

	for (i = 0; i < inv->extension_count; i++)
		if (strcmp(inv->extensions[i], name) == 0)
			return (int)i;
	return -1;
}

static int
true_at(const PGresult *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

static void
fill_relations(struct inventory *inv, const PGresult *rows)
{
	size_t i;

	inv->relation_count = (size_t)PQntuples(rows);
	inv->relations =
	    mem_zalloc((inv->relation_count + 1) * sizeof(*inv->relations));
	for (i = 0; i < inv->relation_count; i++) {
		struct relation *rel = &inv->relations[i];
		int row = (int)i;

		rel->schema = mem_strdup(PQgetvalue(rows, row, 1));
		rel->name = mem_strdup(PQgetvalue(rows, row, 2));
		rel->kind = PQgetvalue(rows, row, 3)[0];
		rel->extension = PQgetisnull(rows, row, 4)
		    ? -1
		    : find_extension(inv, PQgetvalue(rows, row, 4));
		rel->has_settings = true_at(rows, row, 5);
		rel->owner = oids_find(rows, oids_at(rows, row, 6));
		rel->is_identity = true_at(rows, row, 7);
	}
}

static int
read_visible(struct conn *conn, struct inventory *inv, const PGresult *rows,
    struct err *err)
{
	PGresult *r;
	int i, at;

	if (conn_exec(conn, "RESET search_path", err) != 0)
		return -1;
	r = conn_query(conn, sql_visible_relations, err);
	if (r == NULL)
		return -1;
	for (i = 0; i < PQntuples(r); i++) {
		at = oids_find(rows, oids_at(r, i, 0));
		if (at >= 0)
			inv->relations[at].is_visible = 1;
	}
	PQclear(r);
	return conn_exec(conn, "SET search_path = ''", err);
}

static int
read_heritage(struct conn *conn, struct inventory *inv, const PGresult *rows,
    struct err *err)
{
	PGresult *r = conn_query(conn, sql_heritage, err);
	int i, child, parent;

	if (r == NULL)
		return -1;
	inv->heritage =
	    mem_array(NULL, (size_t)PQntuples(r) + 1, sizeof(*inv->heritage));
	for (i = 0; i < PQntuples(r); i++) {
		child = oids_find(rows, oids_at(r, i, 0));
		parent = oids_find(rows, oids_at(r, i, 1));
		/* Indexes inherit, too. */
		if (child < 0 || parent < 0)
			continue;
		inv->heritage[inv->heritage_count++] =
		    (struct heritage){ (size_t)child, (size_t)parent };
	}
	PQclear(r);
	return 0;
}

static int
compare_names(const struct relation *rel, const char *schema, const char *name)
{
	int order = strcmp(rel->schema, schema);

	return order != 0 ? order : strcmp(rel->name, name);
}

struct sort_item {
	const struct relation *rel;
	size_t index;
};

static int
compare_items(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;

	return compare_names(x->rel, y->rel->schema, y->rel->name);
}

static void
sort_relations(struct inventory *inv)
{
	size_t i, n = inv->relation_count;
	struct sort_item *items = mem_array(NULL, n + 1, sizeof(*items));

	for (i = 0; i < n; i++)
		items[i] = (struct sort_item){ &inv->relations[i], i };
	qsort(items, n, sizeof(*items), compare_items);
	inv->by_name = mem_array(NULL, n + 1, sizeof(*inv->by_name));
	for (i = 0; i < n; i++)
		inv->by_name[i] = items[i].index;
	free(items);
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_schemas(struct inventory *inv)
{
	size_t i, kept = 0, n = inv->schema_count;

	if (n > 0)
		qsort(inv->schemas, n, sizeof(*inv->schemas), compare_text);
	for (i = 0; i < n; i++) {
		if (kept > 0 &&
		    strcmp(inv->schemas[kept - 1], inv->schemas[i]) == 0)
			free(inv->schemas[i]);
		else
			inv->schemas[kept++] = inv->schemas[i];
	}
	inv->schema_count = kept;
}

int
inventory_schema(const struct inventory *inv, const char *name)
{
	char **hit = inv->schema_count == 0
	    ? NULL
	    : bsearch(&name, inv->schemas, inv->schema_count,
		  sizeof(*inv->schemas), compare_text);

	return hit != NULL ? (int)(hit - inv->schemas) : -1;
}

void
inventory_sort(struct inventory *inv)
{
	sort_schemas(inv);
	sort_relations(inv);
}

int
inventory_find(
    const struct inventory *inv, const char *schema, const char *name)
{
	size_t low = 0, high = inv->relation_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_names(
		    &inv->relations[inv->by_name[middle]], schema, name);

		if (order == 0)
			return (int)inv->by_name[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

struct inventory *
inventory_read(struct conn *conn, struct err *err)
{
	struct inventory *inv = mem_zalloc(sizeof(*inv));
	PGresult *rows = NULL;
	int rc = -1;

	inv->dbname = mem_strdup(conn_dbname(conn));
	inv->encoding =
	    mem_strdup(PQparameterStatus(conn_pg(conn), "server_encoding"));
	inv->place = "the database";
	if (conn_names(conn, sql_schemas, &inv->schemas, &inv->schema_count,
		err) == 0 &&
	    conn_names(conn, sql_extension_names, &inv->extensions,
		&inv->extension_count, err) == 0)
		rows = conn_query(conn, sql_relations, err);
	if (rows != NULL) {
		fill_relations(inv, rows);
		rc = read_visible(conn, inv, rows, err);
		if (rc == 0)
			rc = read_heritage(conn, inv, rows, err);
		PQclear(rows);
	}
	if (rc == 0) {
		inventory_sort(inv);
		return inv;
	}
	(void)err_wrap(err, "cannot list what there is to choose from");
	inventory_free(inv);
	return NULL;
}

void
inventory_free(struct inventory *inv)
{
	size_t i;

	if (inv == NULL)
		return;
	for (i = 0; i < inv->schema_count; i++)
		free(inv->schemas[i]);
	for (i = 0; i < inv->extension_count; i++)
		free(inv->extensions[i]);
	for (i = 0; i < inv->relation_count; i++) {
		free(inv->relations[i].schema);
		free(inv->relations[i].name);
	}
	free(inv->schemas);
	free(inv->extensions);
	free(inv->relations);
	free(inv->heritage);
	free(inv->by_name);
	free(inv->dbname);
	free(inv->encoding);
	free(inv);
}
