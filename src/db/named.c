#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/named.h"

struct entry {
	const char *schema;
	const char *name;
	size_t number;
};

struct named {
	struct entry *tables;
	size_t table_count;
	struct entry *sequences;
	size_t sequence_count;
};

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->schema, y->schema);
}

static void
sort(struct entry *entries, size_t count)
{
	if (count > 0)
		qsort(entries, count, sizeof(*entries), compare);
}

struct named *
named_new(const struct catalog *cat)
{
	struct named *n = mem_zalloc(sizeof(*n));
	size_t i;

	n->table_count = cat->table_count;
	n->tables = mem_array(NULL, n->table_count + 1, sizeof(*n->tables));
	for (i = 0; i < n->table_count; i++)
		n->tables[i] = (struct entry){ cat->tables[i].schema,
			cat->tables[i].name, i };
	n->sequence_count = cat->sequence_count;
	n->sequences =
	    mem_array(NULL, n->sequence_count + 1, sizeof(*n->sequences));
	for (i = 0; i < n->sequence_count; i++)
		n->sequences[i] = (struct entry){ cat->sequences[i].schema,
			cat->sequences[i].name, i };
	sort(n->tables, n->table_count);
	sort(n->sequences, n->sequence_count);
	return n;
}

void
named_free(struct named *n)
{
	if (n == NULL)
		return;
	free(n->tables);
	free(n->sequences);
	free(n);
}

static int
find(const struct entry *entries, size_t count, const char *schema,
    const char *name)
{
	const struct entry key = { schema, name, 0 }, *found = NULL;

	if (count > 0)
		found =
		    bsearch(&key, entries, count, sizeof(*entries), compare);
	return found != NULL ? (int)found->number : -1;
}

int
named_table(const struct named *n, const char *schema, const char *name)
{
	return find(n->tables, n->table_count, schema, name);
}

int
named_sequence(const struct named *n, const char *schema, const char *name)
{
	return find(n->sequences, n->sequence_count, schema, name);
}
