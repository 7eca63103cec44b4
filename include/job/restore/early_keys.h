#ifndef JOB_RESTORE_EARLY_KEYS_H
#define JOB_RESTORE_EARLY_KEYS_H

#include "db/catalog.h"
#include "db/conn.h"

/*
 * Foreign keys that are there before the rows: those of extensions' tables,
 * which come with CREATE EXTENSION.  Rows are loaded in any order, and such a
 * key would refuse one whose other side is not in yet; so these keys are
 * dropped and made again when all rows are in.
 */
struct early_keys;

/* early_keys_drop(conn, cat, err): drop those of tables whose rows ${cat} has,
 * and remember how they were.  One that the user may not drop stays. */
struct early_keys *
early_keys_drop(struct conn *conn, const struct catalog *cat, struct err *err);
void early_keys_free(struct early_keys *keys);

/* early_keys_make(keys, conn, refuse, arg, err): make them again; what the
 * server refuses goes to refuse(arg, "table name", why). */
int early_keys_make(const struct early_keys *keys, struct conn *conn,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err);

#endif
