#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/conn.h"
#include "db/lobj.h"
#include "db/script.h"
#include "job/acl.h"
#include "job/lobj_entries.h"

/* Objects of one entry: each is locked until its transaction ends when its
 * owner changes. */
#define PER_ENTRY 128

static const char LETTERS[] = "rw";
static const char *const WORDS[] = { "SELECT", "UPDATE" };

int
lobj_entries_lacks(const struct toc *toc, const struct catalog *cat)
{
	size_t i;

	if (cat->lobj_count == 0)
		return 0;
	for (i = 0; i < toc->count; i++)
		if (strcmp(toc->entries[i].desc, "BLOB") == 0 ||
		    strcmp(toc->entries[i].desc, "BLOB METADATA") == 0)
			return 0;
	return 1;
}

/* ---- privileges ---- */

static void
add_role(struct buf *out, const char *role)
{
	if (*role != '\0')
		sql_ident(out, role);
	else
		buf_puts(out, "PUBLIC");
}

/* What the owner has of himself, unless he gave it up. */
static int
is_default(const struct acl_item *item, const char *owner)
{
	return strcmp(item->grantee, owner) == 0 &&
	    strcmp(item->grantor, owner) == 0 &&
	    strcmp(item->rights, LETTERS) == 0;
}

static void
add_grants(const struct acl_item *item, const char *owner, uint32_t oid,
    struct buf *out)
{
	int other = strcmp(item->grantor, owner) != 0, grantable;

	if (other) {
		buf_puts(out, "SET SESSION AUTHORIZATION ");
		sql_ident(out, item->grantor);
		buf_puts(out, ";\n");
	}
	for (grantable = 0; grantable <= 1; grantable++) {
		struct buf rights = { 0 };

		if (acl_rights(item, LETTERS, WORDS, grantable, &rights) > 0) {
			buf_printf(out,
			    "GRANT %s ON LARGE OBJECT %" PRIu32 " TO ",
			    buf_text(&rights), oid);
			add_role(out, item->grantee);
			buf_puts(
			    out, grantable ? " WITH GRANT OPTION;\n" : ";\n");
		}
		buf_free(&rights);
	}
	if (other)
		buf_puts(out, "RESET SESSION AUTHORIZATION;\n");
}

/* The way from the privileges of a new object to these, for object ${oid}. */
static int
add_privileges(
    const struct lobj_group *g, uint32_t oid, struct buf *out, struct err *err)
{
	struct acl acl;
	size_t i, kept = 0;
	int rc = acl_parse(g->acl, &acl, err);

	for (i = 0; i < acl.count && rc == 0; i++)
		kept += (size_t)is_default(&acl.items[i], g->owner);
	if (rc == 0 && kept == 0) {
		buf_printf(
		    out, "REVOKE ALL ON LARGE OBJECT %" PRIu32 " FROM ", oid);
		sql_ident(out, g->owner);
		buf_puts(out, ";\n");
	}
	for (i = 0; i < acl.count && rc == 0; i++)
		if (!is_default(&acl.items[i], g->owner))
			add_grants(&acl.items[i], g->owner, oid, out);
	acl_free(&acl);
	return rc;
}

/* ---- entries ---- */

/* Objects ${first} to ${last} of one entry, to find that again. */
struct run {
	uint32_t first, last;
	int entry; /* its dump id, 0 until it has one */
};

struct runs {
	struct run *runs;
	size_t count;
};

static void
add_run(struct runs *runs, uint32_t oid)
{
	struct run *last =
	    runs->count > 0 ? &runs->runs[runs->count - 1] : NULL;

	if (last != NULL && last->entry == 0 && oid == last->last + 1) {
		last->last = oid;
		return;
	}
	if ((runs->count & (runs->count - 1)) == 0)
		runs->runs = mem_array(runs->runs,
		    runs->count > 0 ? 2 * runs->count : 1, sizeof(*runs->runs));
	runs->runs[runs->count++] = (struct run){ oid, oid, 0 };
}

static int
compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int
compare_oid(const void *key, const void *run)
{
	const uint32_t *oid = key;
	const struct run *r = run;

	return *oid < r->first ? -1 : *oid > r->last;
}

/* Objects of a group that are to become an entry. */
struct batch {
	const struct lobj_group *group;
	struct buf oids; /* one to a line */
	uint32_t first, last;
	size_t count;
};

