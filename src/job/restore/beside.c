#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "job/restore/beside.h"

int
beside_name(const char *text, struct sqlname *name, struct err *err)
{
	if (sqlname_typed(text, name) && name->schema != NULL)
		return 0;
	sqlname_free(name);
	(void)err_set(err, ERR_USAGE,
	    "\"%s\" does not name a table with its schema", text);
	return err_hint(err, "--as takes SCHEMA.TABLE, such as salvage.orders");
}

/* The one table with rows that was chosen. */
static int
find_table(struct beside *b, const struct choice *c, struct err *err)
{
	size_t i, n = 0;

	for (i = 0; i < c->cat.table_count; i++) {
		if (!table_has_rows(&c->cat.tables[i]))
			continue;
		b->table = i;
		n++;
	}
	if (n == 1)
		return 0;
	if (n > 1)
		(void)err_set(err, ERR_USAGE,
		    "--as takes the rows of one table; %zu are chosen", n);
	else
		(void)err_set(err, ERR_USAGE,
		    "--as takes the rows of one table; what is chosen has none "
		    "in the archive");
	return err_hint(err,
	    n > 1 ? "--table names one"
		  : "of a partitioned table, choose a partition");
}

/* Nothing else is to be made, and nothing else loaded. */
static void
narrow(const struct beside *b, struct choice *c, size_t entries)
{
	size_t i;

	memset(c->entries, 0, entries);
	for (i = 0; i < c->cat.table_count; i++) {
		struct table *t = &c->cat.tables[i];

		t->left_out = i != b->table;
		t->parent = t->load_via = -1;
	}
	c->cat.tables[b->table].schema = b->name.schema;
	c->cat.tables[b->table].name = b->name.name;
	c->cat.sequence_count = 0;
	c->cat.lobj_count = 0;
}

struct beside *
beside_new(
    const char *text, struct choice *c, const struct toc *toc, struct err *err)
{
	struct beside *b = mem_zalloc(sizeof(*b));

	if (beside_name(text, &b->name, err) == 0 &&
	    find_table(b, c, err) == 0) {
		narrow(b, c, toc->count);
		return b;
	}
	beside_free(b);
	return NULL;
}

void
beside_free(struct beside *b)
{
	if (b == NULL)
		return;
	sqlname_free(&b->name);
	free(b);
}

static void
table_text(const struct beside *b, const struct table *t, struct buf *sql)
{
	size_t i;

	buf_puts(sql, "CREATE TABLE ");
	sql_qualified(sql, b->name.schema, b->name.name);
	buf_puts(sql, " (");
	for (i = 0; i < t->column_count; i++) {
		buf_puts(sql, i > 0 ? ", " : "");
		sql_ident(sql, t->columns[i].name);
		/* As format_type() wrote it, quoted where need be. */
		buf_printf(sql, " %s", t->columns[i].type);
	}
	buf_puts(sql, ")");
}

int
beside_make(struct beside *b, const struct choice *c, struct conn *conn,
    struct err *err)
{
	const struct table *t = &c->cat.tables[b->table];
	struct buf sql = { 0 };

	table_text(b, t, &sql);
	b->made = conn_exec(conn, buf_text(&sql), err) == 0;
	buf_free(&sql);
	if (b->made)
		return 0;
	/* 3F000: invalid_schema_name, 42P07: duplicate_table, 42704:
	 * undefined_object. */
	if (strcmp(err->sqlstate, "3F000") == 0)
		(void)err_hint(
		    err, "make it first: CREATE SCHEMA %s", b->name.schema);
	else if (strcmp(err->sqlstate, "42P07") == 0)
		(void)err_hint(err, "give another name, or drop it first");
	else if (strcmp(err->sqlstate, "42704") == 0)
		(void)err_hint(err,
		    "types do not come with the rows: restore them first, "
		    "with --schema or --exclude-table='*.*'");
	return err_wrap(err, "cannot make table %s.%s", t->schema, t->name);
}

void
beside_drop(struct beside *b, struct conn *conn)
{
	struct err err = ERR_INIT;
	struct buf sql = { 0 };

	if (!b->made)
		return;
	conn_shield(conn);
	buf_puts(&sql, "DROP TABLE ");
	sql_qualified(&sql, b->name.schema, b->name.name);
	if (conn_exec(conn, buf_text(&sql), &err) != 0)
		log_warn("the incomplete table %s.%s is still there: %s",
		    b->name.schema, b->name.name, err.msg);
	buf_free(&sql);
	b->made = 0;
}
