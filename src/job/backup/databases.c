#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/queries.h"
#include "job/backup/databases.h"
#include "stream/hash.h"

/* Where nothing else is said, a database that every server has. */
static struct conn *
open_any(const struct conn_opts *opts, struct err *err)
{
	struct conn_opts o = *opts;
	struct err first = ERR_INIT;
	struct conn *conn;

	if (o.dbname != NULL)
		return conn_open(&o, err);
	o.database = "postgres";
	conn = conn_open(&o, &first);
	if (conn != NULL || first.kind == ERR_INTERRUPT) {
		*err = first;
		return conn;
	}
	o.database = "template1";
	conn = conn_open(&o, err);
	if (conn == NULL)
		*err = first;
	return conn;
}

int
databases_list(
    const struct conn_opts *opts, char ***names, size_t *count, struct err *err)
{
	struct conn *conn = open_any(opts, err);
	PGresult *r = NULL;
	size_t i;

	/* Names are to be told to the server as it keeps them. */
	if (conn != NULL &&
	    conn_set_encoding(conn,
		PQparameterStatus(conn_pg(conn), "server_encoding"), err) == 0)
		r = conn_query(conn, sql_databases, err);
	if (r == NULL) {
		conn_free(conn);
		return err_wrap(err, "cannot list the databases");
	}
	*count = (size_t)PQntuples(r);
	*names = mem_array(NULL, *count + 1, sizeof(**names));
	for (i = 0; i < *count; i++)
		(*names)[i] = mem_strdup(PQgetvalue(r, (int)i, 0));
	PQclear(r);
	conn_free(conn);
	return 0;
}

void
databases_free(char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

char *
databases_folder(const char *name)
{
	static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789_";
	uint8_t hash[HASH_SIZE];
	char *start, *folder, *p;

	if (text_is_name(name))
		return mem_strdup(name);
	start = mem_strdup(name);
	for (p = start; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && strchr(fit, *p) == NULL)
			*p = '_';
	hash_once(name, strlen(name), hash);
	folder = mem_printf(
	    "%s-%02x%02x%02x%02x", start, hash[0], hash[1], hash[2], hash[3]);
	free(start);
	return folder;
}
