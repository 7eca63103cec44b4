#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/fingerprint.h"
#include "base/doc.h"
#include "base/mem.h"
#include "base/wall.h"
#include "job/view/show.h"

/* A stream gives its manifest only when its parts have gone by. */
static int
pass_parts(struct reader *reader, struct err *err)
{
	struct part part = { 0 };
	int more;

	do {
		more = reader_next_part(reader, &part, err);
	} while (more == 1);
	part_free(&part);
	return more;
}

int
show_read(struct reader *reader, struct show *show, struct err *err)
{
	struct buf skipped = { 0 };
	int failed = -1;

	*show = (struct show){ .header = reader_header(reader),
		.size = reader_size(reader) };
	reader_show_names(reader);
	show->catalog = reader_catalog(reader, NULL, err);
	if (show->catalog == NULL)
		goto out;
	if (reader_is_stream(reader) &&
	    (reader_schema(reader, &skipped, err) ||
		reader_globals(reader, &skipped, err) ||
		pass_parts(reader, err)))
		goto out;
	show->manifest = reader_manifest(reader, NULL, err);
	if (show->manifest == NULL)
		goto out;
	failed = reader_is_stream(reader) ? reader_end(reader, err) : 0;
out:
	buf_free(&skipped);
	return failed;
}

void
show_totals(const struct show *show, struct show_totals *totals)
{
	const struct manifest *m = show->manifest;
	size_t i;

	*totals = (struct show_totals){ .bytes = m->lobjs.bytes };
	for (i = 0; i < m->table_count; i++) {
		if (!table_has_rows(&show->catalog->tables[i]))
			continue;
		totals->tables++;
		totals->rows += m->tables[i].digest.rows;
		totals->bytes += m->tables[i].bytes;
	}
	for (i = 0; i < m->part_count; i++)
		totals->sealed += m->parts[i].sealed;
}

static int
compare(const void *a, const void *b)
{
	const struct show_table *x = a, *y = b;
	int order;

	if (x->data->bytes != y->data->bytes)
		return x->data->bytes < y->data->bytes ? 1 : -1;
	order = strcmp(x->table->schema, y->table->schema);
	return order != 0 ? order : strcmp(x->table->name, y->table->name);
}

struct show_table *
show_tables(const struct show *show, size_t *count)
{
	const struct catalog *cat = show->catalog;
	struct show_table *list =
	    mem_array(NULL, cat->table_count + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++) {
		if (cat->tables[i].kind != 'p')
			list[n++] = (struct show_table){ &cat->tables[i],
				&show->manifest->tables[i] };
	}
	qsort(list, n, sizeof(*list), compare);
	*count = n;
	return list;
}

void
show_version(int version, char out[SHOW_VERSION_SIZE])
{
	if (version >= 100000)
		(void)snprintf(out, SHOW_VERSION_SIZE, "%d.%d", version / 10000,
		    version % 10000);
	else
		(void)snprintf(out, SHOW_VERSION_SIZE, "%d.%d.%d",
		    version / 10000, version / 100 % 100, version % 100);
}

static void
set(json_t *doc, const char *name, json_t *value)
{
	(void)json_object_set_new(doc, name, value);
}

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* To the millisecond. */
static json_t *
seconds(double value)
{
	return json_real((double)(int64_t)(value * 1000 + 0.5) / 1000);
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? doc_text(text) : json_null();
}

static void
set_created(json_t *doc, const struct header *header)
{
	char created[WALL_ISO_SIZE];

	wall_iso(header->created, created);
	set(doc, "created", json_string(created));
}

static void
set_id(json_t *doc, const struct header *header)
{
	char id[FORMAT_UUID_SIZE];

	format_uuid(header->id, id);
	set(doc, "id", json_string(id));
}

static json_t *
slots_json(const struct header *header)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < header->slot_count; i++) {
		const struct slot *slot = &header->slots[i];
		json_t *doc = json_object();
		char text[KEYS_TEXT_SIZE];

		if (slot->type == SLOT_RECIPIENT) {
			keys_recipient_text(slot->recipient, text);
			set(doc, "recipient", json_string(text));
		} else {
			set(doc, "passphrase", json_true());
		}
		(void)json_array_append_new(list, doc);
	}
	return list;
}

