#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/udiff.h"
#include "diff_steps.h"
#include "job/statement.h"

#define CONTEXT 3

/* A definition, by what it is sorted and matched by: first what it belongs to,
 * then itself. */
struct object {
	char *schema;
	char *root;
	char *root_kind;
	int rank; /* 0 for the root */
	const char *kind;
	char *name;
	size_t entry; /* keeps those apart that all else is the same of */
	char *label;  /* "TABLE shop.customer" */
	char *text;
};

struct document {
	const struct side *side;
	struct object *objects;
	size_t count;
};

/* ---- what is in a document ---- */

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Large objects are rows; what is about them goes with them. */
static int
is_of_lobjs(const struct toc_entry *e)
{
	return begins(e->desc, "BLOB") || begins(e->tag, "LARGE OBJECT");
}

/* Whether a live side may not read the table or sequence. */
static int
is_unreadable(const struct side *side, const struct toc_entry *e)
{
	const struct catalog *cat = side->cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (!cat->tables[i].readable &&
		    strcmp(cat->tables[i].schema, e->schema) == 0 &&
		    strcmp(cat->tables[i].name, e->tag) == 0)
			return 1;
	for (i = 0; i < cat->sequence_count; i++)
		if (!cat->sequences[i].readable &&
		    strcmp(cat->sequences[i].schema, e->schema) == 0 &&
		    strcmp(cat->sequences[i].name, e->tag) == 0)
			return 1;
	return 0;
}

/* Of what the other side may not read there is nothing to compare, nor of what
 * belongs to it. */
static int
is_beyond(const struct side *side, const struct side *other, size_t entry)
{
	const struct toc *toc = side->toc;
	int at = (int)entry;
	size_t steps;

	if (other->reader != NULL)
		return 0;
	for (steps = 0; at >= 0 && steps <= toc->count; steps++) {
		if (toc_relkind(&toc->entries[at]) &&
		    is_unreadable(other, &toc->entries[at]))
			return 1;
		at = toc_tree_owner(side->tree, (size_t)at);
	}
	return 0;
}

static int
is_wanted(const struct side *side, const struct side *other,
    const enum pass *passes, size_t entry)
{
	const struct toc_entry *e = &side->toc->entries[entry];

	return side->entries[entry] && passes[entry] != PASS_NONE &&
	    passes[entry] != PASS_REFRESH && !is_of_lobjs(e) &&
	    !is_beyond(side, other, entry);
}

/* An extension's version is the server's matter where servers differ. */
static void
add_version(const struct side *side, const struct toc_entry *e, struct buf *out)
{
	const struct catalog *cat = side->cat;
	size_t i, len = strlen(e->tag);

	for (i = 0; i < cat->extension_count; i++)
		if (begins(cat->extensions[i], e->tag) &&
		    cat->extensions[i][len] == ' ')
			buf_printf(
			    out, "-- version%s\n", cat->extensions[i] + len);
}

/* As it stands in the table of contents, with its owner; none of what pg_dump
 * writes around it, and no empty line at its end. */
static char *
text_of(const struct side *side, const struct toc_entry *e, int versions)
{
	static const struct names nobody = { NULL, 0 };
	const struct session session = { .absent = &nobody,
		.foreign = &nobody,
		.no_spaces = &nobody,
		.no_owner = side->said.no_owner,
		.no_tablespaces = side->said.no_tablespaces };
	struct buf sql = { 0 };
	char *text;

	statement_definition(side->toc, e, &session, &sql);
	while (sql.len > 0 && sql.data[sql.len - 1] == '\n')
		sql.data[--sql.len] = '\0';
	buf_puts(&sql, "\n");
	statement_owner(e, &session, &sql);
	if (versions && toc_is(e, "EXTENSION"))
		add_version(side, e, &sql);
	text = side_utf8(side, buf_text(&sql));
	buf_free(&sql);
	return text;
}

/* What belongs to a table comes in the order of pg_dump's, roughly. */
static int
rank_of(const struct toc_entry *e)
{
	static const char *const kinds[] = { "SEQUENCE", "SEQUENCE OWNED BY",
		"DEFAULT", "TABLE ATTACH", "CHECK CONSTRAINT", "CONSTRAINT",
		"INDEX", "INDEX ATTACH", "STATISTICS", "RULE", "TRIGGER",
		"FK CONSTRAINT", "ROW SECURITY", "POLICY", "COMMENT",
		"SECURITY LABEL", "ACL" };
	int i, count = (int)(sizeof(kinds) / sizeof(kinds[0]));

	for (i = 0; i < count; i++)
		if (toc_is(e, kinds[i]))
			return i + 1;
	return count + 1;
}

static void
add_object(struct document *d, size_t entry, int versions)
{
	const struct toc *toc = d->side->toc;
	const struct toc_entry *e = &toc->entries[entry];
	size_t root_at = toc_tree_root(d->side->tree, entry);
	const struct toc_entry *root = &toc->entries[root_at];
	struct object *o = &d->objects[d->count++];
	struct buf label = { 0 };

	statement_name(e, &label);
	o->schema = side_utf8(d->side, root->schema);
	o->root = side_utf8(d->side, root->tag);
	o->root_kind = mem_strdup(root->desc);
	o->rank = root_at == entry ? 0 : rank_of(e);
	o->kind = e->desc;
	o->name = side_utf8(d->side, e->tag);
	o->entry = entry;
	o->label = side_utf8(d->side, buf_text(&label));
	text_clean_line(o->label);
	o->text = text_of(d->side, e, versions);
	buf_free(&label);
}

