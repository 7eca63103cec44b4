#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/wall.h"
#include "base/wire.h"
#include "db/copy.h"
#include "db/encoding.h"
#include "db/script.h"
#include "job/choose/choice.h"
#include "job/view/export.h"
#include "job/groups.h"
#include "job/view/inert.h"
#include "job/lobj_entries.h"
#include "job/view/show.h"
#include "job/statement.h"
#include "job/restore/statistics.h"

#define PIECE 65536
/* Bytes of names in a message: less than a screen. */
#define NAMES_BYTES 1000
/* Of a large object in one statement. */
#define LOBJ_PIECE ((size_t)256 << 10)
/* SQL that is gathered before it is written. */
#define TEXT_BYTES 65536

struct export
{
	struct reader *reader;
	struct export_opts opts;
	const struct catalog *cat;       /* the reader's */
	const struct manifest *manifest; /* the reader's; of a stream at last */
	struct toc *toc;
	struct choice *choice; /* what was said at the backup */
	enum pass *passes;
	int escapes;      /* standard_conforming_strings is off */
	int make_lobjs;   /* no entry makes the large objects */
	size_t left_out;  /* tables */
	uint64_t *rows;   /* of each table, so far */
	struct sink *out; /* lent */
	struct buf text;  /* not yet written */
	uint8_t *piece;
	int open; /* the table whose COPY has begun, or -1 */
};

/* ---- what is in it ---- */

/* Of a stream it is not known yet whether there are any rows. */
static int
is_left_out(const struct export *x, size_t table)
{
	const struct table *t = &x->cat->tables[table];

	return table_has_rows(t) && t->format == COPY_BINARY &&
	    (x->manifest == NULL || x->manifest->tables[table].digest.rows > 0);
}

/* In UTF-8, for people. */
static char *
shown_name(const struct catalog *cat, size_t table)
{
	const struct table *t = &cat->tables[table];
	char *name = mem_printf("%s.%s", t->schema, t->name);
	char *utf8 = encoding_to_utf8(cat->encoding, name);

	if (utf8 == NULL)
		return name;
	free(name);
	return utf8;
}

static int
refuse_binary(const struct export *x, struct err *err)
{
	struct buf list = { 0 };
	size_t i, left = 0;

	for (i = 0; i < x->cat->table_count; i++) {
		char *name;

		if (!is_left_out(x, i))
			continue;
		name = shown_name(x->cat, i);
		log_step("binary: %s", name);
		if (list.len + strlen(name) > NAMES_BYTES)
			left++;
		else
			buf_printf(
			    &list, "%s%s", list.len > 0 ? ", " : "", name);
		free(name);
	}
	if (left > 0)
		buf_printf(&list, " and %zu more", left);
	(void)err_set(err, ERR_FAIL,
	    "the rows of %zu table%s in PostgreSQL's binary format, which no "
	    "script can hold: %s",
	    x->left_out, x->left_out > 1 ? "s are" : " is", buf_text(&list));
	buf_free(&list);
	return err_hint(err,
	    "restore it into a scratch database, and let pg_dump write that; "
	    "or leave these rows out (--without-binary); a backup made with "
	    "--format text has none such%s",
	    left > 0 ? "; -v names every one" : "");
}

static int
count_binary(struct export *x, struct err *err)
{
	size_t i;

	for (i = 0; i < x->cat->table_count; i++)
		x->left_out += (size_t)is_left_out(x, i);
	return x->left_out > 0 && !x->opts.without_binary
	    ? refuse_binary(x, err)
	    : 0;
}

/* pg_dump makes the schema public where schemas were chosen, though every new
 * database has it. */
static void
adopt_public(struct toc *toc)
{
	static const char make[] = "CREATE SCHEMA public;";
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (toc_is(&toc->entries[i], "SCHEMA") &&
		    strncmp(toc->entries[i].defn, make, strlen(make)) == 0)
			toc->entries[i].defn =
			    "CREATE SCHEMA IF NOT EXISTS public;\n\n";
}

