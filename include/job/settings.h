#ifndef JOB_SETTINGS_H
#define JOB_SETTINGS_H

#include "db/catalog.h"
#include "db/conn.h"
#include "job/statement.h"

/* The properties of a database as a whole, as SQL: what pg_dump --create
 * writes, from the catalog. */

/* settings_create(name, cat, version, out): append CREATE DATABASE with the
 * encoding and locale of ${cat}, for a server of ${version}. */
void settings_create(
    const char *name, const struct catalog *cat, int version, struct buf *out);

/* settings_properties(conn, name, cat, absent, out, err): append statements
 * for the owner, comment, privileges, connection limit and settings of
 * database ${name}; those of ${absent} roles are left out.  ${conn} is asked
 * to take arrays apart. */
int settings_properties(struct conn *conn, const char *name,
    const struct catalog *cat, const struct names *absent, struct buf *out,
    struct err *err);

#endif
