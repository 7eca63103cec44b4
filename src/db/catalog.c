#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/catalog.h"
#include "db/queries.h"

#define SEQUENCES_PER_QUERY 200

static char *
text_at(const PGresult *rows, int row, int column)
{
	return mem_strdup(PQgetvalue(rows, row, column));
}

static char *
text_or_null(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) ? NULL
					      : text_at(rows, row, column);
}

static uint64_t
number_at(const PGresult *rows, int row, int column)
{
	return strtoull(PQgetvalue(rows, row, column), NULL, 10);
}

static int
true_at(const PGresult *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

static int
read_database(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_database, err);

	if (r == NULL)
		return err_wrap(err, "cannot read the database's properties");
	if (PQntuples(r) != 1) {
		PQclear(r);
		return err_set(err, ERR_DB, "pg_database has no row for \"%s\"",
		    conn_dbname(conn));
	}
	cat->server_version = conn_version(conn);
	cat->dbname = text_at(r, 0, 0);
	cat->owner = text_at(r, 0, 1);
	cat->encoding = text_at(r, 0, 2);
	cat->provider = text_at(r, 0, 3);
	cat->collate = text_at(r, 0, 4);
	cat->ctype = text_at(r, 0, 5);
	cat->locale = text_or_null(r, 0, 6);
	cat->icu_rules = text_or_null(r, 0, 7);
	cat->comment = text_or_null(r, 0, 8);
	cat->acl = text_or_null(r, 0, 9);
	cat->conn_limit = atoi(PQgetvalue(r, 0, 10));
	cat->is_template = true_at(r, 0, 11);
	if (strcmp(PQgetvalue(r, 0, 12), "pg_default") != 0)
		cat->tablespace = text_or_null(r, 0, 12);
	cat->lobj_count = number_at(r, 0, 13);
	PQclear(r);
	return 0;
}

static int
read_labels(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_database_labels, err);
	size_t i;

	if (r == NULL)
		return err_wrap(err, "cannot read the database's labels");
	cat->label_count = (size_t)PQntuples(r);
	cat->labels = mem_array(NULL, cat->label_count, sizeof(*cat->labels));
	for (i = 0; i < cat->label_count; i++) {
		cat->labels[i].provider = text_at(r, (int)i, 0);
		cat->labels[i].text = text_at(r, (int)i, 1);
	}
	PQclear(r);
	return 0;
}

static int
read_settings(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_settings, err);
	size_t i;

	if (r == NULL)
		return err_wrap(err, "cannot read the database's settings");
	cat->setting_count = (size_t)PQntuples(r);
	cat->settings =
	    mem_array(NULL, cat->setting_count, sizeof(*cat->settings));
	for (i = 0; i < cat->setting_count; i++) {
		cat->settings[i].role = text_or_null(r, (int)i, 0);
		cat->settings[i].name = text_at(r, (int)i, 1);
		cat->settings[i].value = text_at(r, (int)i, 2);
	}
	PQclear(r);
	return 0;
}

static int
by_oid(const void *a, const void *b)
{
	const struct table *const *x = a, *const *y = b;

	return ((*x)->oid > (*y)->oid) - ((*x)->oid < (*y)->oid);
}

/* The catalog's tables sorted by OID; the caller frees. */
static struct table **
sorted(struct catalog *cat)
{
	struct table **list = mem_array(NULL, cat->table_count, sizeof(*list));
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		list[i] = &cat->tables[i];
	qsort(list, cat->table_count, sizeof(*list), by_oid);
	return list;
}

static struct table *
find_oid(struct table **list, size_t count, uint32_t oid)
{
	struct table key = { .oid = oid }, *keyp = &key, **hit;

	hit = bsearch(&keyp, list, count, sizeof(*list), by_oid);
	return hit != NULL ? *hit : NULL;
}