static int
read_documents(struct export *x, struct err *err)
{
	static const struct selection nothing = { 0 };
	struct buf schema = { 0 }, globals = { 0 };

	x->cat = reader_catalog(x->reader, NULL, err);
	if (x->cat == NULL)
		return -1;
	if (x->cat->globals_only) {
		(void)err_set(err, ERR_USAGE,
		    "the archive has no database: it holds roles and "
		    "tablespaces alone");
		return err_hint(err,
		    "\"pgcask cat ARCHIVE globals\" writes their script; "
		    "for a database name its archive: latest:NAME");
	}
	if (reader_schema(x->reader, &schema, err) == 0 &&
	    reader_globals(x->reader, &globals, err) == 0)
		x->toc = toc_parse(schema.data, schema.len, err);
	buf_free(&schema);
	buf_free(&globals);
	if (x->toc == NULL || lobj_entries_add(x->toc, x->cat, err) != 0)
		return -1;
	x->escapes = strstr(x->toc->std_strings, "'off'") != NULL;
	x->make_lobjs = lobj_entries_lacks(x->toc, x->cat);
	adopt_public(x->toc);
	x->choice = choice_new(&nothing, x->toc, x->cat, err);
	if (x->choice == NULL)
		return -1;
	x->passes = mem_array(NULL, x->toc->count + 1, sizeof(*x->passes));
	statement_passes(x->toc, x->passes);
	choice_mask(x->choice, x->toc, x->passes);
	return 0;
}

struct export *
export_new(
    struct reader *reader, const struct export_opts *opts, struct err *err)
{
	struct export *x = mem_zalloc(sizeof(*x));

	x->reader = reader;
	x->opts = *opts;
	x->open = -1;
	x->piece = mem_alloc(PIECE);
	if (read_documents(x, err) != 0)
		goto fail;
	if (!reader_is_stream(reader)) {
		x->manifest = reader_manifest(reader, NULL, err);
		if (x->manifest == NULL)
			goto fail;
	}
	if (count_binary(x, err) != 0)
		goto fail;
	x->rows = mem_zalloc((x->cat->table_count + 1) * sizeof(*x->rows));
	return x;
fail:
	export_free(x);
	return NULL;
}

void
export_free(struct export *x)
{
	if (x == NULL)
		return;
	choice_free(x->choice);
	toc_free(x->toc);
	free(x->passes);
	free(x->rows);
	free(x->piece);
	buf_free(&x->text);
	free(x);
}

/* ---- definitions ---- */

static int
flush(struct export *x, struct err *err)
{
	int rc = stop_check(err);

	if (rc == 0 && x->text.len > 0)
		rc = sink_write(x->out, x->text.data, x->text.len, err);
	x->text.len = 0;
	return rc;
}

static int
flush_full(struct export *x, struct err *err)
{
	return x->text.len < TEXT_BYTES ? 0 : flush(x, err);
}

/* Text within a comment, which ends with its line. */
static void
add_remark(struct buf *out, const char *text)
{
	char c[2] = { '\0', '\0' };

	for (; *text != '\0'; text++) {
		c[0] = *text == '\n' || *text == '\r' ? ' ' : *text;
		buf_puts(out, c);
	}
}

static void
add_heading(struct buf *out, const struct toc_entry *e)
{
	struct buf line = { 0 };

	buf_printf(&line, "%s; Type: %s; Schema: %s; Owner: %s", e->tag,
	    e->desc, e->schema[0] != '\0' ? e->schema : "-",
	    e->owner[0] != '\0' ? e->owner : "-");
	buf_puts(out, "--\n-- Name: ");
	add_remark(out, buf_text(&line));
	buf_puts(out, "\n--\n\n");
	buf_free(&line);
}

/* What psql goes by when it looks for the end of a text. */
static void
add_pins(struct export *x)
{
	buf_printf(&x->text, "SET client_encoding = '%s';\n", x->cat->encoding);
	buf_printf(&x->text, "SET standard_conforming_strings = %s;\n",
	    x->escapes ? "off" : "on");
}

/* A function that was called on the way, by a constraint say, may have
 * changed the session so that psql sees commands of its own in a literal. */
static void
add_statement(struct export *x, const char *sql, size_t len)
{
	size_t blank = strspn(sql, " \t\r\n");

	if (blank > len)
		blank = len;
	buf_printf(&x->text, "%.*s", (int)blank, sql);
	if (!inert_is_fixed(sql, len)) {
		if (blank == 0)
			buf_puts(&x->text, "\n");
		add_pins(x);
	}
	buf_printf(&x->text, "%.*s", (int)(len - blank), sql + blank);
}

