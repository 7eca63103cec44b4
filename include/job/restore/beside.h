#ifndef JOB_RESTORE_BESIDE_H
#define JOB_RESTORE_BESIDE_H

#include "db/conn.h"
#include "db/sqlname.h"
#include "job/choose/choice.h"

/*
 * The rows of one table as a new, plain one beside what is there: with the
 * columns that the archive has rows of, and their types, and nothing else.
 */
struct beside {
	struct sqlname name; /* of the new table */
	size_t table;        /* whose rows: an index of the catalog's */
	int made;
};

/* beside_name(text, name, err): ERR_USAGE unless it is SCHEMA.TABLE. */
int beside_name(const char *text, struct sqlname *name, struct err *err);

/* beside_new(text, c, toc, err): let the choice be the rows of the one table
 * that it chose, to go into the table ${text} (SCHEMA.TABLE).  ERR_USAGE if it
 * did not choose one that has rows.  The choice's catalog lends from the
 * result, which is to live as long. */
struct beside *beside_new(
    const char *text, struct choice *c, const struct toc *toc, struct err *err);
void beside_free(struct beside *b);

/* beside_make(b, c, conn, err): make the table.  ERR_FAIL if its schema is not
 * there, or something of its name is. */
int beside_make(struct beside *b, const struct choice *c, struct conn *conn,
    struct err *err);

/* beside_drop(b, conn): a table that was made, and is not whole; also after a
 * stop signal. */
void beside_drop(struct beside *b, struct conn *conn);

#endif
