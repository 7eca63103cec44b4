#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/naming.h"
#include "job/restore/presence.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct object {
	const char *class;
	const char *schema;
	const char *name;
};

struct presence {
	PGresult *rows;         /* lends the names */
	struct object *objects; /* sorted */
	size_t count;
};

static int
compare_objects(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int order = strcmp(x->class, y->class);

	if (order == 0)
		order = strcmp(x->schema, y->schema);
	return order != 0 ? order : strcmp(x->name, y->name);
}

struct presence *
presence_new(struct conn *conn, struct err *err)
{
	struct presence *p = mem_zalloc(sizeof(*p));
	size_t i;

	p->rows = conn_query(conn, sql_objects, err);
	if (p->rows == NULL) {
		presence_free(p);
		(void)err_wrap(err, "cannot list what the target holds");
		return NULL;
	}
	p->count = (size_t)PQntuples(p->rows);
	p->objects = mem_array(NULL, p->count + 1, sizeof(*p->objects));
	for (i = 0; i < p->count; i++) {
		p->objects[i].class = PQgetvalue(p->rows, (int)i, 0);
		p->objects[i].schema = PQgetvalue(p->rows, (int)i, 1);
		p->objects[i].name = PQgetvalue(p->rows, (int)i, 2);
	}
	if (p->count > 0)
		qsort(
		    p->objects, p->count, sizeof(*p->objects), compare_objects);
	return p;
}

void
presence_free(struct presence *p)
{
	if (p == NULL)
		return;
	PQclear(p->rows);
	free(p->objects);
	free(p);
}

static int
has(const struct presence *p, const char *class, const char *schema,
    const char *name)
{
	struct object key = { class, schema, name };

	return p->count > 0 &&
	    bsearch(&key, p->objects, p->count, sizeof(key), compare_objects) !=
	    NULL;
}

/* The class that an entry's kind is of in objects.sql, or NULL. */
static const char *
class_of(const struct toc_entry *e)
{
	static const struct {
		const char *desc;
		const char *class;
	} classes[] = { { "INDEX", "relation" }, { "FUNCTION", "routine" },
		{ "PROCEDURE", "routine" }, { "AGGREGATE", "routine" },
		{ "TYPE", "type" }, { "DOMAIN", "type" },
		{ "SHELL TYPE", "type" }, { "COLLATION", "collation" },
		{ "CONVERSION", "conversion" }, { "STATISTICS", "statistics" },
		{ "TEXT SEARCH CONFIGURATION", "text search configuration" },
		{ "TEXT SEARCH DICTIONARY", "text search dictionary" },
		{ "SCHEMA", "schema" },
		{ "FOREIGN DATA WRAPPER", "foreign data wrapper" },
		{ "SERVER", "server" }, { "PUBLICATION", "publication" },
		{ "EVENT TRIGGER", "event trigger" },
		{ "SUBSCRIPTION", "subscription" },
		{ "BLOB", "large object" } };
	size_t i;

	if (toc_relkind(e))
		return "relation";
	for (i = 0; i < COUNT(classes); i++)
		if (toc_is(e, classes[i].desc))
			return classes[i].class;
	return NULL;
}

void
presence_lobjs(
    const struct presence *p, const struct toc_entry *e, struct buf *oids)
{
	const char *at = toc_is(e, "BLOB") ? e->tag : e->defn;

	for (;;) {
		size_t len;
		char *oid;

		at += strcspn(at, "0123456789");
		len = strspn(at, "0123456789");
		if (len == 0)
			break;
		oid = mem_printf("%.*s", (int)len, at);
		if (has(p, "large object", "", oid))
			buf_printf(
			    oids, "%s%s", oids->len > 0 ? "," : "{", oid);
		free(oid);
		at += len;
	}
	if (oids->len > 0)
		buf_puts(oids, "}");
}

static int
has_lobjs(const struct presence *p, const struct toc_entry *e)
{
	struct buf oids = { 0 };
	int any;

	presence_lobjs(p, e, &oids);
	any = oids.len > 0;
	buf_free(&oids);
	return any;
}

int
presence_have(const struct presence *p, const struct toc_entry *e)
{
	const char *class = class_of(e);

	if (toc_is(e, "BLOB METADATA"))
		return has_lobjs(p, e);
	return class != NULL && has(p, class, e->schema, e->tag);
}

static void
add_entry(struct naming *list, const struct toc_entry *e)
{
	struct buf name = { 0 };

	statement_name(e, &name);
	naming_add(list, buf_text(&name));
	buf_free(&name);
}

