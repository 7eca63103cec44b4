#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/toc_tree.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct toc_tree {
	const struct toc *toc;
	int *owner;        /* of each entry, or -1 */
	int *of_id;        /* by dump id: 1 + the entry, or 0 */
	size_t *relations; /* entries, sorted by schema and name */
	size_t relation_count;
};

int
toc_is(const struct toc_entry *e, const char *desc)
{
	return strcmp(e->desc, desc) == 0;
}

char
toc_relkind(const struct toc_entry *e)
{
	static const struct {
		const char *desc;
		char kind;
	} kinds[] = { { "TABLE", 'r' }, { "VIEW", 'v' },
		{ "MATERIALIZED VIEW", 'm' }, { "SEQUENCE", 'S' },
		{ "FOREIGN TABLE", 'f' } };
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (toc_is(e, kinds[i].desc))
			return kinds[i].kind;
	return 0;
}

/* --- finding entries --- */

static int
compare_names(const struct toc_entry *e, const char *schema, const char *name)
{
	int order = strcmp(e->schema, schema);

	return order != 0 ? order : strcmp(e->tag, name);
}

struct sort_item {
	const struct toc_entry *entry;
	size_t index;
};

static int
compare_items(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;

	return compare_names(x->entry, y->entry->schema, y->entry->tag);
}

static void
sort_relations(struct toc_tree *t)
{
	const struct toc *toc = t->toc;
	struct sort_item *items =
	    mem_array(NULL, toc->count + 1, sizeof(*items));
	size_t i, n = 0;

	for (i = 0; i < toc->count; i++)
		if (toc_relkind(&toc->entries[i]))
			items[n++] = (struct sort_item){ &toc->entries[i], i };
	if (n > 0)
		qsort(items, n, sizeof(*items), compare_items);
	t->relations = mem_array(NULL, n + 1, sizeof(*t->relations));
	for (i = 0; i < n; i++)
		t->relations[i] = items[i].index;
	t->relation_count = n;
	free(items);
}

