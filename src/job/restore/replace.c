#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/restore/replace.h"

/* SQLSTATEs: dependent_objects_still_exist, wrong_object_type. */
#define HAS_DEPENDENTS "2BP01"
#define WRONG_KIND "42809"

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What is left as it is, though it is there.  Schemas are tried last. */
static int
stays(const struct toc_entry *e)
{
	return toc_is(e, "DATABASE") || toc_is(e, "SCHEMA") ||
	    toc_is(e, "EXTENSION") || begins(e->desc, "SUBSCRIPTION") ||
	    toc_is(e, "DEFAULT ACL");
}

static int
is_base_type(const struct toc_entry *e)
{
	return toc_is(e, "TYPE") && strstr(e->drop, " CASCADE;") != NULL;
}

/* pg_dump writes it apart from its table or domain where a function that it
 * calls depends on that. */
static int
is_check(const struct toc_entry *e)
{
	return toc_is(e, "CHECK CONSTRAINT") && begins(e->drop, "ALTER ");
}

/* pg_dump writes "DROP", the kind as the entry has it, and the rest. */
void
replace_text(const struct toc_entry *e, struct buf *out)
{
	char *head = mem_printf("DROP %s ", e->desc);

	if (is_check(e))
		buf_puts(out, e->drop);
	else if (!stays(e) && begins(e->drop, head) &&
	    (is_base_type(e) || strstr(e->drop, " CASCADE;") == NULL))
		buf_printf(out, "%sIF EXISTS %s", head, e->drop + strlen(head));
	free(head);
}

/* --- what goes --- */

static int
is_lobj(const struct toc_entry *e)
{
	return toc_is(e, "BLOB") || toc_is(e, "BLOB METADATA");
}

/* What would fire on the others, or keep its function and be kept by it. */
static int
goes_first(const struct choice *c, const struct toc *toc, size_t i)
{
	(void)c;
	return toc_is(&toc->entries[i], "EVENT TRIGGER") ||
	    is_check(&toc->entries[i]);
}

/* Whether an entry goes by a statement of its own, not with what it belongs
 * to. */
static int
goes_alone(const struct choice *c, const struct toc *toc, size_t i)
{
	int owner = toc_tree_owner(c->tree, i);

	if (goes_first(c, toc, i))
		return 0;
	return owner < 0 || !c->entries[owner] ||
	    toc_relkind(&toc->entries[i]) == 'r';
}

/* A sequence of a table's goes with it, unless the two have parted. */
static int
goes_late(const struct choice *c, const struct toc *toc, size_t i)
{
	return !goes_alone(c, toc, i) && toc_is(&toc->entries[i], "SEQUENCE");
}

static size_t
find_order(const struct ties_opts *o,
    int (*goes)(const struct choice *c, const struct toc *toc, size_t i),
    size_t *order)
{
	size_t i, n = 0;

	for (i = o->toc->count; i-- > 0;) {
		const struct toc_entry *e = &o->toc->entries[i];
		struct buf sql = { 0 };

		if (!o->choice->entries[i] || o->passes[i] == PASS_NONE ||
		    !goes(o->choice, o->toc, i))
			continue;
		replace_text(e, &sql);
		if (sql.len > 0 || is_lobj(e))
			order[n++] = i;
		buf_free(&sql);
	}
	return n;
}

static int
is_replaced_schema(const struct ties_opts *o, size_t i)
{
	return o->choice->entries[i] && o->passes[i] != PASS_NONE &&
	    toc_is(&o->toc->entries[i], "SCHEMA") &&
	    begins(o->toc->entries[i].drop, "DROP SCHEMA ");
}

size_t
replace_order(const struct ties_opts *o, size_t *order)
{
	size_t n = find_order(o, goes_first, order), i;

	n += find_order(o, goes_alone, order + n);
	for (i = o->toc->count; i-- > 0;)
		if (is_replaced_schema(o, i))
			order[n++] = i;
	return n;
}

/* --- dropping it --- */

/* Large objects, from a list of them; what is not there is not touched. */
static int
unlink_lobjs(const struct presence *p, const struct toc_entry *e,
    struct conn *conn, struct err *err)
{
	struct buf oids = { 0 };
	PGresult *r;

	presence_lobjs(p, e, &oids);
	if (oids.len == 0)
		return 0;
	r = conn_query1(conn, sql_unlink_lobjs, buf_text(&oids), err);
	buf_free(&oids);
	PQclear(r);
	return r != NULL ? 0 : -1;
}

/* Whether ${name} would take nothing along but what is a part of it. */
static int
check_type(const char *name, struct conn *conn, struct err *err)
{
	PGresult *r = conn_query1(conn, sql_type_ties, name, err);
	struct buf list = { 0 };
	int row, rc;

	if (r == NULL)
		return -1;
	for (row = 0; row < PQntuples(r); row++)
		buf_printf(
		    &list, "%s%s", row > 0 ? ", " : "", PQgetvalue(r, row, 0));
	PQclear(r);
	if (list.len > 0) {
		(void)err_set(
		    err, ERR_DB, "on it depends: %s", buf_text(&list));
		(void)snprintf(
		    err->sqlstate, sizeof(err->sqlstate), "%s", HAS_DEPENDENTS);
	}
	rc = list.len > 0 ? -1 : 0;
	buf_free(&list);
	return rc;
}

