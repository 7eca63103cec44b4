#ifndef DB_TOC_TREE_H
#define DB_TOC_TREE_H

#include "db/sqlname.h"
#include "db/toc.h"

/*
 * Which entries of a table of contents belong to which: indexes,
 * constraints, defaults, triggers, rules, policies and owned sequences to
 * their table; comments, privileges and security labels to whatever they are
 * about.  What belongs to nothing stands by itself.
 *
 * Dependencies alone do not tell: a rule, a policy or a foreign key depends
 * on other tables, too.  Of these, the tag says which.
 */
struct toc_tree;

/* toc_tree_new(toc): ${toc} is lent. */
struct toc_tree *toc_tree_new(const struct toc *toc);
void toc_tree_free(struct toc_tree *t);

/* toc_tree_owner(t, entry): the entry that it belongs to, or -1.
 * toc_tree_root(t, entry): the one at the end of that; perhaps ${entry}. */
int toc_tree_owner(const struct toc_tree *t, size_t entry);
size_t toc_tree_root(const struct toc_tree *t, size_t entry);

/* toc_tree_of_id(t, id): the entry of a dump id, or -1. */
int toc_tree_of_id(const struct toc_tree *t, int id);
/* toc_tree_relation(t, schema, name): the table, view, sequence, ... of that
 * name, or -1. */
int toc_tree_relation(
    const struct toc_tree *t, const char *schema, const char *name);

/* toc_relkind(e): 'r' for a table, of whatever sort, 'v', 'm', 'S' or 'f'; 0
 * if it is no relation. */
char toc_relkind(const struct toc_entry *e);
/* toc_is(e, desc): whether it is of that kind. */
int toc_is(const struct toc_entry *e, const char *desc);

/* toc_about_schema(e, out): the schema that the comment, label or privileges
 * ${e} are about; the entry of one that initdb made may be missing.  Return 1,
 * or 0 if they are about something else; free with sqlname_free(). */
int toc_about_schema(const struct toc_entry *e, struct sqlname *out);

/* toc_reference(e, out): the table that the foreign key ${e} refers to.
 * Return 1, or 0 if it is no such thing; free with sqlname_free(). */
int toc_reference(const struct toc_entry *e, struct sqlname *out);
/* toc_parents(e, at, out): the next of the tables that table ${e} inherits
 * from; start with ${*at} NULL.  Return 1, or 0 when there is no more. */
int
toc_parents(const struct toc_entry *e, const char **at, struct sqlname *out);

#endif
