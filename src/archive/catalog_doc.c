#include <stdlib.h>
#include <string.h>

#include "archive/catalog_doc.h"
#include "archive/format.h"
#include "base/doc.h"
#include "base/mem.h"
#include "db/lobj.h"

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? doc_text(text) : json_null();
}

static json_t *
list_doc(char *const *list, size_t count)
{
	json_t *doc = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(doc, doc_text(list[i]));
	return doc;
}

static json_t *
table_doc(const struct table *t)
{
	json_t *columns = json_array();
	size_t i;

	for (i = 0; i < t->column_count; i++)
		json_array_append_new(columns,
		    json_pack("[o, o]", doc_text(t->columns[i].name),
			doc_text(t->columns[i].type)));
	return json_pack(
	    "{s:o, s:o, s:s, s:b, s:s, s:i, s:i, s:o, s:I, s:I, s:I, s:o}",
	    "schema", doc_text(t->schema), "name", doc_text(t->name), "kind",
	    t->kind == 'p' ? "partitioned" : "table", "left_out", t->left_out,
	    "format", t->format == COPY_BINARY ? "binary" : "text", "parent",
	    t->parent, "load_via", t->load_via, "columns", columns, "bytes",
	    (json_int_t)t->bytes, "pages", (json_int_t)t->pages,
	    "rows_estimate", (json_int_t)t->rows, "condition",
	    text_or_null(t->condition));
}

static json_t *
lists_doc(const struct catalog *cat)
{
	json_t *tables = json_array(), *sequences = json_array();
	json_t *settings = json_array();
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		json_array_append_new(tables, table_doc(&cat->tables[i]));
	for (i = 0; i < cat->sequence_count; i++) {
		const struct sequence *s = &cat->sequences[i];

		json_array_append_new(sequences,
		    json_pack("{s:o, s:o, s:I, s:b}", "schema",
			doc_text(s->schema), "name", doc_text(s->name), "value",
			(json_int_t)s->value, "called", s->called));
	}
	for (i = 0; i < cat->setting_count; i++) {
		const struct setting *s = &cat->settings[i];

		json_array_append_new(settings,
		    json_pack("{s:o, s:o, s:o}", "role", text_or_null(s->role),
			"name", doc_text(s->name), "value",
			doc_text(s->value)));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "tables", tables,
	    "sequences", sequences, "settings", settings, "extensions",
	    list_doc(cat->extensions, cat->extension_count), "roles",
	    list_doc(cat->roles, cat->role_count));
}

/* Objects that share owner and privileges are listed together, and as runs:
 * there may be millions of them. */
static int
add_lobjs(const struct catalog *cat, json_t *doc)
{
	json_t *groups = json_array(), *notes = json_array();
	size_t i;

	for (i = 0; i < cat->lobj_group_count; i++) {
		const struct lobj_group *g = &cat->lobj_groups[i];

		json_array_append_new(groups,
		    json_pack("{s:o, s:o, s:s}", "owner", doc_text(g->owner),
			"acl", text_or_null(g->acl), "oids", g->oids));
	}
	for (i = 0; i < cat->lobj_note_count; i++) {
		const struct lobj_note *n = &cat->lobj_notes[i];

		json_array_append_new(notes,
		    json_pack("[I, o, o]", (json_int_t)n->oid,
			text_or_null(n->provider), doc_text(n->text)));
	}
	if (json_object_set_new(doc, "large_objects",
		json_integer((json_int_t)cat->lobj_count)) != 0 ||
	    json_object_set_new(doc, "large_object_groups", groups) != 0)
		return -1;
	return json_object_set_new(doc, "large_object_notes", notes);
}

/* What was chosen; null where that is everything. */
static json_t *
chosen_doc(const struct catalog *cat)
{
	if (cat->rule_count + cat->option_count == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "rules",
	    list_doc(cat->rules, cat->rule_count), "options",
	    list_doc(cat->options, cat->option_count));
}

