#include <string.h>

#include "base/log.h"
#include "db/pgdump.h"
#include "db/queries.h"
#include "job/backup/roles.h"
#include "job/rights.h"

/* Every archive tells of it, but whoever makes them is told once. */
static void
warn_passwords(struct conn *conn, const struct backup_opts *opts)
{
	struct backup_said *said = opts->said;

	if (opts->no_role_passwords ||
	    (said != NULL && said->no_passwords++ > 0))
		return;
	log_warn("%s may not read pg_authid: the globals come without the "
		 "roles' passwords (--no-role-passwords agrees)",
	    PQuser(conn_pg(conn)));
}

/* Asked by a session of its own, since the answer may end its transaction. */
int
roles_have_foreign_names(struct conn *conn)
{
	struct err why = ERR_INIT;
	struct conn *own = conn_clone(conn, NULL, &why);

	if (own != NULL)
		PQclear(conn_query(own, sql_global_names, &why));
	conn_free(own);
	/* 22021: character_not_in_repertoire. */
	return strcmp(why.sqlstate, "22021") == 0;
}

int
roles_dump(struct conn *conn, const char *pg_dumpall,
    const struct backup_opts *opts, struct manifest *m, struct buf *out,
    struct err *err)
{
	static const char without[] =
	    "the archive is without roles and tablespaces: one of them has a "
	    "name that is not valid in this database's encoding";
	int passwords =
	    opts->no_role_passwords ? 0 : rights_passwords(conn, err);

	if (passwords < 0)
		return -1;
	if (!passwords) {
		manifest_warn(
		    m, "the globals are without the roles' passwords");
		warn_passwords(conn, opts);
	}
	if (pgdump_globals(conn, pg_dumpall, passwords, out, err) == 0)
		return 0;
	if (opts->globals_only || !roles_have_foreign_names(conn))
		return -1;
	/* No reason to leave the database unsaved. */
	*err = (struct err)ERR_INIT;
	out->len = 0;
	manifest_warn(m, without);
	log_warn("%s; --globals-only saves them by way of a database that has "
		 "their encoding (-d)",
	    without);
	return 0;
}
