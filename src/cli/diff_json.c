#include <stdlib.h>

#include "base/doc.h"
#include "base/mem.h"
#include "base/wall.h"
#include "diff_report.h"
#include "job/view/show.h"

static const char *
json_word(enum diff_state state)
{
	return state == DIFF_UNKNOWN ? "unknown"
	    : state == DIFF_LEFT_OUT ? "left_out"
				     : report_word(state);
}

static json_t *
title_json(const struct diff_title *t)
{
	char version[SHOW_VERSION_SIZE], id[FORMAT_UUID_SIZE];
	char created[WALL_ISO_SIZE];
	json_t *doc;

	show_version(t->server_version, version);
	doc = json_pack("{s:o, s:s, s:b}", "database", doc_text(t->database),
	    "server_version", version, "live", t->header == NULL);
	if (t->header == NULL)
		return doc;
	format_uuid(t->header->id, id);
	wall_iso(t->header->created, created);
	(void)json_object_set_new(doc, "id", json_string(id));
	(void)json_object_set_new(doc, "created", json_string(created));
	return doc;
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? doc_text(text) : json_null();
}

static json_t *
columns_json(const struct diff_column *columns, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++) {
		json_t *column = json_pack("{s:o, s:o, s:o}", "name",
		    doc_text(columns[i].name), "type_before",
		    text_or_null(columns[i].type[0]), "type_after",
		    text_or_null(columns[i].type[1]));

		if (columns[i].foreign)
			(void)json_object_set_new(
			    column, "foreign", json_true());
		(void)json_array_append_new(list, column);
	}
	return list;
}

static json_t *
number_if(int known, uint64_t n)
{
	return known ? json_integer((json_int_t)n) : json_null();
}

static json_t *
digest_if(int known, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	if (!known)
		return json_null();
	digest_hex(digest, hex);
	return json_string(hex);
}

static json_t *
digits_if(const struct diff_table *t, int side)
{
	return t->read[side] ? json_string(t->digits[side]) : json_null();
}

static json_t *
table_json(const struct diff_table *t)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "schema", doc_text(t->schema), "name", doc_text(t->name), "content",
	    json_word(t->state), "note", text_or_null(t->note), "columns",
	    columns_json(t->columns, t->column_count), "rows_before",
	    number_if(t->read[0], t->rows[0]), "rows_after",
	    number_if(t->read[1], t->rows[1]), "digest_before", digits_if(t, 0),
	    "digest_after", digits_if(t, 1));
}

static json_t *
value_json(const struct diff_sequence *s, int side)
{
	if (!s->has[side] || s->state == DIFF_UNKNOWN)
		return json_null();
	return json_pack("{s:I, s:b}", "value", (json_int_t)s->value[side],
	    "called", s->called[side] != 0);
}

static json_t *
sequence_json(const struct diff_sequence *s)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o}", "schema",
	    doc_text(s->schema), "name", doc_text(s->name), "content",
	    json_word(s->state), "before", value_json(s, 0), "after",
	    value_json(s, 1));
}

static json_t *
lobjs_json(const struct diff_lobjs *l)
{
	int known = l->state != DIFF_UNKNOWN;

	if (!l->compared)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:o, s:o}", "content",
	    json_word(l->state), "count_before", (json_int_t)l->count[0],
	    "count_after", (json_int_t)l->count[1], "digest_before",
	    digest_if(known, &l->digest[0]), "digest_after",
	    digest_if(known, &l->digest[1]));
}

json_t *
report_json(const struct diff *d)
{
	json_t *tables = json_array(), *sequences = json_array(), *schema;
	char *text = report_schema(d);
	size_t i;

	for (i = 0; i < d->table_count; i++)
		(void)json_array_append_new(tables, table_json(&d->tables[i]));
	for (i = 0; i < d->sequence_count; i++)
		(void)json_array_append_new(
		    sequences, sequence_json(&d->sequences[i]));
	schema = !d->has_schema ? json_null()
				: doc_text(d->schema.len > 0 ? text : "");
	free(text);
	return json_pack("{s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:f}",
	    "same", diff_is_same(d), "unknown", (json_int_t)diff_unknown(d),
	    "before", title_json(&d->titles[0]), "after",
	    title_json(&d->titles[1]), "tables",
	    d->has_rows ? tables : (json_decref(tables), json_null()),
	    "sequences",
	    d->has_rows ? sequences : (json_decref(sequences), json_null()),
	    "large_objects", lobjs_json(&d->lobjs), "schema", schema, "seconds",
	    d->seconds);
}

static json_t *
row_json(const struct diff_row *row)
{
	json_t *changes = json_array();
	size_t i;

	for (i = 0; i < row->value_count; i++)
		(void)json_array_append_new(changes,
		    json_pack("{s:o, s:o, s:o}", "column",
			doc_text(row->values[i].column), "before",
			text_or_null(row->values[i].text[0].plain), "after",
			text_or_null(row->values[i].text[1].plain)));
	return json_pack("{s:o, s:s, s:I, s:I, s:o}", "key",
	    doc_text(row->key.plain), "content", json_word(row->state),
	    "count_before", (json_int_t)row->count[0], "count_after",
	    (json_int_t)row->count[1], "changes", changes);
}

json_t *
report_rows_json(const struct diff_rows *r)
{
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < r->row_count; i++)
		(void)json_array_append_new(rows, row_json(&r->rows[i]));
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "same",
	    diff_rows_is_same(r), "before", title_json(&r->titles[0]), "after",
	    title_json(&r->titles[1]), "table", doc_text(r->table), "key",
	    text_or_null(r->key), "columns_omitted",
	    columns_json(r->omitted, r->omitted_count), "rows", rows, "more",
	    r->more);
}