/* Statements that a server gave; ${what} names them. */
static int
add_sql(struct export *x, const char *sql, const char *what, struct err *err)
{
	const char *next;

	for (; *sql != '\0'; sql = next) {
		next = inert_next(sql, x->escapes);
		if (next == NULL)
			break;
		add_statement(x, sql, (size_t)(next - sql));
	}
	if (*sql == '\0')
		return 0;
	(void)err_set(err, ERR_DAMAGED,
	    "%s: psql would find more than SQL in its definition", what);
	return err_hint(err,
	    "look at it first: \"pgcask cat ARCHIVE schema | pg_restore "
	    "-f -\" shows it");
}

static int
write_entry(struct export *x, const struct toc_entry *e, struct err *err)
{
	static const struct names nobody = { NULL, 0 };
	const struct session session = { .absent = &nobody,
		.foreign = &nobody,
		.no_spaces = &nobody,
		.no_owner = x->choice->said.no_owner,
		.no_tablespaces = x->choice->said.no_tablespaces };
	struct buf sql = { 0 }, name = { 0 };
	int rc = 0;

	statement_definition(x->toc, e, &session, &sql);
	statement_owner(e, &session, &sql);
	statement_name(e, &name);
	if (strspn(buf_text(&sql), "\n") < sql.len) {
		add_heading(&x->text, e);
		rc = add_sql(x, buf_text(&sql), buf_text(&name), err);
		buf_puts(&x->text, "\n");
	}
	buf_free(&sql);
	buf_free(&name);
	return rc == 0 ? flush_full(x, err) : -1;
}

static int
write_pass(struct export *x, enum pass pass, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < x->toc->count && rc == 0; i++)
		if (x->passes[i] == pass)
			rc = write_entry(x, &x->toc->entries[i], err);
	return rc;
}

static void
add_head(struct export *x)
{
	struct buf line = { 0 };
	char version[SHOW_VERSION_SIZE], created[WALL_ISO_SIZE];

	show_version(x->cat->server_version, version);
	wall_iso(reader_header(x->reader)->created, created);
	buf_printf(&line, "Database %s of PostgreSQL %s, sealed %s",
	    x->cat->dbname, version, created);
	buf_puts(&x->text, "--\n-- ");
	add_remark(&x->text, buf_text(&line));
	buf_free(&line);
	if (x->left_out > 0)
		buf_printf(&x->text,
		    "\n-- without the rows of %zu binary table%s", x->left_out,
		    x->left_out > 1 ? "s" : "");
	buf_puts(&x->text, "\n--\n\n");
	if (x->escapes)
		buf_puts(&x->text, "SET escape_string_warning = off;\n");
	add_pins(x);
	script_session(&x->text);
	buf_puts(&x->text, "\n");
}

/* ---- rows ---- */

/* Where a table's rows go: into it, or by way of a partitioned table. */
static struct table
into(const struct export *x, size_t table)
{
	struct table t = x->cat->tables[table];
	const struct table *via = &x->cat->tables[groups_key(x->cat, table)];

	t.schema = via->schema;
	t.name = via->name;
	return t;
}

static void
add_left_out(struct export *x, size_t table)
{
	const struct table *t = &x->cat->tables[table];
	struct table target = into(x, table);
	struct buf name = { 0 }, copy = { 0 };

	sql_qualified(&name, t->schema, t->name);
	target.format = COPY_TEXT;
	copy_in_sql(&target, &copy);
	copy.len -= strlen("STDIN");
	buf_puts(
	    &x->text, "--\n-- Not here, for they are binary: the rows of ");
	add_remark(&x->text, buf_text(&name));
	buf_puts(&x->text, "\n-- pgcask cat ARCHIVE '");
	add_remark(&x->text, buf_text(&name));
	buf_puts(&x->text, "' >FILE\n-- \\copy");
	copy.data[copy.len] = '\0';
	add_remark(&x->text, buf_text(&copy) + strlen("COPY"));
	buf_puts(&x->text, "'FILE' WITH (FORMAT binary)\n--\n\n");
	buf_free(&name);
	buf_free(&copy);
}

