#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/mem.h"
#include "base/wall.h"
#include "job/keep/figures.h"

void
figures_add(
    struct figures *f, const char *schema, const char *name, uint64_t rows)
{
	size_t n = f->table_count;

	/* Grow by doubling: there may be many thousands. */
	if ((n & (n - 1)) == 0)
		f->tables =
		    mem_array(f->tables, n > 0 ? 2 * n : 1, sizeof(*f->tables));
	f->tables[f->table_count++] = (struct figures_table){
		.schema = mem_strdup(schema),
		.name = mem_strdup(name),
		.rows = rows,
	};
}

static int
compare(const void *a, const void *b)
{
	const struct figures_table *x = a, *y = b;
	int order = strcmp(x->schema, y->schema);

	return order != 0 ? order : strcmp(x->name, y->name);
}

void
figures_sort(struct figures *f)
{
	if (f->table_count > 0)
		qsort(f->tables, f->table_count, sizeof(*f->tables), compare);
}

const struct figures_table *
figures_find(const struct figures *f, const char *schema, const char *name)
{
	size_t low = 0, high = f->table_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct figures_table *t = &f->tables[middle];
		int order = strcmp(schema, t->schema);

		if (order == 0)
			order = strcmp(name, t->name);
		if (order == 0)
			return t;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void
figures_clear(struct figures *f)
{
	size_t i;

	for (i = 0; i < f->table_count; i++) {
		free(f->tables[i].schema);
		free(f->tables[i].name);
	}
	free(f->tables);
	*f = (struct figures){ 0 };
}

json_t *
figures_json(const struct figures *f)
{
	json_t *tables = json_array();
	char created[WALL_ISO_SIZE];
	size_t i;

	for (i = 0; i < f->table_count; i++) {
		const struct figures_table *t = &f->tables[i];

		(void)json_array_append_new(tables,
		    json_pack("[o, o, I]", doc_text(t->schema),
			doc_text(t->name), (json_int_t)t->rows));
	}
	wall_iso(f->created, created);
	return json_pack("{s:s, s:s, s:f, s:I, s:o}", "archive", f->id,
	    "created", created, "seconds", f->seconds, "bytes",
	    (json_int_t)f->bytes, "tables", tables);
}

static int
read_table(const json_t *doc, struct figures *f, struct err *err)
{
	const char *schema = json_string_value(json_array_get(doc, 0));
	const char *name = json_string_value(json_array_get(doc, 1));
	const json_t *rows = json_array_get(doc, 2);
	char *in, *of;

	if (schema == NULL || name == NULL || !json_is_integer(rows) ||
	    json_integer_value(rows) < 0)
		return err_set(err, ERR_DAMAGED, "a table is not told of");
	in = doc_bytes(schema);
	of = doc_bytes(name);
	figures_add(f, in, of, (uint64_t)json_integer_value(rows));
	free(in);
	free(of);
	return 0;
}

int
figures_read(const json_t *doc, struct figures *f, struct err *err)
{
	const json_t *tables = NULL, *seconds = json_object_get(doc, "seconds");
	const char *id, *created;
	size_t i;
	int rc = -1;

	*f = (struct figures){ 0 };
	if (doc_str(doc, "archive", &id, err) != 0 ||
	    doc_str(doc, "created", &created, err) != 0 ||
	    doc_uint(doc, "bytes", INT64_MAX, &f->bytes, err) != 0 ||
	    doc_array(doc, "tables", &tables, err) != 0)
		goto out;
	if (strlen(id) != FIGURES_ID_SIZE - 1 ||
	    wall_parse_iso(created, &f->created) != 0 ||
	    !json_is_number(seconds) || json_number_value(seconds) < 0) {
		(void)err_set(err, ERR_DAMAGED, "a backup is not told of");
		goto out;
	}
	memcpy(f->id, id, FIGURES_ID_SIZE);
	f->seconds = json_number_value(seconds);
	rc = 0;
	for (i = 0; i < json_array_size(tables) && rc == 0; i++)
		rc = read_table(json_array_get(tables, i), f, err);
	figures_sort(f);
out:
	if (rc != 0)
		figures_clear(f);
	return rc;
}
