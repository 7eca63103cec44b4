#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/lobj.h"
#include "db/queries.h"
#include "job/restore/account.h"
#include "job/groups.h"
#include "job/lobj_entries.h"

#define NAMED_MAX 10

/* With the schema, owners, privileges and empty ones are lost. */
static void
tell_unlisted(uint64_t count, uint64_t saved)
{
	log_warn("the large objects are without owner and privileges: the "
		 "schema, which lists them, is lost");
	if (count < saved)
		log_warn("%" PRIu64 " large objects were saved, %" PRIu64
			 " are restored: empty ones, and those of whose pieces "
			 "none is whole, are missing",
		    saved, count);
}

/* Objects without content are in no part.  Archives of the first days with a
 * schema by pg_dump 17 or newer do not list them anywhere. */
int
account_lobjs(const struct account *a, struct conn *conn, const struct toc *toc,
    uint64_t others, struct err *err)
{
	uint64_t count;

	if (a->cat->lobj_count == 0)
		return 0;
	if (lobj_count(conn, &count, err) != 0)
		return -1;
	count -= others;
	if (a->is_plain && lobj_entries_lacks(toc, a->cat))
		tell_unlisted(count, a->manifest->lobj_count);
	else if (lobj_entries_lacks(toc, a->cat))
		log_warn("the schema, by pg_dump %s, does not list the large "
			 "objects: they are without owner and privileges, and "
			 "%" PRIu64 " empty ones are missing",
		    toc->dump_version, a->manifest->lobj_count - count);
	else if (count != a->manifest->lobj_count && a->forgiving)
		log_warn("%" PRIu64 " large objects were saved, %" PRIu64
			 " are restored",
		    a->manifest->lobj_count, count);
	else if (count != a->manifest->lobj_count)
		return err_set(err, ERR_FAIL,
		    "%" PRIu64 " large objects were saved, %" PRIu64
		    " are restored",
		    a->manifest->lobj_count, count);
	return 0;
}

/* The rows of each group, as saved and as restored. */
struct sums {
	uint64_t saved;
	uint64_t restored;
};

static struct sums *
sum_groups(const struct account *a)
{
	struct sums *sums =
	    mem_zalloc((a->cat->table_count + 1) * sizeof(*sums));
	size_t i;

	for (i = 0; i < a->cat->table_count; i++) {
		struct sums *s = &sums[groups_key(a->cat, i)];

		if (!table_has_rows(&a->cat->tables[i]))
			continue;
		s->saved += a->manifest->tables[i].digest.rows;
		s->restored += a->tallies[i].rows;
	}
	return sums;
}

/* What is not as it was saved. */
struct gaps {
	struct buf lost;   /* tables that are not there */
	struct buf lamed;  /* groups that one of them is missing from */
	struct buf differ; /* tables with other counts */
	size_t lost_count;
	size_t lamed_count;
	size_t differ_count;
	size_t denied_count; /* tables that are not the user's to fill */
};

static void
add_lamed(const struct account *a, struct gaps *g, size_t key)
{
	int lacks = regroup_lacks(a->groups, key);
	const struct table *t = &a->cat->tables[key];
	const struct table *other = &a->cat->tables[lacks];

	if (g->lamed_count++ < NAMED_MAX)
		buf_printf(&g->lamed,
		    "%s%s.%s could not be made a partition, so the rows of all "
		    "others of %s.%s are missing",
		    g->lamed_count > 1 ? "; " : "", other->schema, other->name,
		    t->schema, t->name);
}

static void
add_denied(const struct account *a, struct gaps *g, const struct table *t)
{
	char *name = mem_printf("%s.%s", t->schema, t->name);

	denied_add(a->denied, "table's rows", "tables' rows", name);
	free(name);
	g->denied_count++;
}