static void
close_copy(struct export *x)
{
	if (x->open >= 0)
		buf_puts(&x->text, "\\.\n\n");
	x->open = -1;
}

static void
open_copy(struct export *x, size_t table)
{
	struct table target = into(x, table);

	if (x->open == (int)table)
		return;
	close_copy(x);
	copy_in_sql(&target, &x->text);
	buf_puts(&x->text, ";\n");
	x->open = (int)table;
}

static int
fail_rows(const struct export *x, const struct part *part, struct err *err)
{
	const struct table *t = &x->cat->tables[part->head.table];

	return err_set(err, ERR_DAMAGED,
	    "table %s.%s: part %" PRIu64 " is not what COPY writes", t->schema,
	    t->name, part->number);
}

static int
write_rows(struct export *x, struct part *part, struct err *err)
{
	struct inert_rows inert = { 0 };
	struct source *rows;
	ssize_t n = 0;
	int rc;

	if (part->head.digest.rows == 0)
		return 0;
	open_copy(x, part->head.table);
	rc = flush(x, err);
	rows = part_rows(part);
	while (rc == 0 && (n = source_read(rows, x->piece, PIECE, err)) > 0) {
		rc = inert_rows_take(&inert, x->piece, (size_t)n)
		    ? sink_write(x->out, x->piece, (size_t)n, err)
		    : fail_rows(x, part, err);
		if (rc == 0)
			rc = stop_check(err);
	}
	source_free(rows);
	if (rc != 0 || n < 0)
		return -1;
	return inert_rows_end(&inert) ? 0 : fail_rows(x, part, err);
}

/* ---- large objects ---- */

static int
write_content(struct export *x, struct source *source, uint32_t oid,
    uint64_t offset, size_t len, struct err *err)
{
	int rc = 0;

	if (x->make_lobjs && offset == 0)
		script_lobj_make(oid, &x->text);
	while (rc == 0 && len > 0) {
		size_t want = len < LOBJ_PIECE ? len : LOBJ_PIECE;
		uint8_t *data = mem_alloc(LOBJ_PIECE);
		ssize_t got = source_read_full(source, data, want, err);

		if (got == (ssize_t)want) {
			script_lobj_write(oid, offset, data, want, &x->text);
			rc = flush_full(x, err);
		} else {
			rc = got < 0 ? -1
				     : err_set(err, ERR_DAMAGED,
					   "a large object's record is cut");
		}
		free(data);
		offset += want;
		len -= want;
	}
	return rc;
}

static int
write_lobjs(struct export *x, struct part *part, struct err *err)
{
	uint8_t head[FORMAT_LOBJ_HEAD_SIZE];
	struct source *source;
	ssize_t got;
	int rc = 0;

	close_copy(x);
	source = part_rows(part);
	while (rc == 0 &&
	    (got = source_read_full(source, head, sizeof(head), err)) != 0) {
		uint32_t len = wire_get_le32(head + 12);

		if (got < 0)
			rc = -1;
		else if ((size_t)got < sizeof(head) || len > FORMAT_LOBJ_CHUNK)
			rc = err_set(err, ERR_DAMAGED,
			    "a large object's record is malformed");
		else
			rc = write_content(x, source, wire_get_le32(head),
			    wire_get_le64(head + 4), len, err);
	}
	source_free(source);
	return rc;
}

/* ---- parts ---- */

static int
write_part(struct export *x, struct part *part, struct err *err)
{
	if (part->head.kind == PART_LOBJS)
		return write_lobjs(x, part, err);
	x->rows[part->head.table] += part->head.digest.rows;
	if (x->cat->tables[part->head.table].format == COPY_BINARY)
		return 0;
	return write_rows(x, part, err);
}

/* A part's place: by table, large objects last. */
struct place {
	uint64_t key;
	uint64_t number;
};

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int
write_from_file(struct export *x, struct err *err)
{
	const struct manifest *m = x->manifest;
	struct place *places =
	    mem_array(NULL, m->part_count + 1, sizeof(*places));
	struct part part = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < m->part_count; i++) {
		const struct part_head *head = &m->parts[i].head;

		places[i].number = i + 1;
		places[i].key =
		    head->kind == PART_ROWS ? head->table : UINT64_MAX;
	}
	qsort(places, m->part_count, sizeof(*places), compare_places);
	for (i = 0; i < m->part_count && rc == 0; i++) {
		rc = reader_part(x->reader, places[i].number, &part, err);
		if (rc == 0)
			rc = write_part(x, &part, err);
	}
	part_free(&part);
	free(places);
	return rc;
}