static int
read_tables(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_tables, err);
	struct table **list, *parent;
	size_t i;

	if (r == NULL)
		return err_wrap(err, "cannot list the tables");
	cat->table_count = (size_t)PQntuples(r);
	cat->tables = mem_zalloc(cat->table_count * sizeof(*cat->tables));
	for (i = 0; i < cat->table_count; i++) {
		struct table *t = &cat->tables[i];
		int row = (int)i;

		t->oid = (uint32_t)number_at(r, row, 0);
		t->schema = text_at(r, row, 1);
		t->name = text_at(r, row, 2);
		t->kind = PQgetvalue(r, row, 3)[0];
		t->splittable = true_at(r, row, 5);
		t->readable = true_at(r, row, 6);
		t->rows = number_at(r, row, 7);
		t->condition = text_or_null(r, row, 8);
		t->hides = true_at(r, row, 9);
		t->unreachable = true_at(r, row, 10);
		t->late = true_at(r, row, 11);
		if (t->condition != NULL && t->condition[0] == '\0') {
			free(t->condition);
			t->condition = NULL;
		}
	}
	list = sorted(cat);
	for (i = 0; i < cat->table_count; i++) {
		parent = find_oid(
		    list, cat->table_count, (uint32_t)number_at(r, (int)i, 4));
		cat->tables[i].parent =
		    parent != NULL ? (int)(parent - cat->tables) : -1;
	}
	free(list);
	PQclear(r);
	return 0;
}

static int
read_columns(
    struct conn *conn, struct catalog *cat, int force_text, struct err *err)
{
	PGresult *r = conn_query(conn, sql_columns, err);
	struct table **list, *t = NULL;
	int row;

	if (r == NULL)
		return err_wrap(err, "cannot list the columns");
	list = sorted(cat);
	for (row = 0; row < PQntuples(r); row++) {
		uint32_t oid = (uint32_t)number_at(r, row, 0);
		struct column *c;

		if (t == NULL || t->oid != oid) {
			t = find_oid(list, cat->table_count, oid);
			if (t == NULL)
				continue;
			t->format = force_text ? COPY_TEXT : COPY_BINARY;
		}
		t->columns = mem_array(
		    t->columns, t->column_count + 1, sizeof(*t->columns));
		c = &t->columns[t->column_count++];
		c->name = text_at(r, row, 1);
		c->type = text_at(r, row, 2);
		if (!true_at(r, row, 3))
			t->format = COPY_TEXT;
	}
	free(list);
	PQclear(r);
	return 0;
}

static int
read_sequences(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_sequences, err);
	size_t i, n;

	if (r == NULL)
		return err_wrap(err, "cannot list the sequences");
	n = (size_t)PQntuples(r);
	cat->sequences = mem_zalloc(n * sizeof(*cat->sequences));
	cat->sequence_count = n;
	for (i = 0; i < n; i++) {
		cat->sequences[i].schema = text_at(r, (int)i, 0);
		cat->sequences[i].name = text_at(r, (int)i, 1);
		cat->sequences[i].readable = true_at(r, (int)i, 2);
	}
	PQclear(r);
	return 0;
}

static int
compare_oids(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The OIDs, sorted, of those in ${rows} that rows can be loaded through. */
static size_t
safe_keys(struct catalog *cat, const PGresult *rows, uint32_t *keys)
{
	struct table **list = sorted(cat);
	size_t count = 0;
	int row;

	for (row = 0; row < PQntuples(rows); row++) {
		uint32_t oid = (uint32_t)number_at(rows, row, 0);
		const struct table *t = find_oid(list, cat->table_count, oid);

		if (PQgetisnull(rows, row, 1))
			keys[count++] = oid;
		else if (t != NULL)
			log_warn("%s.%s: its rows belong to other partitions "
				 "in a copy, but may not be loaded through it: "
				 "the partition %s is a foreign table; a "
				 "restore will refuse rows that do not fit",
			    t->schema, t->name, PQgetvalue(rows, row, 1));
	}
	free(list);
	qsort(keys, count, sizeof(*keys), compare_oids);
	return count;
}

/* Find the topmost table above each whose partitions' bounds mean other rows
 * in another database. */
static int
read_load_via(struct conn *conn, struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_hashed_by_oid, err);
	uint32_t *keys;
	size_t count, i;

	if (r == NULL)
		return err_wrap(err, "cannot list the keys of partitions");
	keys = mem_array(NULL, (size_t)PQntuples(r) + 1, sizeof(*keys));
	count = safe_keys(cat, r, keys);
	PQclear(r);
	for (i = 0; i < cat->table_count; i++) {
		int above = cat->tables[i].parent;

		cat->tables[i].load_via = -1;
		if (cat->tables[i].kind == 'p')
			continue;
		for (; above >= 0; above = cat->tables[above].parent)
			if (bsearch(&cat->tables[above].oid, keys, count,
				sizeof(*keys), compare_oids) != NULL)
				cat->tables[i].load_via = above;
	}
	free(keys);
	return 0;
}