static json_t *
labels_doc(const struct catalog *cat)
{
	json_t *doc = json_array();
	size_t i;

	for (i = 0; i < cat->label_count; i++)
		json_array_append_new(doc,
		    json_pack("[o, o]", doc_text(cat->labels[i].provider),
			doc_text(cat->labels[i].text)));
	return doc;
}

static json_t *
database_doc(const struct catalog *cat)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:i, s:b, s:o, s:o}",
	    "name", doc_text(cat->dbname), "owner", doc_text(cat->owner),
	    "encoding", doc_text(cat->encoding), "provider",
	    doc_text(cat->provider), "collate", doc_text(cat->collate), "ctype",
	    doc_text(cat->ctype), "locale", text_or_null(cat->locale),
	    "icu_rules", text_or_null(cat->icu_rules), "comment",
	    text_or_null(cat->comment), "acl", text_or_null(cat->acl),
	    "connection_limit", cat->conn_limit, "template", cat->is_template,
	    "tablespace", text_or_null(cat->tablespace), "labels",
	    labels_doc(cat));
}

int
catalog_doc_dump(const struct catalog *cat, struct buf *out, struct err *err)
{
	json_t *doc = lists_doc(cat), *database = database_doc(cat);
	int rc;

	if (doc == NULL || database == NULL ||
	    json_object_set_new(doc, "database", database) != 0 ||
	    json_object_set_new(doc, "server_version",
		json_integer(cat->server_version)) != 0 ||
	    json_object_set_new(doc, "chosen", chosen_doc(cat)) != 0 ||
	    json_object_set_new(
		doc, "statistics", text_or_null(cat->statistics)) != 0 ||
	    (cat->globals_only &&
		json_object_set_new(doc, "globals_only", json_true()) != 0) ||
	    add_lobjs(cat, doc) != 0) {
		json_decref(doc);
		return err_set(err, ERR_FAIL, "cannot build the catalog");
	}
	rc = doc_dump(doc, out, err);
	json_decref(doc);
	return rc;
}

static int
load_text(const json_t *doc, const char *name, char **out, struct err *err)
{
	const char *text;

	if (doc_str(doc, name, &text, err) != 0)
		return -1;
	*out = doc_bytes(text);
	return 0;
}

static int
load_text_or_null(
    const json_t *doc, const char *name, char **out, struct err *err)
{
	if (json_is_null(json_object_get(doc, name))) {
		*out = NULL;
		return 0;
	}
	return load_text(doc, name, out, err);
}

static int
load_int(
    const json_t *doc, const char *name, int min, int *out, struct err *err)
{
	const json_t *v = json_object_get(doc, name);

	if (!json_is_integer(v) || json_integer_value(v) < min ||
	    json_integer_value(v) > INT32_MAX)
		return err_set(err, ERR_DAMAGED,
		    "the member \"%s\" is not a number within bounds", name);
	*out = (int)json_integer_value(v);
	return 0;
}

/* These two become part of statements where no quotes can be. */
static int
check_words(const struct catalog *cat, struct err *err)
{
	static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (strcmp(cat->provider, "libc") != 0 &&
	    strcmp(cat->provider, "icu") != 0 &&
	    strcmp(cat->provider, "builtin") != 0)
		return err_set(err, ERR_DAMAGED,
		    "the locale provider \"%s\" is unknown in format %d",
		    cat->provider, FORMAT_NUMBER);
	if (cat->encoding[0] == '\0' ||
	    cat->encoding[strspn(cat->encoding, word)] != '\0')
		return err_set(err, ERR_DAMAGED,
		    "\"%s\" cannot be an encoding's name", cat->encoding);
	return 0;
}

static int
load_labels(const json_t *list, struct catalog *cat, struct err *err)
{
	size_t i, n = json_array_size(list);

	cat->labels = mem_zalloc(n * sizeof(*cat->labels));
	for (i = 0; i < n; i++) {
		const json_t *pair = json_array_get(list, i);
		const char *provider =
		    json_string_value(json_array_get(pair, 0));
		const char *text = json_string_value(json_array_get(pair, 1));

		if (provider == NULL || text == NULL)
			return err_set(
			    err, ERR_DAMAGED, "a label is malformed");
		cat->labels[i].provider = doc_bytes(provider);
		cat->labels[i].text = doc_bytes(text);
		cat->label_count = i + 1;
	}
	return 0;
}

