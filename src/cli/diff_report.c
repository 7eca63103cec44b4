#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/grid.h"
#include "cli/work.h"
#include "diff_report.h"
#include "job/view/show.h"

/* ---- words ---- */

const char *
report_word(enum diff_state state)
{
	static const char *const words[] = {
		[DIFF_SAME] = "same",
		[DIFF_CHANGED] = "different",
		[DIFF_ADDED] = "added",
		[DIFF_REMOVED] = "removed",
		[DIFF_UNKNOWN] = "not known",
		[DIFF_LEFT_OUT] = "left out",
	};

	return words[state];
}

/* "shop of 2026-11-21T19:36:25Z (34a4883c), PostgreSQL 15.18", fit for a
 * terminal; the caller frees. */
static char *
title(const struct diff_title *t)
{
	char version[SHOW_VERSION_SIZE], id[FORMAT_UUID_SIZE];
	char created[WALL_ISO_SIZE];
	char *text;

	show_version(t->server_version, version);
	if (t->header == NULL) {
		text =
		    mem_printf("%s, live, PostgreSQL %s", t->database, version);
	} else {
		format_uuid(t->header->id, id);
		wall_iso(t->header->created, created);
		text = mem_printf("%s of %s (%.8s), PostgreSQL %s", t->database,
		    created, id, version);
	}
	text_clean_line(text);
	return text;
}

/* "+note text, -old integer, sum: integer -> bigint"; the caller frees. */
static char *
column_changes(const struct diff_column *columns, size_t count)
{
	struct buf text = { 0 };
	char *result;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct diff_column *c = &columns[i];

		buf_puts(&text, i > 0 ? ", " : "");
		if (c->type[0] == NULL)
			buf_printf(&text, "+%s %s", c->name, c->type[1]);
		else if (c->type[1] == NULL)
			buf_printf(&text, "-%s %s", c->name, c->type[0]);
		else if (c->foreign)
			buf_printf(&text,
			    "%s: characters that the archive's encoding has "
			    "not",
			    c->name);
		else
			buf_printf(&text, "%s: %s -> %s", c->name, c->type[0],
			    c->type[1]);
	}
	result = mem_strdup(buf_text(&text));
	buf_free(&text);
	return result;
}

static char *
content(const struct diff_table *t)
{
	return t->note != NULL
	    ? mem_printf("%s: %s", report_word(t->state), t->note)
	    : mem_strdup(report_word(t->state));
}

/* What a table of tables or of sequences says of one, in any form. */
struct line {
	char *name;
	char before[48], after[48]; /* how many rows, or which value */
	char *what;
	char *columns; /* or NULL */
};

static void
rows_text(const struct diff_table *t, int side, char out[48])
{
	if (t->read[side])
		text_count(out, 48, t->rows[side]);
}

static void
value_text(const struct diff_sequence *s, int side, char out[48])
{
	if (s->has[side] && s->state != DIFF_UNKNOWN)
		(void)snprintf(out, 48, "%" PRId64 "%s", s->value[side],
		    s->called[side] ? "" : ", not used");
}

static struct line
table_line(const struct diff_table *t)
{
	struct line line = { .name = mem_printf("%s.%s", t->schema, t->name),
		.what = content(t),
		.columns = column_changes(t->columns, t->column_count) };

	rows_text(t, 0, line.before);
	rows_text(t, 1, line.after);
	return line;
}

static struct line
sequence_line(const struct diff_sequence *s)
{
	struct line line = { .name = mem_printf("%s.%s", s->schema, s->name),
		.what = mem_strdup(report_word(s->state)) };

	value_text(s, 0, line.before);
	value_text(s, 1, line.after);
	return line;
}

static void
line_clear(struct line *line)
{
	free(line->name);
	free(line->what);
	free(line->columns);
}

/* ---- amounts ---- */

struct amounts {
	size_t tables, same_tables, unknown_tables, left_out;
	size_t sequences, same_sequences;
	uint64_t rows;
};

