#ifndef JOB_RIGHTS_H
#define JOB_RIGHTS_H

#include "archive/manifest.h"
#include "db/catalog.h"
#include "db/conn.h"

/* What the user of a connection may do, and what follows from that: first for
 * a backup, then for a restore. */

/* rights_check(conn, cat, err): ERR_DB that names all tables, sequences and
 * large objects of ${cat} that he may not read, or all tables whose rows row
 * security would hide from him, unless ${conn} was opened to put up with that.
 */
int rights_check(struct conn *conn, const struct catalog *cat, struct err *err);

/* rights_passwords(conn, err): whether he may read the roles' passwords; -1
 * on error. */
int rights_passwords(struct conn *conn, struct err *err);

/* rights_note(conn, cat, m): warn of rows of ${cat} that are left out because
 * of who he is, or of where, here and in the manifest.  rights_untold(conn, m,
 * err): of what is in no schema, the same. */
void
rights_note(struct conn *conn, const struct catalog *cat, struct manifest *m);
int rights_untold(struct conn *conn, struct manifest *m, struct err *err);

/* What these tell, appended to ${what}, which stays empty when there is
 * nothing.  rights_find_untold(conn, what, err): what is in no schema, and is
 * shown to superusers alone.  rights_find_unreachable(cat, what): unlogged
 * tables, on a standby.  rights_find_hidden(cat, what): tables whose rows row
 * security hides. */
int rights_find_untold(struct conn *conn, struct buf *what, struct err *err);
void rights_find_unreachable(const struct catalog *cat, struct buf *what);
void rights_find_hidden(const struct catalog *cat, struct buf *what);

/* rights_change(conn, err): ERR_DB if the server is a standby. */
int rights_change(const struct conn *conn, struct err *err);

/* rights_fill(conn, cat, tables, sequences, err): set the bytes of those of
 * ${cat}'s tables and sequences that are there, but not his to fill. */
int rights_fill(struct conn *conn, const struct catalog *cat, uint8_t *tables,
    uint8_t *sequences, struct err *err);

/* rights_verify(conn, cat, skip, err): set the bytes of ${cat}'s tables that he
 * can't read back whole, and warn of those that were not set before. */
int rights_verify(struct conn *conn, const struct catalog *cat, uint8_t *skip,
    struct err *err);
/* rights_verify_lobjs(conn, err): 1 if he can read large objects back, 0, with
 * a warning, if he can't read some. */
int rights_verify_lobjs(struct conn *conn, struct err *err);

#endif
