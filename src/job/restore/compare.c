#include <stdlib.h>

#include "base/mem.h"
#include "job/digests.h"
#include "job/groups.h"
#include "job/restore/compare.h"

#define NAMED_MAX 10

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

static void
fill_compared(const struct compare_opts *opts, const struct digest *saved,
    const struct digest *found)
{
	const struct catalog *cat = opts->cat;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		struct compared *one = &opts->compared[groups_key(cat, i)];

		if (opts->skip[i] || !table_has_rows(&cat->tables[i]))
			continue;
		one->asked = 1;
		one->bytes += opts->manifest->tables[i].bytes;
	}
	for (i = 0; i < cat->table_count; i++) {
		opts->compared[i].saved = saved[i];
		opts->compared[i].found = found[i];
	}
}

static int
judge(const struct compare_opts *opts, const struct digests *digests,
    size_t *tables, struct err *err)
{
	const struct catalog *cat = opts->cat;
	struct digest *saved = saved_digests(opts);
	struct digest *found = found_digests(opts, digests);
	struct buf list = { 0 };
	size_t i, bad = 0;

	*tables = 0;
	for (i = 0; i < cat->table_count; i++) {
		if (opts->skip[i])
			continue;
		*tables += table_has_rows(&cat->tables[i]) != 0;
		if (digest_equal(&found[i], &saved[i]))
			continue;
		if (bad++ < NAMED_MAX)
			buf_printf(&list, "%s%s.%s", bad > 1 ? ", " : "",
			    cat->tables[i].schema, cat->tables[i].name);
	}
	if (opts->compared != NULL) {
		fill_compared(opts, saved, found);
		bad = 0;
	}
	if (bad > 0)
		(void)err_set(err, ERR_FAIL,
		    "%zu table%s not what was saved, by digest: %s%s", bad,
		    bad > 1 ? "s are" : " is", buf_text(&list),
		    bad > NAMED_MAX ? ", ..." : "");
	buf_free(&list);
	free(saved);
	free(found);
	return bad > 0 ? -1 : 0;
}

int
compare_digests(
    const struct compare_opts *opts, size_t *tables, struct err *err)
{
	struct digests_opts read = { .cat = opts->cat,
		.skip = opts->skip,
		.jobs = opts->jobs,
		.conns = opts->conns,
		.progress = opts->progress };
	struct digests digests;
	int rc = digests_read(&read, &digests, err);

	if (rc == 0)
		rc = judge(opts, &digests, tables, err);
	digests_free(&digests);
	return rc;
}