static struct amounts
count(const struct diff *d)
{
	struct amounts a = { .sequences = d->sequence_count };
	size_t i;

	for (i = 0; i < d->table_count; i++) {
		const struct diff_table *t = &d->tables[i];

		a.left_out += t->state == DIFF_LEFT_OUT;
		if (t->state == DIFF_LEFT_OUT && t->column_count == 0)
			continue;
		a.tables++;
		a.unknown_tables += t->state == DIFF_UNKNOWN;
		a.same_tables += diff_table_is_same(t) && t->state == DIFF_SAME;
		if (t->state == DIFF_SAME)
			a.rows += t->rows[0];
	}
	for (i = 0; i < d->sequence_count; i++)
		a.same_sequences += d->sequences[i].state == DIFF_SAME;
	return a;
}

static void
add_part(struct buf *line, const char *text)
{
	buf_printf(line, "%s%s", line->len > 0 ? ", " : "", text);
}

static void
add_amount(struct buf *line, uint64_t n, const char *one, const char *many)
{
	buf_puts(line, line->len > 0 ? ", " : "");
	work_amount(line, n, one, many);
}

/* "6 tables with 182,112 rows, 5 sequences, the definitions" of what is the
 * same. */
static void
add_same(const struct diff *d, const struct amounts *a, struct buf *line)
{
	if (d->has_rows) {
		add_amount(line, a->same_tables, "table", "tables");
		buf_puts(line, " with ");
		work_amount(line, a->rows, "row", "rows");
		add_amount(line, a->same_sequences, "sequence", "sequences");
	}
	if (d->lobjs.compared && d->lobjs.state == DIFF_SAME &&
	    d->lobjs.count[0] > 0)
		add_amount(
		    line, d->lobjs.count[0], "large object", "large objects");
	if (d->has_schema && d->schema.len == 0)
		add_part(line, "the definitions");
}

static void
add_of(
    struct buf *line, size_t n, size_t all, const char *one, const char *many)
{
	buf_printf(line, "%s%zu of ", line->len > 0 ? ", " : "", n);
	work_amount(line, all, one, many);
}

/* Of what is not. */
static void
add_different(const struct diff *d, const struct amounts *a, struct buf *line)
{
	size_t i, tables = 0, sequences = 0;

	for (i = 0; i < d->table_count; i++)
		tables += !diff_table_is_same(&d->tables[i]);
	for (i = 0; i < d->sequence_count; i++)
		sequences += d->sequences[i].state != DIFF_SAME &&
		    d->sequences[i].state != DIFF_UNKNOWN;
	if (tables > 0)
		add_of(line, tables, a->tables, "table", "tables");
	if (sequences > 0)
		add_of(line, sequences, a->sequences, "sequence", "sequences");
	if (d->lobjs.compared && d->lobjs.state == DIFF_CHANGED)
		add_part(line, "large objects");
	if (d->schema.len > 0)
		add_part(line, "definitions");
}

static char *
verdict(const struct diff *d)
{
	struct amounts a = count(d);
	struct buf line = { 0 };
	char *text;

	if (diff_is_same(d))
		add_same(d, &a, &line);
	else
		add_different(d, &a, &line);
	if (a.left_out > 0) {
		add_part(&line, "the rows of ");
		work_amount(&line, a.left_out, "table", "tables");
		buf_puts(&line, " left out");
	}
	if (a.unknown_tables > 0) {
		add_of(&line, a.unknown_tables, a.tables, "table", "tables");
		buf_puts(&line, " not known");
	}
	text = mem_printf("%s: %s",
	    !diff_is_same(d)          ? "different"
		: diff_unknown(d) > 0 ? "same as far as is known"
				      : "same",
	    buf_text(&line));
	buf_free(&line);
	return text;
}

/* ---- for the terminal ---- */

/* One of sequences takes but the first four. */
static void
add_line(struct grid *grid, struct line line)
{
	grid_add(grid,
	    (const char *[]){
		line.name, line.before, line.after, line.what, line.columns });
	line_clear(&line);
}

static void
print_grid(const struct grid *grid, size_t shown)
{
	if (shown == 0)
		return;
	grid_print(grid, stdout);
	(void)putchar('\n');
}

static void
print_tables(const struct diff *d, int all)
{
	static const struct grid_column columns[] = {
		{ "TABLE", 0 },
		{ "ROWS BEFORE", 1 },
		{ "ROWS AFTER", 1 },
		{ "CONTENT", 0 },
		{ "COLUMNS", 0 },
	};
	struct grid *grid = grid_new(columns, 5);
	size_t i, shown = 0;

	for (i = 0; i < d->table_count; i++) {
		const struct diff_table *t = &d->tables[i];

		if (!all && diff_table_is_same(t) && t->state != DIFF_UNKNOWN)
			continue;
		shown++;
		add_line(grid, table_line(t));
	}
	print_grid(grid, shown);
	grid_free(grid);
}

