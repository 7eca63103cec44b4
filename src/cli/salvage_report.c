#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/grid.h"
#include "cli/work.h"
#include "db/encoding.h"
#include "salvage_report.h"

/* Numbers that are named, before it is enough. */
#define NAMED_MAX 12

/* "3, 5-9, 12" */
static void
add_numbers(struct buf *out, const uint64_t *list, size_t count)
{
	size_t i, end, named = 0;

	for (i = 0; i < count; i = end) {
		for (end = i + 1; end < count && list[end] == list[end - 1] + 1;
		     end++)
			;
		if (named++ == NAMED_MAX) {
			buf_puts(out, ", ...");
			break;
		}
		buf_printf(out, "%s%" PRIu64, i > 0 ? ", " : "", list[i]);
		if (end - i > 1)
			buf_printf(out, "-%" PRIu64, list[end - 1]);
	}
}

static void
add_parts(struct buf *out, const uint64_t *list, size_t count)
{
	buf_puts(out, count == 1 ? "part " : "parts ");
	add_numbers(out, list, count);
}

/* How to speak of what is lost. */
struct words {
	const char *one;
	const char *many;
	const char *none;   /* is found */
	const char *unsure; /* whether what is found is all */
};

static const struct words row_words = { "row", "rows", "nothing of it is found",
	"maybe: its last part is not found" };
static const struct words piece_words = { "piece", "pieces",
	"maybe: none is found", "maybe: nobody knows how many there were" };

/* "part 3 (150 rows), and 1 of its 4 parts is not found" */
static void
add_loss(
    struct buf *out, const struct survey_table *t, const struct words *words)
{
	uint64_t found = t->parts + t->lost_count;

	if (t->lost_count > 0) {
		add_parts(out, t->lost, t->lost_count);
		buf_puts(out, " (");
		work_amount(out, t->lost_rows, words->one, words->many);
		buf_puts(out, ")");
	}
	if (t->is_known)
		return;
	if (t->told > found)
		buf_printf(out,
		    "%s%" PRIu64 " of its %" PRIu64 " parts %s not found",
		    t->lost_count > 0 ? ", and " : "", t->told - found, t->told,
		    t->told - found == 1 ? "is" : "are");
	else
		buf_puts(out,
		    t->lost_count > 0  ? " and maybe more"
			: t->parts > 0 ? words->unsure
				       : words->none);
}

static void
add_line(struct grid *grid, const char *name, uint64_t rows,
    const struct survey_table *t, const struct words *words)
{
	char count[32], of[32] = "?";
	struct buf loss = { 0 };

	text_count(count, sizeof(count), rows);
	if (t->is_known)
		text_count(of, sizeof(of), t->rows + t->lost_rows);
	add_loss(&loss, t, words);
	grid_add(grid, (const char *[]){ name, count, of, buf_text(&loss) });
	buf_free(&loss);
}

static uint64_t
rows_of(const struct salvage_report *r, size_t table)
{
	return r->result != NULL ? r->result->table_rows[table]
				 : r->survey->tables[table].rows;
}

/* A table's name for people; the caller frees. */
static char *
name_of(const struct salvage_report *r, size_t table)
{
	const struct table *t = &r->survey->cat->tables[table];
	char *name = mem_printf("%s.%s", t->schema, t->name);
	char *utf8 = encoding_to_utf8(r->survey->cat->encoding, name);

	if (utf8 == NULL)
		return name;
	free(name);
	return utf8;
}

static void
print_tables(const struct salvage_report *r)
{
	static const struct grid_column columns[] = { { "TABLE", 0 },
		{ "ROWS", 1 }, { "OF", 1 }, { "LOST", 0 } };
	const struct survey *s = r->survey;
	struct grid *grid = grid_new(columns, 4);
	size_t i;

	for (i = 0; i < s->cat->table_count; i++) {
		char *name;

		if (!table_has_rows(&s->cat->tables[i]))
			continue;
		name = name_of(r, i);
		add_line(grid, name, rows_of(r, i), &s->tables[i], &row_words);
		free(name);
	}
	if (s->cat->lobj_count > 0)
		add_line(grid, "pieces of large objects", s->lobjs.rows,
		    &s->lobjs, &piece_words);
	grid_print(grid, stdout);
	grid_free(grid);
}

