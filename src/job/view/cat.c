#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "db/copy.h"
#include "db/encoding.h"
#include "db/sqlname.h"
#include "job/view/cat.h"

#define PIECE 65536

/* ---- finding a table ---- */

static int
same_text(const struct table *table, const char *text)
{
	size_t len = strlen(table->schema);

	return strcmp(table->name, text) == 0 ||
	    (strncmp(table->schema, text, len) == 0 && text[len] == '.' &&
		strcmp(table->name, text + len + 1) == 0);
}

/* How many tables match; the last one is ${*at}.  First as the text is, then
 * as SQL reads it. */
static size_t
match_tables(const struct catalog *cat, const char *text, int *at)
{
	struct sqlname n;
	size_t i, matches = 0;

	for (i = 0; i < cat->table_count; i++) {
		if (same_text(&cat->tables[i], text)) {
			*at = (int)i;
			matches++;
		}
	}
	if (matches > 0 || !sqlname_typed(text, &n))
		return matches;
	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];

		if (strcmp(t->name, n.name) == 0 &&
		    (n.schema == NULL || strcmp(t->schema, n.schema) == 0)) {
			*at = (int)i;
			matches++;
		}
	}
	sqlname_free(&n);
	return matches;
}

static void
fail_absent(const struct catalog *cat, const char *text, struct err *err)
{
	static const char *const entries[] = { FORMAT_CATALOG, FORMAT_MANIFEST,
		FORMAT_SCHEMA, FORMAT_GLOBALS };
	const size_t count = sizeof(entries) / sizeof(entries[0]);
	const char **words =
	    mem_array(NULL, 2 * cat->table_count + count, sizeof(*words));
	char **full = mem_array(NULL, cat->table_count + 1, sizeof(*full));
	const char *nearest;
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		words[n++] = entries[i];
	for (i = 0; i < cat->table_count; i++) {
		full[i] = mem_printf(
		    "%s.%s", cat->tables[i].schema, cat->tables[i].name);
		words[n++] = full[i];
		words[n++] = cat->tables[i].name;
	}
	nearest = text_nearest(text, words, n);
	if (nearest != NULL)
		err_set(err, ERR_USAGE,
		    "the archive has no table \"%s\"; did "
		    "you mean \"%s\"?",
		    text, nearest);
	else
		err_set(
		    err, ERR_USAGE, "the archive has no table \"%s\"", text);
	err_hint(err,
	    "\"pgcask show --tables\" lists them; other entries are catalog, "
	    "manifest, schema and globals");
	for (i = 0; i < cat->table_count; i++)
		free(full[i]);
	free(full);
	free(words);
}

static void
fail_ambiguous(const struct catalog *cat, const char *text, struct err *err)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < cat->table_count && list.len < 500; i++) {
		const struct table *t = &cat->tables[i];
		struct sqlname n;
		int same = same_text(t, text);

		if (!same && sqlname_typed(text, &n)) {
			same = strcmp(t->name, n.name) == 0;
			sqlname_free(&n);
		}
		if (same)
			buf_printf(&list, "%s%s.%s", list.len > 0 ? ", " : "",
			    t->schema, t->name);
	}
	err_set(err, ERR_USAGE, "the archive has several tables \"%s\": %s",
	    text, buf_text(&list));
	err_hint(err, "give the schema, too: SCHEMA.TABLE");
	buf_free(&list);
}

static int
find_table(const struct catalog *cat, const char *text, struct err *err)
{
	int at = -1;
	size_t matches = match_tables(cat, text, &at);

	if (matches == 1)
		return at;
	if (matches == 0)
		fail_absent(cat, text, err);
	else
		fail_ambiguous(cat, text, err);
	return -1;
}

int
cat_find_table(const struct catalog *cat, const char *text, struct err *err)
{
	char *utf8 =
	    text_is_utf8(text) ? NULL : encoding_to_utf8(cat->encoding, text);
	int at = find_table(cat, utf8 != NULL ? utf8 : text, err);

	free(utf8);
	return at;
}

