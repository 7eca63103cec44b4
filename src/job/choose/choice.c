#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/callers.h"
#include "job/choose/choice.h"

/* How an entry's turn stands while all of them are gone through. */
enum verdict { OPEN = 0, ASKED, NO, YES };

struct choosing {
	struct choice *choice;
	const struct toc *toc;
	const struct inventory *inv;
	const struct picks *picks;
	uint8_t *verdicts;
};

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int
is_lobj(const struct toc_entry *e)
{
	return toc_is(e, "BLOB") || toc_is(e, "BLOB METADATA");
}

/* What switches leave out, whatever it belongs to. */
static int
is_switched_off(const struct selection *said, const struct toc_entry *e)
{
	if (said->no_comments && toc_is(e, "COMMENT"))
		return 1;
	if (said->no_privileges &&
	    (toc_is(e, "ACL") || toc_is(e, "ACL LANGUAGE") ||
		toc_is(e, "DEFAULT ACL")))
		return 1;
	if (said->no_publications && begins(e->desc, "PUBLICATION"))
		return 1;
	if (said->no_subscriptions && begins(e->desc, "SUBSCRIPTION"))
		return 1;
	return said->schema_only &&
	    (toc_is(e, "MATERIALIZED VIEW DATA") ||
		toc_is(e, "STATISTICS DATA"));
}

static int
relation_picks(const struct choosing *g, const struct toc_entry *e)
{
	int at = inventory_find(g->inv, e->schema, e->tag);

	return at >= 0 ? g->picks->relations[at] : 0;
}

static int
schema_is_picked(const struct choosing *g, const char *name)
{
	int at = inventory_schema(g->inv, name);

	return at >= 0 ? g->picks->schemas[at] : g->picks->rest;
}

static int
extension_is_picked(const struct choosing *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->inv->extension_count; i++)
		if (strcmp(g->inv->extensions[i], name) == 0)
			return g->picks->extensions[i];
	return 0;
}

/* What stands by itself. */
static int
wants_root(const struct choosing *g, const struct toc_entry *e)
{
	struct sqlname schema;
	int yes;

	if (toc_relkind(e))
		return (relation_picks(g, e) & PICK_DEFINITION) != 0;
	if (toc_is(e, "SCHEMA"))
		return schema_is_picked(g, e->tag);
	if (toc_is(e, "EXTENSION"))
		return extension_is_picked(g, e->tag);
	if (is_lobj(e))
		return g->picks->lobjs;
	if (e->schema[0] != '\0')
		return schema_is_picked(g, e->schema);
	if (!toc_about_schema(e, &schema))
		return g->picks->rest;
	yes = schema_is_picked(g, schema.name);
	sqlname_free(&schema);
	return yes;
}

static int wants(struct choosing *g, size_t entry);

/* Whether everything that ${e} binds together is wanted: all that it depends
 * on, and at least ${least} relations. */
static int
wants_both(struct choosing *g, const struct toc_entry *e, size_t least)
{
	size_t d, relations = 0;
	int first = -1;

	for (d = 0; d < e->dep_count; d++) {
		int at = toc_tree_of_id(g->choice->tree, e->deps[d]);

		if (at < 0)
			continue;
		if (!wants(g, (size_t)at))
			return 0;
		if (!toc_relkind(&g->toc->entries[at]) || at == first)
			continue;
		first = at;
		relations++;
	}
	return relations >= least;
}

/* What belongs to something that is wanted. */
static int
wants_part(struct choosing *g, const struct toc_entry *e, size_t owner)
{
	int table;

	if (toc_is(e, "TABLE ATTACH") || toc_is(e, "INDEX ATTACH"))
		return wants_both(g, e, 2);
	if (toc_is(e, "PUBLICATION TABLE"))
		return wants_both(g, e, 1);
	if (begins(e->desc, "PUBLICATION ") || begins(e->desc, "SUBSCRIPTION "))
		return wants_both(g, e, 0);
	if (toc_is(e, "SEQUENCE OWNED BY")) {
		table = toc_tree_owner(g->choice->tree, owner);
		return table >= 0 && wants(g, (size_t)table);
	}
	if (toc_is(e, "MATERIALIZED VIEW DATA"))
		return (relation_picks(g, e) & PICK_ROWS) != 0;
	return 1;
}

static int
wants_now(struct choosing *g, size_t entry)
{
	const struct toc_entry *e = &g->toc->entries[entry];
	int owner = toc_tree_owner(g->choice->tree, entry);

	if (is_switched_off(&g->choice->said, e))
		return 0;
	/* Whether a sequence comes with its table is settled already. */
	if (owner < 0 || toc_relkind(e))
		return wants_root(g, e);
	return wants(g, (size_t)owner) && wants_part(g, e, (size_t)owner);
}

/* An entry that waits for itself is not wanted: no such file is pg_dump's. */
static int
wants(struct choosing *g, size_t entry)
{
	uint8_t *verdict = &g->verdicts[entry];

	if (*verdict == OPEN) {
		*verdict = ASKED;
		*verdict = wants_now(g, entry) ? YES : NO;
	}
	return *verdict == YES;
}

/* Large objects are data, though statements make them; so is what is said of
 * them. */
static int
wants_lobj(const struct choosing *g, size_t entry)
{
	const struct toc_entry *e = &g->toc->entries[entry];
	int owner = toc_tree_owner(g->choice->tree, entry);

	return g->picks->lobjs && !is_switched_off(&g->choice->said, e) &&
	    (is_lobj(e) || (owner >= 0 && is_lobj(&g->toc->entries[owner])));
}

