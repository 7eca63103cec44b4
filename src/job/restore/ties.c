#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/naming.h"
#include "job/restore/ties.h"

struct ties {
	PGresult *places;   /* of tables in publications: publications-of.sql */
	PGresult *defaults; /* own-defaults.sql, once suspended; or NULL */
};

/* --- names --- */

static void
add_element(struct buf *list, const char *name)
{
	buf_puts(list, list->len == 0 ? "{" : ",");
	sql_element(list, name);
}

static void
end_list(struct buf *list)
{
	buf_puts(list, list->len == 0 ? "{}" : "}");
}

static int
is_made(const struct ties_opts *o, size_t entry)
{
	return o->choice->entries[entry] && o->passes[entry] != PASS_NONE;
}

void
ties_relations(const struct ties_opts *o, struct buf *names)
{
	size_t i;

	for (i = 0; i < o->toc->count; i++) {
		const struct toc_entry *e = &o->toc->entries[i];
		struct buf full = { 0 };

		if (!is_made(o, i) || !toc_relkind(e))
			continue;
		sql_qualified(&full, e->schema, e->tag);
		add_element(names, buf_text(&full));
		buf_free(&full);
	}
	end_list(names);
}

/* Publications that are replaced themselves. */
static void
new_publications(const struct ties_opts *o, struct buf *names)
{
	size_t i;

	for (i = 0; i < o->toc->count; i++)
		if (is_made(o, i) && toc_is(&o->toc->entries[i], "PUBLICATION"))
			add_element(names, o->toc->entries[i].tag);
	end_list(names);
}

/* --- what would be cut off --- */

/* Whether the archive's table ${one} inherits from ${other}, as it does in the
 * target. */
static int
comes_as_heir(const struct ties_opts *o, const char *one, const char *other)
{
	struct sqlname heir = { NULL, NULL }, parent = { NULL, NULL }, n;
	const char *at = NULL;
	int entry = -1, found = 0;

	if (sqlname_read(one, &heir) != NULL && heir.schema != NULL)
		entry =
		    toc_tree_relation(o->choice->tree, heir.schema, heir.name);
	if (sqlname_read(other, &parent) == NULL || parent.schema == NULL)
		entry = -1;
	while (entry >= 0 && !found &&
	    toc_parents(&o->toc->entries[entry], &at, &n)) {
		found = n.schema != NULL &&
		    strcmp(n.schema, parent.schema) == 0 &&
		    strcmp(n.name, parent.name) == 0;
		sqlname_free(&n);
	}
	sqlname_free(&heir);
	sqlname_free(&parent);
	return found;
}

/* What the way of severed.sql means: the harm, and what unties the two. */
static void
tell(const char *way, const char *one, const char *other, struct buf *harm,
    struct buf *remedy)
{
	if (strcmp(way, "partition") == 0) {
		buf_printf(harm, "%s, a partition of %s, would go with it",
		    other, one);
		buf_printf(
		    remedy, "ALTER TABLE %s DETACH PARTITION %s", one, other);
	} else if (strcmp(way, "part") == 0) {
		buf_printf(harm, "%s would not be a partition of %s any more",
		    one, other);
		buf_printf(
		    remedy, "ALTER TABLE %s DETACH PARTITION %s", other, one);
	} else if (strcmp(way, "heir") == 0) {
		buf_printf(
		    harm, "%s would not inherit from %s any more", one, other);
		buf_printf(remedy, "ALTER TABLE %s NO INHERIT %s", one, other);
	} else if (strcmp(way, "sequence") == 0) {
		buf_printf(harm, "the sequence %s belongs to %s", one, other);
		buf_printf(
		    remedy, "ALTER SEQUENCE %s RENAME TO another name", one);
	} else if (strcmp(way, "member") == 0) {
		buf_printf(harm, "%s belongs to the extension %s", one, other);
		buf_printf(
		    remedy, "ALTER EXTENSION %s DROP ... %s", other, one);
	} else {
		buf_printf(harm,
		    "the subscription %s, which is enabled, would leave %s out",
		    other, one);
		buf_printf(remedy, "ALTER SUBSCRIPTION %s DISABLE", other);
	}
}