int
presence_refuse(const struct presence *p, const struct choice *c,
    const struct toc *toc, const char *dbname, struct err *err)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		if (c->entries[i] && !toc_is(e, "SCHEMA") &&
		    presence_have(p, e))
			add_entry(&list, e);
	}
	if (list.count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "the database \"%s\" has some of it already: %s", dbname,
		    naming_text(&list));
		/* Rows alone have no other entries than large objects. */
		(void)err_hint(err, "%s",
		    c->said.data_only
			? "lo_unlink() removes large objects that are there; "
			  "or bring everything back into a new database (-d "
			  "NEWNAME --create)"
			: "--clean replaces it; --as puts the rows of one "
			  "table beside it");
	}
	naming_free(&list);
	return list.count > 0 ? -1 : 0;
}

/* --- what is needed --- */

int
presence_is_bare(const struct presence *p)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		const struct object *o = &p->objects[i];

		if (strcmp(o->class, "schema") != 0 ||
		    (strncmp(o->name, "pg_", 3) != 0 &&
			strcmp(o->name, "information_schema") != 0 &&
			strcmp(o->name, "public") != 0))
			return 0;
	}
	return 1;
}

void
presence_adopt(const struct presence *p, struct toc *toc)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (toc_is(&toc->entries[i], "SCHEMA") &&
		    presence_have(p, &toc->entries[i]))
			toc->entries[i].defn = "-- It is there.";
}

/* Whether ${e} is a schema that is there, or says something of one. */
static int
is_of_schema(const struct presence *p, const struct toc_entry *e)
{
	struct sqlname schema;
	int there;

	if (toc_is(e, "SCHEMA"))
		return presence_have(p, e);
	if (!toc_about_schema(e, &schema))
		return 0;
	there = has(p, "schema", "", schema.name);
	sqlname_free(&schema);
	return there;
}

int
presence_foreign(const struct presence *p, const struct choice *c,
    const char *schema, const char *name)
{
	return toc_tree_relation(c->tree, schema, name) < 0 &&
	    has(p, "relation", schema, name);
}

static void
add_rows(struct naming *list, const char *schema, const char *name)
{
	char *what = mem_printf("%s.%s", schema, name);

	naming_add(list, what);
	free(what);
}

/* Rows of extensions' tables, and values of their sequences, would come to
 * those that are there. */
static void
keep_rows(const struct presence *p, struct choice *c)
{
	struct catalog *cat = &c->cat;
	struct naming list = NAMING(", ");
	size_t i, kept = 0;

	for (i = 0; i < cat->table_count; i++) {
		struct table *t = &cat->tables[i];

		if (!table_has_rows(t) ||
		    !presence_foreign(p, c, t->schema, t->name))
			continue;
		t->left_out = 1;
		add_rows(&list, t->schema, t->name);
	}
	for (i = 0; i < cat->sequence_count; i++) {
		const struct sequence *s = &cat->sequences[i];

		if (presence_foreign(p, c, s->schema, s->name))
			add_rows(&list, s->schema, s->name);
		else
			cat->sequences[kept++] = *s;
	}
	cat->sequence_count = kept;
	if (list.count > 0)
		log_warn("left as they are, for their extensions are there "
			 "already: the rows and values of %s",
		    naming_text(&list));
	naming_free(&list);
}

void
presence_keep(const struct presence *p, struct choice *c, const struct toc *toc)
{
	uint8_t *marks = mem_zalloc(toc->count + 1);
	size_t i;

	for (i = 0; i < toc->count; i++)
		marks[i] = is_of_schema(p, &toc->entries[i]) != 0;
	choice_change(c, toc, marks, 0);
	free(marks);
	if (c->is_part && !c->said.data_only)
		keep_rows(p, c);
}

static int
make_schema(struct conn *conn, const char *name, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	log_warn("the schema \"%s\" is not in the archive: it is made, and "
		 "belongs to you",
	    name);
	buf_puts(&sql, "CREATE SCHEMA ");
	sql_ident(&sql, name);
	rc = conn_exec(conn, buf_text(&sql), err);
	buf_free(&sql);
	return rc;
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The schemas that the choice puts something into, each once; the caller
 * frees the list. */
static const char **
needed_schemas(const struct choice *c, const struct toc *toc, size_t *count)
{
	const char **names = mem_array(NULL, toc->count + 1, sizeof(*names));
	size_t i, n = 0, kept = 0;

	for (i = 0; i < toc->count; i++)
		if (c->entries[i] && toc->entries[i].schema[0] != '\0')
			names[n++] = toc->entries[i].schema;
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_text);
	for (i = 0; i < n; i++)
		if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	*count = kept;
	return names;
}

