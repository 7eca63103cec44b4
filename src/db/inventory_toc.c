#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/inventory.h"

/* An archive's inventory being made. */
struct making {
	struct inventory *inv;
	const struct toc *toc;
	const struct toc_tree *tree;
	const struct catalog *cat;
	int *relation_of; /* by entry, or -1 */
	size_t heritage_room;
};

/* Add a name, unless it was the last that came; sorting drops the others. */
static void
add_name(char ***names, size_t *count, const char *name)
{
	if (*count > 0 && strcmp((*names)[*count - 1], name) == 0)
		return;
	*names = mem_array(*names, *count + 1, sizeof(**names));
	(*names)[(*count)++] = mem_strdup(name);
}

static struct relation *
add_relation(
    struct inventory *inv, const char *schema, const char *name, char kind)
{
	struct relation *rel = &inv->relations[inv->relation_count++];

	rel->schema = mem_strdup(schema);
	rel->name = mem_strdup(name);
	rel->kind = kind;
	rel->is_visible = 1;
	rel->extension = rel->owner = -1;
	add_name(&inv->schemas, &inv->schema_count, schema);
	return rel;
}

static void
add_entries(struct making *m)
{
	struct inventory *inv = m->inv;
	size_t i;

	for (i = 0; i < m->toc->count; i++) {
		const struct toc_entry *e = &m->toc->entries[i];
		char kind = toc_relkind(e);

		m->relation_of[i] = kind ? (int)inv->relation_count : -1;
		if (kind)
			(void)add_relation(inv, e->schema, e->tag, kind);
		else if (toc_is(e, "SCHEMA"))
			add_name(&inv->schemas, &inv->schema_count, e->tag);
		else if (toc_is(e, "EXTENSION"))
			add_name(
			    &inv->extensions, &inv->extension_count, e->tag);
		else if (e->schema[0] != '\0')
			add_name(&inv->schemas, &inv->schema_count, e->schema);
	}
	for (i = 0; i < m->toc->count; i++) {
		int owner = toc_tree_owner(m->tree, i);
		struct relation *rel;

		if (m->relation_of[i] < 0 || owner < 0 ||
		    !toc_is(&m->toc->entries[i], "SEQUENCE"))
			continue;
		rel = &inv->relations[m->relation_of[i]];
		rel->owner = m->relation_of[owner];
		rel->is_identity =
		    strncmp(m->toc->entries[i].defn, "ALTER TABLE ", 12) == 0;
	}
}

/* What the catalog has and the table of contents has not. */
static void
add_catalog(struct making *m)
{
	struct inventory *inv = m->inv;
	const struct catalog *cat = m->cat;
	size_t i, extension = inv->extension_count;
	int alone = catalog_has_rows_alone(cat);

	for (i = 0; i < cat->table_count + cat->sequence_count; i++) {
		int is_table = i < cat->table_count;
		const struct sequence *s =
		    is_table ? NULL : &cat->sequences[i - cat->table_count];
		const char *schema =
		    is_table ? cat->tables[i].schema : s->schema;
		const char *name = is_table ? cat->tables[i].name : s->name;
		struct relation *rel;

		if (toc_tree_relation(m->tree, schema, name) >= 0)
			continue;
		rel = add_relation(
		    inv, schema, name, is_table ? cat->tables[i].kind : 'S');
		if (alone)
			continue;
		/* Which one is not said. */
		if (inv->extension_count == extension)
			add_name(&inv->extensions, &inv->extension_count, "");
		rel->extension = (int)extension;
		rel->has_settings = 1;
	}
}

/* An entry is of a table, of whatever sort. */
static void
tell_partitioned(struct making *m)
{
	const struct catalog *cat = m->cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];
		int at = t->kind == 'p'
		    ? inventory_find(m->inv, t->schema, t->name)
		    : -1;

		if (at >= 0)
			m->inv->relations[at].kind = 'p';
	}
}

static void
add_heritage(struct making *m, int child, int parent)
{
	struct inventory *inv = m->inv;

	if (child < 0 || parent < 0)
		return;
	if (inv->heritage_count == m->heritage_room) {
		m->heritage_room = 2 * m->heritage_room + 16;
		inv->heritage = mem_array(
		    inv->heritage, m->heritage_room, sizeof(*inv->heritage));
	}
	inv->heritage[inv->heritage_count++] =
	    (struct heritage){ (size_t)child, (size_t)parent };
}

static void
find_heritage(struct making *m)
{
	const struct inventory *inv = m->inv;
	const struct catalog *cat = m->cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];
		const struct table *parent;

		if (t->parent < 0)
			continue;
		parent = &cat->tables[t->parent];
		add_heritage(m, inventory_find(inv, t->schema, t->name),
		    inventory_find(inv, parent->schema, parent->name));
	}
	for (i = 0; i < m->toc->count; i++) {
		const char *at = NULL;
		struct sqlname n;

		while (toc_parents(&m->toc->entries[i], &at, &n)) {
			add_heritage(m, m->relation_of[i],
			    n.schema != NULL
				? inventory_find(inv, n.schema, n.name)
				: -1);
			sqlname_free(&n);
		}
	}
}

struct inventory *
inventory_of_archive(const struct toc *toc, const struct toc_tree *tree,
    const struct catalog *cat)
{
	struct inventory *inv = mem_zalloc(sizeof(*inv));
	struct making m = { .inv = inv, .toc = toc, .tree = tree, .cat = cat };

	inv->dbname = mem_strdup(cat->dbname);
	inv->encoding = mem_strdup(cat->encoding);
	inv->place = "the archive";
	inv->relations = mem_zalloc(
	    (toc->count + cat->table_count + cat->sequence_count + 1) *
	    sizeof(*inv->relations));
	m.relation_of = mem_array(NULL, toc->count + 1, sizeof(*m.relation_of));
	add_entries(&m);
	add_catalog(&m);
	inventory_sort(inv);
	tell_partitioned(&m);
	find_heritage(&m);
	free(m.relation_of);
	return inv;
}