/* What archives of the first days do not say. */
static int
load_later_properties(const json_t *db, struct catalog *cat, struct err *err)
{
	const json_t *labels;

	if (json_object_get(db, "template") == NULL)
		return 0;
	if (doc_bool(db, "template", &cat->is_template, err) != 0 ||
	    load_text_or_null(db, "tablespace", &cat->tablespace, err) != 0 ||
	    doc_array(db, "labels", &labels, err) != 0)
		return -1;
	return load_labels(labels, cat, err);
}

static int
load_database(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *db;

	if (doc_object(doc, "database", &db, err) != 0 ||
	    load_text(db, "name", &cat->dbname, err) != 0 ||
	    load_text(db, "owner", &cat->owner, err) != 0 ||
	    load_text(db, "encoding", &cat->encoding, err) != 0 ||
	    load_text(db, "provider", &cat->provider, err) != 0 ||
	    load_text(db, "collate", &cat->collate, err) != 0 ||
	    load_text(db, "ctype", &cat->ctype, err) != 0 ||
	    load_text_or_null(db, "locale", &cat->locale, err) != 0 ||
	    load_text_or_null(db, "icu_rules", &cat->icu_rules, err) != 0 ||
	    load_text_or_null(db, "comment", &cat->comment, err) != 0 ||
	    load_text_or_null(db, "acl", &cat->acl, err) != 0 ||
	    load_int(db, "connection_limit", -2, &cat->conn_limit, err) != 0 ||
	    load_later_properties(db, cat, err) != 0)
		return -1;
	if (check_words(cat, err) != 0)
		return -1;
	cat->globals_only = json_is_true(json_object_get(doc, "globals_only"));
	return load_int(doc, "server_version", 0, &cat->server_version, err);
}

static int
load_columns(const json_t *doc, struct table *t, struct err *err)
{
	const json_t *columns;
	size_t i;

	if (doc_array(doc, "columns", &columns, err) != 0)
		return -1;
	t->columns = mem_zalloc(json_array_size(columns) * sizeof(*t->columns));
	for (i = 0; i < json_array_size(columns); i++) {
		const json_t *pair = json_array_get(columns, i);
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *type = json_string_value(json_array_get(pair, 1));

		if (name == NULL || type == NULL)
			return err_set(
			    err, ERR_DAMAGED, "a column's entry is malformed");
		t->columns[i].name = doc_bytes(name);
		t->columns[i].type = doc_bytes(type);
		t->column_count = i + 1;
	}
	return 0;
}

static int
load_table(
    const json_t *doc, struct table *t, size_t table_count, struct err *err)
{
	const char *kind = NULL, *format = NULL;

	if (load_text(doc, "schema", &t->schema, err) != 0 ||
	    load_text(doc, "name", &t->name, err) != 0 ||
	    doc_str(doc, "kind", &kind, err) != 0 ||
	    doc_str(doc, "format", &format, err) != 0 ||
	    load_int(doc, "parent", -1, &t->parent, err) != 0 ||
	    doc_uint(doc, "bytes", INT64_MAX, &t->bytes, err) != 0 ||
	    doc_uint(doc, "pages", INT64_MAX, &t->pages, err) != 0 ||
	    doc_uint(doc, "rows_estimate", INT64_MAX, &t->rows, err) != 0 ||
	    load_text_or_null(doc, "condition", &t->condition, err) != 0 ||
	    load_columns(doc, t, err) != 0)
		return -1;
	/* Archives of the first days do not say. */
	if (json_object_get(doc, "left_out") != NULL &&
	    doc_bool(doc, "left_out", &t->left_out, err) != 0)
		return -1;
	t->load_via = -1;
	if (json_object_get(doc, "load_via") != NULL &&
	    load_int(doc, "load_via", -1, &t->load_via, err) != 0)
		return -1;
	if (t->parent >= 0 && (size_t)t->parent >= table_count)
		return err_set(
		    err, ERR_DAMAGED, "a table's parent is out of bounds");
	t->kind = strcmp(kind, "partitioned") == 0 ? 'p' : 'r';
	t->format = strcmp(format, "binary") == 0 ? COPY_BINARY : COPY_TEXT;
	t->readable = 1;
	return 0;
}

