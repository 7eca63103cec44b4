#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/restore/replace.h"

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "ALTER TABLE ONLY a.b DROP CONSTRAINT c;" */
static void
constraint_text(const char *drop, struct buf *out)
{
	static const char table[] = "ALTER TABLE ";
	static const char word[] = " DROP CONSTRAINT ";
	const char *at;

	if (!begins(drop, table))
		return;
	drop += strlen(table);
	at = sqlname_find(drop, word);
	if (at == NULL)
		return;
	buf_printf(out, "%sIF EXISTS %.*s DROP CONSTRAINT IF EXISTS %s", table,
	    (int)((size_t)(at - drop) - strlen(word)), drop, at);
}

/* What is left as it is, though it is there. */
static int
stays(const struct toc_entry *e)
{
	return toc_is(e, "DATABASE") || toc_is(e, "SCHEMA") ||
	    toc_is(e, "EXTENSION") || begins(e->desc, "SUBSCRIPTION") ||
	    toc_is(e, "DEFAULT ACL");
}

/* pg_dump writes "DROP", the kind as the entry has it, and the rest.  That of
 * a base type would take along whatever has such a column. */
void
replace_text(const struct toc_entry *e, struct buf *out)
{
	char *head = mem_printf("DROP %s ", e->desc);

	if (toc_is(e, "FK CONSTRAINT"))
		constraint_text(e->drop, out);
	else if (!stays(e) && begins(e->drop, head) &&
	    strstr(e->drop, " CASCADE;") == NULL)
		buf_printf(out, "%sIF EXISTS %s", head, e->drop + strlen(head));
	free(head);
}

/* Whether an entry goes by a statement of its own, not with what it belongs
 * to.  Keys go first: tables may refer to each other in a circle. */
static int
goes_alone(const struct choice *c, const struct toc *toc, size_t i)
{
	const struct toc_entry *e = &toc->entries[i];
	int owner = toc_tree_owner(c->tree, i);

	return owner < 0 || !c->entries[owner] || toc_relkind(e) == 'r' ||
	    toc_is(e, "FK CONSTRAINT");
}

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

static int
drop_one(const struct presence *p, const struct toc_entry *e, struct conn *conn,
    struct err *err)
{
	struct buf sql = { 0 };
	int rc = 0;

	if (toc_is(e, "BLOB") || toc_is(e, "BLOB METADATA"))
		return unlink_lobjs(p, e, conn, err);
	replace_text(e, &sql);
	if (sql.len > 0) {
		log_detail(
		    "%.*s", (int)strcspn(buf_text(&sql), "\n"), buf_text(&sql));
		rc = conn_exec(conn, buf_text(&sql), err);
	}
	buf_free(&sql);
	return rc;
}

static int
explain(const struct toc_entry *e, struct err *err)
{
	struct buf name = { 0 };

	/* 2BP01: dependent_objects_still_exist. */
	if (strcmp(err->sqlstate, "2BP01") == 0) {
		err->hint[0] = '\0';
		(void)err_hint(err,
		    "choose what depends on it, too, or drop that first; "
		    "nothing is changed");
	}
	statement_name(e, &name);
	(void)err_wrap(err, "cannot replace %s", buf_text(&name));
	buf_free(&name);
	return -1;
}

int
replace_drop(const struct presence *p, const struct choice *c,
    const struct toc *toc, const enum pass *passes, struct conn *conn,
    struct err *err)
{
	size_t i;

	for (i = toc->count; i-- > 0;) {
		if (!c->entries[i] || passes[i] == PASS_NONE ||
		    !goes_alone(c, toc, i))
			continue;
		if (drop_one(p, &toc->entries[i], conn, err) != 0)
			return explain(&toc->entries[i], err);
	}
	return 0;
}
