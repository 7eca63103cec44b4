#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/lobj.h"
#include "job/groups.h"
#include "job/naming.h"
#include "job/restore/compare.h"
#include "job/restore/sequences.h"
#include "job/restore/views.h"
#include "job/rights.h"
#include "restoring.h"

struct verifying {
	struct restore *r;
	struct restore_result *result;
	const struct restore_listener *listener; /* or NULL, then: */
	struct buf faults;                       /* what is different */
};

/* Begin to tell of another difference. */
static struct buf *
add_fault(struct verifying *v)
{
	if (v->faults.len > 0)
		buf_puts(&v->faults, "; ");
	return &v->faults;
}

/* ---- tables and large objects ---- */

/* Tables that came without rows of their own, and took others'; the caller
 * frees. */
static uint8_t *
find_takers(const struct restore *r)
{
	uint8_t *takes = mem_zalloc(r->cat->table_count + 1);
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		const struct table *t = &r->cat->tables[i];
		int at = t->left_out && t->load_via >= 0
		    ? toc_tree_relation(r->choice->tree, t->schema, t->name)
		    : -1;

		takes[i] = at >= 0 && r->choice->entries[at];
	}
	return takes;
}

/* What is not to be compared; the caller frees. */
static uint8_t *
find_incomparable(struct restore *r, const uint8_t *takes, struct err *err)
{
	uint8_t *skip = mem_zalloc(r->cat->table_count + 1);
	size_t i;

	for (i = 0; i < r->cat->table_count; i++)
		skip[i] = (r->cat->tables[i].left_out && !takes[i]) ||
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
tell_tables(const struct verifying *v, const struct compared *compared,
    const uint8_t *skip)
{
	const struct restore *r = v->r;
	size_t i;

	for (i = 0; i < r->cat->table_count; i++) {
		const struct table *t = &r->cat->tables[i];
		struct restore_compared one = { .table = t,
			.bytes = compared[i].bytes,
			.saved = compared[i].saved,
			.found = compared[i].found };

		if (!compared[i].asked) {
			if (!table_has_rows(t) || !skip[i])
				continue;
			one.missing = r->tallies[i].skip != SKIP_NOT;
			one.unread = !one.missing;
			one.bytes = r->manifest->tables[i].bytes;
			one.saved = r->manifest->tables[i].digest;
		}
		v->listener->table(v->listener->arg, &one);
	}
}

static void
judge_tables(struct verifying *v, const struct compared *compared)
{
	const struct catalog *cat = v->r->cat;
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		char *name;

		if (compare_is_same(&compared[i]))
			continue;
		name = mem_printf(
		    "%s.%s", cat->tables[i].schema, cat->tables[i].name);
		naming_add(&list, name);
		free(name);
	}
	if (list.count > 0)
		buf_printf(add_fault(v),
		    "%zu table%s not what was saved, by digest: %s", list.count,
		    list.count > 1 ? "s are" : " is", naming_text(&list));
	naming_free(&list);
}

static void
judge_lobjs(struct verifying *v, const struct digest *found)
{
	const struct manifest *m = v->r->manifest;
	struct restore_lobjs all = { .count = m->lobj_count,
		.bytes = m->lobjs.bytes,
		.saved = m->lobjs.digest,
		.found = *found };

	v->result->verified_lobjs = all.count;
	if (v->listener != NULL)
		v->listener->lobjs(v->listener->arg, &all);
	else if (!digest_equal(&all.saved, &all.found))
		buf_puts(add_fault(v),
		    "large objects are not what was saved, by digest");
}

/* Every one's OID, rising; the caller frees. */
static int
list_lobjs(struct conn *conn, uint32_t **oids, size_t *count, struct err *err)
{
	int alone = !conn_is_within(conn);
	int rc = alone ? conn_exec(conn, "BEGIN", err) : 0;

	if (rc == 0)
		rc = lobj_list(conn, oids, count, err);
	if (rc == 0 && alone)
		rc = conn_exec(conn, "COMMIT", err);
	return rc;
}