static int
find_schema(const struct toc *toc, const char *name)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (toc_is(&toc->entries[i], "SCHEMA") &&
		    strcmp(toc->entries[i].tag, name) == 0)
			return (int)i;
	return -1;
}

static int
add_schemas(const struct presence *p, struct choice *c, const struct toc *toc,
    struct conn *conn, struct err *err)
{
	uint8_t *marks = mem_zalloc(toc->count + 1);
	size_t i, count;
	const char **names = needed_schemas(c, toc, &count);
	int rc = 0, at;

	for (i = 0; i < count && rc == 0; i++) {
		if (has(p, "schema", "", names[i]))
			continue;
		at = find_schema(toc, names[i]);
		if (at >= 0)
			marks[at] = 1;
		else
			rc = make_schema(conn, names[i], err);
	}
	choice_change(c, toc, marks, 1);
	free(names);
	free(marks);
	return rc;
}

/* As lists have a foreign key. */
static void
add_key(struct naming *list, const struct toc_entry *e, const struct sqlname *n)
{
	char *what = mem_printf(
	    "%s.%s (to %s.%s)", e->schema, e->tag, n->schema, n->name);

	naming_add(list, what);
	free(what);
}

/* Whether the table that a foreign key refers to will be there. */
static int
is_reachable(
    const struct presence *p, const struct choice *c, const struct sqlname *n)
{
	int at = toc_tree_relation(c->tree, n->schema, n->name);

	return (at >= 0 && c->entries[at]) ||
	    has(p, "relation", n->schema, n->name);
}

static void
drop_foreign_keys(
    const struct presence *p, struct choice *c, const struct toc *toc)
{
	uint8_t *marks = mem_zalloc(toc->count + 1);
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];
		struct sqlname n;

		if (!c->entries[i] || !toc_reference(e, &n))
			continue;
		if (!is_reachable(p, c, &n)) {
			add_key(&list, e, &n);
			marks[i] = 1;
		}
		sqlname_free(&n);
	}
	choice_change(c, toc, marks, 0);
	if (list.count > 0)
		log_warn("left out, for the other table is not there: foreign "
			 "key%s %s",
		    list.count > 1 ? "s" : "", naming_text(&list));
	naming_free(&list);
	free(marks);
}

/* Whether a table that is there, and was not chosen, has the foreign key ${e}
 * in the archive to one that comes: it can't have it now. */
static int
is_bereft(const struct presence *p, const struct choice *c,
    const struct toc *toc, size_t e, const struct sqlname *to)
{
	int at = toc_tree_relation(c->tree, to->schema, to->name);
	int owner = toc_tree_owner(c->tree, e);

	return at >= 0 && c->entries[at] && owner >= 0 && !c->entries[owner] &&
	    presence_have(p, &toc->entries[owner]);
}

/* Foreign keys that went with a table when it was dropped. */
static void
tell_bereft(
    const struct presence *p, const struct choice *c, const struct toc *toc)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];
		struct sqlname n;

		if (c->entries[i] || !toc_reference(e, &n))
			continue;
		if (is_bereft(p, c, toc, i, &n))
			add_key(&list, e, &n);
		sqlname_free(&n);
	}
	if (list.count > 0)
		log_warn("not brought back, for %s not chosen: foreign key%s "
			 "%s",
		    list.count > 1 ? "their tables were" : "its table was",
		    list.count > 1 ? "s" : "", naming_text(&list));
	naming_free(&list);
}

/* Partitions whose parent does not come. */
static void
tell_detached(const struct choice *c, const struct toc *toc)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];
		int owner = toc_tree_owner(c->tree, i);

		if (!toc_is(e, "TABLE ATTACH") || c->entries[i] || owner < 0 ||
		    !c->entries[owner])
			continue;
		add_entry(&list, &toc->entries[owner]);
	}
	if (list.count > 0)
		log_warn("left alone, for the table that they are partitions "
			 "of was not chosen: %s",
		    naming_text(&list));
	naming_free(&list);
}

int
presence_settle(const struct presence *p, struct choice *c,
    const struct toc *toc, struct conn *conn, struct err *err)
{
	if (add_schemas(p, c, toc, conn, err) != 0)
		return -1;
	drop_foreign_keys(p, c, toc);
	tell_bereft(p, c, toc);
	tell_detached(c, toc);
	return 0;
}
