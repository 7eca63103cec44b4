#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/named.h"
#include "db/queries.h"
#include "job/rights.h"

/* Bytes of names in a message: all of what one has to grant, on one screen. */
#define TABLES_BYTES 1000
#define OTHERS_BYTES 300

/* Names for a message: as many as there is room for, all of them at -v. */
struct list {
	struct buf text;
	size_t room; /* in bytes */
	size_t count;
	size_t left; /* without room */
};

static void
add(struct list *list, const char *why, const char *schema, const char *name)
{
	log_step("%s: %s%s%s", why, schema, schema[0] != '\0' ? "." : "", name);
	list->count++;
	if (list->text.len + strlen(schema) + strlen(name) > list->room) {
		list->left++;
		return;
	}
	buf_printf(&list->text, "%s%s%s%s", list->text.len > 0 ? ", " : "",
	    schema, schema[0] != '\0' ? "." : "", name);
}

/* "2 tables (a.b, a.c and 3 more)", after ", " unless it is the first. */
static void
say(struct buf *out, const struct list *list, const char *one)
{
	if (list->count == 0)
		return;
	buf_printf(out, "%s%zu %s%s (%s", out->len > 0 ? ", " : "", list->count,
	    one, list->count > 1 ? "s" : "", buf_text(&list->text));
	if (list->left > 0)
		buf_printf(out, " and %zu more", list->left);
	buf_puts(out, ")");
}

static char *
current_user(struct conn *conn, struct err *err)
{
	PGresult *r = conn_query(conn, sql_current_role, err);
	char *user = r != NULL ? mem_strdup(PQgetvalue(r, 0, 0)) : NULL;

	PQclear(r);
	return user;
}

static int
find_lobjs(struct conn *conn, const struct catalog *cat, struct list *lobjs,
    struct err *err)
{
	PGresult *r;
	int i, n;

	if (cat->lobj_count == 0)
		return 0;
	r = conn_query(conn, sql_unreadable_lobjs, err);
	if (r == NULL)
		return err_wrap(err, "cannot list the large objects");
	n = PQntuples(r);
	for (i = 0; i < n; i++)
		add(lobjs, "not readable", "", PQgetvalue(r, i, 0));
	if (n > 0) {
		size_t total = strtoull(PQgetvalue(r, 0, 1), NULL, 10);

		lobjs->left += total - (size_t)n;
		lobjs->count = total;
	}
	PQclear(r);
	return 0;
}

static void
hint_grants(struct conn *conn, int relations, int lobjs, struct err *err)
{
	const char *role = conn_version(conn) >= 140000
	    ? ", or the role pg_read_all_data"
	    : "";

	if (!relations)
		(void)err_hint(
		    err, "GRANT SELECT ON LARGE OBJECT; -v names every one");
	else
		(void)err_hint(err,
		    "GRANT SELECT on them and USAGE on their schemas%s%s; -v "
		    "names every one",
		    role,
		    lobjs ? "; large objects take a GRANT SELECT ON LARGE "
			    "OBJECT"
			  : "");
}

static int
check_readable(struct conn *conn, const struct catalog *cat, const char *user,
    struct err *err)
{
	struct list tables = { .room = TABLES_BYTES };
	struct list sequences = { .room = OTHERS_BYTES };
	struct list lobjs = { .room = OTHERS_BYTES };
	struct buf all = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < cat->table_count; i++)
		if (!cat->tables[i].readable)
			add(&tables, "not readable", cat->tables[i].schema,
			    cat->tables[i].name);
	for (i = 0; i < cat->sequence_count; i++)
		if (!cat->sequences[i].readable)
			add(&sequences, "not readable",
			    cat->sequences[i].schema, cat->sequences[i].name);
	rc = find_lobjs(conn, cat, &lobjs, err);
	say(&all, &tables, "table");
	say(&all, &sequences, "sequence");
	say(&all, &lobjs, "large object");
	if (rc == 0 && all.len > 0) {
		rc = err_set(err, ERR_DB, "no permission for %s to read %s",
		    user, buf_text(&all));
		hint_grants(conn, tables.count + sequences.count > 0,
		    lobjs.count > 0, err);
	}
	buf_free(&tables.text);
	buf_free(&sequences.text);
	buf_free(&lobjs.text);
	buf_free(&all);
	return rc;
}

static int
is_hidden(const struct table *t)
{
	return t->hides && table_has_rows(t);
}

static int
is_unreachable(const struct table *t)
{
	return t->unreachable && table_has_rows(t);
}

/* Those that ${picks} picks, as say() has it. */
static void
say_tables(const struct catalog *cat, int (*picks)(const struct table *),
    const char *why, const char *one, struct buf *out)
{
	struct list list = { .room = TABLES_BYTES };
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (picks(&cat->tables[i]))
			add(&list, why, cat->tables[i].schema,
			    cat->tables[i].name);
	say(out, &list, one);
	buf_free(&list.text);
}

static int
check_hidden(struct conn *conn, const struct catalog *cat, const char *user,
    struct err *err)
{
	struct buf all = { 0 };
	int rc = 0;

	if (conn_row_security(conn))
		return 0;
	say_tables(cat, is_hidden, "row security", "table", &all);
	if (all.len > 0) {
		(void)err_set(err, ERR_DB,
		    "row security would hide rows from %s, in %s", user,
		    buf_text(&all));
		rc = err_hint(err,
		    "let a role with BYPASSRLS make the backup, or, unless row "
		    "security is forced, their owner; --enable-row-security "
		    "saves what %s sees",
		    user);
	}
	buf_free(&all);
	return rc;
}