/* A base type's functions depend on it as it does on them, and so may a
 * range's: they go with it. */
static int
drop_type(const struct toc_entry *e, struct conn *conn, struct err *err)
{
	struct buf name = { 0 }, sql = { 0 };
	struct err why = ERR_INIT;
	int rc = -1;

	sql_qualified(&name, e->schema, e->tag);
	buf_printf(&sql, "DROP TYPE IF EXISTS %s", buf_text(&name));
	log_detail("%s", buf_text(&sql));
	if (!is_base_type(e))
		rc = conn_attempt(conn, buf_text(&sql), &why);
	if (rc != 0 &&
	    (is_base_type(e) || strcmp(why.sqlstate, HAS_DEPENDENTS) == 0)) {
		why = (struct err)ERR_INIT;
		buf_puts(&sql, " CASCADE");
		rc = check_type(buf_text(&name), conn, &why) == 0
		    ? conn_attempt(conn, buf_text(&sql), &why)
		    : -1;
	}
	if (rc != 0)
		*err = why;
	buf_free(&name);
	buf_free(&sql);
	return rc;
}

static int
drop_one(const struct presence *p, const struct toc_entry *e, struct conn *conn,
    struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	if (is_lobj(e))
		return unlink_lobjs(p, e, conn, err);
	if (toc_is(e, "TYPE"))
		return drop_type(e, conn, err);
	replace_text(e, &sql);
	log_detail("%.*s", (int)strcspn(buf_text(&sql), "\n"), buf_text(&sql));
	rc = conn_attempt(conn, buf_text(&sql), err);
	buf_free(&sql);
	/* undefined_table, undefined_object, invalid_schema_name: ALTER has no
	 * word for that. */
	if (rc != 0 && is_check(e) &&
	    (strcmp(err->sqlstate, "42P01") == 0 ||
		strcmp(err->sqlstate, "3F000") == 0 ||
		strcmp(err->sqlstate, "42704") == 0)) {
		*err = (struct err)ERR_INIT;
		rc = 0;
	}
	return rc;
}

/* Who keeps what is to go. */
static void
blame_holder(const struct ties_opts *o, unsigned seconds, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct buf names = { 0 };
	PGresult *r;

	ties_relations(o, &names);
	r = conn_query1(o->conn, sql_lock_holders, buf_text(&names), &ignored);
	buf_free(&names);
	(void)err_set(err, ERR_DB, "another session kept it for %u s", seconds);
	if (r != NULL && PQntuples(r) > 0)
		(void)err_set(err, ERR_DB,
		    "session %s (%s, %s) has held %s for %.0f s and did not "
		    "let go within %u s: %s",
		    PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1),
		    PQgetvalue(r, 0, 4), PQgetvalue(r, 0, 2),
		    strtod(PQgetvalue(r, 0, 3), NULL), seconds,
		    PQgetvalue(r, 0, 5));
	(void)err_hint(err,
	    "wait until it is done, or give more time with --lock-timeout");
	PQclear(r);
}

static int
explain(const struct ties_opts *o, const char *name, unsigned seconds,
    struct err *err)
{
	const char *hint = NULL;

	if (strcmp(err->sqlstate, HAS_DEPENDENTS) == 0)
		hint = "choose what depends on it, too, if the archive has it; "
		       "or drop that first";
	else if (strcmp(err->sqlstate, WRONG_KIND) == 0)
		hint = "what has this name now is something else: rename or "
		       "drop it first";
	else if (strcmp(err->sqlstate, "42501") == 0)
		hint =
		    "its owner, or a superuser, may replace it; --schema and "
		    "--table choose what is yours";
	if (hint != NULL) {
		err->hint[0] = '\0';
		(void)err_hint(err, "%s", hint);
	}
	/* lock_not_available */
	if (strcmp(err->sqlstate, "55P03") == 0)
		blame_holder(o, seconds, err);
	return err_wrap(err, "cannot replace %s", name);
}

static int
explain_entry(
    const struct ties_opts *o, size_t entry, unsigned seconds, struct err *err)
{
	struct buf name = { 0 };

	statement_name(&o->toc->entries[entry], &name);
	(void)explain(o, buf_text(&name), seconds, err);
	buf_free(&name);
	return -1;
}

/* Tables may refer to each other in a circle. */
static int
drop_keys(const struct ties_opts *o, unsigned seconds, struct err *err)
{
	struct buf names = { 0 };
	PGresult *r;
	int row, rc = 0;

	ties_relations(o, &names);
	r = conn_query1(o->conn, sql_keys_between, buf_text(&names), err);
	buf_free(&names);
	for (row = 0; r != NULL && rc == 0 && row < PQntuples(r); row++) {
		log_detail("%s", PQgetvalue(r, row, 0));
		rc = conn_attempt(o->conn, PQgetvalue(r, row, 0), err);
		if (rc != 0)
			(void)explain(o, PQgetvalue(r, row, 1), seconds, err);
	}
	PQclear(r);
	return r != NULL ? rc : -1;
}