int
restoring_note_lobjs(struct restore *r, struct err *err)
{
	size_t count = 0;
	int rc;

	if (!r->opts->verify || r->cat->lobj_count == 0)
		return lobj_count(r->leader, &r->other_lobjs, err);
	rc = list_lobjs(r->leader, &r->other_oids, &count, err);
	r->other_lobjs = count;
	return rc;
}

/* Leave those out that the target had before. */
static void
drop_others(const struct restore *r, uint32_t *oids, size_t *count)
{
	size_t i, other = 0, n = 0;

	for (i = 0; i < *count; i++) {
		while (other < r->other_lobjs && r->other_oids[other] < oids[i])
			other++;
		if (other == r->other_lobjs || r->other_oids[other] != oids[i])
			oids[n++] = oids[i];
	}
	*count = n;
}

/* Those to be compared; 1, or 0 if there is nothing to compare. */
static int
find_lobjs(
    const struct restore *r, uint32_t **oids, size_t *count, struct err *err)
{
	int readable = 1;

	if (r->cat->lobj_count == 0)
		return 0;
	if (absent_session(r->absent)->limited)
		readable = rights_verify_lobjs(r->leader, err);
	if (readable <= 0)
		return readable;
	if (list_lobjs(r->leader, oids, count, err) != 0)
		return -1;
	drop_others(r, *oids, count);
	return 1;
}

static int
verify_digests(struct verifying *v, struct err *err)
{
	struct restore *r = v->r;
	struct compare_opts co = { .cat = r->cat,
		.manifest = r->manifest,
		.jobs = r->jobs,
		.conns = r->conns,
		.progress = r->opts->progress };
	struct compared *compared =
	    mem_zalloc((r->cat->table_count + 1) * sizeof(*compared));
	uint8_t *takes = find_takers(r);
	uint8_t *skip = find_incomparable(r, takes, err);
	struct digest lobjs;
	uint32_t *oids = NULL;
	size_t i;
	int has_lobjs = -1, rc = -1;

	if (skip != NULL)
		has_lobjs = find_lobjs(r, &oids, &co.lobj_count, err);
	if (has_lobjs < 0)
		goto out;
	co.skip = skip;
	co.takes = takes;
	co.lobjs = oids;
	if (compare_digests(&co, compared, &lobjs, err) != 0)
		goto out;
	for (i = 0; i < r->cat->table_count; i++)
		v->result->verified +=
		    !skip[i] && table_has_rows(&r->cat->tables[i]);
	if (v->listener != NULL)
		tell_tables(v, compared, skip);
	else
		judge_tables(v, compared);
	if (has_lobjs)
		judge_lobjs(v, &lobjs);
	rc = 0;
out:
	free(oids);
	free(compared);
	free(takes);
	free(skip);
	return rc;
}

/* ---- sequences ---- */

static int
stands(const struct sequence *saved, const struct sequence_found *found)
{
	return found->state == SEQUENCE_READ && found->value == saved->value &&
	    !found->called == !saved->called;
}

static char *
describe(const struct sequence *saved, const struct sequence_found *found)
{
	if (found->state != SEQUENCE_READ)
		return mem_printf("%s.%s (gone)", saved->schema, saved->name);
	return mem_printf("%s.%s (%" PRId64 "%s saved, %" PRId64 "%s found)",
	    saved->schema, saved->name, saved->value,
	    saved->called ? "" : " to come", found->value,
	    found->called ? "" : " to come");
}

/* What was refused, or denied, was told when it was to be set. */
static void
tell_sequences(const struct verifying *v, const struct sequence_found *found)
{
	const struct restore *r = v->r;
	size_t i;

	for (i = 0; i < r->cat->sequence_count; i++) {
		struct restore_sequence one = { .saved = &r->cat->sequences[i],
			.missing = r->unset_sequences[i] ||
			    found[i].state == SEQUENCE_ABSENT,
			.unread = !r->unset_sequences[i] &&
			    found[i].state == SEQUENCE_UNREADABLE,
			.value = found[i].value,
			.called = found[i].called };

		v->listener->sequence(v->listener->arg, &one);
	}
}