int
rights_check(struct conn *conn, const struct catalog *cat, struct err *err)
{
	char *user = current_user(conn, err);
	int rc = -1;

	if (user != NULL && check_readable(conn, cat, user, err) == 0)
		rc = check_hidden(conn, cat, user, err);
	free(user);
	return rc;
}

int
rights_passwords(struct conn *conn, struct err *err)
{
	PGresult *r = conn_query(conn, sql_reads_passwords, err);
	int yes;

	if (r == NULL)
		return -1;
	yes = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return yes;
}

/* Log a line about ${what}, unless that is empty, and keep it. */
static void
note(struct manifest *m, void (*tell)(const char *fmt, ...), const char *before,
    const struct buf *what, const char *after)
{
	char *line;

	if (what->len == 0)
		return;
	line = mem_printf("%s%s%s", before, buf_text(what), after);
	tell("%s", line);
	manifest_warn(m, line);
	free(line);
}

int
rights_find_untold(struct conn *conn, struct buf *what, struct err *err)
{
	PGresult *r = conn_query(conn, sql_untold, err);
	struct list subscriptions = { .room = OTHERS_BYTES };
	struct list mappings = { .room = OTHERS_BYTES };
	struct buf options = { 0 };
	int i;

	if (r == NULL)
		return err_wrap(err, "cannot read who may see what");
	for (i = 0; i < PQntuples(r); i++)
		add(PQgetvalue(r, i, 0)[0] == 's' ? &subscriptions : &mappings,
		    PQgetvalue(r, i, 0), "", PQgetvalue(r, i, 1));
	PQclear(r);
	say(what, &subscriptions, "subscription");
	say(&options, &mappings, "user mapping");
	if (options.len > 0)
		buf_printf(what, "%sthe options of %s",
		    what->len > 0 ? ", " : "", buf_text(&options));
	buf_free(&subscriptions.text);
	buf_free(&mappings.text);
	buf_free(&options);
	return 0;
}

int
rights_untold(struct conn *conn, struct manifest *m, struct err *err)
{
	struct buf all = { 0 };
	int rc = rights_find_untold(conn, &all, err);

	if (rc == 0)
		note(m, log_warn,
		    "left out, for only a superuser may read them: ", &all, "");
	buf_free(&all);
	return rc;
}

void
rights_find_unreachable(const struct catalog *cat, struct buf *what)
{
	say_tables(cat, is_unreachable, "unlogged", "unlogged table", what);
}

void
rights_find_hidden(const struct catalog *cat, struct buf *what)
{
	say_tables(cat, is_hidden, "row security", "table", what);
}

void
rights_note(struct conn *conn, const struct catalog *cat, struct manifest *m)
{
	struct buf hidden = { 0 }, unreachable = { 0 };

	if (conn_row_security(conn))
		rights_find_hidden(cat, &hidden);
	/* It was asked for: not worth an exit status. */
	note(m, log_step, "row security: of ", &hidden,
	    " only the rows that the user may see are saved");
	rights_find_unreachable(cat, &unreachable);
	note(m, log_warn,
	    "a standby has no rows of unlogged tables, which are saved "
	    "empty: ",
	    &unreachable, "");
	buf_free(&hidden);
	buf_free(&unreachable);
}

int
rights_change(const struct conn *conn, struct err *err)
{
	if (!conn_is_standby(conn))
		return 0;
	(void)err_set(err, ERR_DB,
	    "the server is a standby, which takes no changes but its "
	    "primary's");
	return err_hint(err, "restore on the primary");
}

int
rights_fill(struct conn *conn, const struct catalog *cat, uint8_t *tables,
    uint8_t *sequences, struct err *err)
{
	PGresult *r = conn_query(conn, sql_unwritable, err);
	struct named *named;
	int i;

	if (r == NULL)
		return err_wrap(err, "cannot read the privileges");
	named = named_new(cat);
	for (i = 0; i < PQntuples(r); i++) {
		const char *schema = PQgetvalue(r, i, 1);
		const char *name = PQgetvalue(r, i, 2);
		int table = PQgetvalue(r, i, 0)[0] == 'r';
		int at = table ? named_table(named, schema, name)
			       : named_sequence(named, schema, name);

		if (at >= 0)
			(table ? tables : sequences)[at] = 1;
	}
	named_free(named);
	PQclear(r);
	return 0;
}

int
rights_verify(struct conn *conn, const struct catalog *cat, uint8_t *skip,
    struct err *err)
{
	PGresult *r = conn_query(conn, sql_unverifiable, err);
	struct list list = { .room = TABLES_BYTES };
	struct buf all = { 0 };
	struct named *named;
	int i, at;

	if (r == NULL)
		return err_wrap(err, "cannot read the privileges");
	named = named_new(cat);
	for (i = 0; i < PQntuples(r); i++) {
		const char *schema = PQgetvalue(r, i, 0);
		const char *name = PQgetvalue(r, i, 1);

		at = named_table(named, schema, name);
		if (at < 0 || skip[at])
			continue;
		skip[at] = 1;
		add(&list, "not verified", schema, name);
	}
	named_free(named);
	PQclear(r);
	say(&all, &list, "table");
	if (all.len > 0)
		log_warn("you may not read all rows, so these were not "
			 "verified: %s",
		    buf_text(&all));
	buf_free(&list.text);
	buf_free(&all);
	return 0;
}

int
rights_verify_lobjs(struct conn *conn, struct err *err)
{
	PGresult *r = conn_query(conn, sql_unreadable_lobjs, err);
	int all;

	if (r == NULL)
		return err_wrap(err, "cannot read the privileges");
	all = PQntuples(r) == 0;
	PQclear(r);
	if (!all)
		log_warn("you may not read all large objects, so they were "
			 "not verified");
	return all;
}
