#ifndef JOB_LOBJ_ENTRIES_H
#define JOB_LOBJ_ENTRIES_H

#include "db/catalog.h"
#include "db/toc.h"

/*
 * pg_dump from 17 on counts large objects among the data, which it is not
 * asked for, so the catalog has them.  Here they become entries of the table
 * of contents, as pg_dump would have written them: BLOB METADATA for a run of
 * objects of one owner with the same privileges, their ACL, comments and
 * security labels.  So they come back by the rules of all other objects.
 */

/* lobj_entries_add(toc, cat, err): append them, unless ${toc} lists large
 * objects itself. */
int
lobj_entries_add(struct toc *toc, const struct catalog *cat, struct err *err);

/* lobj_entries_lacks(toc, cat): whether there are large objects that ${toc}
 * does not list. */
int lobj_entries_lacks(const struct toc *toc, const struct catalog *cat);

#endif
