#ifndef JOB_BACKUP_NARROW_H
#define JOB_BACKUP_NARROW_H

#include "db/catalog.h"
#include "db/pgdump.h"
#include "job/choose/selection.h"

/*
 * What a selection leaves of a backup: of the catalog, what is to be copied;
 * of pg_dump's work, what it is to describe.  Patterns are settled here, and
 * pg_dump gets names, so that both always mean the same objects.
 */
struct narrow;

/* narrow_new(sel, inv, pg_dump_major, err): ERR_USAGE as selection_pick(), and
 * where that pg_dump is too old to do what is asked.  ${sel} and ${inv} are
 * lent. */
struct narrow *narrow_new(const struct selection *sel,
    const struct inventory *inv, int pg_dump_major, struct err *err);
void narrow_free(struct narrow *n);

/* narrow_has_rest(n): whether what is in no schema is among it. */
int narrow_has_rest(const struct narrow *n);

/* narrow_catalog(n, cat): drop the tables and sequences that are not chosen,
 * mark those whose rows are not, and write down what was chosen. */
void narrow_catalog(const struct narrow *n, struct catalog *cat);

/* narrow_pgdump(n, opts): set depth and options, which are lent. */
void narrow_pgdump(const struct narrow *n, struct pgdump_opts *opts);

#endif