/* ---- writing a table ---- */

static int
write_part(struct part *part, struct sink *out, struct err *err)
{
	struct source *rows = part_rows(part);
	uint8_t *piece = mem_alloc(PIECE);
	ssize_t n;
	int failed = 0;

	while (!failed && (n = source_read(rows, piece, PIECE, err)) != 0) {
		failed = n == -1 ? -1 : sink_write(out, piece, (size_t)n, err);
		/* From file to file, nothing else looks. */
		if (!failed)
			failed = stop_check(err);
	}
	free(piece);
	source_free(rows);
	return failed;
}

static int
is_wanted(const struct part_head *head, uint32_t table)
{
	return head->kind == PART_ROWS && head->table == table;
}

static int
write_from_file(
    struct reader *reader, uint32_t table, struct sink *out, struct err *err)
{
	const struct manifest *m = reader_manifest(reader, NULL, err);
	struct part part = { 0 };
	size_t i;
	int failed = m == NULL ? -1 : 0;

	for (i = 0; !failed && i < m->part_count; i++) {
		if (!is_wanted(&m->parts[i].head, table))
			continue;
		failed = reader_part(reader, i + 1, &part, err) ||
		    write_part(&part, out, err);
	}
	part_free(&part);
	return failed ? -1 : 0;
}

static int
write_from_stream(
    struct reader *reader, uint32_t table, struct sink *out, struct err *err)
{
	const struct manifest *m;
	struct part part = { 0 };
	uint64_t rows = 0;
	int more;

	while ((more = reader_next_part(reader, &part, err)) == 1) {
		if (!is_wanted(&part.head, table))
			continue;
		rows += part.head.digest.rows;
		if (write_part(&part, out, err)) {
			more = -1;
			break;
		}
	}
	if (more == -1)
		goto out;
	m = reader_manifest(reader, NULL, err);
	if (m == NULL || reader_end(reader, err))
		more = -1;
	else if (m->tables[table].digest.rows != rows)
		more = err_set(err, ERR_DAMAGED,
		    "the stream had %llu rows of "
		    "the table, its manifest says %llu",
		    (unsigned long long)rows,
		    (unsigned long long)m->tables[table].digest.rows);
out:
	part_free(&part);
	return more;
}

/* Its bytes could be commands to a terminal. */
static int
refuse_binary(const char *what, const char *hint, struct err *err)
{
	(void)err_set(err, ERR_USAGE,
	    "%s is binary, and would be written to a terminal", what);
	return err_hint(err, "%s", hint);
}

static int
refuse_rows(const struct table *t, struct err *err)
{
	char *what = mem_printf("the table %s.%s", t->schema, t->name);

	(void)refuse_binary(what, "send it to a file or a pipe", err);
	free(what);
	return -1;
}

static int
cat_table(struct reader *reader, const char *text, struct sink *out,
    int terminal, struct err *err)
{
	const struct catalog *cat;
	const struct table *table;
	const void *frame;
	size_t len;
	int at, failed;

	reader_show_names(reader);
	cat = reader_catalog(reader, NULL, err);
	if (cat == NULL)
		return -1;
	at = cat_find_table(cat, text, err);
	if (at == -1)
		return -1;
	table = &cat->tables[at];
	if (table->kind == 'p') {
		err_set(err, ERR_USAGE,
		    "%s.%s is partitioned and has no rows "
		    "of its own",
		    table->schema, table->name);
		return err_hint(err,
		    "ask for its partitions; \"pgcask show "
		    "--tables\" lists them");
	}
	if (table->left_out)
		return err_set(err, ERR_USAGE,
		    "the rows of %s.%s were left out of this archive",
		    table->schema, table->name);
	if (terminal && table->format == COPY_BINARY)
		return refuse_rows(table, err);
	frame = copy_header(table->format, &len);
	if (len > 0 && sink_write(out, frame, len, err))
		return -1;
	if (reader_is_stream(reader))
		failed = write_from_stream(reader, (uint32_t)at, out, err);
	else
		failed = write_from_file(reader, (uint32_t)at, out, err);
	if (failed)
		return -1;
	frame = copy_trailer(table->format, &len);
	return len > 0 ? sink_write(out, frame, len, err) : 0;
}