/* Whether the two are tied so that it does harm to part them. */
static int
is_harm(const struct ties_opts *o, const char *way, const char *one,
    const char *other)
{
	if (strcmp(way, "disabled") != 0)
		return strcmp(way, "heir") != 0 ||
		    !comes_as_heir(o, one, other);
	log_warn("the subscription %s leaves out %s, which is replaced, until "
		 "ALTER SUBSCRIPTION %s REFRESH PUBLICATION",
	    other, one, other);
	return 0;
}

static int
check_severed(const struct ties_opts *o, const char *relations, struct err *err)
{
	PGresult *r = conn_query1(o->conn, sql_severed, relations, err);
	struct naming list = NAMING("; ");
	struct buf remedy = { 0 };
	int row;

	for (row = 0; r != NULL && row < PQntuples(r); row++) {
		const char *way = PQgetvalue(r, row, 0);
		const char *one = PQgetvalue(r, row, 1);
		const char *other = PQgetvalue(r, row, 2);
		struct buf harm = { 0 };

		if (!is_harm(o, way, one, other))
			continue;
		remedy.len = 0;
		tell(way, one, other, &harm, &remedy);
		naming_add(&list, buf_text(&harm));
		buf_free(&harm);
	}
	PQclear(r);
	if (list.count > 0) {
		(void)err_set(err, ERR_FAIL,
		    "cannot replace what is tied to something else: %s",
		    naming_text(&list));
		(void)err_hint(err,
		    "choose both, if the archive has both; or untie %s first: "
		    "%s",
		    list.count > 1 ? "them" : "it", buf_text(&remedy));
	}
	buf_free(&remedy);
	naming_free(&list);
	return r != NULL && list.count == 0 ? 0 : -1;
}

struct ties *
ties_find(const struct ties_opts *opts, struct err *err)
{
	struct ties *t = mem_zalloc(sizeof(*t));
	struct buf relations = { 0 }, publications = { 0 };

	ties_relations(opts, &relations);
	new_publications(opts, &publications);
	if (check_severed(opts, buf_text(&relations), err) == 0)
		t->places = conn_query2(opts->conn, sql_publications_of,
		    buf_text(&relations), buf_text(&publications), err);
	buf_free(&relations);
	buf_free(&publications);
	if (t->places != NULL)
		return t;
	ties_free(t);
	return NULL;
}

/* --- what is tied again --- */

int
ties_loosen(struct ties *t, struct conn *conn, struct err *err)
{
	int row, rc = 0;

	t->defaults = conn_query(conn, sql_own_defaults, err);
	if (t->defaults == NULL)
		return -1;
	for (row = 0; rc == 0 && row < PQntuples(t->defaults); row++)
		rc = conn_exec(conn, PQgetvalue(t->defaults, row, 0), err);
	return rc;
}

static int
restore_defaults(const struct ties *t, struct conn *conn, struct err *err)
{
	int row, rc = 0;

	for (row = 0; rc == 0 && row < PQntuples(t->defaults); row++)
		if (!PQgetisnull(t->defaults, row, 1))
			rc = conn_exec(
			    conn, PQgetvalue(t->defaults, row, 1), err);
	return rc;
}

int
ties_make(const struct ties *t, struct conn *conn,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err)
{
	int row;

	for (row = 0; row < PQntuples(t->places); row++) {
		struct err why = ERR_INIT;
		char *what;

		if (conn_attempt(conn, PQgetvalue(t->places, row, 2), &why) ==
		    0)
			continue;
		if (why.kind != ERR_DB || why.sqlstate[0] == '\0') {
			*err = why;
			return -1;
		}
		what = mem_printf("%s stays out of the publication %s",
		    PQgetvalue(t->places, row, 1),
		    PQgetvalue(t->places, row, 0));
		refuse(arg, what, &why);
		free(what);
	}
	return restore_defaults(t, conn, err);
}

void
ties_free(struct ties *t)
{
	if (t == NULL)
		return;
	PQclear(t->places);
	PQclear(t->defaults);
	free(t);
}
