#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/backup/narrow.h"

/* Names of one option: pg_dump asks the server once for each option, and a
 * command's words are bounded. */
#define OPTION_BYTES 4096
/* The first pg_dump with each option. */
#define HAS_EXTENSION 14
#define HAS_EXCLUDE_EXTENSION 17

struct narrow {
	const struct selection *sel;
	const struct inventory *inv;
	struct picks *picks;
	enum pgdump_depth depth;
	char **options;
	size_t option_count;
};

/* --- pg_dump's options --- */

static void
add_option(struct narrow *n, char *option)
{
	n->options =
	    mem_array(n->options, n->option_count + 1, sizeof(*n->options));
	n->options[n->option_count++] = option;
}

/* An option whose names are coming in: --table="schema".("a"|"b"). */
struct naming {
	struct narrow *narrow;
	const char *option;
	const char *schema; /* or NULL */
	struct buf names;
};

static void
end_option(struct naming *g)
{
	char *schema;

	if (g->names.len == 0)
		return;
	schema = g->schema != NULL ? pattern_quote(g->schema) : mem_strdup("");
	add_option(g->narrow,
	    mem_printf("--%s=%s%s(%s)", g->option, schema,
		g->schema != NULL ? "." : "", buf_text(&g->names)));
	free(schema);
	buf_free(&g->names);
}

static void
add_name(struct naming *g, const char *schema, const char *name)
{
	char *quoted = pattern_quote(name);

	if (g->names.len > OPTION_BYTES ||
	    (g->schema != NULL && schema != NULL &&
		strcmp(g->schema, schema) != 0))
		end_option(g);
	g->schema = schema;
	buf_printf(&g->names, "%s%s", g->names.len > 0 ? "|" : "", quoted);
	free(quoted);
}

/* Name every relation that ${wanted} says yes to. */
static void
name_relations(struct narrow *n, const char *option,
    int (*wanted)(const struct narrow *n, size_t i))
{
	struct naming g = { .narrow = n, .option = option };
	size_t k;

	for (k = 0; k < n->inv->relation_count; k++) {
		size_t i = n->inv->by_name[k];
		const struct relation *rel = &n->inv->relations[i];

		if (wanted(n, i))
			add_name(&g, rel->schema, rel->name);
	}
	end_option(&g);
}

static void
name_marked(struct narrow *n, const char *option, char *const *names,
    const uint8_t *marks, size_t count, int mark)
{
	struct naming g = { .narrow = n, .option = option };
	size_t i;

	for (i = 0; i < count; i++)
		if ((marks[i] != 0) == mark)
			add_name(&g, NULL, names[i]);
	end_option(&g);
}

static int
is_defined(const struct narrow *n, size_t i)
{
	return (n->picks->relations[i] & PICK_DEFINITION) != 0;
}

/* Those that pg_dump would take by their schema. */
static int
is_excluded(const struct narrow *n, size_t i)
{
	const struct relation *rel = &n->inv->relations[i];
	int schema = inventory_schema(n->inv, rel->schema);

	return !is_defined(n, i) && rel->extension < 0 && schema >= 0 &&
	    n->picks->schemas[schema];
}

/* A materialized view that is not to be filled. */
static int
is_unfilled(const struct narrow *n, size_t i)
{
	return n->inv->relations[i].kind == 'm' && is_defined(n, i) &&
	    (n->picks->relations[i] & PICK_ROWS) == 0;
}

static int
any(const uint8_t *marks, size_t count, uint8_t bits)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (marks[i] & bits)
			return 1;
	return 0;
}

/* Whether rules speak of extensions: else those come with the rest. */
static int
has_extension_rules(const struct selection *sel)
{
	size_t i;

	for (i = 0; i < sel->rule_count; i++)
		if (sel->rules[i].about == ABOUT_EXTENSION)
			return 1;
	return 0;
}

