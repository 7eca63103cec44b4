#ifndef JOB_RESTORE_PRESENCE_H
#define JOB_RESTORE_PRESENCE_H

#include "db/conn.h"
#include "job/choose/choice.h"

/*
 * What of a choice the target has already, and what it needs that neither of
 * them has.  Of a database that holds other things, nothing is touched that is
 * there.
 */
struct presence;

/* presence_new(conn, err): ${conn}'s client encoding is the archive's. */
struct presence *presence_new(struct conn *conn, struct err *err);
void presence_free(struct presence *p);

/* presence_have(p, e): whether there is an object of the kind and name of
 * entry ${e}. */
int presence_have(const struct presence *p, const struct toc_entry *e);

/* presence_foreign(p, c, schema, name): whether there is a relation of that
 * name that no entry makes: that of an extension, which stands in nobody's way.
 */
int presence_foreign(const struct presence *p, const struct choice *c,
    const char *schema, const char *name);

/* presence_lobjs(p, e, oids): append those of the large objects that entry ${e}
 * makes which are there, as the text of an array; nothing if none is. */
void presence_lobjs(
    const struct presence *p, const struct toc_entry *e, struct buf *oids);
/* presence_is_bare(p): whether there are no objects but the schemas of a new
 * database. */
int presence_is_bare(const struct presence *p);

/* presence_adopt(p, toc): of schemas that are there, make ${toc} define owner,
 * privileges and comment alone. */
void presence_adopt(const struct presence *p, struct toc *toc);

/* presence_refuse(p, c, toc, dbname, err): ERR_FAIL that names what of the
 * choice is there; schemas aside. */
int presence_refuse(const struct presence *p, const struct choice *c,
    const struct toc *toc, const char *dbname, struct err *err);

/* presence_keep(p, c, toc): take schemas that are there out of the choice, so
 * that they stay as they are; and, with a warning, the rows of tables that
 * extensions have made there. */
void presence_keep(
    const struct presence *p, struct choice *c, const struct toc *toc);

/*
 * presence_settle(p, c, toc, conn, err): change the choice so that it can be
 * made: schemas that something needs
 * are made, with a warning where the archive does not have them; foreign keys
 * to tables that are not there are left out, with a warning that names them,
 * as are the places of partitions in parents that were not chosen.  A warning
 * names also the foreign keys to what is made of tables that are there and were
 * not chosen.
 */
int presence_settle(const struct presence *p, struct choice *c,
    const struct toc *toc, struct conn *conn, struct err *err);

#endif
