#include <stdlib.h>

#include "base/mem.h"
#include "job/groups.h"
#include "job/restore/compare.h"
#include "job/rights.h"
#include "restoring.h"

/* What is not to be compared; the caller frees. */
static uint8_t *
find_incomparable(struct restore *r, struct err *err)
{
	uint8_t *skip = mem_zalloc(r->cat->table_count + 1);
	size_t i;

	for (i = 0; i < r->cat->table_count; i++)
		skip[i] = r->cat->tables[i].left_out ||
		    r->tallies[i].skip != SKIP_NOT;
	if (absent_session(r->absent)->limited &&
	    rights_verify(r->leader, r->cat, skip, err) != 0) {
		free(skip);
		return NULL;
	}
	/* A group is compared as a whole. */
	for (i = 0; i < r->cat->table_count; i++)
		skip[groups_key(r->cat, i)] |= skip[i];
	for (i = 0; i < r->cat->table_count; i++)
		skip[i] |= skip[groups_key(r->cat, i)];
	return skip;
}

/* Tell of all tables that have rows, once each, or their group. */
static void
tell_compared(const struct restore *r, const struct compared *compared)
{
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		const struct table *t = &r->cat->tables[i];
		struct restore_compared one = { .table = t,
			.bytes = compared[i].bytes,
			.saved = compared[i].saved,
			.found = compared[i].found };

		if (!compared[i].asked) {
			if (!table_has_rows(t) || !r->tallies[i].skip)
				continue;
			one.missing = 1;
			one.bytes = r->manifest->tables[i].bytes;
			one.saved = r->manifest->tables[i].digest;
		}
		r->opts->compared(r->opts->compared_arg, &one);
	}
}

int
restoring_verify(
    struct restore *r, struct restore_result *result, struct err *err)
{
	uint8_t *skip;
	struct compare_opts co = { .cat = r->cat,
		.manifest = r->manifest,
		.jobs = r->jobs,
		.conns = r->conns,
		.progress = r->opts->progress };
	unsigned i;
	int rc = 0;

	if (!r->opts->verify)
		return 0;
	progress_phase(r->opts->progress, "verify");
	co.skip = skip = find_incomparable(r, err);
	if (skip == NULL)
		return -1;
	if (r->opts->compared != NULL)
		co.compared = mem_zalloc(
		    (r->cat->table_count + 1) * sizeof(*co.compared));
	/* Rows are compared as a backup reads them. */
	for (i = 0; i < r->jobs && rc == 0; i++)
		rc = conn_plain_values(r->conns[i], err);
	if (rc == 0)
		rc = compare_digests(&co, &result->verified, err);
	if (rc == 0 && co.compared != NULL)
		tell_compared(r, co.compared);
	progress_phase(r->opts->progress, "finish");
	free(co.compared);
	free(skip);
	return rc;
}