static int
too_old(int major, const char *what, int first, struct err *err)
{
	(void)err_set(err, ERR_USAGE,
	    "pg_dump %d cannot %s: that takes pg_dump %d or newer", major, what,
	    first);
	return err_hint(err, "--pg-bindir names the folder of another");
}

/*
 * pg_dump's --extension turns off what is in no schema, so it serves where
 * that is off anyway; else what is not chosen is excluded.
 */
static int
name_extensions(struct narrow *n, int major, struct err *err)
{
	const struct inventory *inv = n->inv;
	const uint8_t *marks = n->picks->extensions;

	if (!has_extension_rules(n->sel))
		return 0;
	if (!n->picks->rest && !any(marks, inv->extension_count, 1))
		return 0;
	if (!n->picks->rest && major < HAS_EXTENSION)
		return too_old(major, "choose extensions", HAS_EXTENSION, err);
	if (n->picks->rest && major < HAS_EXCLUDE_EXTENSION)
		return too_old(
		    major, "leave extensions out", HAS_EXCLUDE_EXTENSION, err);
	if (n->picks->rest)
		name_marked(n, "exclude-extension", inv->extensions, marks,
		    inv->extension_count, 0);
	else
		name_marked(n, "extension", inv->extensions, marks,
		    inv->extension_count, 1);
	return 0;
}

static void
name_objects(struct narrow *n)
{
	const struct inventory *inv = n->inv;
	const struct picks *picks = n->picks;

	if (picks->rest) {
		name_marked(n, "exclude-schema", inv->schemas, picks->schemas,
		    inv->schema_count, 0);
		name_relations(n, "exclude-table", is_excluded);
	} else if (any(picks->schemas, inv->schema_count, 1)) {
		name_marked(n, "schema", inv->schemas, picks->schemas,
		    inv->schema_count, 1);
		name_relations(n, "exclude-table", is_excluded);
	} else if (any(picks->relations, inv->relation_count,
		       PICK_DEFINITION)) {
		name_relations(n, "table", is_defined);
	} else {
		/* Extensions alone. */
		name_marked(n, "exclude-schema", inv->schemas, picks->schemas,
		    inv->schema_count, 0);
	}
	if (n->depth == PGDUMP_ALL)
		name_relations(n, "exclude-table-data", is_unfilled);
}

static void
add_switches(struct narrow *n)
{
	const struct selection *sel = n->sel;

	if (sel->no_privileges)
		add_option(n, mem_strdup("--no-privileges"));
	if (sel->no_comments)
		add_option(n, mem_strdup("--no-comments"));
	if (sel->no_publications)
		add_option(n, mem_strdup("--no-publications"));
	if (sel->no_subscriptions)
		add_option(n, mem_strdup("--no-subscriptions"));
}

static int
set_options(struct narrow *n, int major, struct err *err)
{
	const struct picks *picks = n->picks;
	const struct inventory *inv = n->inv;
	int nothing = !picks->rest &&
	    !any(picks->schemas, inv->schema_count, 1) &&
	    !any(picks->extensions, inv->extension_count, 1) &&
	    !any(picks->relations, inv->relation_count, PICK_DEFINITION);

	n->depth = n->sel->schema_only ? PGDUMP_SCHEMA_ONLY : PGDUMP_ALL;
	if (nothing || n->sel->data_only) {
		n->depth = PGDUMP_NOTHING;
		return 0;
	}
	add_switches(n);
	name_objects(n);
	return name_extensions(n, major, err);
}

struct narrow *
narrow_new(const struct selection *sel, const struct inventory *inv,
    int pg_dump_major, struct err *err)
{
	struct narrow *n = mem_zalloc(sizeof(*n));

	n->sel = sel;
	n->inv = inv;
	n->picks = selection_pick(sel, inv, err);
	if (n->picks != NULL && set_options(n, pg_dump_major, err) == 0)
		return n;
	narrow_free(n);
	return NULL;
}

