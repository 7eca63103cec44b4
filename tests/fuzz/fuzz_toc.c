#include <string.h>

#include "base/buf.h"
#include "db/toc.h"
#include "db/toc_tree.h"
#include "fuzz.h"
#include "job/statement.h"

/* What a restore makes of an entry. */
static void
make_statements(const struct toc *toc, const struct toc_entry *e)
{
	static const char *absent[] = { "app", "postgres" };
	static const struct names names = { absent, 2 };
	struct session session = { .user = "me",
		.absent = &names,
		.foreign = &names,
		.no_spaces = &names };
	struct buf out = { 0 }, index = { 0 }, constraint = { 0 };
	const char *at, *next;

	statement_definition(toc, e, &session, &out);
	statement_owner(e, &session, &out);
	statement_set(e, &session, &out);
	statement_unset(e, &session, &out);
	statement_name(e, &out);
	if (statement_split_key(e, &index, &constraint) == 1)
		insist(index.len > 0 && constraint.len > 0);
	(void)statement_only_indexes(e);
	for (at = e->defn; *at != '\0'; at = next) {
		next = statement_next(at);
		insist(next > at && next <= e->defn + strlen(e->defn));
	}
	buf_free(&out);
	buf_free(&index);
	buf_free(&constraint);
}

static void
make_tree(const struct toc *toc)
{
	enum pass *passes = calloc(toc->count + 1, sizeof(*passes));
	struct toc_tree *tree = toc_tree_new(toc);
	size_t i;

	insist(passes != NULL);
	statement_passes(toc, passes);
	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];
		const char *at = NULL;
		struct sqlname name;
		int parents = 0;

		insist(toc_tree_owner(tree, i) < (int)toc->count);
		insist(toc_tree_root(tree, i) < toc->count);
		if (toc_about_schema(e, &name) == 1)
			sqlname_free(&name);
		if (toc_reference(e, &name) == 1)
			sqlname_free(&name);
		while (toc_parents(e, &at, &name) == 1) {
			insist(parents++ < 65536);
			sqlname_free(&name);
		}
		make_statements(toc, e);
	}
	toc_tree_free(tree);
	free(passes);
}

/* pg_dump's table of contents: every text ends, every number is in range; and
 * what is made of it.  (mutate.c) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct toc *toc = toc_parse(data, size, &err);
	size_t i, d, texts = 0;

	if (toc == NULL) {
		insist(err.kind == ERR_DAMAGED && err.msg[0] != '\0');
		return 0;
	}
	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		insist(e->id >= 1 && e->id <= toc->max_id);
		for (d = 0; d < e->dep_count; d++)
			insist(e->deps[d] >= 1);
		texts += strlen(e->tag) + strlen(e->desc) + strlen(e->defn) +
		    strlen(e->drop) + strlen(e->schema) + strlen(e->owner);
		if (e->tablespace != NULL)
			texts += strlen(e->tablespace);
		if (e->access_method != NULL)
			texts += strlen(e->access_method);
	}
	insist(texts + strlen(toc->dbname) <= size);
	insist(toc->encoding != NULL && toc->std_strings != NULL);
	make_tree(toc);
	toc_free(toc);
	return 0;
}