/* Parts that were in before one was refused stay. */
static void
add_lost(const struct sums *sums, struct gaps *g, const struct table *t)
{
	buf_printf(&g->lost, "%s%s.%s", g->lost_count > 1 ? ", " : "",
	    t->schema, t->name);
	if (sums->restored > 0)
		buf_printf(&g->lost,
		    " (but %" PRIu64 " of %" PRIu64 " are there)",
		    sums->restored, sums->saved);
}

static void
find_gaps(const struct account *a, const struct sums *sums, struct gaps *g)
{
	size_t i;

	for (i = 0; i < a->cat->table_count; i++) {
		const struct table *t = &a->cat->tables[i];
		int skip = a->tallies[i].skip != SKIP_NOT;

		if (skip ? sums[i].saved == 0
			 : sums[i].restored == sums[i].saved)
			continue;
		if (a->tallies[i].skip == SKIP_DENIED) {
			add_denied(a, g, t);
			continue;
		}
		if (skip && regroup_lacks(a->groups, i) >= 0)
			add_lamed(a, g, i);
		else if (skip && g->lost_count++ < NAMED_MAX)
			add_lost(&sums[i], g, t);
		else if (!skip && g->differ_count++ < NAMED_MAX)
			buf_printf(&g->differ,
			    "%s%s.%s (%" PRIu64 " saved, %" PRIu64 " restored)",
			    g->differ_count > 1 ? ", " : "", t->schema, t->name,
			    sums[i].saved, sums[i].restored);
	}
}

/* Rows that are not there are named, and the others kept: somebody may need
 * these all the more.  Counts that differ nobody can explain. */
static int
report_gaps(const struct gaps *g, struct err *err)
{
	size_t n = g->lost_count;
	struct buf lost = { 0 };

	if (g->differ_count > 0)
		return err_set(err, ERR_FAIL,
		    "the rows of %zu table%s do not add up: %s",
		    g->differ_count, g->differ_count > 1 ? "s" : "",
		    buf_text(&g->differ));
	if (n > 0)
		buf_printf(&lost,
		    "%zu table%s could not be made or filled, and %s rows are "
		    "missing: %s%s",
		    n, n > 1 ? "s" : "", n > 1 ? "their" : "its",
		    buf_text(&g->lost), g->lamed_count > 0 ? "; " : "");
	if (g->lamed_count > 0)
		buf_puts(&lost, buf_text(&g->lamed));
	if (lost.len > 0)
		log_warn("%s", buf_text(&lost));
	buf_free(&lost);
	return 0;
}

int
account_rows(const struct account *a, size_t *lost, struct err *err)
{
	struct sums *sums = sum_groups(a);
	struct gaps gaps = { .lost_count = 0 };
	int rc;

	find_gaps(a, sums, &gaps);
	rc = report_gaps(&gaps, err);
	*lost = gaps.lost_count + gaps.lamed_count + gaps.denied_count;
	buf_free(&gaps.lost);
	buf_free(&gaps.lamed);
	buf_free(&gaps.differ);
	free(sums);
	return rc;
}

int
account_objects(struct conn *conn, const uint8_t *marks, const struct toc *toc,
    size_t *indexes, size_t *constraints, struct err *err)
{
	struct buf names = { 0 };
	PGresult *row;
	size_t i;

	for (i = 0; i < toc->count && marks != NULL; i++) {
		const struct toc_entry *e = &toc->entries[i];
		struct buf name = { 0 };

		if (!marks[i] || !toc_relkind(e))
			continue;
		sql_qualified(&name, e->schema, e->tag);
		buf_puts(&names, names.len == 0 ? "{" : ",");
		sql_element(&names, buf_text(&name));
		buf_free(&name);
	}
	buf_puts(&names, names.len == 0 ? "{}" : "}");
	row = conn_query1(conn, sql_object_counts,
	    marks != NULL ? buf_text(&names) : NULL, err);
	buf_free(&names);
	if (row == NULL)
		return -1;
	*indexes = strtoull(PQgetvalue(row, 0, 0), NULL, 10);
	*constraints = strtoull(PQgetvalue(row, 0, 1), NULL, 10);
	PQclear(row);
	return 0;
}
