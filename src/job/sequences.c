#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "job/sequences.h"

#define PER_QUERY 200

static void
add_setval(const struct sequence *s, struct buf *sql)
{
	struct buf name = { 0 };

	sql_qualified(&name, s->schema, s->name);
	buf_puts(sql, sql->len == 0 ? "SELECT " : ", ");
	buf_puts(sql, "pg_catalog.setval(");
	sql_literal(sql, buf_text(&name));
	buf_printf(
	    sql, ", %" PRId64 ", %s)", s->value, s->called ? "true" : "false");
	buf_free(&name);
}

/* One that could not be made is no reason to leave the others behind. */
static int
set_one(struct conn *conn, const struct sequence *s, struct ddl *ddl,
    struct err *err)
{
	struct buf sql = { 0 };
	struct err why = ERR_INIT;
	char *name;
	int rc;

	add_setval(s, &sql);
	rc = conn_exec(conn, buf_text(&sql), &why);
	buf_free(&sql);
	if (rc == 0)
		return 0;
	/* Class 42: it is not there, or not the user's. */
	if (why.kind != ERR_DB || why.sqlstate[0] != '4' ||
	    why.sqlstate[1] != '2') {
		*err = why;
		return -1;
	}
	name = mem_printf("the value of sequence %s.%s", s->schema, s->name);
	ddl_refuse(ddl, name, &why);
	free(name);
	return 0;
}

int
sequences_set(struct conn *conn, const struct catalog *cat, const uint8_t *skip,
    struct ddl *ddl, struct err *err)
{
	size_t i, first, n = cat->sequence_count;
	int rc = 0;

	for (first = 0; first < n && rc == 0; first += PER_QUERY) {
		size_t last = first + PER_QUERY < n ? first + PER_QUERY : n;
		struct buf sql = { 0 };
		struct err why = ERR_INIT;
		int all = 0;

		for (i = first; i < last; i++)
			if (!skip[i])
				add_setval(&cat->sequences[i], &sql);
		if (sql.len > 0)
			all = conn_exec(conn, buf_text(&sql), &why);
		buf_free(&sql);
		for (i = first; i < last && all != 0 && rc == 0; i++)
			if (!skip[i])
				rc =
				    set_one(conn, &cat->sequences[i], ddl, err);
	}
	return rc == 0 ? 0 : err_wrap(err, "cannot set the sequences");
}
