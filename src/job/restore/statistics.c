#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/restore/globals.h"
#include "job/restore/statistics.h"

#define OLDEST 180000
#define CALL "SELECT"

char *
statistics_next(const char **script)
{
	char *statement;

	/* The settings at its head are those that the session has. */
	while ((statement = globals_next(script)) != NULL &&
	    (strncmp(statement, CALL, strlen(CALL)) != 0 ||
		strstr(statement, "pg_restore_") == NULL))
		free(statement);
	return statement;
}

/* The text of the literal that follows ${word}; NULL without one.  No other
 * argument precedes those by which a statement says what it is about. */
static char *
argument(const char *statement, const char *word)
{
	const char *p = strstr(statement, word), *end;
	struct buf text = { 0 };
	char *value;

	if (p == NULL || p[strlen(word)] != '\'')
		return NULL;
	p += strlen(word);
	end = sqlname_skip_quoted(p, 0);
	for (p++; p < end - 1; p++) {
		buf_printf(&text, "%c", *p);
		p += *p == '\'';
	}
	value = mem_strdup(buf_text(&text));
	buf_free(&text);
	return value;
}

int
statistics_of(const char *statement, struct sqlname *out)
{
	out->schema = argument(statement, "'schemaname', ");
	out->name = argument(statement, "'relname', ");
	if (out->schema != NULL && out->name != NULL)
		return 1;
	sqlname_free(out);
	return 0;
}

/* ---- those of a part ---- */

struct relation_name {
	const char *schema;
	const char *name;
};

struct relations {
	struct relation_name *names; /* sorted; lent by their entries */
	size_t count;
};

static int
compare(const void *a, const void *b)
{
	const struct relation_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->schema, y->schema);
}

/* What an entry makes that may have statistics, or NULL. */
static const char *
made_name(const struct statistics_opts *o, size_t entry)
{
	const struct toc_entry *e = &o->toc->entries[entry];
	int owner = toc_tree_owner(o->choice->tree, entry);

	if (toc_relkind(e) || toc_is(e, "INDEX"))
		return e->tag;
	/* Its tag is "table name". */
	if (toc_is(e, "CONSTRAINT") && owner >= 0 &&
	    strlen(e->tag) > strlen(o->toc->entries[owner].tag))
		return e->tag + strlen(o->toc->entries[owner].tag) + 1;
	return NULL;
}

/* Entries of tables and views that stay empty here: what is known of their
 * rows would mislead.  In an archive of definitions alone, all are. */
static uint8_t *
find_empty(const struct statistics_opts *o)
{
	const struct catalog *cat = &o->choice->cat;
	uint8_t *empty = mem_zalloc(o->toc->count + 1);
	size_t i;
	int at;

	if (o->choice->said.schema_only)
		return empty;
	for (i = 0; i < cat->table_count; i++) {
		at = toc_tree_relation(o->choice->tree, cat->tables[i].schema,
		    cat->tables[i].name);
		if (at >= 0 && cat->tables[i].left_out)
			empty[at] = 1;
	}
	for (i = 0; i < o->toc->count; i++) {
		at = toc_tree_owner(o->choice->tree, i);
		if (at >= 0 && o->passes[i] == PASS_NONE &&
		    toc_is(&o->toc->entries[i], "MATERIALIZED VIEW DATA"))
			empty[at] = 1;
	}
	return empty;
}

static struct relations
find_made(const struct statistics_opts *o)
{
	struct relations made = { NULL, 0 };
	uint8_t *empty = find_empty(o);
	size_t i;

	made.names = mem_array(NULL, o->toc->count + 1, sizeof(*made.names));
	for (i = 0; i < o->toc->count; i++) {
		const char *name = made_name(o, i);

		if (name != NULL && o->passes[i] != PASS_NONE &&
		    !empty[toc_tree_root(o->choice->tree, i)] &&
		    !ddl_has_failed(o->ddl, i))
			made.names[made.count++] =
			    (struct relation_name){ o->toc->entries[i].schema,
				    name };
	}
	if (made.count > 0)
		qsort(made.names, made.count, sizeof(*made.names), compare);
	free(empty);
	return made;
}

static int
is_about(const char *statement, const struct relations *made)
{
	struct relation_name key;
	struct sqlname n;
	int yes;

	if (made->count == 0 || !statistics_of(statement, &n))
		return 0;
	key = (struct relation_name){ n.schema, n.name };
	yes = bsearch(&key, made->names, made->count, sizeof(key), compare) !=
	    NULL;
	sqlname_free(&n);
	return yes;
}

/* ---- running them ---- */

static void
refuse(const char *statement, struct ddl *ddl, const struct err *why)
{
	struct ddl_refusal refusal = { .one = "set of statistics",
		.many = "sets of statistics" };
	struct sqlname of;
	int known = statistics_of(statement, &of);
	char *name = known ? mem_printf("%s.%s", of.schema, of.name) : NULL;
	char *what = mem_printf(
	    "statistics%s%s", known ? " of " : "", known ? name : "");

	refusal.name = known ? name : "the planner's";
	refusal.what = what;
	ddl_refuse(ddl, &refusal, why);
	free(what);
	free(name);
	if (known)
		sqlname_free(&of);
}

static int
run_one(
    struct conn *conn, const char *statement, struct ddl *ddl, struct err *err)
{
	struct err why = ERR_INIT;

	if (conn_attempt(conn, statement, &why) == 0)
		return 0;
	if (why.kind == ERR_DB && why.sqlstate[0] != '\0' &&
	    PQstatus(conn_pg(conn)) != CONNECTION_BAD) {
		refuse(statement, ddl, &why);
		return 0;
	}
	*err = why;
	return err_wrap(err, "statistics");
}

int
statistics_run(
    struct conn *conn, const struct statistics_opts *opts, struct err *err)
{
	const char *script = opts->script;
	struct relations made = { NULL, 0 };
	char *statement;
	int rc = 0;

	if (conn_version(conn) < OLDEST) {
		log_warn("the planner's statistics are left out: PostgreSQL %d "
			 "can't take them; run ANALYZE",
		    conn_version(conn) / 10000);
		return 0;
	}
	if (opts->choice->is_part)
		made = find_made(opts);
	while (rc == 0 && (statement = statistics_next(&script)) != NULL) {
		if (!opts->choice->is_part || is_about(statement, &made))
			rc = run_one(conn, statement, opts->ddl, err);
		free(statement);
	}
	free(made.names);
	return rc;
}