/* Without what tells two of one name apart. */
static int
compare_keys(const struct object *x, const struct object *y)
{
	int order = strcmp(x->schema, y->schema);

	if (order == 0)
		order = strcmp(x->root_kind, y->root_kind);
	if (order == 0)
		order = strcmp(x->root, y->root);
	if (order == 0)
		order = x->rank - y->rank;
	if (order == 0)
		order = strcmp(x->kind, y->kind);
	return order != 0 ? order : strcmp(x->name, y->name);
}

static int
compare_objects(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int order = compare_keys(x, y);

	return order != 0 ? order
			  : (x->entry > y->entry) - (x->entry < y->entry);
}

static struct document
read_document(const struct side *side, const struct side *other, int versions)
{
	const struct toc *toc = side->toc;
	struct document d = { .side = side };
	enum pass *passes = mem_array(NULL, toc->count + 1, sizeof(*passes));
	size_t i;

	d.objects = mem_zalloc((toc->count + 1) * sizeof(*d.objects));
	statement_passes(toc, passes);
	for (i = 0; i < toc->count; i++)
		if (is_wanted(side, other, passes, i))
			add_object(&d, i, versions);
	free(passes);
	if (d.count > 0)
		qsort(d.objects, d.count, sizeof(*d.objects), compare_objects);
	return d;
}

static void
free_document(struct document *d)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		struct object *o = &d->objects[i];

		free(o->schema);
		free(o->root);
		free(o->root_kind);
		free(o->name);
		free(o->label);
		free(o->text);
	}
	free(d->objects);
}

/* ---- comparing ---- */

/* The end of the name, literal or sign that begins at ${p}; ${*name}: whether
 * it is a name. */
static const char *
token_end(const char *p, int *name)
{
	const char *end = p;

	*name = *p == '"';
	if (*p == '"' || *p == '\'')
		return sqlname_skip_quoted(p, 0);
	while (isalnum((unsigned char)*end) || *end == '_' || *end == '$' ||
	    (unsigned char)*end >= 0x80)
		end++;
	*name = end > p;
	return end > p ? end : p + 1;
}

/* Whether a name stands there with a dot behind it. */
static int
is_qualifier(const char *p)
{
	int name;
	const char *end = token_end(p, &name);

	return name && *end == '.';
}

/* Whether ${old} is ${new} but for names of tables before those of columns:
 * servers before 16 write them where there is only one table, too. */
static int
same_but_qualified(const char *old, const char *new)
{
	int name;

	for (;;) {
		const char *end, *other;

		old += strspn(old, " \n");
		new += strspn(new, " \n");
		if (*old == '\0' || *new == '\0')
			return *old == *new;
		if (is_qualifier(old) && !is_qualifier(new))
			old = token_end(old, &name) + 1;
		end = token_end(old, &name);
		other = token_end(new, &name);
		if (end - old != other - new ||
		    memcmp(old, new, (size_t)(end - old)) != 0)
			return 0;
		old = end;
		new = other;
	}
}

#define SHORT_NAMES_SINCE 160000

static int
same_text(const struct document *left, const struct document *right,
    const char *before, const char *after)
{
	int old = left->side->cat->server_version < SHORT_NAMES_SINCE;
	int new = right->side->cat->server_version < SHORT_NAMES_SINCE;

	if (strcmp(before, after) == 0)
		return 1;
	if (old == new || before[0] == '\0' || after[0] == '\0')
		return 0;
	return old ? same_but_qualified(before, after)
		   : same_but_qualified(after, before);
}

/* Object by object: what is the same on both sides, which is nearly all, is
 * not looked at line by line. */
static void
compare_documents(
    const struct document *left, const struct document *right, struct buf *out)
{
	struct udiff_opts opts = { .context = CONTEXT };
	size_t l = 0, r = 0;

	while (l < left->count || r < right->count) {
		const struct object *a =
		    l < left->count ? &left->objects[l] : NULL;
		const struct object *b =
		    r < right->count ? &right->objects[r] : NULL;
		int order = a == NULL ? 1 : -1;
		const char *before, *after;

		if (a != NULL && b != NULL)
			order = compare_keys(a, b);
		before = a != NULL && order <= 0 ? a->text : "";
		after = b != NULL && order >= 0 ? b->text : "";
		opts.name = a != NULL && order <= 0 ? a->label
		    : b != NULL                     ? b->label
						    : NULL;
		if (!same_text(left, right, before, after))
			udiff(before, after, &opts, out);
		opts.before_at += udiff_lines(before);
		opts.after_at += udiff_lines(after);
		l += order <= 0;
		r += order >= 0;
	}
}

void
diff_schema(const struct side sides[2], struct buf *out)
{
	int versions = sides[0].cat->server_version / 10000 ==
	    sides[1].cat->server_version / 10000;
	struct document left = read_document(&sides[0], &sides[1], versions);
	struct document right = read_document(&sides[1], &sides[0], versions);

	compare_documents(&left, &right, out);
	free_document(&left);
	free_document(&right);
}
