#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/encoding.h"
#include "job/lobj_entries.h"
#include "job/restore/replace.h"
#include "job/restore/turns.h"
#include "restoring.h"

struct lister {
	struct restore *r;
	void (*each)(void *arg, const struct restore_step *step);
	void *arg;
};

static void
tell(const struct lister *l, struct restore_step *step, const char *what)
{
	char *utf8 = encoding_to_utf8(l->r->cat->encoding, what);

	step->what = utf8 != NULL ? utf8 : what;
	l->each(l->arg, step);
	free(utf8);
}

static void
list_pass(const struct lister *l, enum pass pass, const char *phase)
{
	const struct toc *toc = l->r->toc;
	size_t i;

	for (i = 0; i < toc->count; i++) {
		struct restore_step step = { .phase = phase };
		struct buf name = { 0 };

		if (l->r->passes[i] != pass)
			continue;
		statement_name(&toc->entries[i], &name);
		tell(l, &step, buf_text(&name));
		buf_free(&name);
	}
}

/* What is dropped, where it is there. */
static void
list_drops(const struct lister *l)
{
	struct ties_opts o = {
		.choice = l->r->choice, .toc = l->r->toc, .passes = l->r->passes
	};
	size_t *order = mem_array(NULL, o.toc->count + 1, sizeof(*order));
	size_t i, n = l->r->opts->clean ? replace_order(&o, order) : 0;

	for (i = 0; i < n; i++) {
		struct restore_step step = { .phase = "drop" };
		struct buf name = { 0 };

		statement_name(&o.toc->entries[order[i]], &name);
		tell(l, &step, buf_text(&name));
		buf_free(&name);
	}
	free(order);
}

/* Extensions stay, and the rows go that their tables have. */
static void
list_deletes(const struct lister *l)
{
	const struct catalog *cat = l->r->cat;
	size_t i;

	for (i = 0; l->r->opts->clean && i < cat->table_count; i++) {
		const struct table *t = &cat->tables[i];
		struct restore_step step = { .phase = "drop" };
		char *what;

		if (!table_has_rows(t) ||
		    toc_tree_relation(l->r->choice->tree, t->schema, t->name) >=
			0)
			continue;
		what = mem_printf("rows of %s.%s", t->schema, t->name);
		tell(l, &step, what);
		free(what);
	}
}

static void
list_new_table(const struct lister *l)
{
	const struct sqlname *n = &l->r->beside->name;
	struct restore_step step = { .phase = "schema" };
	char *what = mem_printf("TABLE %s.%s", n->schema, n->name);

	tell(l, &step, what);
	free(what);
}

static void
list_table(const struct lister *l, size_t table)
{
	const struct table *t = &l->r->cat->tables[table];
	const struct manifest_table *m = &l->r->manifest->tables[table];
	struct restore_step step = { .phase = "rows",
		.has_rows = 1,
		.rows = m->digest.rows,
		.bytes = m->bytes };
	char *what = mem_printf("%s.%s", t->schema, t->name);

	tell(l, &step, what);
	free(what);
}

static void
list_lobjs(const struct lister *l)
{
	struct restore_step step = { .phase = "rows",
		.has_rows = 1,
		.rows = l->r->manifest->lobj_count,
		.bytes = l->r->manifest->lobjs.bytes };

	if (l->r->cat->lobj_count > 0)
		tell(l, &step, "large objects");
}

/* In the order in which the first part of each is loaded; those without any
 * last. */
static void
list_rows(const struct lister *l)
{
	const struct manifest *m = l->r->manifest;
	const struct catalog *cat = l->r->cat;
	struct schedule *s =
	    schedule_new(l->r->toc, cat, l->r->passes, PASS_POST);
	uint8_t *seen = mem_zalloc(cat->table_count + 1);
	size_t i, count;
	uint64_t *order = turns_by_cost(m, cat, s, &count);

	for (i = 0; i < count; i++) {
		const struct part_head *head = &m->parts[order[i] - 1].head;

		if (head->kind != PART_ROWS || seen[head->table])
			continue;
		seen[head->table] = 1;
		list_table(l, head->table);
	}
	for (i = 0; i < cat->table_count; i++)
		if (!seen[i] && table_has_rows(&cat->tables[i]))
			list_table(l, i);
	list_lobjs(l);
	free(order);
	free(seen);
	schedule_free(s);
}

static void
list_sequences(const struct lister *l)
{
	size_t i;

	for (i = 0; i < l->r->cat->sequence_count; i++) {
		const struct sequence *s = &l->r->cat->sequences[i];
		struct restore_step step = { .phase = "values" };
		char *what = mem_printf("%s.%s: %" PRId64 "%s", s->schema,
		    s->name, s->value, s->called ? "" : " to come");

		tell(l, &step, what);
		free(what);
	}
}

static void
list_all(const struct lister *l)
{
	list_drops(l);
	list_deletes(l);
	list_pass(l, PASS_PRE, "schema");
	if (l->r->beside != NULL)
		list_new_table(l);
	list_rows(l);
	list_sequences(l);
	list_pass(l, PASS_POST, "after rows");
	list_pass(l, PASS_SCHEMA_ACL, "privileges");
	list_pass(l, PASS_ACL, "privileges");
	list_pass(l, PASS_REFRESH, "refresh");
	list_pass(l, PASS_LAST, "last");
}

/* Before anything else, as they are made; of each only the server knows
 * whether it is there. */
static int
list_globals(const struct lister *l, struct err *err)
{
	static const struct restore_step step = { .phase = "globals",
		.what = "roles and tablespaces" };
	struct buf globals = { 0 };
	int rc = reader_globals(l->r->reader, &globals, err);

	buf_free(&globals);
	if (rc == 0)
		l->each(l->arg, &step);
	return rc;
}

static int
list_database(struct lister *l, struct restore *r, struct err *err)
{
	if (restoring_read(r, err) != 0)
		return -1;
	r->manifest = reader_manifest(r->reader, NULL, err);
	if (r->manifest == NULL)
		return -1;
	if (r->opts->globals && list_globals(l, err) != 0)
		return -1;
	list_all(l);
	return 0;
}

int
restore_list(struct reader *reader, const struct restore_opts *opts,
    void (*each)(void *arg, const struct restore_step *step), void *arg,
    struct err *err)
{
	struct restore r = { .reader = reader, .opts = opts };
	struct lister l = { .r = &r, .each = each, .arg = arg };
	const struct catalog *cat;
	int rc = -1;

	if (reader_is_stream(reader))
		return err_set(err, ERR_USAGE,
		    "the rows of a stream are known at its end alone: --list "
		    "takes a file");
	cat = reader_catalog(reader, NULL, err);
	if (cat != NULL)
		rc = cat->globals_only && opts->globals
		    ? list_globals(&l, err)
		    : list_database(&l, &r, err);
	restoring_free(&r);
	return rc;
}