/* ---- writing a document ---- */

static int
skip_parts(struct reader *reader, struct err *err)
{
	struct part part = { 0 };
	int more;

	while ((more = reader_next_part(reader, &part, err)) == 1)
		;
	part_free(&part);
	return more;
}

/* All documents are read, and all but ${entry} forgotten; a stream is read to
 * its end, in its order, which also keeps the program that feeds it alive. */
static int
read_stream(
    struct reader *reader, const char *entry, struct buf *out, struct err *err)
{
	struct buf other = { 0 };
	int catalog = strcmp(entry, FORMAT_CATALOG) == 0;
	int schema = strcmp(entry, FORMAT_SCHEMA) == 0;
	int globals = strcmp(entry, FORMAT_GLOBALS) == 0;
	int manifest = strcmp(entry, FORMAT_MANIFEST) == 0;
	int failed =
	    reader_catalog(reader, catalog ? out : NULL, err) == NULL ||
	    reader_schema(reader, schema ? out : &other, err) ||
	    reader_globals(reader, globals ? out : &other, err) ||
	    skip_parts(reader, err) ||
	    reader_manifest(reader, manifest ? out : NULL, err) == NULL ||
	    reader_end(reader, err);

	buf_free(&other);
	return failed ? -1 : 0;
}

static int
read_file(
    struct reader *reader, const char *entry, struct buf *out, struct err *err)
{
	if (strcmp(entry, FORMAT_SCHEMA) == 0)
		return reader_schema(reader, out, err);
	if (strcmp(entry, FORMAT_GLOBALS) == 0)
		return reader_globals(reader, out, err);
	if (strcmp(entry, FORMAT_CATALOG) == 0)
		return reader_catalog(reader, out, err) == NULL ? -1 : 0;
	/* The manifest is checked against the catalog. */
	if (reader_catalog(reader, NULL, err) == NULL ||
	    reader_manifest(reader, out, err) == NULL)
		return -1;
	return 0;
}

/* An archive of the globals alone has an empty one. */
static int
check_schema(struct reader *reader, struct err *err)
{
	const struct catalog *cat = reader_catalog(reader, NULL, err);

	if (cat == NULL)
		return -1;
	if (!cat->globals_only)
		return 0;
	return err_set(err, ERR_USAGE,
	    "the archive has no database: it holds roles and tablespaces "
	    "alone");
}

static int
cat_document(
    struct reader *reader, const char *entry, struct sink *out, struct err *err)
{
	struct buf text = { 0 };
	int failed = reader_is_stream(reader)
	    ? read_stream(reader, entry, &text, err)
	    : read_file(reader, entry, &text, err);

	if (!failed && strcmp(entry, FORMAT_SCHEMA) == 0)
		failed = check_schema(reader, err);
	if (!failed && text.len > 0)
		failed = sink_write(out, text.data, text.len, err);
	buf_free(&text);
	return failed;
}

int
cat_run(struct reader *reader, const char *entry, struct sink *out,
    int terminal, struct err *err)
{
	static const char *const documents[] = { FORMAT_CATALOG, FORMAT_SCHEMA,
		FORMAT_GLOBALS, FORMAT_MANIFEST };

	if (terminal && strcmp(entry, FORMAT_SCHEMA) == 0)
		return refuse_binary(
		    "the schema", "\"| pg_restore -f -\" shows it", err);
	if (text_is_one_of(
		entry, documents, sizeof(documents) / sizeof(documents[0])))
		return cat_document(reader, entry, out, err);
	return cat_table(reader, entry, out, terminal, err);
}