/* "5 of 7 parts are whole, with 450 of 600 rows" */
static void
print_sum(const struct survey *s)
{
	struct buf line = { 0 };
	char whole[32], lost[32];

	text_count(whole, sizeof(whole), s->whole);
	buf_printf(&line, "%s of %s", whole, s->knows_parts ? "" : "at least ");
	work_amount(&line, s->parts, "part", "parts");
	buf_puts(
	    &line, s->whole == 1 ? " is whole, with " : " are whole, with ");
	work_amount(&line, s->rows, "row", "rows");
	text_count(lost, sizeof(lost), s->lost_rows);
	if (s->maimed == 0 && s->nameless_count == 0 && s->lobjs.is_known &&
	    s->lobjs.lost_count == 0)
		buf_puts(&line, ", and that is all there were");
	else if (s->lost_rows > 0)
		buf_printf(&line, "; %s%s are lost",
		    s->has_manifest ? "" : "at least ", lost);
	(void)printf("%s\n", buf_text(&line));
	if (s->index.kind != ERR_NONE)
		(void)printf("There is no index to go by (%s): entries were "
			     "found by their tar headers.\n",
		    s->index.msg);
	if (!s->has_manifest)
		(void)printf("The manifest is lost: parts tell of "
			     "themselves alone.\n");
	buf_free(&line);
}

static void
print_result(const struct restore_result *result)
{
	struct buf line = { 0 };
	char bytes[32], took[32];

	text_bytes(bytes, sizeof(bytes), (double)result->bytes);
	text_duration(took, sizeof(took), result->seconds);
	work_amount(&line, result->tables, "table", "tables");
	buf_puts(&line, ", ");
	work_amount(&line, result->rows, "row", "rows");
	if (!result->rows_only) {
		buf_puts(&line, ", ");
		work_amount(&line, result->indexes, "index", "indexes");
		buf_puts(&line, ", ");
		work_amount(
		    &line, result->constraints, "constraint", "constraints");
	}
	(void)printf(
	    "%s: %s, %s in %s\n", result->dbname, buf_text(&line), bytes, took);
	line.len = 0;
	if (result->failed > 0) {
		work_amount(
		    &line, result->failed, "statement was", "statements were");
		(void)printf("%s refused by the server: see the warnings; -vv "
			     "names each\n",
		    buf_text(&line));
	}
	buf_free(&line);
}

void
salvage_print(const struct salvage_report *r)
{
	if (log_level() == LOG_ERRORS)
		return;
	if (r->survey->cat->globals_only) {
		(void)printf("It holds roles and tablespaces alone, and they "
			     "are %s.\n",
		    r->survey->globals.kind == ERR_NONE ? "whole" : "lost");
	} else {
		print_tables(r);
		print_sum(r->survey);
	}
	if (r->result != NULL)
		print_result(r->result);
}

/* ---- warnings ---- */

static void
warn_parts(const struct salvage_report *r)
{
	const struct survey *s = r->survey;
	struct buf text = { 0 };

	if (s->maimed > 0) {
		work_amount(&text, s->maimed, "table lacks rows, or may",
		    "tables lack rows, or may");
		log_warn("%s: see the list", buf_text(&text));
	}
	text.len = 0;
	if (s->nameless_count > 0) {
		add_parts(&text, s->nameless, s->nameless_count);
		log_warn("of which tables %s %s, nobody can tell any more",
		    buf_text(&text), s->nameless_count == 1 ? "is" : "are");
	}
	if (!s->lobjs.is_known || s->lobjs.lost_count > 0)
		log_warn("pieces of large objects %s: those that lack some end "
			 "early, or have zeros in the place",
		    s->lobjs.lost_count > 0
			? "are lost"
			: "may be lost, for nobody knows how many there were");
	buf_free(&text);
}

