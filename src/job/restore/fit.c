#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/queries.h"
#include "job/groups.h"
#include "job/naming.h"
#include "job/restore/fit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* What is in the way. */
static void
add(struct naming *list, char *what)
{
	naming_add(list, what);
	free(what);
}

/* --- types --- */

/* A type without its modifier; the caller frees. */
static char *
plain(const char *type)
{
	size_t len = strcspn(type, "("), skip;

	/* A name in quotes may have any character. */
	if (strchr(type, '"') != NULL || type[len] == '\0')
		return mem_strdup(type);
	skip = strcspn(type + len, ")");
	return mem_printf("%.*s%s", (int)len, type,
	    type + len + skip + (type[len + skip] == ')'));
}

/* Types with one binary form are of one family: 0 is of no other's. */
static int
family(const char *type)
{
	static const char *const strings[] = { "text", "character varying",
		"character", "bpchar" };

	if (text_is_one_of(type, strings, COUNT(strings)))
		return 1;
	return strncmp(type, "interval", strlen("interval")) == 0 &&
		strchr(type, '[') == NULL
	    ? 2
	    : 0;
}

int
fit_same_binary(const char *a, const char *b)
{
	char *x = plain(a), *y = plain(b);
	int same =
	    strcmp(x, y) == 0 || (family(x) != 0 && family(x) == family(y));

	free(x);
	free(y);
	return same;
}

/* --- names --- */

static void
add_name(struct buf *names, const char *schema, const char *name)
{
	struct buf full = { 0 };

	sql_qualified(&full, schema, name);
	buf_puts(names, names->len == 0 ? "{" : ",");
	sql_element(names, buf_text(&full));
	buf_free(&full);
}

static void
end_names(struct buf *names)
{
	buf_puts(names, names->len == 0 ? "{}" : "}");
}

size_t
fit_names(const struct catalog *cat, size_t *places, struct buf *names)
{
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];

		if (!table_has_rows(t))
			continue;
		add_name(names, t->schema, t->name);
		places[n++] = i;
	}
	end_names(names);
	return n;
}

size_t
fit_homes(const struct catalog *cat, size_t *places, struct buf *names)
{
	uint8_t *seen = mem_zalloc(cat->table_count + 1);
	size_t i, n = 0;

	for (i = 0; i < cat->table_count; i++) {
		size_t key = groups_key(cat, i);

		if (!table_has_rows(&cat->tables[i]) || seen[key]++)
			continue;
		add_name(names, cat->tables[key].schema, cat->tables[key].name);
		places[n++] = key;
	}
	end_names(names);
	free(seen);
	return n;
}

/* --- columns --- */

/* The lines of one table of target-columns.sql: [first, last). */
struct lines {
	const PGresult *rows;
	int first;
	int last;
};

static int
find_line(const struct lines *l, const char *column)
{
	int row;

	for (row = l->first; row < l->last; row++)
		if (!PQgetisnull(l->rows, row, 3) &&
		    strcmp(PQgetvalue(l->rows, row, 3), column) == 0)
			return row;
	return -1;
}

static int
is_computed(const struct lines *l, int row)
{
	return PQgetvalue(l->rows, row, 5)[0] == 't';
}

/* Columns of the archive. */
static void
check_ours(const struct table *t, const struct lines *l, struct naming *list)
{
	size_t i;

	for (i = 0; i < t->column_count; i++) {
		const struct column *c = &t->columns[i];
		int row = find_line(l, c->name);

		if (row < 0)
			add(list,
			    mem_printf("%s.%s has no column %s", t->schema,
				t->name, c->name));
		else if (is_computed(l, row))
			add(list,
			    mem_printf("%s.%s: the server computes column %s",
				t->schema, t->name, c->name));
		else if (t->format == COPY_BINARY &&
		    !fit_same_binary(c->type, PQgetvalue(l->rows, row, 4)))
			add(list,
			    mem_printf("%s.%s: column %s is %s, not %s",
				t->schema, t->name, c->name,
				PQgetvalue(l->rows, row, 4), c->type));
	}
}