/* Give ${t} the order of columns that ${model} has, by name. */
static void
order_columns(struct table *t, const struct table *model)
{
	size_t i, k;

	for (i = 0; i < t->column_count && i < model->column_count; i++) {
		for (k = i; k < t->column_count; k++) {
			struct column c = t->columns[k];

			if (strcmp(c.name, model->columns[i].name) != 0)
				continue;
			t->columns[k] = t->columns[i];
			t->columns[i] = c;
			break;
		}
	}
}

/* A row that comes back into another table of the same group must read the
 * same there, or the digests differ. */
static void
align_columns(struct catalog *cat)
{
	const struct table **models =
	    mem_zalloc((cat->table_count + 1) * sizeof(*models));
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		struct table *t = &cat->tables[i];

		if (t->load_via < 0)
			continue;
		if (models[t->load_via] == NULL)
			models[t->load_via] = t;
		order_columns(t, models[t->load_via]);
	}
	free(models);
}

struct catalog *
catalog_empty(struct conn *conn, struct err *err)
{
	struct catalog *cat = mem_zalloc(sizeof(*cat));

	if (read_database(conn, cat, err) != 0) {
		catalog_free(cat);
		return NULL;
	}
	cat->lobj_count = 0;
	cat->globals_only = 1;
	return cat;
}

struct catalog *
catalog_read(struct conn *conn, int force_text, struct err *err)
{
	struct catalog *cat = mem_zalloc(sizeof(*cat));

	if (read_database(conn, cat, err) == 0 &&
	    read_labels(conn, cat, err) == 0 &&
	    conn_names(conn, sql_extensions, &cat->extensions,
		&cat->extension_count, err) == 0 &&
	    conn_names(conn, sql_roles, &cat->roles, &cat->role_count, err) ==
		0 &&
	    read_settings(conn, cat, err) == 0 &&
	    read_tables(conn, cat, err) == 0 &&
	    read_columns(conn, cat, force_text, err) == 0 &&
	    read_load_via(conn, cat, err) == 0 &&
	    read_sequences(conn, cat, err) == 0) {
		align_columns(cat);
		return cat;
	}
	catalog_free(cat);
	return NULL;
}

int
catalog_read_sizes(struct conn *conn, struct catalog *cat, struct err *err)
{
	struct table **list = sorted(cat), *t;
	struct buf oids = { 0 };
	PGresult *r;
	size_t i;

	buf_puts(&oids, "{");
	for (i = 0; i < cat->table_count; i++)
		buf_printf(
		    &oids, "%s%" PRIu32, i > 0 ? "," : "", cat->tables[i].oid);
	buf_puts(&oids, "}");
	r = conn_query1(conn, sql_table_sizes, buf_text(&oids), err);
	buf_free(&oids);
	for (i = 0; r != NULL && i < (size_t)PQntuples(r); i++) {
		t = find_oid(
		    list, cat->table_count, (uint32_t)number_at(r, (int)i, 0));
		if (t == NULL)
			continue;
		t->bytes = number_at(r, (int)i, 1);
		t->pages = number_at(r, (int)i, 2);
	}
	PQclear(r);
	free(list);
	return r != NULL ? 0 : err_wrap(err, "cannot read the tables' sizes");
}

/* Read the values of sequences [first, last). */
static int
read_values(struct conn *conn, struct catalog *cat, size_t first, size_t last,
    struct err *err)
{
	struct buf sql = { 0 };
	PGresult *r;
	size_t i;

	for (i = first; i < last; i++) {
		buf_printf(&sql, "%sSELECT %zu, last_value, is_called FROM ",
		    i > first ? " UNION ALL " : "", i);
		sql_qualified(
		    &sql, cat->sequences[i].schema, cat->sequences[i].name);
	}
	r = conn_query(conn, buf_text(&sql), err);
	buf_free(&sql);
	if (r == NULL)
		return err_wrap(err, "cannot read the sequences' values");
	for (i = 0; i < (size_t)PQntuples(r); i++) {
		struct sequence *s = &cat->sequences[number_at(r, (int)i, 0)];

		s->value = strtoll(PQgetvalue(r, (int)i, 1), NULL, 10);
		s->called = true_at(r, (int)i, 2);
	}
	PQclear(r);
	return 0;
}