static int
write_from_stream(struct export *x, struct err *err)
{
	struct part part = { 0 };
	int more, rc = 0;

	while (rc == 0 && (more = reader_next_part(x->reader, &part, err)) != 0)
		rc = more < 0 ? -1 : write_part(x, &part, err);
	part_free(&part);
	if (rc != 0)
		return -1;
	x->manifest = reader_manifest(x->reader, NULL, err);
	return x->manifest != NULL ? reader_end(x->reader, err) : -1;
}

static int
check_counts(const struct export *x, struct err *err)
{
	size_t i;

	for (i = 0; i < x->cat->table_count; i++)
		if (x->rows[i] != x->manifest->tables[i].digest.rows)
			return err_set(err, ERR_DAMAGED,
			    "table %s.%s: %" PRIu64 " rows are in its parts, "
			    "the manifest says %" PRIu64,
			    x->cat->tables[i].schema, x->cat->tables[i].name,
			    x->rows[i], x->manifest->tables[i].digest.rows);
	return 0;
}

/* Whether there are rows of tables that no entry makes, but an extension. */
static int
has_extension_rows(const struct export *x)
{
	size_t i;

	for (i = 0; i < x->cat->table_count; i++) {
		const struct table *t = &x->cat->tables[i];

		if (toc_tree_relation(x->choice->tree, t->schema, t->name) < 0)
			return 1;
	}
	return 0;
}

static int
write_data(struct export *x, struct err *err)
{
	int keys = has_extension_rows(x);
	size_t i;

	if (keys)
		script_keys_drop(&x->text);
	for (i = 0; i < x->cat->table_count; i++)
		if (is_left_out(x, i))
			add_left_out(x, i);
	if ((x->manifest != NULL ? write_from_file(x, err)
				 : write_from_stream(x, err)) != 0 ||
	    check_counts(x, err) != 0)
		return -1;
	close_copy(x);
	if (keys)
		script_keys_make(&x->text);
	for (i = 0; i < x->cat->sequence_count; i++) {
		struct buf sql = { 0 };

		script_sequence(&x->cat->sequences[i], &sql);
		add_statement(x, buf_text(&sql), sql.len);
		buf_free(&sql);
	}
	buf_puts(&x->text, "\n");
	return 0;
}

static int
write_statistics(struct export *x, struct err *err)
{
	const char *script = x->cat->statistics;
	char *statement;
	int rc = 0;

	while (rc == 0 && script != NULL &&
	    (statement = statistics_next(&script)) != NULL) {
		rc = add_sql(x, statement, "the statistics", err);
		buf_puts(&x->text, "\n");
		if (rc == 0)
			rc = flush_full(x, err);
		free(statement);
	}
	return rc;
}

static int
write_refreshes(struct export *x, struct err *err)
{
	int rc;

	script_money(&x->text, 1);
	rc = write_pass(x, PASS_REFRESH, err);
	script_money(&x->text, 0);
	return rc;
}

int
export_write(struct export *x, struct sink *out, struct err *err)
{
	x->out = out;
	add_head(x);
	if (write_pass(x, PASS_PRE, err) != 0 || write_data(x, err) != 0 ||
	    write_pass(x, PASS_POST, err) != 0 ||
	    write_pass(x, PASS_SCHEMA_ACL, err) != 0 ||
	    write_pass(x, PASS_ACL, err) != 0 || write_refreshes(x, err) != 0 ||
	    write_statistics(x, err) != 0 || write_pass(x, PASS_LAST, err) != 0)
		return -1;
	buf_puts(&x->text, "--\n-- The script is whole.\n--\n");
	if (flush(x, err) != 0)
		return -1;
	if (x->left_out > 0)
		log_warn("the rows of %zu binary table%s are left out; the "
			 "script names %s",
		    x->left_out, x->left_out > 1 ? "s" : "",
		    x->left_out > 1 ? "them" : "it");
	return 0;
}
