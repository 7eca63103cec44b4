#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/conn.h"
#include "job/restore/plain.h"

/* Whether a type is in a schema: the server's own, as format_type() writes
 * them, have none before them. */
static int
is_own(const char *type)
{
	int quoted = 0;

	for (; *type != '\0'; type++) {
		if (*type == '"')
			quoted = !quoted;
		if (*type == '.' && !quoted)
			return 1;
	}
	return 0;
}

const char *
plain_type(const struct table *t, const struct column *column)
{
	if (!is_own(column->type))
		return column->type;
	return t->format == COPY_BINARY ? "bytea" : "text";
}

/* The schemas, and the ids of their entries. */
struct schemas {
	struct toc *toc;
	const char **names;
	int *ids;
	size_t count;
};

/* The id of what makes a schema; 0 for one that every database has. */
static int
schema_id(struct schemas *s, const char *name)
{
	struct toc_entry e = {
		.desc = "SCHEMA", .tag = name, .section = TOC_PRE_DATA
	};
	struct buf sql = { 0 };
	size_t i;

	if (strcmp(name, "public") == 0)
		return 0;
	for (i = 0; i < s->count; i++)
		if (strcmp(s->names[i], name) == 0)
			return s->ids[i];
	s->names = mem_array(s->names, s->count + 1, sizeof(*s->names));
	s->ids = mem_array(s->ids, s->count + 1, sizeof(*s->ids));
	buf_puts(&sql, "CREATE SCHEMA ");
	sql_ident(&sql, name);
	buf_puts(&sql, ";\n");
	e.defn = buf_text(&sql);
	s->names[s->count] = name;
	s->ids[s->count++] = toc_add(s->toc, &e);
	buf_free(&sql);
	return s->ids[s->count - 1];
}

static void
add_relation(struct schemas *s, const char *desc, const char *schema,
    const char *name, const char *definition)
{
	int id = schema_id(s, schema);
	struct toc_entry e = { .desc = desc,
		.tag = name,
		.schema = schema,
		.defn = definition,
		.section = TOC_PRE_DATA,
		.deps = &id,
		.dep_count = id > 0 ? 1 : 0 };

	(void)toc_add(s->toc, &e);
}

static void
add_table(struct schemas *s, const struct table *t)
{
	struct buf sql = { 0 };
	size_t i;

	buf_puts(&sql, "CREATE TABLE ");
	sql_qualified(&sql, t->schema, t->name);
	buf_puts(&sql, " (");
	for (i = 0; i < t->column_count; i++) {
		buf_puts(&sql, i > 0 ? ",\n    " : "\n    ");
		sql_ident(&sql, t->columns[i].name);
		buf_printf(&sql, " %s", plain_type(t, &t->columns[i]));
	}
	buf_puts(&sql, "\n);\n");
	add_relation(s, "TABLE", t->schema, t->name, buf_text(&sql));
	buf_free(&sql);
}

static void
add_sequence(struct schemas *s, const struct sequence *q)
{
	struct buf sql = { 0 };

	buf_puts(&sql, "CREATE SEQUENCE ");
	sql_qualified(&sql, q->schema, q->name);
	/* Its own bounds are lost; these take any value. */
	buf_puts(&sql,
	    " MINVALUE -9223372036854775808 START 1"
	    " MAXVALUE 9223372036854775807;\n");
	add_relation(s, "SEQUENCE", q->schema, q->name, buf_text(&sql));
	buf_free(&sql);
}

struct toc *
plain_toc(const struct catalog *cat)
{
	struct schemas s = { .toc = toc_new() };
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]))
			add_table(&s, &cat->tables[i]);
	for (i = 0; i < cat->sequence_count; i++)
		add_sequence(&s, &cat->sequences[i]);
	free(s.names);
	free(s.ids);
	return s.toc;
}

void
plain_catalog(struct catalog *cat)
{
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		cat->tables[i].parent = cat->tables[i].load_via = -1;
}