int
catalog_read_sequences(struct conn *conn, struct catalog *cat, struct err *err)
{
	size_t i, n = cat->sequence_count;

	for (i = 0; i < n; i += SEQUENCES_PER_QUERY) {
		size_t last = i + SEQUENCES_PER_QUERY;

		if (read_values(conn, cat, i, last < n ? last : n, err) != 0)
			return -1;
	}
	return 0;
}

int
catalog_write_sequences(struct conn *conn, const struct sequence *const *list,
    size_t count, struct err *err)
{
	struct buf sql = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < count; i++) {
		struct buf name = { 0 };

		sql_qualified(&name, list[i]->schema, list[i]->name);
		buf_puts(&sql, i == 0 ? "SELECT " : ", ");
		buf_puts(&sql, "pg_catalog.setval(");
		sql_literal(&sql, buf_text(&name));
		buf_printf(&sql, ", %" PRId64 ", %s)", list[i]->value,
		    list[i]->called ? "true" : "false");
		buf_free(&name);
	}
	if (count > 0)
		rc = conn_attempt(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

int
catalog_pages(struct conn *conn, const struct table *table, uint64_t *pages,
    struct err *err)
{
	struct buf name = { 0 };
	PGresult *r;

	*pages = 0;
	if (conn_version(conn) < 140000 || table->condition != NULL ||
	    table->column_count == 0)
		return 0;
	sql_qualified(&name, table->schema, table->name);
	r = conn_query1(conn, sql_heap_pages, buf_text(&name), err);
	buf_free(&name);
	if (r == NULL)
		return -1;
	if (PQntuples(r) > 0)
		*pages = number_at(r, 0, 0);
	PQclear(r);
	return 0;
}

static void
free_list(char **list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void
catalog_drop_table(struct table *t)
{
	size_t i;

	for (i = 0; i < t->column_count; i++) {
		free(t->columns[i].name);
		free(t->columns[i].type);
	}
	free(t->columns);
	free(t->schema);
	free(t->name);
	free(t->condition);
}

void
catalog_drop_sequence(struct sequence *s)
{
	free(s->schema);
	free(s->name);
}

int
catalog_has_rows_alone(const struct catalog *cat)
{
	size_t i;

	for (i = 0; i < cat->option_count; i++)
		if (strcmp(cat->options[i], "data-only") == 0)
			return 1;
	return 0;
}

void
catalog_free(struct catalog *cat)
{
	size_t i;

	if (cat == NULL)
		return;
	for (i = 0; i < cat->table_count; i++)
		catalog_drop_table(&cat->tables[i]);
	free(cat->tables);
	for (i = 0; i < cat->sequence_count; i++)
		catalog_drop_sequence(&cat->sequences[i]);
	free(cat->sequences);
	for (i = 0; i < cat->setting_count; i++) {
		free(cat->settings[i].role);
		free(cat->settings[i].name);
		free(cat->settings[i].value);
	}
	free(cat->settings);
	for (i = 0; i < cat->lobj_group_count; i++) {
		free(cat->lobj_groups[i].owner);
		free(cat->lobj_groups[i].acl);
		free(cat->lobj_groups[i].oids);
	}
	free(cat->lobj_groups);
	for (i = 0; i < cat->lobj_note_count; i++) {
		free(cat->lobj_notes[i].provider);
		free(cat->lobj_notes[i].text);
	}
	free(cat->lobj_notes);
	for (i = 0; i < cat->label_count; i++) {
		free(cat->labels[i].provider);
		free(cat->labels[i].text);
	}
	free(cat->labels);
	free(cat->tablespace);
	free(cat->statistics);
	free_list(cat->extensions, cat->extension_count);
	free_list(cat->roles, cat->role_count);
	free_list(cat->rules, cat->rule_count);
	free_list(cat->options, cat->option_count);
	free(cat->dbname);
	free(cat->owner);
	free(cat->encoding);
	free(cat->provider);
	free(cat->collate);
	free(cat->ctype);
	free(cat->locale);
	free(cat->icu_rules);
	free(cat->comment);
	free(cat->acl);
	free(cat);
}