void
salvage_warn(const struct salvage_report *r)
{
	const struct survey *s = r->survey;

	if (s->schema.kind != ERR_NONE)
		log_warn("the schema is lost (%s): tables %s made plain, with "
			 "their columns and types alone; where the application "
			 "makes them itself, --data-only fills those",
		    s->schema.msg, r->result != NULL ? "are" : "would be");
	if (s->globals.kind != ERR_NONE)
		log_warn(
		    "the roles and tablespaces are lost (%s)", s->globals.msg);
	warn_parts(r);
}

/* ---- JSON ---- */

static json_t *
numbers_doc(const uint64_t *list, size_t count)
{
	json_t *doc = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(
		    doc, json_integer((json_int_t)list[i]));
	return doc;
}

static json_t *
loss_doc(const struct survey_table *t)
{
	uint64_t all = t->rows + t->lost_rows;
	json_t *doc = json_pack("{s:I, s:I, s:b, s:o}", "whole",
	    (json_int_t)t->rows, "lost", (json_int_t)t->lost_rows, "complete",
	    t->is_known && t->lost_count == 0, "lost_parts",
	    numbers_doc(t->lost, t->lost_count));

	(void)json_object_set_new(doc, "of",
	    t->is_known ? json_integer((json_int_t)all) : json_null());
	return doc;
}

static json_t *
tables_doc(const struct salvage_report *r)
{
	const struct survey *s = r->survey;
	json_t *list = json_array(), *doc;
	size_t i;

	for (i = 0; i < s->cat->table_count; i++) {
		const struct table *t = &s->cat->tables[i];
		char *schema, *name;

		if (!table_has_rows(t))
			continue;
		doc = loss_doc(&s->tables[i]);
		schema = encoding_to_utf8(s->cat->encoding, t->schema);
		name = encoding_to_utf8(s->cat->encoding, t->name);
		(void)json_object_set_new(doc, "schema",
		    doc_text(schema != NULL ? schema : t->schema));
		(void)json_object_set_new(
		    doc, "table", doc_text(name != NULL ? name : t->name));
		(void)json_object_set_new(doc, "restored",
		    r->result != NULL
			? json_integer((json_int_t)r->result->table_rows[i])
			: json_null());
		(void)json_array_append_new(list, doc);
		free(schema);
		free(name);
	}
	return list;
}

static json_t *
error_doc(const struct err *err)
{
	return err->kind == ERR_NONE ? json_null() : doc_text(err->msg);
}

static json_t *
result_doc(const struct restore_result *result)
{
	if (result == NULL)
		return json_null();
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:i, s:f}", "database",
	    doc_text(result->dbname), "tables", (json_int_t)result->tables,
	    "rows", (json_int_t)result->rows, "indexes",
	    (json_int_t)result->indexes, "constraints",
	    (json_int_t)result->constraints, "refused", (int)result->failed,
	    "seconds", result->seconds);
}

int
salvage_print_json(const struct salvage_report *r, struct err *err)
{
	const struct survey *s = r->survey;
	const struct header *h = reader_header(r->reader);
	char id[FORMAT_UUID_SIZE], created[WALL_ISO_SIZE];
	json_t *doc;
	int rc;

	format_uuid(h->id, id);
	wall_iso(h->created, created);
	doc = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:I, s:b, s:I}",
	    "path", doc_text(reader_name(r->reader)), "id", id, "created",
	    created, "index_error", error_doc(&s->index), "schema_error",
	    error_doc(&s->schema), "globals_error", error_doc(&s->globals),
	    "manifest", s->has_manifest, "parts", (json_int_t)s->parts,
	    "parts_known", s->knows_parts, "parts_whole", (json_int_t)s->whole);
	(void)json_object_update_new(doc,
	    json_pack("{s:I, s:I, s:b, s:o, s:o, s:o, s:o}", "rows",
		(json_int_t)s->rows, "rows_lost", (json_int_t)s->lost_rows,
		"complete", !survey_lost(s), "parts_unnamed",
		numbers_doc(s->nameless, s->nameless_count), "tables",
		tables_doc(r), "large_objects", loss_doc(&s->lobjs), "restored",
		result_doc(r->result)));
	rc = work_print_json(doc, err);
	json_decref(doc);
	return rc;
}
