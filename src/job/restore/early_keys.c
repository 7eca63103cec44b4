#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/named.h"
#include "db/queries.h"
#include "job/restore/early_keys.h"

struct key {
	char *name; /* "table name" */
	char *make; /* the statements */
};

struct early_keys {
	struct key *keys;
	size_t count;
};

/* The server refused a statement; anything else ends the restore. */
static int
is_refusal(const struct err *err)
{
	return err->kind == ERR_DB && err->sqlstate[0] != '\0';
}

static char *
make_sql(const PGresult *r, int row)
{
	const char *table = PQgetvalue(r, row, 0);
	const char *name = PQgetvalue(r, row, 1);
	struct buf sql = { 0 };
	char *text;

	buf_printf(&sql, "ALTER TABLE %s ADD CONSTRAINT ", table);
	sql_ident(&sql, name);
	buf_printf(&sql, " %s;", PQgetvalue(r, row, 2));
	if (!PQgetisnull(r, row, 3)) {
		buf_puts(&sql, " COMMENT ON CONSTRAINT ");
		sql_ident(&sql, name);
		buf_printf(&sql, " ON %s IS ", table);
		sql_literal(&sql, PQgetvalue(r, row, 3));
		buf_puts(&sql, ";");
	}
	text = mem_strdup(buf_text(&sql));
	buf_free(&sql);
	return text;
}

static int
drop_one(struct early_keys *keys, struct conn *conn, const PGresult *r, int row,
    struct err *err)
{
	const char *table = PQgetvalue(r, row, 0);
	const char *name = PQgetvalue(r, row, 1);
	struct key *key = &keys->keys[keys->count];
	struct err why = ERR_INIT;
	struct buf sql = { 0 };
	int rc;

	buf_printf(&sql, "ALTER TABLE %s DROP CONSTRAINT ", table);
	sql_ident(&sql, name);
	rc = conn_attempt(conn, buf_text(&sql), &why);
	buf_free(&sql);
	if (rc == 0) {
		key->name = mem_printf("%s %s", table, name);
		key->make = make_sql(r, row);
		keys->count++;
		return 0;
	}
	if (!is_refusal(&why)) {
		*err = why;
		return -1;
	}
	log_detail("%s keeps its key %s meanwhile: %s", table, name, why.msg);
	return 0;
}

static int
is_filled(const struct catalog *cat, const struct named *named,
    const char *schema, const char *name)
{
	int at = named_table(named, schema, name);

	return at >= 0 && table_has_rows(&cat->tables[at]);
}

struct early_keys *
early_keys_drop(struct conn *conn, const struct catalog *cat, struct err *err)
{
	PGresult *r = conn_query(conn, sql_early_keys, err);
	struct early_keys *keys;
	struct named *named;
	int row, rc = 0;

	if (r == NULL)
		return NULL;
	named = named_new(cat);
	keys = mem_zalloc(sizeof(*keys));
	keys->keys =
	    mem_array(NULL, (size_t)PQntuples(r) + 1, sizeof(*keys->keys));
	for (row = 0; row < PQntuples(r) && rc == 0; row++)
		if (is_filled(cat, named, PQgetvalue(r, row, 4),
			PQgetvalue(r, row, 5)))
			rc = drop_one(keys, conn, r, row, err);
	named_free(named);
	PQclear(r);
	if (rc == 0)
		return keys;
	early_keys_free(keys);
	return NULL;
}

void
early_keys_free(struct early_keys *keys)
{
	size_t i;

	if (keys == NULL)
		return;
	for (i = 0; i < keys->count; i++) {
		free(keys->keys[i].name);
		free(keys->keys[i].make);
	}
	free(keys->keys);
	free(keys);
}

int
early_keys_make(const struct early_keys *keys, struct conn *conn,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err)
{
	size_t i;

	for (i = 0; i < keys->count; i++) {
		struct err why = ERR_INIT;

		if (conn_attempt(conn, keys->keys[i].make, &why) == 0)
			continue;
		if (!is_refusal(&why)) {
			*err = why;
			return -1;
		}
		refuse(arg, keys->keys[i].name, &why);
	}
	return 0;
}