static void
judge_sequences(struct verifying *v, const struct sequence_found *found)
{
	const struct restore *r = v->r;
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < r->cat->sequence_count; i++) {
		const struct sequence *saved = &r->cat->sequences[i];
		char *text;

		if (r->unset_sequences[i] ||
		    found[i].state == SEQUENCE_UNREADABLE ||
		    stands(saved, &found[i]))
			continue;
		text = describe(saved, &found[i]);
		naming_add(&list, text);
		free(text);
	}
	if (list.count > 0)
		buf_printf(add_fault(v),
		    "%zu sequence%s not stand where %s stood: %s", list.count,
		    list.count > 1 ? "s do" : " does",
		    list.count > 1 ? "they" : "it", naming_text(&list));
	naming_free(&list);
}

static void
count_sequences(struct verifying *v, const struct sequence_found *found)
{
	const struct restore *r = v->r;
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < r->cat->sequence_count; i++) {
		const struct sequence *s = &r->cat->sequences[i];
		char *name;

		if (r->unset_sequences[i])
			continue;
		v->result->verified_sequences +=
		    found[i].state == SEQUENCE_READ;
		if (found[i].state != SEQUENCE_UNREADABLE)
			continue;
		name = mem_printf("%s.%s", s->schema, s->name);
		naming_add(&list, name);
		free(name);
	}
	if (list.count > 0)
		log_warn("you may not read these sequences, so they were not "
			 "verified: %s",
		    naming_text(&list));
	naming_free(&list);
}

static int
verify_sequences(struct verifying *v, struct err *err)
{
	struct restore *r = v->r;
	struct sequence_found *found =
	    mem_zalloc((r->cat->sequence_count + 1) * sizeof(*found));
	int rc =
	    sequences_read(r->leader, r->cat, r->unset_sequences, found, err);

	if (rc == 0) {
		count_sequences(v, found);
		if (v->listener != NULL)
			tell_sequences(v, found);
		else
			judge_sequences(v, found);
	}
	free(found);
	return rc;
}

/* ---- materialized views ---- */

static void
judge_view(const struct verifying *v, const struct toc_entry *e, int populated,
    int failed, struct naming *list)
{
	struct restore_view one = {
		.schema = e->schema, .name = e->tag, .populated = populated
	};
	char *name;

	v->result->verified_views += populated || !failed;
	if (v->listener != NULL) {
		v->listener->view(v->listener->arg, &one);
		return;
	}
	/* One that could not be filled was told when it was to be. */
	if (populated || failed)
		return;
	name = mem_printf("%s.%s", e->schema, e->tag);
	naming_add(list, name);
	free(name);
}

static int
verify_views(struct verifying *v, struct err *err)
{
	struct restore *r = v->r;
	uint8_t *populated = mem_zalloc(r->toc->count + 1);
	struct naming list = NAMING(", ");
	size_t i;
	int rc = views_find(r->leader, r->toc, populated, err);

	for (i = 0; rc == 0 && i < r->toc->count; i++)
		if (r->choice->entries[i] && views_saved(&r->toc->entries[i]))
			judge_view(v, &r->toc->entries[i], populated[i],
			    ddl_has_failed(r->ddl, i), &list);
	if (list.count > 0)
		buf_printf(add_fault(v),
		    "%zu materialized view%s not populated: %s", list.count,
		    list.count > 1 ? "s are" : " is", naming_text(&list));
	naming_free(&list);
	free(populated);
	return rc;
}

/* ---- all ---- */

int
restoring_verify(
    struct restore *r, struct restore_result *result, struct err *err)
{
	struct verifying v = {
		.r = r, .result = result, .listener = r->opts->listener
	};
	unsigned i;
	int rc = 0;

	if (!r->opts->verify)
		return 0;
	progress_phase(r->opts->progress, "verify");
	/* Rows are compared as a backup reads them. */
	for (i = 0; i < r->jobs && rc == 0; i++)
		rc = conn_plain_values(r->conns[i], err);
	if (rc == 0 && verify_digests(&v, err) == 0 &&
	    verify_sequences(&v, err) == 0)
		rc = verify_views(&v, err);
	else
		rc = -1;
	if (rc == 0 && v.faults.len > 0)
		rc = err_set(err, ERR_FAIL, "%s", buf_text(&v.faults));
	progress_phase(r->opts->progress, "finish");
	buf_free(&v.faults);
	return rc;
}
