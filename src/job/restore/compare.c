#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/digests.h"
#include "job/groups.h"
#include "job/restore/compare.h"

/* What was saved of each group. */
static struct digest *
saved_digests(const struct compare_opts *opts)
{
	const struct catalog *cat = opts->cat;
	struct digest *saved =
	    mem_zalloc((cat->table_count + 1) * sizeof(*saved));
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		if (table_has_rows(&cat->tables[i]))
			digest_add(&saved[groups_key(cat, i)],
			    &opts->manifest->tables[i].digest);
	return saved;
}

/* What was found of each. */
static struct digest *
found_digests(const struct compare_opts *opts, const struct digests *digests)
{
	const struct catalog *cat = opts->cat;
	struct digest *found =
	    mem_zalloc((cat->table_count + 1) * sizeof(*found));
	size_t i;

	for (i = 0; i < cat->table_count; i++)
		digest_add(&found[groups_key(cat, i)], &digests->tables[i]);
	return found;
}

int
compare_is_same(const struct compared *one)
{
	return !one->asked || digest_equal(&one->found, &one->saved);
}

static void
fill_compared(const struct compare_opts *opts, const struct digests *digests,
    struct compared *compared)
{
	const struct catalog *cat = opts->cat;
	struct digest *saved = saved_digests(opts);
	struct digest *found = found_digests(opts, digests);
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		struct compared *one = &compared[groups_key(cat, i)];

		if (opts->skip[i] || !table_has_rows(&cat->tables[i]))
			continue;
		one->asked = 1;
		one->bytes += opts->manifest->tables[i].bytes;
	}
	for (i = 0; i < cat->table_count; i++) {
		compared[i].saved = saved[i];
		compared[i].found = found[i];
	}
	free(saved);
	free(found);
}

/* The tables to be read: these, too, that took rows of others.  They are read
 * as those were, for digests are of what COPY gives. */
static struct table *
list_read(const struct compare_opts *opts)
{
	const struct catalog *cat = opts->cat;
	size_t i, k, n = cat->table_count;
	struct table *tables = mem_array(NULL, n + 1, sizeof(*tables));

	if (n > 0)
		memcpy(tables, cat->tables, n * sizeof(*tables));
	for (i = 0; i < n; i++) {
		for (k = 0; opts->takes[i] && k < n &&
		     (!table_has_rows(&cat->tables[k]) ||
			 groups_key(cat, k) != groups_key(cat, i));)
			k++;
		if (!opts->takes[i] || k == n)
			continue;
		tables[i].left_out = 0;
		tables[i].columns = cat->tables[k].columns;
		tables[i].column_count = cat->tables[k].column_count;
		tables[i].format = cat->tables[k].format;
	}
	return tables;
}

int
compare_digests(const struct compare_opts *opts, struct compared *compared,
    struct digest *lobjs, struct err *err)
{
	struct catalog view = *opts->cat;
	struct digests_opts read = { .cat = &view,
		.skip = opts->skip,
		.lobjs = opts->lobjs,
		.lobj_count = opts->lobj_count,
		.jobs = opts->jobs,
		.conns = opts->conns,
		.progress = opts->progress };
	struct digests digests;
	int rc;

	view.tables = list_read(opts);
	rc = digests_read(&read, &digests, err);
	free(view.tables);
	if (rc == 0) {
		fill_compared(opts, &digests, compared);
		*lobjs = digests.lobjs;
	}
	digests_free(&digests);
	return rc;
}