static void
print_sequences(const struct diff *d)
{
	static const struct grid_column columns[] = {
		{ "SEQUENCE", 0 },
		{ "BEFORE", 1 },
		{ "AFTER", 1 },
		{ "VALUE", 0 },
	};
	struct grid *grid = grid_new(columns, 4);
	size_t i, shown = 0;

	for (i = 0; i < d->sequence_count; i++) {
		if (d->sequences[i].state == DIFF_SAME)
			continue;
		shown++;
		add_line(grid, sequence_line(&d->sequences[i]));
	}
	print_grid(grid, shown);
	grid_free(grid);
}

/* "large objects: 3 before, 4 after, different", unless they are the same. */
static void
print_lobjs(const struct diff *d)
{
	char before[32], after[32];

	if (!d->lobjs.compared || d->lobjs.state == DIFF_SAME)
		return;
	text_count(before, sizeof(before), d->lobjs.count[0]);
	text_count(after, sizeof(after), d->lobjs.count[1]);
	(void)printf("large objects: %s before, %s after, %s\n\n", before,
	    after, report_word(d->lobjs.state));
}

/* The hunks with their two lines before; the caller frees. */
char *
report_schema(const struct diff *d)
{
	char *left = title(&d->titles[0]), *right = title(&d->titles[1]);
	char *text;

	text =
	    mem_printf("--- %s\n+++ %s\n%s", left, right, buf_text(&d->schema));
	text_clean(text);
	free(left);
	free(right);
	return text;
}

static void
print_titles(const struct diff_title titles[2])
{
	char *left = title(&titles[0]), *right = title(&titles[1]);

	(void)printf("before  %s\nafter   %s\n\n", left, right);
	free(left);
	free(right);
}

void
report_text(const struct diff *d, int all)
{
	char *last = verdict(d), *schema;

	if (!diff_is_same(d) || all || diff_unknown(d) > 0)
		print_titles(d->titles);
	if (d->has_rows) {
		print_tables(d, all);
		print_sequences(d);
		print_lobjs(d);
	}
	if (d->schema.len > 0) {
		schema = report_schema(d);
		(void)printf("%s\n", schema);
		free(schema);
	}
	(void)printf("%s\n", last);
	free(last);
}

/* ---- Markdown ---- */

/* Within a cell of a table a bar ends it; the caller frees. */
static char *
cell(const char *text)
{
	struct buf out = { 0 };
	char *result, *clean = mem_strdup(text);
	const char *p;

	text_clean_line(clean);
	for (p = clean; *p != '\0'; p++) {
		if (strchr("\\|`*_<>[]&~", *p) != NULL)
			buf_puts(&out, "\\");
		buf_printf(&out, "%c", *p);
	}
	result = mem_strdup(buf_text(&out));
	buf_free(&out);
	free(clean);
	return result;
}

static void
print_cell(const char *text)
{
	char *escaped = cell(text);

	(void)printf(" %s |", escaped);
	free(escaped);
}

static void
print_digest(const struct diff_table *t, int side)
{
	if (t->read[side])
		(void)printf(" `%s` |", t->digits[side]);
	else
		(void)printf(" |");
}

static void
begin_row(const struct line *line)
{
	(void)putchar('|');
	print_cell(line->name);
	print_cell(line->before);
	print_cell(line->after);
}

static void
print_table_row(const struct diff_table *t)
{
	struct line line = table_line(t);

	begin_row(&line);
	if (line.columns[0] != '\0') {
		char *both =
		    mem_printf("%s; columns: %s", line.what, line.columns);

		print_cell(both);
		free(both);
	} else {
		print_cell(line.what);
	}
	print_digest(t, 0);
	print_digest(t, 1);
	(void)putchar('\n');
	line_clear(&line);
}

static void
print_sequence_row(const struct diff_sequence *s)
{
	struct line line = sequence_line(s);

	begin_row(&line);
	print_cell(line.what);
	(void)putchar('\n');
	line_clear(&line);
}

