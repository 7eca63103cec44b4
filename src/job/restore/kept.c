#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/naming.h"
#include "job/restore/kept.h"

static int
is_made(const struct ties_opts *o, size_t entry)
{
	return o->choice->entries[entry] && o->passes[entry] != PASS_NONE;
}

/* --- what is in the way --- */

/* The index of a primary key, or of another constraint that has one: its tag
 * is "table name". */
static int
has_index(const struct presence *p, const struct ties_opts *o, size_t entry)
{
	const struct toc_entry *e = &o->toc->entries[entry];
	int owner = toc_tree_owner(o->choice->tree, entry);
	struct toc_entry index = *e;
	size_t len;

	if (!toc_is(e, "CONSTRAINT") || owner < 0)
		return 0;
	len = strlen(o->toc->entries[owner].tag);
	if (strlen(e->tag) <= len)
		return 0;
	index.desc = "INDEX";
	index.tag = e->tag + len + 1;
	return presence_have(p, &index);
}

static int
is_in_the_way(const struct presence *p, const struct ties_opts *o, size_t entry)
{
	const struct toc_entry *e = &o->toc->entries[entry];

	if (!is_made(o, entry) || toc_is(e, "SCHEMA") ||
	    toc_is(e, "SUBSCRIPTION"))
		return 0;
	return presence_have(p, e) || has_index(p, o, entry);
}

int
kept_refuse(
    const struct presence *p, const struct ties_opts *o, struct err *err)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < o->toc->count; i++) {
		struct buf name = { 0 };

		if (!is_in_the_way(p, o, i))
			continue;
		statement_name(&o->toc->entries[i], &name);
		naming_add(&list, buf_text(&name));
		buf_free(&name);
	}
	if (list.count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "something else, which is not replaced, has the name of "
		    "%s",
		    naming_text(&list));
		(void)err_hint(err, "rename or drop it first");
	}
	naming_free(&list);
	return list.count > 0 ? -1 : 0;
}

/* --- what stays --- */

static int
find_extension(const PGresult *r, const char *name)
{
	int row;

	for (row = 0; row < PQntuples(r); row++)
		if (strcmp(PQgetvalue(r, row, 0), name) == 0)
			return row;
	return -1;
}

/* The version that the archive's database had: of "name version". */
static const char *
version_of(const struct catalog *cat, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < cat->extension_count; i++)
		if (strncmp(cat->extensions[i], name, len) == 0 &&
		    cat->extensions[i][len] == ' ' &&
		    strchr(cat->extensions[i] + len + 1, ' ') == NULL)
			return cat->extensions[i] + len + 1;
	return NULL;
}

static void
tell_extension(const struct ties_opts *o, const struct toc_entry *e,
    const PGresult *r, int row)
{
	const char *version = version_of(&o->choice->cat, e->tag);
	const char *in = sqlname_find(e->defn, " WITH SCHEMA ");
	struct sqlname schema = { NULL, NULL };

	if (version != NULL && strcmp(version, PQgetvalue(r, row, 1)) != 0)
		log_warn("the extension %s stays, in version %s; it was %s",
		    e->tag, PQgetvalue(r, row, 1), version);
	if (in != NULL && sqlname_read(in, &schema) != NULL &&
	    strcmp(schema.name, PQgetvalue(r, row, 2)) != 0)
		log_warn("the extension %s stays, in schema %s; it was in %s",
		    e->tag, PQgetvalue(r, row, 2), schema.name);
	sqlname_free(&schema);
}

static int
tell_extensions(const struct ties_opts *o, struct err *err)
{
	PGresult *r = conn_query(o->conn, sql_kept_extensions, err);
	size_t i;

	for (i = 0; r != NULL && i < o->toc->count; i++) {
		const struct toc_entry *e = &o->toc->entries[i];
		int row = is_made(o, i) && toc_is(e, "EXTENSION")
		    ? find_extension(r, e->tag)
		    : -1;

		if (row >= 0)
			tell_extension(o, e, r, row);
	}
	PQclear(r);
	return r != NULL ? 0 : -1;
}

/* Whether the archive gives ${grantee}, a quoted name, something on schema
 * ${schema}. */
static int
is_granted(const struct ties_opts *o, const char *schema, const char *grantee)
{
	char *to = mem_printf(" TO %s", grantee);
	size_t i, len = strlen(to);
	int found = 0;

	for (i = 0; i < o->toc->count && !found; i++) {
		const struct toc_entry *e = &o->toc->entries[i];
		const char *at = e->defn;
		struct sqlname about;

		if (!toc_is(e, "ACL") || !toc_about_schema(e, &about))
			continue;
		while (strcmp(about.name, schema) == 0 && !found &&
		    (at = strstr(at, to)) != NULL) {
			at += len;
			found = *at == ';' || *at == ' ';
		}
		sqlname_free(&about);
	}
	free(to);
	return found;
}

