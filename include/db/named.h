#ifndef DB_NAMED_H
#define DB_NAMED_H

#include "db/catalog.h"

/* Tables and sequences of a catalog by their names, however many there are. */
struct named;

/* named_new(cat): ${cat} is lent, and keeps its tables, sequences and their
 * names as long as this is used. */
struct named *named_new(const struct catalog *cat);
void named_free(struct named *n);

/* named_table(n, schema, name), named_sequence(n, schema, name): its number in
 * the catalog, or -1.  Any thread. */
int named_table(const struct named *n, const char *schema, const char *name);
int named_sequence(const struct named *n, const char *schema, const char *name);

#endif