/* Views that refer to each other in a circle, as pg_dump parts them: each is a
 * view of nothing first.  One that has changed too much for that is in no
 * circle, or in the way by itself. */
static int
empty_views(
    const struct presence *p, const struct ties_opts *o, struct err *err)
{
	size_t i;

	for (i = o->toc->count; i-- > 0;) {
		const struct toc_entry *e = &o->toc->entries[i];
		int view = toc_tree_owner(o->choice->tree, i);
		struct err why = ERR_INIT;

		if (!o->choice->entries[i] || !toc_is(e, "RULE") || view < 0 ||
		    !begins(e->drop, "CREATE OR REPLACE VIEW ") ||
		    !presence_have(p, &o->toc->entries[view]) ||
		    conn_attempt(o->conn, e->drop, &why) == 0)
			continue;
		if (why.kind != ERR_DB || why.sqlstate[0] == '\0') {
			*err = why;
			return -1;
		}
		log_detail("VIEW %s stays as it is: %s", e->tag, why.msg);
	}
	return 0;
}

/* Those on which something depends are tried again behind the others, as long
 * as that helps. */
static int
drop_all(const struct presence *p, const struct ties_opts *o, size_t *order,
    size_t count, unsigned seconds, struct err *err)
{
	size_t i, left = count, before;

	do {
		before = left;
		left = 0;
		for (i = 0; i < before; i++) {
			const struct toc_entry *e = &o->toc->entries[order[i]];
			struct err why = ERR_INIT;

			if (drop_one(p, e, o->conn, &why) == 0)
				continue;
			if (strcmp(why.sqlstate, HAS_DEPENDENTS) != 0) {
				*err = why;
				return explain_entry(o, order[i], seconds, err);
			}
			if (left == 0)
				*err = why;
			order[left++] = order[i];
		}
	} while (left > 0 && left < before);
	if (left > 0)
		return explain_entry(o, order[0], seconds, err);
	*err = (struct err)ERR_INIT;
	return 0;
}

/* A schema goes where nothing else is in it. */
static int
drop_schema(const struct toc_entry *e, struct conn *conn, struct err *err)
{
	PGresult *r = conn_query1(conn, sql_schema_may_go, e->tag, err);
	struct err why = ERR_INIT;
	int may;

	if (r == NULL)
		return -1;
	may = PQntuples(r) > 0 && PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	if (!may || conn_attempt(conn, e->drop, &why) == 0)
		return 0;
	if (why.kind == ERR_DB && why.sqlstate[0] != '\0') {
		log_detail("SCHEMA %s stays: %s", e->tag, why.msg);
		return 0;
	}
	*err = why;
	return -1;
}

static int
drop_schemas(const struct ties_opts *o, struct err *err)
{
	size_t i;

	for (i = o->toc->count; i-- > 0;)
		if (is_replaced_schema(o, i) &&
		    drop_schema(&o->toc->entries[i], o->conn, err) != 0)
			return -1;
	return 0;
}

static int
limit_waits(struct conn *conn, unsigned seconds, struct err *err)
{
	char sql[64];

	(void)snprintf(
	    sql, sizeof(sql), "SET LOCAL lock_timeout = '%us'", seconds);
	return conn_exec(conn, sql, err);
}

int
replace_lock(const struct ties_opts *o, unsigned seconds, struct err *err)
{
	struct buf names = { 0 };
	PGresult *r;
	int rc = limit_waits(o->conn, seconds, err);

	if (rc != 0)
		return -1;
	ties_relations(o, &names);
	r = conn_query1(o->conn, sql_lock_replaced, buf_text(&names), err);
	buf_free(&names);
	if (r == NULL)
		return -1;
	if (!PQgetisnull(r, 0, 0))
		rc = conn_attempt(o->conn, PQgetvalue(r, 0, 0), err);
	PQclear(r);
	/* Who may not is told by what he may not drop. */
	if (rc != 0 && strcmp(err->sqlstate, "42501") == 0) {
		*err = (struct err)ERR_INIT;
		rc = 0;
	}
	return rc == 0 ? 0 : explain(o, "what is there", seconds, err);
}

int
replace_drop(const struct presence *p, const struct ties_opts *opts,
    unsigned seconds, struct err *err)
{
	size_t *order = mem_array(NULL, opts->toc->count + 1, sizeof(*order));
	size_t n = find_order(opts, goes_first, order);
	int rc = -1;

	if (drop_all(p, opts, order, n, seconds, err) != 0)
		goto out;
	n = find_order(opts, goes_alone, order);
	if (drop_keys(opts, seconds, err) != 0 ||
	    empty_views(p, opts, err) != 0 ||
	    drop_all(p, opts, order, n, seconds, err) != 0)
		goto out;
	n = find_order(opts, goes_late, order);
	if (drop_all(p, opts, order, n, seconds, err) != 0 ||
	    drop_schemas(opts, err) != 0)
		goto out;
	rc = limit_waits(opts->conn, 0, err);
out:
	free(order);
	return rc;
}