/* A fence is longer than any run of its characters within. */
static void
print_fenced(const char *text)
{
	size_t run = 0, longest = 2;
	const char *p;
	int i;

	for (p = text; *p != '\0'; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (i = 0; i < 2; i++) {
		(void)printf("%.*s%s",
		    (int)(longest + 1 > 60 ? 60 : longest + 1),
		    "``````````````````````````````````````````````````````````"
		    "``",
		    i == 0 ? "diff\n" : "\n");
		if (i == 0)
			(void)fputs(text, stdout);
	}
}

static void
print_sequence_rows(const struct diff *d)
{
	size_t i, shown = 0;

	for (i = 0; i < d->sequence_count; i++) {
		if (d->sequences[i].state == DIFF_SAME)
			continue;
		if (shown++ == 0)
			(void)printf("| Sequence | Before | After | Value |\n"
				     "|---|---:|---:|---|\n");
		print_sequence_row(&d->sequences[i]);
	}
	if (shown > 0)
		(void)putchar('\n');
}

static void
print_line(const char *before, const char *text, const char *after)
{
	char *escaped = cell(text);

	(void)printf("%s%s%s", before, escaped, after);
	free(escaped);
}

void
report_markdown(const struct diff *d)
{
	char *left = title(&d->titles[0]), *right = title(&d->titles[1]);
	char *last = verdict(d), *schema;
	size_t i;

	print_line("- Before: ", left, "\n");
	print_line("- After: ", right, "\n\n");
	if (d->table_count > 0)
		(void)printf("| Table | Rows before | Rows after | Content | "
			     "Digest before | Digest after |\n"
			     "|---|---:|---:|---|---|---|\n");
	for (i = 0; i < d->table_count; i++)
		print_table_row(&d->tables[i]);
	if (d->table_count > 0)
		(void)putchar('\n');
	print_sequence_rows(d);
	print_lobjs(d);
	if (d->schema.len > 0) {
		schema = report_schema(d);
		print_fenced(schema);
		(void)putchar('\n');
		free(schema);
	}
	print_line("**", last, "**\n");
	free(left);
	free(right);
	free(last);
}

/* ---- the rows of one table ---- */

/* One line of what somebody else may have named; takes ${text}. */
static void
print_clean(char *text)
{
	text_clean_line(text);
	(void)printf("%s\n", text);
	free(text);
}

static void
print_one(const struct diff_rows *r, const struct diff_row *row)
{
	struct buf line = { 0 };
	size_t i;

	buf_printf(&line, "%c %s",
	    row->state == DIFF_ADDED         ? '+'
		: row->state == DIFF_REMOVED ? '-'
					     : '!',
	    row->key.line);
	if (r->key == NULL)
		buf_printf(&line, "  (%" PRIu64 " before, %" PRIu64 " after)",
		    row->count[0], row->count[1]);
	for (i = 0; i < row->value_count; i++) {
		const struct diff_value *v = &row->values[i];

		buf_printf(&line, "%s%s: ", i > 0 ? "; " : "  ", v->column);
		diff_rows_value(v->text[0].line, &line);
		buf_puts(&line, " -> ");
		diff_rows_value(v->text[1].line, &line);
	}
	print_clean(mem_strdup(buf_text(&line)));
	buf_free(&line);
}

/* Which columns were not compared. */
static void
print_omitted(const struct diff_rows *r)
{
	if (r->omitted_count == 0)
		return;
	(void)fputs("not compared: ", stdout);
	print_clean(column_changes(r->omitted, r->omitted_count));
}

static void
print_verdict(const struct diff_rows *r)
{
	if (r->row_count > 0)
		(void)printf("different: %s%zu row%s%s\n",
		    r->more ? "more than these " : "", r->row_count,
		    r->row_count == 1 ? "" : "s",
		    r->omitted_count > 0 ? ", columns" : "");
	else
		(void)printf("different: columns; in all others the rows are "
			     "the same\n");
}

void
report_rows(const struct diff_rows *r)
{
	size_t i;

	if (diff_rows_is_same(r)) {
		print_clean(mem_printf("same: the rows of %s", r->table));
		return;
	}
	print_titles(r->titles);
	print_clean(mem_printf(
	    "%s, by %s:", r->table, r->key != NULL ? r->key : "whole rows"));
	for (i = 0; i < r->row_count; i++)
		print_one(r, &r->rows[i]);
	(void)putchar('\n');
	print_omitted(r);
	print_verdict(r);
}
