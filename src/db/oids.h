#ifndef DB_OIDS_SRC_H
#define DB_OIDS_SRC_H

#include <libpq-fe.h>
#include <stdint.h>

/* OIDs in the rows of a query. */

/* oids_at(rows, row, column): the one that stands there. */
uint32_t oids_at(const PGresult *rows, int row, int column);

/* oids_find(rows, oid): the row of ${rows}, which are sorted by the OID in
 * their first column, that is about ${oid}, or -1. */
int oids_find(const PGresult *rows, uint32_t oid);

#endif