void
narrow_free(struct narrow *n)
{
	size_t i;

	if (n == NULL)
		return;
	picks_free(n->picks);
	for (i = 0; i < n->option_count; i++)
		free(n->options[i]);
	free(n->options);
	free(n);
}

void
narrow_pgdump(const struct narrow *n, struct pgdump_opts *opts)
{
	opts->depth = n->depth;
	opts->options = n->options;
	opts->option_count = n->option_count;
}

int
narrow_has_rest(const struct narrow *n)
{
	return n->picks->rest && n->depth != PGDUMP_NOTHING;
}

/* --- the catalog --- */

static int
pick_of(const struct narrow *n, const char *schema, const char *name)
{
	int i = inventory_find(n->inv, schema, name);

	return i >= 0 ? n->picks->relations[i] : 0;
}

/* Keep the chosen tables; the numbers by which they know their parents
 * change. */
static void
keep_tables(const struct narrow *n, struct catalog *cat)
{
	int *moved = mem_array(NULL, cat->table_count + 1, sizeof(*moved));
	size_t i, kept = 0;

	for (i = 0; i < cat->table_count; i++) {
		struct table *t = &cat->tables[i];
		int pick = pick_of(n, t->schema, t->name);

		moved[i] = pick != 0 ? (int)kept : -1;
		if (pick == 0) {
			catalog_drop_table(t);
			continue;
		}
		t->left_out = t->kind != 'p' && (pick & PICK_ROWS) == 0;
		cat->tables[kept++] = *t;
	}
	cat->table_count = kept;
	for (i = 0; i < kept; i++) {
		struct table *t = &cat->tables[i];

		t->parent = t->parent >= 0 ? moved[t->parent] : -1;
		t->load_via = t->load_via >= 0 ? moved[t->load_via] : -1;
	}
	free(moved);
	/* A gap in between: what is above it is above others. */
	for (i = 0; i < kept; i++) {
		int above = cat->tables[i].parent;

		while (above >= 0 && above != cat->tables[i].load_via)
			above = cat->tables[above].parent;
		if (above < 0)
			cat->tables[i].load_via = -1;
	}
}

static void
keep_sequences(const struct narrow *n, struct catalog *cat)
{
	size_t i, kept = 0;

	for (i = 0; i < cat->sequence_count; i++) {
		struct sequence *s = &cat->sequences[i];

		if (pick_of(n, s->schema, s->name) & PICK_ROWS)
			cat->sequences[kept++] = *s;
		else
			catalog_drop_sequence(s);
	}
	cat->sequence_count = kept;
}

static void
write_down(const struct selection *sel, struct catalog *cat)
{
	struct selection copy = *sel;
	const char *name;
	size_t i;

	cat->rules = mem_array(NULL, sel->rule_count + 1, sizeof(*cat->rules));
	for (i = 0; i < sel->rule_count; i++) {
		struct buf text = { 0 };

		selection_rule_text(&sel->rules[i], &text);
		cat->rules[cat->rule_count++] = mem_strdup(buf_text(&text));
		buf_free(&text);
	}
	for (i = 0; (name = selection_option_name(i)) != NULL; i++) {
		if (!*selection_option(&copy, name))
			continue;
		cat->options = mem_array(
		    cat->options, cat->option_count + 1, sizeof(*cat->options));
		cat->options[cat->option_count++] = mem_strdup(name);
	}
}

void
narrow_catalog(const struct narrow *n, struct catalog *cat)
{
	keep_tables(n, cat);
	keep_sequences(n, cat);
	if (!n->picks->lobjs)
		cat->lobj_count = 0;
	if (n->sel->no_comments) {
		free(cat->comment);
		cat->comment = NULL;
	}
	if (n->sel->no_privileges) {
		free(cat->acl);
		cat->acl = NULL;
	}
	write_down(n->sel, cat);
}
