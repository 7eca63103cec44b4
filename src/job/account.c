#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/lobj.h"
#include "job/account.h"
#include "job/groups.h"
#include "job/lobj_entries.h"

#define NAMED_MAX 10

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
	if (lobj_entries_lacks(toc, a->cat))
		log_warn("the schema, by pg_dump %s, does not list the large "
			 "objects: they are without owner and privileges, and "
			 "%" PRIu64 " empty ones are missing",
		    toc->dump_version, a->manifest->lobj_count - count);
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

int
account_rows(const struct account *a, struct err *err)
{
	struct sums *sums = sum_groups(a);
	struct buf lost = { 0 }, differ = { 0 };
	size_t i, lost_count = 0, differ_count = 0;

	for (i = 0; i < a->cat->table_count; i++) {
		const struct table *t = &a->cat->tables[i];
		int skip = a->tallies[i].skip;

		if (skip ? sums[i].saved == 0
			 : sums[i].restored == sums[i].saved)
			continue;
		if (skip && lost_count++ < NAMED_MAX)
			buf_printf(&lost, "%s%s.%s", lost_count > 1 ? ", " : "",
			    t->schema, t->name);
		if (!skip && differ_count++ < NAMED_MAX)
			buf_printf(&differ,
			    "%s%s.%s (%" PRIu64 " saved, %" PRIu64 " restored)",
			    differ_count > 1 ? ", " : "", t->schema, t->name,
			    sums[i].saved, sums[i].restored);
	}
	if (differ_count > 0)
		(void)err_set(err, ERR_FAIL,
		    "the rows of %zu table%s do not add up: %s", differ_count,
		    differ_count > 1 ? "s" : "", buf_text(&differ));
	else if (lost_count > 0)
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s could not be made, and their rows are "
		    "missing: %s",
		    lost_count, lost_count > 1 ? "s" : "", buf_text(&lost));
	buf_free(&lost);
	buf_free(&differ);
	free(sums);
	return lost_count + differ_count > 0 ? -1 : 0;
}