static json_t *
tables_json(const struct show *show)
{
	json_t *list = json_array();
	size_t i, count;
	struct show_table *tables = show_tables(show, &count);

	for (i = 0; i < count; i++) {
		const struct show_table *t = &tables[i];
		json_t *doc = json_object();
		char digest[DIGEST_HEX_SIZE];

		fingerprint(t->table, &t->data->digest, digest);
		set(doc, "schema", doc_text(t->table->schema));
		set(doc, "name", doc_text(t->table->name));
		set(doc, "left_out", json_boolean(t->table->left_out));
		set(doc, "rows", number(t->data->digest.rows));
		set(doc, "bytes", number(t->data->bytes));
		set(doc, "parts", number(t->data->parts));
		set(doc, "format",
		    json_string(
			t->table->format == COPY_BINARY ? "binary" : "text"));
		set(doc, "digest", json_string(digest));
		(void)json_array_append_new(list, doc);
	}
	free(tables);
	return list;
}

static json_t *
strings_json(char *const *strings, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, doc_text(strings[i]));
	return list;
}

static json_t *
chosen_json(const struct catalog *cat)
{
	json_t *doc = json_object();

	set(doc, "rules", strings_json(cat->rules, cat->rule_count));
	set(doc, "options", strings_json(cat->options, cat->option_count));
	return doc;
}

static void
set_totals(json_t *doc, const struct show *show)
{
	struct show_totals totals;

	show_totals(show, &totals);
	set(doc, "database",
	    show->catalog->globals_only ? json_null()
					: doc_text(show->catalog->dbname));
	set(doc, "tables", number(totals.tables));
	set(doc, "rows", number(totals.rows));
	set(doc, "bytes", number(totals.bytes));
}

static void
set_contents(json_t *doc, const struct show *show)
{
	const struct catalog *cat = show->catalog;
	const struct manifest *m = show->manifest;
	char version[SHOW_VERSION_SIZE];

	show_version(cat->server_version, version);
	set_totals(doc, show);
	set(doc, "large_objects", number(m->lobj_count));
	set(doc, "sequences", number(cat->sequence_count));
	set(doc, "server_version", json_string(version));
	set(doc, "owner", doc_text(cat->owner));
	set(doc, "encoding", doc_text(cat->encoding));
	set(doc, "locale_provider", doc_text(cat->provider));
	set(doc, "collate", text_or_null(cat->collate));
	set(doc, "ctype", text_or_null(cat->ctype));
	set(doc, "locale", text_or_null(cat->locale));
	set(doc, "extensions",
	    strings_json(cat->extensions, cat->extension_count));
	set(doc, "chosen",
	    cat->rule_count + cat->option_count > 0 ? chosen_json(cat)
						    : json_null());
	set(doc, "parts", number(m->part_count));
	set(doc, "jobs", number(m->jobs));
	set(doc, "level", json_integer(m->level));
	set(doc, "seconds", seconds(m->duration));
	set(doc, "snapshot_seconds", seconds(m->locked));
	set(doc, "warnings", strings_json(m->warnings, m->warning_count));
}

json_t *
show_json(const struct show *show, int tables)
{
	const struct header *header = show->header;
	json_t *doc = json_object();
	char signer[KEYS_TEXT_SIZE];

	set(doc, "format", json_integer(FORMAT_NUMBER));
	set_id(doc, header);
	set_created(doc, header);
	set(doc, "tool", doc_text(header->tool));
	set(doc, "size", show->size > 0 ? number(show->size) : json_null());
	set(doc, "slots", slots_json(header));
	keys_signer_text(header->signer, signer);
	set(doc, "signer",
	    header->is_signed ? json_string(signer) : json_null());
	set(doc, "unlocked", json_boolean(show->catalog != NULL));
	if (show->catalog != NULL)
		set_contents(doc, show);
	if (show->catalog != NULL && tables)
		set(doc, "table_list", tables_json(show));
	return doc;
}

json_t *
show_found_json(
    const struct found *found, const struct show *show, const struct err *error)
{
	json_t *doc = json_object();

	if (found->header != NULL)
		set_id(doc, found->header);
	else
		set(doc, "id", json_null());
	set(doc, "name", doc_text(found->name));
	set(doc, "label", text_or_null(found->label));
	if (found->header != NULL)
		set_created(doc, found->header);
	else
		set(doc, "created", json_null());
	set(doc, "size", number(found->size));
	set(doc, "path", doc_text(found->path));
	set(doc, "error", show == NULL ? doc_text(error->msg) : json_null());
	set(doc, "unlocked",
	    json_boolean(show != NULL && show->catalog != NULL));
	if (show != NULL && show->catalog != NULL)
		set_totals(doc, show);
	return doc;
}
