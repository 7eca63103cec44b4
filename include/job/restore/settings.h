#ifndef JOB_RESTORE_SETTINGS_H
#define JOB_RESTORE_SETTINGS_H

#include "db/catalog.h"
#include "db/conn.h"
#include "job/statement.h"

/* The properties of a database as a whole, as SQL: what pg_dump --create
 * writes, from the catalog. */

/* settings_create(name, cat, version, space, out): append CREATE DATABASE with
 * the encoding and locale of ${cat}, and with ${space} its tablespace, for a
 * server of ${version}. */
void settings_create(const char *name, const struct catalog *cat, int version,
    int space, struct buf *out);

/* settings_properties(name, cat, session, out, err): append statements for the
 * owner, privileges, connection limit, labels and settings of database
 * ${name}; those of roles that the target lacks are left out, and so is an
 * owner who is foreign to the ${session}.  ERR_DAMAGED for privileges that are
 * none. */
int settings_properties(const char *name, const struct catalog *cat,
    const struct session *session, struct buf *out, struct err *err);

/* settings_speak_of(cat, role): whether the database's privileges, where they
 * are not what every database's are, name ${role}. */
int settings_speak_of(const struct catalog *cat, const char *role);

/* settings_adopt(conn, cat): give the session those of the database's settings
 * that the outcome of an expression may depend on: the database will have them
 * in the end.  One that this server does not take is done without.
 * settings_adopt_money(conn, cat): the same for how money is written. */
void settings_adopt(struct conn *conn, const struct catalog *cat);
void settings_adopt_money(struct conn *conn, const struct catalog *cat);

#endif