int
toc_tree_relation(
    const struct toc_tree *t, const char *schema, const char *name)
{
	size_t low = 0, high = t->relation_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t entry = t->relations[middle];
		int order =
		    compare_names(&t->toc->entries[entry], schema, name);

		if (order == 0)
			return (int)entry;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int
toc_tree_of_id(const struct toc_tree *t, int id)
{
	return id >= 1 && id <= t->toc->max_id ? t->of_id[id] - 1 : -1;
}

/* --- who belongs to whom --- */

/* The part of ${tag} before the name of what belongs to ${e}: "orders " of
 * "orders orders_pkey".  Its length, or 0. */
static size_t
tag_match(const char *tag, const struct toc_entry *e)
{
	size_t len = strlen(e->tag);

	return strncmp(tag, e->tag, len) == 0 && tag[len] == ' ' ? len + 1 : 0;
}

/* What the definition of ${e} says that it is of.  Return 1, or 0. */
static int
read_subject(const struct toc_entry *e, struct sqlname *out)
{
	static const char only[] = "ONLY ";
	const char *before = toc_is(e, "RULE")            ? " TO "
	    : toc_is(e, "POLICY") || toc_is(e, "TRIGGER") ? " ON "
	    : strncmp(e->defn, "ALTER DOMAIN ", 13) == 0  ? " DOMAIN "
							  : " TABLE ";
	const char *p = sqlname_find(e->defn, before);

	if (p != NULL && strncmp(p, only, strlen(only)) == 0)
		p += strlen(only);
	return p != NULL && sqlname_read(p, out) != NULL;
}

/* Of what ${e} depends on, in its own schema, the one that its tag begins
 * with: a table, or a domain for its constraints.  Of several, such as "a" and
 * "a b" for "a b c", the one that its definition names. */
static int
owner_by_prefix(const struct toc_tree *t, const struct toc_entry *e)
{
	size_t d, best = 0;
	int owner = -1;
	struct sqlname subject = { NULL, NULL };
	int named = read_subject(e, &subject);

	for (d = 0; d < e->dep_count; d++) {
		int at = toc_tree_of_id(t, e->deps[d]);
		const struct toc_entry *of;
		size_t match;

		if (at < 0)
			continue;
		of = &t->toc->entries[at];
		if ((!toc_relkind(of) && !toc_is(of, "DOMAIN")) ||
		    toc_is(of, "SEQUENCE") ||
		    strcmp(of->schema, e->schema) != 0)
			continue;
		match = tag_match(e->tag, of);
		if (match > 0 && named && strcmp(of->tag, subject.name) == 0)
			match = SIZE_MAX;
		if (match > best) {
			best = match;
			owner = at;
		}
	}
	sqlname_free(&subject);
	return owner;
}

/* The first that ${e} depends on and that is a relation, but no sequence. */
static int
owner_by_relation(const struct toc_tree *t, const struct toc_entry *e)
{
	size_t d;

	for (d = 0; d < e->dep_count; d++) {
		int at = toc_tree_of_id(t, e->deps[d]);

		if (at >= 0 && toc_relkind(&t->toc->entries[at]) &&
		    !toc_is(&t->toc->entries[at], "SEQUENCE"))
			return at;
	}
	return -1;
}

static int
find_entry(const struct toc_tree *t, const char *desc, const char *schema,
    const char *tag)
{
	size_t i;

	for (i = 0; i < t->toc->count; i++) {
		const struct toc_entry *e = &t->toc->entries[i];

		if (toc_is(e, desc) && strcmp(e->schema, schema) == 0 &&
		    strcmp(e->tag, tag) == 0)
			return (int)i;
	}
	return -1;
}

/* pg_dump before 14 gives privileges no dependency: what they are of is in
 * the tag, "TABLE orders", "COLUMN orders.note", "FUNCTION f(integer)". */
static int
owner_by_tag(const struct toc_tree *t, const struct toc_entry *e)
{
	static const char *const relations[] = { "TABLE ", "COLUMN ",
		"SEQUENCE " };
	const char *space;
	char *desc;
	size_t i;
	int at;

	for (i = 0; i < COUNT(relations); i++) {
		size_t len = strlen(relations[i]);
		struct sqlname n;

		if (strncmp(e->tag, relations[i], len) != 0 ||
		    sqlname_read(e->tag + len, &n) == NULL)
			continue;
		/* Of "orders.note", the table comes first. */
		at = toc_tree_relation(
		    t, e->schema, n.schema != NULL ? n.schema : n.name);
		sqlname_free(&n);
		return at;
	}
	space = strchr(e->tag, ' ');
	if (space == NULL)
		return -1;
	desc = mem_printf("%.*s", (int)(space - e->tag), e->tag);
	at = find_entry(t, desc, e->schema, space + 1);
	if (at < 0 && strcmp(desc, "SCHEMA") == 0) {
		struct sqlname n;

		if (sqlname_read(space + 1, &n) != NULL)
			at = find_entry(t, desc, "", n.name);
		sqlname_free(&n);
	}
	free(desc);
	return at;
}

static int
is_acl(const struct toc_entry *e)
{
	return toc_is(e, "ACL") || toc_is(e, "ACL LANGUAGE");
}

/* What a comment, a label or privileges are about.  The privileges of columns
 * also depend on those of the table. */
static int
owner_by_subject(const struct toc_tree *t, const struct toc_entry *e)
{
	size_t d;

	for (d = 0; d < e->dep_count; d++) {
		int at = toc_tree_of_id(t, e->deps[d]);

		if (at >= 0 && !is_acl(&t->toc->entries[at]))
			return at;
	}
	return is_acl(e) ? owner_by_tag(t, e) : -1;
}

static int
owner_by_desc(
    const struct toc_tree *t, const struct toc_entry *e, const char *desc)
{
	size_t d;

	for (d = 0; d < e->dep_count; d++) {
		int at = toc_tree_of_id(t, e->deps[d]);

		if (at >= 0 && toc_is(&t->toc->entries[at], desc))
			return at;
	}
	return -1;
}

static int
find_owner(const struct toc_tree *t, const struct toc_entry *e)
{
	static const char *const subject[] = { "ACL", "ACL LANGUAGE", "COMMENT",
		"SECURITY LABEL", "STATISTICS DATA" };
	static const char *const prefix[] = { "CHECK CONSTRAINT", "CONSTRAINT",
		"DEFAULT", "FK CONSTRAINT", "POLICY", "RULE", "TRIGGER" };
	static const char *const relation[] = { "INDEX", "STATISTICS",
		"INDEX ATTACH", "SEQUENCE" };
	static const char *const named[] = { "MATERIALIZED VIEW DATA",
		"ROW SECURITY", "SEQUENCE OWNED BY", "SEQUENCE SET",
		"TABLE ATTACH", "TABLE DATA" };

	if (text_is_one_of(e->desc, subject, COUNT(subject)))
		return owner_by_subject(t, e);
	if (text_is_one_of(e->desc, prefix, COUNT(prefix)))
		return owner_by_prefix(t, e);
	if (text_is_one_of(e->desc, relation, COUNT(relation)))
		return owner_by_relation(t, e);
	if (text_is_one_of(e->desc, named, COUNT(named)))
		return toc_tree_relation(t, e->schema, e->tag);
	if (strncmp(e->desc, "PUBLICATION ", 12) == 0)
		return owner_by_desc(t, e, "PUBLICATION");
	if (strncmp(e->desc, "SUBSCRIPTION ", 13) == 0)
		return owner_by_desc(t, e, "SUBSCRIPTION");
	return -1;
}

struct toc_tree *
toc_tree_new(const struct toc *toc)
{
	struct toc_tree *t = mem_zalloc(sizeof(*t));
	size_t i;

	t->toc = toc;
	t->of_id = mem_zalloc(((size_t)toc->max_id + 1) * sizeof(*t->of_id));
	for (i = 0; i < toc->count; i++)
		t->of_id[toc->entries[i].id] = (int)i + 1;
	sort_relations(t);
	t->owner = mem_array(NULL, toc->count + 1, sizeof(*t->owner));
	for (i = 0; i < toc->count; i++) {
		t->owner[i] = find_owner(t, &toc->entries[i]);
		if (t->owner[i] == (int)i)
			t->owner[i] = -1;
	}
	return t;
}

void
toc_tree_free(struct toc_tree *t)
{
	if (t == NULL)
		return;
	free(t->owner);
	free(t->of_id);
	free(t->relations);
	free(t);
}

int
toc_tree_owner(const struct toc_tree *t, size_t entry)
{
	return t->owner[entry];
}

size_t
toc_tree_root(const struct toc_tree *t, size_t entry)
{
	size_t steps;

	/* A file that is not pg_dump's may go round in a circle. */
	for (steps = 0; t->owner[entry] >= 0 && steps < t->toc->count; steps++)
		entry = (size_t)t->owner[entry];
	return entry;
}

/* --- what is only in the statements --- */

int
toc_about_schema(const struct toc_entry *e, struct sqlname *out)
{
	static const char word[] = "SCHEMA ";

	if (!is_acl(e) && !toc_is(e, "COMMENT") && !toc_is(e, "SECURITY LABEL"))
		return 0;
	return strncmp(e->tag, word, strlen(word)) == 0 &&
	    sqlname_read(e->tag + strlen(word), out) != NULL;
}

int
toc_reference(const struct toc_entry *e, struct sqlname *out)
{
	const char *p;

	if (!toc_is(e, "FK CONSTRAINT"))
		return 0;
	p = sqlname_find(e->defn, " REFERENCES ");
	if (p == NULL || sqlname_read(p, out) == NULL)
		return 0;
	if (out->schema != NULL)
		return 1;
	sqlname_free(out);
	return 0;
}

int
toc_parents(const struct toc_entry *e, const char **at, struct sqlname *out)
{
	const char *p = *at;

	if (p == NULL)
		p = toc_is(e, "TABLE") || toc_is(e, "FOREIGN TABLE")
		    ? sqlname_find(e->defn, "\nINHERITS (")
		    : NULL;
	else
		p = strncmp(p, ", ", 2) == 0 ? p + 2 : NULL;
	if (p == NULL)
		return 0;
	*at = sqlname_read(p, out);
	return *at != NULL;
}
