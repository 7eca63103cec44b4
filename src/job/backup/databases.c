#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/encoding.h"
#include "db/queries.h"
#include "job/backup/backup.h"
#include "job/backup/databases.h"
#include "stream/hash.h"

struct conn *
databases_any(const struct conn_opts *opts, struct err *err)
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

/* The columns of databases.sql. */
enum { NAME, SAVED };

static PGresult *
ask(const struct conn_opts *opts, char **encoding, struct err *err)
{
	struct conn *conn = databases_any(opts, err);
	PGresult *r = NULL;

	if (conn != NULL) {
		*encoding = mem_strdup(
		    PQparameterStatus(conn_pg(conn), "server_encoding"));
		/* Names are to be told to the server as it keeps them. */
		if (conn_set_encoding(conn, *encoding, err) == 0)
			r = conn_query(conn, sql_databases, err);
	}
	conn_free(conn);
	if (r == NULL)
		(void)err_wrap(err, "cannot list the databases");
	return r;
}

/* Names as the user would write them; each, and the array, is the caller's. */
static char **
show_names(const PGresult *r, const char *encoding)
{
	int i, n = PQntuples(r);
	char **names = mem_array(NULL, (size_t)n + 1, sizeof(*names));

	for (i = 0; i < n; i++) {
		const char *name = PQgetvalue(r, i, NAME);

		names[i] = text_is_utf8(name)
		    ? NULL
		    : encoding_to_utf8(encoding, name);
		if (names[i] == NULL)
			names[i] = mem_strdup(name);
	}
	return names;
}

static int
fail_none(
    const struct pattern *p, char *const *names, size_t count, struct err *err)
{
	const char *text = pattern_text(p);
	const char *near =
	    text_nearest(text, (const char *const *)names, count);

	(void)err_set(err, ERR_USAGE,
	    "--exclude-database: no database of the server matches \"%s\"",
	    text);
	if (near != NULL)
		(void)err_hint(err, "did you mean \"%s\"?", near);
	return -1;
}

/* Set the bytes in ${out} of the names that are excluded. */
static int
exclude(const struct databases_opts *opts, char *const *names, size_t count,
    uint8_t *out, struct err *err)
{
	size_t p, i, hits;

	for (p = 0; p < opts->exclude_count; p++) {
		for (i = 0, hits = 0; i < count; i++) {
			if (!pattern_matches(opts->exclude[p], NULL, names[i]))
				continue;
			out[i] = 1;
			hits++;
		}
		if (hits == 0)
			return fail_none(opts->exclude[p], names, count, err);
	}
	return 0;
}

/* What is left of ${r}, by the names that the server knows. */
static int
take(const PGresult *r, const uint8_t *excluded, char ***names, size_t *count,
    struct err *err)
{
	int i, n = PQntuples(r);

	*count = 0;
	*names = mem_array(NULL, (size_t)n + 1, sizeof(**names));
	for (i = 0; i < n; i++) {
		if (PQgetvalue(r, i, SAVED)[0] != 't')
			continue;
		if (excluded[i])
			log_step("database \"%s\" is left out",
			    PQgetvalue(r, i, NAME));
		else
			(*names)[(*count)++] =
			    mem_strdup(PQgetvalue(r, i, NAME));
	}
	if (*count > 0)
		return 0;
	databases_free(*names, 0);
	return err_set(
	    err, ERR_USAGE, "--exclude-database leaves no database to seal");
}

int
databases_list(const struct databases_opts *opts, char ***names, size_t *count,
    struct err *err)
{
	char *encoding = NULL, **shown = NULL;
	PGresult *r = ask(opts->conn, &encoding, err);
	uint8_t *excluded = NULL;
	size_t n = 0;
	int rc = -1;

	if (r == NULL)
		goto out;
	n = (size_t)PQntuples(r);
	shown = show_names(r, encoding);
	excluded = mem_zalloc(n + 1);
	rc = exclude(opts, shown, n, excluded, err);
	if (rc == 0)
		rc = take(r, excluded, names, count, err);
out:
	databases_free(shown, n);
	free(excluded);
	free(encoding);
	PQclear(r);
	return rc;
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

	if (text_is_name(name) && strcmp(name, BACKUP_GLOBALS) != 0)
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