/* Columns of the target. */
static void
check_theirs(const struct table *t, const struct lines *l, struct naming *list)
{
	size_t i;
	int row;

	for (row = l->first; row < l->last; row++) {
		const char *name = PQgetvalue(l->rows, row, 3);

		if (PQgetisnull(l->rows, row, 3) || is_computed(l, row))
			continue;
		for (i = 0; i < t->column_count; i++)
			if (strcmp(t->columns[i].name, name) == 0)
				break;
		if (i == t->column_count)
			add(list,
			    mem_printf("%s.%s has a column %s, which is not in "
				       "the archive",
				t->schema, t->name, name));
	}
}

static void
check_table(const struct table *t, const struct lines *l, struct naming *list)
{
	const char *kind = PQgetvalue(l->rows, l->first, 1);

	if (PQgetisnull(l->rows, l->first, 1)) {
		add(list,
		    mem_printf("there is no table %s.%s", t->schema, t->name));
		return;
	}
	if (kind[0] != 'r' && kind[0] != 'p') {
		add(list, mem_printf("%s.%s is no table", t->schema, t->name));
		return;
	}
	if (PQgetvalue(l->rows, l->first, 2)[0] != 't')
		add(list,
		    mem_printf("no right to fill %s.%s", t->schema, t->name));
	check_ours(t, l, list);
	check_theirs(t, l, list);
}

/* ${absent}: there are tables that are not there. */
static int
check_tables(struct conn *conn, const struct catalog *cat, struct naming *list,
    int *absent, struct err *err)
{
	size_t *places = mem_array(NULL, cat->table_count + 1, sizeof(*places));
	struct buf names = { 0 };
	struct lines l = { .last = 0 };
	PGresult *r;

	(void)fit_names(cat, places, &names);
	l.rows = r =
	    conn_query1(conn, sql_target_columns, buf_text(&names), err);
	for (; r != NULL && l.last < PQntuples(r); l.first = l.last) {
		size_t at = strtoul(PQgetvalue(r, l.first, 0), NULL, 10);

		while (l.last < PQntuples(r) &&
		    strtoul(PQgetvalue(r, l.last, 0), NULL, 10) == at)
			l.last++;
		*absent |= PQgetisnull(r, l.first, 1);
		check_table(&cat->tables[places[at]], &l, list);
	}
	PQclear(r);
	buf_free(&names);
	free(places);
	return r != NULL ? 0 : -1;
}

static int
check_sequences(struct conn *conn, const struct catalog *cat,
    struct naming *list, struct err *err)
{
	struct buf names = { 0 };
	PGresult *r;
	size_t i;
	int row;

	for (i = 0; i < cat->sequence_count; i++)
		add_name(
		    &names, cat->sequences[i].schema, cat->sequences[i].name);
	end_names(&names);
	r = conn_query1(conn, sql_absent_names, buf_text(&names), err);
	buf_free(&names);
	for (row = 0; r != NULL && row < PQntuples(r); row++) {
		const struct sequence *s =
		    &cat->sequences[strtoul(PQgetvalue(r, row, 0), NULL, 10)];

		add(list,
		    mem_printf(
			"there is no sequence %s.%s", s->schema, s->name));
	}
	PQclear(r);
	return r != NULL ? 0 : -1;
}

int
fit_check(struct conn *conn, const struct catalog *cat, struct err *err)
{
	struct naming list = NAMING("; ");
	int rc = -1, absent = 0, more;

	if (check_tables(conn, cat, &list, &absent, err) != 0 ||
	    check_sequences(conn, cat, &list, err) != 0) {
		(void)err_wrap(err, "cannot read the target's columns");
		goto out;
	}
	rc = 0;
	if (list.count == 0)
		goto out;
	more = list.left > 0;
	(void)err_set(err, ERR_FAIL,
	    "the rows do not fit what is there, and nothing is loaded: %s",
	    naming_text(&list));
	rc = err_hint(err,
	    "%s--table chooses others; --as puts the rows of one table, as "
	    "they are, beside it%s",
	    absent ? "without --data-only, a table that is not there is made; "
		   : "",
	    more ? "; -v names every one" : "");
out:
	naming_free(&list);
	return rc;
}