static void
choose_entries(struct choosing *g)
{
	struct choice *c = g->choice;
	size_t i;

	g->verdicts = mem_zalloc(g->toc->count + 1);
	c->entries = mem_zalloc(g->toc->count + 1);
	for (i = 0; i < g->toc->count; i++)
		c->entries[i] = (uint8_t)(c->said.data_only ? wants_lobj(g, i)
							    : wants(g, i));
	free(g->verdicts);
}

static int
picks_rows(const struct choosing *g, const char *schema, const char *name)
{
	int at = inventory_find(g->inv, schema, name);

	return at >= 0 && (g->picks->relations[at] & PICK_ROWS) != 0;
}

static void
choose_rows(struct choosing *g, const struct catalog *cat)
{
	struct catalog *view = &g->choice->cat;
	size_t i;

	*view = *cat;
	view->tables =
	    mem_array(NULL, cat->table_count + 1, sizeof(*view->tables));
	view->sequences =
	    mem_array(NULL, cat->sequence_count + 1, sizeof(*view->sequences));
	view->sequence_count = 0;
	for (i = 0; i < cat->table_count; i++) {
		struct table *t = &view->tables[i];

		*t = cat->tables[i];
		t->left_out |=
		    t->kind != 'p' && !picks_rows(g, t->schema, t->name);
	}
	for (i = 0; i < cat->sequence_count; i++) {
		const struct sequence *s = &cat->sequences[i];

		if (picks_rows(g, s->schema, s->name))
			view->sequences[view->sequence_count++] = *s;
	}
	if (!g->picks->lobjs)
		view->lobj_count = 0;
	if (g->choice->said.no_comments)
		view->comment = NULL;
	if (g->choice->said.no_privileges)
		view->acl = NULL;
}

/* Whether the table itself comes, and not its rows alone. */
static int
is_made(const struct choice *c, const struct table *t)
{
	int at = toc_tree_relation(c->tree, t->schema, t->name);

	return at >= 0 && c->entries[at];
}

/* Rows can't go through a table that does not come.  One that comes without its
 * rows takes those of others, if any do. */
static void
settle_ways(struct choosing *g)
{
	struct choice *c = g->choice;
	uint8_t *used = mem_zalloc(c->cat.table_count + 1);
	size_t i;

	for (i = 0; i < c->cat.table_count; i++)
		if (table_has_rows(&c->cat.tables[i]) &&
		    c->cat.tables[i].load_via >= 0)
			used[c->cat.tables[i].load_via] = 1;

	for (i = 0; i < c->cat.table_count; i++) {
		struct table *t = &c->cat.tables[i];
		const struct table *via;

		if (t->load_via < 0)
			continue;
		via = &c->cat.tables[t->load_via];
		if ((t->left_out &&
			(!used[t->load_via] || c->said.data_only ||
			    !is_made(c, t))) ||
		    (!c->said.data_only && !is_made(c, via)))
			t->load_via = -1;
	}
	free(used);
}

/* What was chosen when the archive was made holds here, too. */
static int
merge_options(
    const struct catalog *cat, struct selection *said, struct err *err)
{
	struct selection made = { 0 };
	size_t i;
	int *option;

	for (i = 0; i < cat->option_count; i++) {
		option = selection_option(&made, cat->options[i]);
		if (option == NULL)
			continue;
		*option = 1;
		*selection_option(said, cat->options[i]) = 1;
	}
	if (!said->schema_only || !said->data_only)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    made.schema_only ? "the archive has no rows: it was made with "
			       "--schema-only"
			     : "the archive has no definitions: it was made "
			       "with --data-only");
	return err_hint(err, "\"pgcask show\" tells what is in it");
}

struct choice *
choice_new(const struct selection *sel, const struct toc *toc,
    const struct catalog *cat, struct err *err)
{
	struct choice *c = mem_zalloc(sizeof(*c));
	struct choosing g = { .choice = c, .toc = toc };
	struct inventory *inv;
	struct picks *picks = NULL;

	c->said = *sel;
	c->is_part = sel->rule_count > 0;
	c->tree = toc_tree_new(toc);
	g.inv = inv = inventory_of_archive(toc, c->tree, cat);
	if (merge_options(cat, &c->said, err) == 0)
		g.picks = picks = selection_pick(&c->said, inv, err);
	if (picks != NULL) {
		choose_entries(&g);
		choose_rows(&g, cat);
		callers_mark(toc, c->tree, c->said.data_only, c->cat.tables,
		    c->cat.table_count);
		settle_ways(&g);
	}
	inventory_free(inv);
	if (picks == NULL) {
		choice_free(c);
		return NULL;
	}
	picks_free(picks);
	return c;
}

void
choice_free(struct choice *c)
{
	if (c == NULL)
		return;
	toc_tree_free(c->tree);
	free(c->entries);
	free(c->cat.tables);
	free(c->cat.sequences);
	free(c);
}

void
choice_mask(const struct choice *c, const struct toc *toc, enum pass *passes)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (!c->entries[i])
			passes[i] = PASS_NONE;
}

/* Whether an entry, or what it belongs to, is marked. */
static int
is_below(const struct choice *c, const uint8_t *marks, size_t count, size_t i)
{
	size_t steps;
	int at = (int)i;

	for (steps = 0; at >= 0 && steps < count; steps++) {
		if (marks[at])
			return 1;
		at = toc_tree_owner(c->tree, (size_t)at);
	}
	return 0;
}

void
choice_change(
    struct choice *c, const struct toc *toc, const uint8_t *marks, int take)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (is_below(c, marks, toc->count, i) &&
		    !(take && is_switched_off(&c->said, &toc->entries[i])))
			c->entries[i] = take != 0;
}
