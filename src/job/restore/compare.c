#include <stdlib.h>

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

int
compare_digests(const struct compare_opts *opts, struct compared *compared,
    struct digest *lobjs, struct err *err)
{
	struct digests_opts read = { .cat = opts->cat,
		.skip = opts->skip,
		.lobjs = opts->lobjs,
		.lobj_count = opts->lobj_count,
		.jobs = opts->jobs,
		.conns = opts->conns,
		.progress = opts->progress };
	struct digests digests;
	int rc = digests_read(&read, &digests, err);

	if (rc == 0) {
		fill_compared(opts, &digests, compared);
		*lobjs = digests.lobjs;
	}
	digests_free(&digests);
	return rc;
}