static int
tell_schema(const struct ties_opts *o, const char *name, struct err *err)
{
	PGresult *r = conn_query1(o->conn, sql_schema_grantees, name, err);
	struct naming list = NAMING(", ");
	int row;

	for (row = 0; r != NULL && row < PQntuples(r); row++)
		if (!is_granted(o, name, PQgetvalue(r, row, 0)))
			naming_add(&list, PQgetvalue(r, row, 0));
	if (list.count > 0)
		log_warn("the schema %s stays, with privileges of %s, which it "
			 "had not",
		    name, naming_text(&list));
	naming_free(&list);
	PQclear(r);
	return r != NULL ? 0 : -1;
}

int
kept_tell(const struct presence *p, const struct ties_opts *o,
    struct choice *choice, struct err *err)
{
	uint8_t *marks = mem_zalloc(o->toc->count + 1);
	struct naming list = NAMING(", ");
	size_t i;
	int rc = tell_extensions(o, err);

	for (i = 0; i < o->toc->count && rc == 0; i++) {
		const struct toc_entry *e = &o->toc->entries[i];

		if (!is_made(o, i) || !presence_have(p, e))
			continue;
		if (toc_is(e, "SCHEMA") && !choice->said.no_privileges)
			rc = tell_schema(o, e->tag, err);
		marks[i] = toc_is(e, "SUBSCRIPTION") != 0;
		if (marks[i])
			naming_add(&list, e->tag);
	}
	choice_change(choice, o->toc, marks, 0);
	free(marks);
	if (list.count > 0)
		log_warn("left as they are, whatever the archive says: "
			 "subscriptions %s",
		    naming_text(&list));
	naming_free(&list);
	return rc;
}

/* --- extensions' rows --- */

/* The tables that extensions have made and the archive has rows of; their
 * numbers go to ${places}. */
static size_t
find_tables(const struct presence *p, const struct choice *c, size_t *places,
    struct buf *names)
{
	size_t i, n = 0;

	for (i = 0; i < c->cat.table_count; i++) {
		const struct table *t = &c->cat.tables[i];
		struct buf full = { 0 };

		if (!table_has_rows(t) ||
		    !presence_foreign(p, c, t->schema, t->name))
			continue;
		sql_qualified(&full, t->schema, t->name);
		buf_puts(names, n == 0 ? "{" : ",");
		sql_element(names, buf_text(&full));
		buf_free(&full);
		places[n++] = i;
	}
	buf_puts(names, n == 0 ? "{}" : "}");
	return n;
}

static void
leave_out(struct table *t, struct naming *list)
{
	char *name = mem_printf("%s.%s", t->schema, t->name);

	t->left_out = 1;
	naming_add(list, name);
	free(name);
}

/* Return how many tables have rows that others still refer to, which is in
 * ${err} then; -1 on error. */
static int
delete_round(const PGresult *r, const struct choice *c, const size_t *places,
    uint8_t *done, struct conn *conn, struct err *err)
{
	int row, left = 0;

	for (row = 0; row < PQntuples(r); row++) {
		const struct table *t = &c->cat.tables[places[row]];
		struct err why = ERR_INIT;

		if (done[row] || PQgetisnull(r, row, 1))
			continue;
		done[row] =
		    conn_attempt(conn, PQgetvalue(r, row, 1), &why) == 0;
		if (done[row])
			continue;
		left++;
		*err = why;
		(void)err_wrap(err, "cannot replace the rows of %s.%s",
		    t->schema, t->name);
		/* 23503: foreign_key_violation. */
		if (strcmp(why.sqlstate, "23503") != 0)
			return -1;
		(void)err_hint(err,
		    "drop the key first; or --exclude-table-data leaves the "
		    "rows as they are");
	}
	return left;
}

/* Rows that others refer to go behind those, as long as that helps. */
static int
delete_rows(const PGresult *r, const struct choice *c, const size_t *places,
    struct conn *conn, struct err *err)
{
	uint8_t *done = mem_zalloc((size_t)PQntuples(r) + 1);
	int left = PQntuples(r) + 1, before;

	do {
		before = left;
		left = delete_round(r, c, places, done, conn, err);
	} while (left > 0 && left < before);
	free(done);
	if (left != 0)
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

int
kept_rows(const struct presence *p, const struct ties_opts *o,
    struct choice *choice, struct err *err)
{
	size_t *places =
	    mem_array(NULL, choice->cat.table_count + 1, sizeof(*places));
	struct naming list = NAMING(", ");
	struct buf names = { 0 };
	PGresult *r = NULL;
	int row, rc = 0;

	if (find_tables(p, choice, places, &names) == 0)
		goto out;
	r = conn_query1(o->conn, sql_extension_rows, buf_text(&names), err);
	rc = r != NULL ? delete_rows(r, choice, places, o->conn, err) : -1;
	for (row = 0; rc == 0 && row < PQntuples(r); row++)
		if (PQgetisnull(r, row, 1))
			leave_out(&choice->cat.tables[places[row]], &list);
	if (list.count > 0)
		log_warn("left as they are, for they can't be replaced: the "
			 "rows of %s",
		    naming_text(&list));
out:
	PQclear(r);
	buf_free(&names);
	naming_free(&list);
	free(places);
	return rc;
}