/* Whoever is loaded through a partitioned table is below it. */
static int
check_load_via(const struct catalog *cat, struct err *err)
{
	size_t i, steps;

	for (i = 0; i < cat->table_count; i++) {
		int via = cat->tables[i].load_via, above = (int)i;

		if (via < 0)
			continue;
		for (steps = 0; above >= 0 && steps < cat->table_count; steps++)
			if ((above = cat->tables[above].parent) == via)
				break;
		if (above != via || cat->tables[i].kind == 'p' ||
		    cat->tables[via].kind != 'p')
			return err_set(err, ERR_DAMAGED,
			    "a table is loaded through one that it is no part "
			    "of");
	}
	return 0;
}

static int
load_tables(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *list;
	size_t i, n;

	if (doc_array(doc, "tables", &list, err) != 0)
		return -1;
	n = json_array_size(list);
	cat->tables = mem_zalloc(n * sizeof(*cat->tables));
	for (i = 0; i < n; i++) {
		cat->table_count = i + 1;
		if (load_table(
			json_array_get(list, i), &cat->tables[i], n, err) != 0)
			return -1;
	}
	return check_load_via(cat, err);
}

static int
load_sequences(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *list, *item, *value;
	size_t i, n;

	if (doc_array(doc, "sequences", &list, err) != 0)
		return -1;
	n = json_array_size(list);
	cat->sequences = mem_zalloc(n * sizeof(*cat->sequences));
	for (i = 0; i < n; i++) {
		struct sequence *s = &cat->sequences[i];

		cat->sequence_count = i + 1;
		item = json_array_get(list, i);
		value = json_object_get(item, "value");
		if (load_text(item, "schema", &s->schema, err) != 0 ||
		    load_text(item, "name", &s->name, err) != 0 ||
		    doc_bool(item, "called", &s->called, err) != 0)
			return -1;
		if (!json_is_integer(value))
			return err_set(err, ERR_DAMAGED,
			    "a sequence's value is not a number");
		s->value = json_integer_value(value);
	}
	return 0;
}

static int
load_settings(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *list, *item;
	size_t i, n;

	if (doc_array(doc, "settings", &list, err) != 0)
		return -1;
	n = json_array_size(list);
	cat->settings = mem_zalloc(n * sizeof(*cat->settings));
	for (i = 0; i < n; i++) {
		struct setting *s = &cat->settings[i];

		cat->setting_count = i + 1;
		item = json_array_get(list, i);
		if (load_text_or_null(item, "role", &s->role, err) != 0 ||
		    load_text(item, "name", &s->name, err) != 0 ||
		    load_text(item, "value", &s->value, err) != 0)
			return -1;
	}
	return 0;
}

static int
load_list(const json_t *doc, const char *name, char ***out, size_t *count,
    struct err *err)
{
	const json_t *list;
	size_t i;

	if (doc_array(doc, name, &list, err) != 0)
		return -1;
	*out = mem_zalloc(json_array_size(list) * sizeof(**out));
	for (i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return err_set(err, ERR_DAMAGED,
			    "the member \"%s\" is not a list of text", name);
		(*out)[i] = doc_bytes(text);
		*count = i + 1;
	}
	return 0;
}

static int
load_chosen(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *chosen = json_object_get(doc, "chosen");

	if (chosen == NULL || json_is_null(chosen))
		return 0;
	if (!json_is_object(chosen))
		return err_set(
		    err, ERR_DAMAGED, "the member \"chosen\" is not an object");
	if (load_list(chosen, "rules", &cat->rules, &cat->rule_count, err) != 0)
		return -1;
	return load_list(
	    chosen, "options", &cat->options, &cat->option_count, err);
}

