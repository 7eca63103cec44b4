#ifndef DB_INVENTORY_H
#define DB_INVENTORY_H

#include <stddef.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "db/toc_tree.h"

/*
 * What there is to choose from: the schemas, relations and extensions of a
 * database, by name, and what binds one relation to another.
 */

struct relation {
	char *schema;
	char *name;
	char kind;        /* pg_class.relkind: 'r', 'p', 'S', 'v', 'm', 'f' */
	int is_visible;   /* a pattern without a schema may mean it */
	int extension;    /* that it is part of, an index, or -1 */
	int has_settings; /* that extension marked its rows for dumps */
	int owner;        /* of a sequence: the table it belongs to, or -1 */
	int is_identity;  /* a sequence that is nothing without its owner */
};

/* ${child} inherits from ${parent}, or is a partition of it. */
struct heritage {
	size_t child;
	size_t parent;
};

struct inventory {
	char *dbname;      /* that a pattern may name */
	char *encoding;    /* of all names here */
	const char *place; /* "the database", "the archive": for messages */
	char **schemas;    /* sorted */
	size_t schema_count;
	char **extensions; /* names alone */
	size_t extension_count;
	struct relation *relations;
	size_t relation_count;
	size_t *by_name; /* the relations, sorted by schema and name */
	struct heritage *heritage;
	size_t heritage_count;
};

/* inventory_read(conn, err): of a database, inside ${conn}'s transaction.
 * Visible is what the session's own search_path finds. */
struct inventory *inventory_read(struct conn *conn, struct err *err);
/* inventory_of_archive(toc, tree, cat): of an archive, of which all is
 * visible; the first relations are those of ${toc}, in its order.  Tables of
 * ${cat} that ${toc} does not define are an extension's, unless the archive
 * has rows alone. */
struct inventory *inventory_of_archive(const struct toc *toc,
    const struct toc_tree *tree, const struct catalog *cat);
void inventory_free(struct inventory *inv);

/* inventory_sort(inv): sort the schemas, drop those that are there twice, and
 * make by_name; for whoever fills an inventory himself. */
void inventory_sort(struct inventory *inv);
/* inventory_schema(inv, name): a schema's index, or -1. */
int inventory_schema(const struct inventory *inv, const char *name);
/* inventory_find(inv, schema, name): a relation's index, or -1. */
int inventory_find(
    const struct inventory *inv, const char *schema, const char *name);

#endif