/* The objects, and their privileges: one ACL, written for the first. */
static int
end_batch(struct toc *toc, struct batch *b, struct runs *runs, struct err *err)
{
	struct buf tag = { 0 }, acl = { 0 };
	struct toc_entry e = { .section = TOC_DATA,
		.desc = "BLOB METADATA",
		.owner = b->group->owner,
		.drop = "SELECT pg_catalog.lo_unlink(0);\n" };
	size_t i;
	int id, rc = 0;

	if (b->count == 0)
		return 0;
	buf_printf(
	    &tag, "LARGE OBJECT%s %" PRIu32, b->count > 1 ? "S" : "", b->first);
	if (b->count > 1)
		buf_printf(&tag, "..%" PRIu32, b->last);
	e.tag = strrchr(buf_text(&tag), ' ') + 1;
	e.defn = buf_text(&b->oids);
	id = toc_add(toc, &e);
	for (i = runs->count; i > 0 && runs->runs[i - 1].entry == 0; i--)
		runs->runs[i - 1].entry = id;
	if (b->group->acl != NULL) {
		rc = add_privileges(b->group, b->first, &acl, err);
		e.desc = "ACL";
		e.tag = buf_text(&tag);
		e.defn = buf_text(&acl);
		e.drop = NULL;
		e.deps = &id;
		e.dep_count = 1;
	}
	if (rc == 0 && acl.len > 0)
		(void)toc_add(toc, &e);
	buf_free(&tag);
	buf_free(&acl);
	buf_free(&b->oids);
	b->count = 0;
	return rc;
}

static int
add_group(struct toc *toc, const struct lobj_group *g, struct runs *runs,
    struct err *err)
{
	struct batch b = { .group = g };
	const char *p = g->oids;
	uint32_t oid, last;
	int rc = 0;

	while (rc == 0 && lobj_next_run(&p, &oid, &last) > 0) {
		for (; rc == 0; oid++) {
			b.first = b.count == 0 ? oid : b.first;
			b.last = oid;
			buf_printf(&b.oids, "%" PRIu32 "\n", oid);
			add_run(runs, oid);
			if (++b.count == PER_ENTRY)
				rc = end_batch(toc, &b, runs, err);
			if (oid == last)
				break;
		}
	}
	if (rc == 0)
		rc = end_batch(toc, &b, runs, err);
	buf_free(&b.oids);
	return rc;
}

/* Among the post-data, so that all objects are there by then. */
static void
add_note(struct toc *toc, const struct lobj_note *n, const struct runs *runs)
{
	const struct run *run = runs->count == 0
	    ? NULL
	    : bsearch(&n->oid, runs->runs, runs->count, sizeof(*runs->runs),
		  compare_oid);
	struct buf defn = { 0 }, tag = { 0 };
	struct toc_entry e = { .section = TOC_POST_DATA, .desc = "COMMENT" };
	int id = run != NULL ? run->entry : 0;

	buf_printf(&tag, "LARGE OBJECT %" PRIu32, n->oid);
	if (n->provider != NULL) {
		e.desc = "SECURITY LABEL";
		buf_puts(&defn, "SECURITY LABEL FOR ");
		sql_ident(&defn, n->provider);
	} else {
		buf_puts(&defn, "COMMENT");
	}
	buf_printf(&defn, " ON %s IS ", buf_text(&tag));
	script_literal(&defn, n->text);
	buf_puts(&defn, ";\n");
	e.tag = buf_text(&tag);
	e.defn = buf_text(&defn);
	e.deps = &id;
	e.dep_count = run != NULL;
	(void)toc_add(toc, &e);
	buf_free(&defn);
	buf_free(&tag);
}

int
lobj_entries_add(struct toc *toc, const struct catalog *cat, struct err *err)
{
	struct runs runs = { NULL, 0 };
	size_t i;
	int rc = 0;

	if (!lobj_entries_lacks(toc, cat))
		return 0;
	for (i = 0; i < cat->lobj_group_count && rc == 0; i++)
		rc = add_group(toc, &cat->lobj_groups[i], &runs, err);
	if (runs.count > 0)
		qsort(runs.runs, runs.count, sizeof(*runs.runs), compare_runs);
	for (i = 0; i < cat->lobj_note_count && rc == 0; i++)
		add_note(toc, &cat->lobj_notes[i], &runs);
	free(runs.runs);
	return rc;
}
