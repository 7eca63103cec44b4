#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/conn.h"
#include "db/queries.h"
#include "place.h"
#include "session.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Append key='value' with the quoting of a conninfo string. */
static void
dsn_add(struct buf *dsn, const char *key, const char *value)
{
	char one[2] = { 0, 0 };

	buf_printf(dsn, "%s%s='", dsn->len > 0 ? " " : "", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_puts(dsn, "\\");
		one[0] = *value;
		buf_puts(dsn, one);
	}
	buf_puts(dsn, "'");
}

/* Options for a child's session: what it was given, and what it needs where
 * its defaults are other: pg_dumpall pins nothing, pg_dump little before its
 * first queries. */
static int
child_options(
    struct conn *conn, const char *given, struct buf *out, struct err *err)
{
	PGresult *r = conn_query(conn, sql_child_settings, err);

	if (r == NULL)
		return err_wrap(err, "cannot read the session's defaults");
	buf_printf(out, "%s%s%s", given != NULL ? given : "",
	    given != NULL && !PQgetisnull(r, 0, 0) ? " " : "",
	    PQgetisnull(r, 0, 0) ? "" : PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

/* Whether a child gets a parameter as it is; dispchar "*" marks what must not
 * be shown. */
static int
is_passed(const PQconninfoOption *o)
{
	static const char *const ours[] = { "service", "client_encoding",
		"application_name", "fallback_application_name", "options" };

	return !text_is_one_of(o->keyword, ours, COUNT(ours)) &&
	    strchr(o->dispchar, '*') == NULL;
}

char **
conn_child_env(struct conn *conn, char **dsn, struct err *err)
{
	PQconninfoOption *info = session_conninfo(conn_pg(conn), err), *o;
	char **env = mem_zalloc(4 * sizeof(*env));
	struct buf text = { 0 }, options = { 0 };
	const char *encoding, *given = NULL;
	const struct session_keepalive *k;
	PGconn *pg = conn_pg(conn);
	size_t n = 0;
	int rc;

	if (info == NULL) {
		free(env);
		return NULL;
	}
	for (o = info; o->keyword != NULL; o++) {
		const char *value = place_value(conn_place(conn), o);

		if (value == NULL)
			continue;
		if (strcmp(o->keyword, "password") == 0)
			env[n++] = mem_printf("PGPASSWORD=%s", value);
		else if (strcmp(o->keyword, "options") == 0)
			given = value;
		else if (is_passed(o))
			dsn_add(&text, o->keyword, value);
	}
	for (k = SESSION_KEEPALIVES; k->keyword != NULL; k++)
		if (!session_is_said(info, k->keyword))
			dsn_add(&text, k->keyword, k->text);
	if (n == 0 && PQpass(pg) != NULL && *PQpass(pg) != '\0')
		env[n++] = mem_printf("PGPASSWORD=%s", PQpass(pg));
	env[n++] =
	    mem_printf("PGAPPNAME=" CONN_CHILD_NAME "%d", conn_pid(conn));
	/* What the user's environment or the database's settings say about
	 * the client's encoding is not what a dump is written in. */
	encoding = PQparameterStatus(pg, "server_encoding");
	if (encoding != NULL)
		dsn_add(&text, "client_encoding", encoding);
	rc = child_options(conn, given, &options, err);
	if (options.len > 0)
		dsn_add(&text, "options", buf_text(&options));
	PQconninfoFree(info);
	*dsn = mem_strdup(buf_text(&text));
	buf_free(&text);
	buf_free(&options);
	if (rc == 0)
		return env;
	conn_child_env_free(env, *dsn);
	return NULL;
}

void
conn_child_env_free(char **env, char *dsn)
{
	size_t i;

	for (i = 0; env != NULL && env[i] != NULL; i++) {
		sodium_memzero(env[i], strlen(env[i]));
		free(env[i]);
	}
	free(env);
	free(dsn);
}
