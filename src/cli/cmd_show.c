#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/fingerprint.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/view/show.h"

#define LABEL_WIDTH 15

static const struct grid_column columns[] = {
	{ "TABLE", 0 },
	{ "ROWS", 1 },
	{ "BYTES", 1 },
	{ "PARTS", 1 },
	{ "FORMAT", 0 },
	{ "DIGEST", 0 },
};

static void fact(const char *label, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One line, "label  text". */
static void
fact(const char *label, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	text_clean_line(line);
	printf("%-*s%s\n", LABEL_WIDTH, label, line);
}

static void
print_signer(const struct header *header, const struct show *show,
    const struct args *args)
{
	char text[KEYS_TEXT_SIZE];
	size_t i;
	int by_key = 0;

	for (i = 0; i < header->slot_count; i++) {
		if (header->slots[i].type == SLOT_RECIPIENT)
			by_key = 1;
	}
	if (header->is_signed)
		keys_signer_text(header->signer, text);
	fact("signer", "%s", header->is_signed ? text : "none");
	if (show->catalog == NULL)
		fact("signature", "not checked without a key");
	else if (!header->is_signed)
		fact("signature", "none: whoever knows %s could have made it",
		    by_key ? "the recipient's public key" : "the passphrase");
	else if (args_value(args, OPT_SIGNER) != NULL)
		fact("signature", "good, of the signer that --signer names");
	else if (args_value(args, OPT_OPEN_KEY) == NULL)
		fact("signature",
		    "good, of a signer that only the open key "
		    "could know");
	else
		fact("signature",
		    "good, of the signer that the open key trusts");
}

static void
print_slots(const struct header *header)
{
	size_t i;

	for (i = 0; i < header->slot_count; i++) {
		const struct slot *slot = &header->slots[i];
		char text[KEYS_TEXT_SIZE];

		if (slot->type == SLOT_RECIPIENT) {
			keys_recipient_text(slot->recipient, text);
			fact("opened by", "%s", text);
		} else {
			fact("opened by", "a passphrase (Argon2id, %llu MiB)",
			    (unsigned long long)(slot->memory >> 20));
		}
	}
}

static void
print_header(const struct show *show, const struct args *args)
{
	const struct header *header = show->header;
	char id[FORMAT_UUID_SIZE], created[WALL_ISO_SIZE], size[32];

	format_uuid(header->id, id);
	wall_iso(header->created, created);
	fact("archive", "%s", id);
	fact("created", "%s by %s, format %d", created, header->tool,
	    FORMAT_NUMBER);
	if (show->size > 0) {
		text_bytes(size, sizeof(size), (double)show->size);
		fact("size", "%s", size);
	}
	fact("cipher", "XChaCha20-Poly1305, zstd inside");
	print_slots(header);
	print_signer(header, show, args);
}

static void
print_locale(const struct catalog *cat)
{
	struct buf text = { 0 };

	if (cat->locale != NULL)
		buf_printf(&text, "%s, ", cat->locale);
	if (cat->collate != NULL && cat->ctype != NULL &&
	    strcmp(cat->collate, cat->ctype) == 0)
		buf_puts(&text, cat->collate);
	else
		buf_printf(&text, "collate %s, ctype %s",
		    cat->collate != NULL ? cat->collate : "none",
		    cat->ctype != NULL ? cat->ctype : "none");
	fact("locale", "%s (%s)", buf_text(&text), cat->provider);
	buf_free(&text);
}

static void
print_amounts(const struct show *show)
{
	const struct manifest *m = show->manifest;
	struct show_totals totals;
	char rows[32], bytes[32], sealed[32], took[32], locked[32];

	show_totals(show, &totals);
	text_count(rows, sizeof(rows), totals.rows);
	text_bytes(bytes, sizeof(bytes), (double)totals.bytes);
	text_bytes(sealed, sizeof(sealed), (double)totals.sealed);
	text_duration(took, sizeof(took), m->duration);
	text_duration(locked, sizeof(locked), m->locked);
	fact("tables", "%zu, %s row%s", totals.tables, rows,
	    totals.rows == 1 ? "" : "s");
	if (m->lobj_count > 0) {
		text_count(rows, sizeof(rows), m->lobj_count);
		fact("large objects", "%s", rows);
	}
	if (totals.sealed > 0)
		fact("data", "%s in %zu part%s, %s sealed (1 : %.1f)", bytes,
		    m->part_count, m->part_count == 1 ? "" : "s", sealed,
		    (double)totals.bytes / (double)totals.sealed);
	fact("taken in", "%s, the snapshot held for %s (%u job%s, level %d)",
	    took, locked, m->jobs, m->jobs == 1 ? "" : "s", m->level);
}

/* What was chosen, a line for each rule, if not everything was. */
static void
print_chosen(const struct catalog *cat)
{
	size_t i;

	for (i = 0; i < cat->rule_count; i++)
		fact(i == 0 ? "chosen" : "", "%s", cat->rules[i]);
	for (i = 0; i < cat->option_count; i++)
		fact(cat->rule_count + i == 0 ? "chosen" : "", "%s",
		    cat->options[i]);
}

static void
print_contents(const struct show *show)
{
	const struct catalog *cat = show->catalog;
	char version[SHOW_VERSION_SIZE];
	size_t i;

	show_version(cat->server_version, version);
	printf("\n");
	if (cat->globals_only) {
		fact("holds", "the globals alone: roles and tablespaces");
		fact("server", "PostgreSQL %s", version);
	} else {
		fact("database", "%s, of %s", cat->dbname, cat->owner);
		fact("server", "PostgreSQL %s", version);
		fact("encoding", "%s", cat->encoding);
		print_locale(cat);
	}
	for (i = 0; i < cat->extension_count; i++)
		fact(i == 0 ? "extensions" : "", "%s", cat->extensions[i]);
	print_chosen(cat);
	print_amounts(show);
	for (i = 0; i < show->manifest->warning_count; i++)
		fact(i == 0 ? "warnings" : "", "%s",
		    show->manifest->warnings[i]);
}

static void
print_tables(const struct show *show)
{
	size_t i, count;
	struct show_table *tables = show_tables(show, &count);
	struct grid *grid =
	    grid_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (i = 0; i < count; i++) {
		const struct show_table *t = &tables[i];
		char rows[32], bytes[32], parts[32], digest[DIGEST_HEX_SIZE];
		char *name =
		    mem_printf("%s.%s", t->table->schema, t->table->name);

		text_count(rows, sizeof(rows), t->data->digest.rows);
		text_count(bytes, sizeof(bytes), t->data->bytes);
		text_count(parts, sizeof(parts), t->data->parts);
		fingerprint(t->table, &t->data->digest, digest);
		if (t->table->left_out)
			grid_add(grid,
			    (const char *[]){
				name, "left out", NULL, NULL, NULL, NULL });
		else
			grid_add(grid,
			    (const char *[]){ name, rows, bytes, parts,
				t->table->format == COPY_BINARY ? "binary"
								: "text",
				digest });
		free(name);
	}
	printf("\n");
	grid_print(grid, stdout);
	grid_free(grid);
	free(tables);
}

static int
print(const struct show *show, const struct args *args, struct err *err)
{
	int tables = args_count(args, OPT_TABLES) > 0;
	json_t *doc;
	int failed;

	if (args_count(args, OPT_JSON) > 0) {
		doc = show_json(show, tables);
		failed = work_print_json(doc, err);
		json_decref(doc);
		return failed;
	}
	print_header(show, args);
	if (show->catalog == NULL) {
		printf("\n" UNLOCK_NOTE);
		return 0;
	}
	print_contents(show);
	if (tables)
		print_tables(show);
	return 0;
}

int
cmd_show(const struct args *args, struct err *err)
{
	struct reader *reader = unlock_find(args, args->operands[0], err);
	struct show show = { 0 };
	int locked, failed = -1;

	if (reader == NULL)
		return -1;
	locked = args_value(args, OPT_OPEN_KEY) == NULL &&
	    args_value(args, OPT_PASSPHRASE_FILE) == NULL;
	if (locked && args_count(args, OPT_TABLES) > 0) {
		err_set(err, ERR_USAGE,
		    "the tables are sealed, and no key "
		    "was given");
		err_hint(err, "give --open-key FILE, or set PGCASK_OPEN_KEY");
		goto out;
	}
	show.header = reader_header(reader);
	show.size = reader_size(reader);
	if (!locked &&
	    (unlock_reader(args, reader, err) || show_read(reader, &show, err)))
		goto out;
	failed = print(&show, args, err);
	if (!failed && locked)
		failed = reader_check(reader, err);
out:
	reader_free(reader);
	return failed;
}
