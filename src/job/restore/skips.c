#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/named.h"
#include "db/queries.h"
#include "job/groups.h"
#include "job/rights.h"
#include "job/restore/skips.h"

static int
is_table(const struct toc_entry *e)
{
	return strcmp(e->desc, "TABLE") == 0;
}

static void
skip_failed(const struct skips_opts *o, const struct named *named,
    struct tally *tallies)
{
	size_t i;

	for (i = 0; i < o->toc->count; i++) {
		const struct toc_entry *e = &o->toc->entries[i];
		int at;

		if (!is_table(e) || !ddl_has_failed(o->ddl, i))
			continue;
		at = named_table(named, e->schema, e->tag);
		if (at >= 0)
			tallies[at].skip = SKIP_ABSENT;
	}
}

/* The catalog's tables that have no entry in the table of contents: those of
 * extensions.  NULL if there are none. */
static uint8_t *
find_unlisted(const struct skips_opts *o, const struct named *named)
{
	size_t i, count = 0, n = o->cat->table_count;
	uint8_t *unlisted;

	for (i = 0; i < o->toc->count; i++)
		count += is_table(&o->toc->entries[i]) ? 1 : 0;
	if (count == n)
		return NULL;
	unlisted = mem_alloc(n + 1);
	memset(unlisted, 1, n);
	for (i = 0; i < o->toc->count; i++) {
		const struct toc_entry *e = &o->toc->entries[i];
		int at =
		    is_table(e) ? named_table(named, e->schema, e->tag) : -1;

		if (at >= 0)
			unlisted[at] = 0;
	}
	return unlisted;
}

/* They are not there when their extension could not be made. */
static int
skip_unlisted(const struct skips_opts *o, const struct named *named,
    struct tally *tallies, struct err *err)
{
	uint8_t *unlisted = find_unlisted(o, named);
	size_t i;
	int rc = 0;

	for (i = 0; i < o->cat->table_count && unlisted != NULL && rc == 0;
	     i++) {
		const struct table *t = &o->cat->tables[i];
		struct buf name = { 0 };
		PGresult *r;

		if (!unlisted[i] || t->left_out)
			continue;
		sql_qualified(&name, t->schema, t->name);
		r = conn_query1(
		    o->conn, sql_relation_absent, buf_text(&name), err);
		buf_free(&name);
		rc = r != NULL ? 0 : -1;
		if (rc == 0 && PQgetvalue(r, 0, 0)[0] == 't')
			tallies[i].skip =
			    o->limited ? SKIP_DENIED : SKIP_ABSENT;
		PQclear(r);
	}
	free(unlisted);
	return rc;
}

static void
deny_value(const struct skips_opts *o, const struct sequence *s)
{
	char *name = mem_printf("%s.%s", s->schema, s->name);

	denied_add(
	    ddl_denied(o->ddl), "sequence's value", "sequences' values", name);
	free(name);
}

static int
skip_denied(const struct skips_opts *o, struct tally *tallies,
    uint8_t *sequences, struct err *err)
{
	uint8_t *tables = mem_zalloc(o->cat->table_count + 1);
	int rc = rights_fill(o->conn, o->cat, tables, sequences, err);
	size_t i;

	for (i = 0; i < o->cat->table_count; i++)
		if (tables[i] && !o->cat->tables[i].left_out &&
		    tallies[i].skip == SKIP_NOT)
			tallies[i].skip = SKIP_DENIED;
	for (i = 0; i < o->cat->sequence_count; i++)
		if (sequences[i])
			deny_value(o, &o->cat->sequences[i]);
	free(tables);
	return rc;
}

/* A table that can't be made weighs more than one that is not the user's. */
static enum skip
worse(enum skip a, enum skip b)
{
	return a == SKIP_ABSENT || b == SKIP_NOT ? a : b;
}

/* Where one table of a group is left out, its rows may be anybody's. */
static void
skip_groups(const struct catalog *cat, struct tally *tallies)
{
	size_t i, key, above;

	for (i = 0; i < cat->table_count; i++) {
		key = groups_key(cat, i);
		for (above = i; above != key;) {
			tallies[key].skip =
			    worse(tallies[key].skip, tallies[above].skip);
			above = (size_t)cat->tables[above].parent;
		}
	}
	for (i = 0; i < cat->table_count; i++)
		tallies[i].skip =
		    worse(tallies[i].skip, tallies[groups_key(cat, i)].skip);
}

int
skips_absent(
    const struct skips_opts *opts, struct tally *tallies, struct err *err)
{
	struct named *named = named_new(opts->cat);
	int rc;

	skip_failed(opts, named, tallies);
	rc = skip_unlisted(opts, named, tallies, err);
	named_free(named);
	return rc;
}

int
skips_denied(const struct skips_opts *opts, struct tally *tallies,
    uint8_t *sequences, struct err *err)
{
	if (!opts->limited)
		return 0;
	if (skip_denied(opts, tallies, sequences, err) != 0)
		return -1;
	skip_groups(opts->cat, tallies);
	return 0;
}