/* How many objects a group lists, or -1: they are to rise. */
static int
count_oids(const struct lobj_group *g, uint64_t *count, struct err *err)
{
	const char *p = g->oids;
	uint32_t first, last, before = 0;
	int more;

	while (
	    (more = lobj_next_run(&p, &first, &last)) > 0 && first > before) {
		*count += (uint64_t)last - first + 1;
		before = last;
	}
	if (more == 0 && before > 0)
		return 0;
	return err_set(
	    err, ERR_DAMAGED, "a list of large objects is malformed");
}

static int
load_groups(const json_t *list, struct catalog *cat, struct err *err)
{
	uint64_t count = 0;
	size_t i, n = json_array_size(list);

	cat->lobj_groups = mem_zalloc(n * sizeof(*cat->lobj_groups));
	for (i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);
		struct lobj_group *g = &cat->lobj_groups[i];

		cat->lobj_group_count = i + 1;
		if (load_text(item, "owner", &g->owner, err) != 0 ||
		    load_text_or_null(item, "acl", &g->acl, err) != 0 ||
		    load_text(item, "oids", &g->oids, err) != 0 ||
		    count_oids(g, &count, err) != 0)
			return -1;
	}
	if (n > 0 && count != cat->lobj_count)
		return err_set(err, ERR_DAMAGED,
		    "the groups of large objects do not add up");
	return 0;
}

static int
load_notes(const json_t *list, struct catalog *cat, struct err *err)
{
	size_t i, n = json_array_size(list);

	cat->lobj_notes = mem_zalloc(n * sizeof(*cat->lobj_notes));
	for (i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);
		const json_t *oid = json_array_get(item, 0);
		const json_t *provider = json_array_get(item, 1);
		const char *text = json_string_value(json_array_get(item, 2));
		struct lobj_note *note = &cat->lobj_notes[i];

		if (!json_is_integer(oid) || json_integer_value(oid) < 1 ||
		    json_integer_value(oid) > UINT32_MAX || text == NULL ||
		    !(json_is_null(provider) || json_is_string(provider)))
			return err_set(err, ERR_DAMAGED,
			    "a large object's note is malformed");
		cat->lobj_note_count = i + 1;
		note->oid = (uint32_t)json_integer_value(oid);
		note->text = doc_bytes(text);
		if (json_is_string(provider))
			note->provider = doc_bytes(json_string_value(provider));
	}
	return 0;
}

/* Archives of the first days have no groups and notes. */
static int
load_lobjs(const json_t *doc, struct catalog *cat, struct err *err)
{
	const json_t *groups = json_object_get(doc, "large_object_groups");
	const json_t *notes = json_object_get(doc, "large_object_notes");

	if (doc_uint(doc, "large_objects", UINT32_MAX, &cat->lobj_count, err) !=
	    0)
		return -1;
	if ((groups != NULL && !json_is_array(groups)) ||
	    (notes != NULL && !json_is_array(notes)))
		return err_set(
		    err, ERR_DAMAGED, "the large objects are no list");
	if (load_groups(groups, cat, err) != 0)
		return -1;
	return load_notes(notes, cat, err);
}

struct catalog *
catalog_doc_load(const void *data, size_t len, struct err *err)
{
	json_t *doc = doc_parse(data, len, FORMAT_CATALOG, err);
	struct catalog *cat;

	if (doc == NULL)
		return NULL;
	cat = mem_zalloc(sizeof(*cat));
	if (load_database(doc, cat, err) != 0 ||
	    (json_object_get(doc, "statistics") != NULL &&
		load_text_or_null(doc, "statistics", &cat->statistics, err) !=
		    0) ||
	    load_lobjs(doc, cat, err) != 0 || load_tables(doc, cat, err) != 0 ||
	    load_sequences(doc, cat, err) != 0 ||
	    load_settings(doc, cat, err) != 0 ||
	    load_list(doc, "extensions", &cat->extensions,
		&cat->extension_count, err) != 0 ||
	    load_list(doc, "roles", &cat->roles, &cat->role_count, err) != 0 ||
	    load_chosen(doc, cat, err) != 0) {
		(void)err_wrap(err, FORMAT_CATALOG);
		catalog_free(cat);
		cat = NULL;
	}
	json_decref(doc);
	return cat;
}
