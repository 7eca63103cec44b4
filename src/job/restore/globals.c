#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "db/sqlname.h"
#include "job/restore/globals.h"
#include "job/rights.h"
#include "job/statement.h"

/* Refusals that are named at the default log level. */
#define NAMED_MAX 8
#define NAME_BYTES 100

char *
globals_next(const char **script)
{
	const char *p = *script, *end;
	size_t len;

	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p != '\\' && strncmp(p, "--", 2) != 0)
			break;
		p += strcspn(p, "\n");
	}
	*script = p;
	if (*p == '\0')
		return NULL;
	end = statement_next(p);
	*script = end;
	len = (size_t)(end - p);
	while (len > 0 && isspace((unsigned char)p[len - 1]))
		len--;
	return mem_printf("%.*s", (int)len, p);
}

char *
globals_name(const char *statement)
{
	/* ALTER ROLE name WITH attributes, one of which is the password. */
	const char *with = strstr(statement, " WITH ");
	size_t len = strcspn(statement, ";\n");

	if (with != NULL && (size_t)(with - statement) < len)
		len = (size_t)(with - statement);
	if (len > NAME_BYTES) {
		len = NAME_BYTES;
		while (
		    len > 0 && ((unsigned char)statement[len] & 0xC0) == 0x80)
			len--;
	}
	return mem_printf("%.*s", (int)len, statement);
}

static int
makes(const char *statement)
{
	return strncmp(statement, "CREATE ROLE ", 12) == 0 ||
	    strncmp(statement, "CREATE TABLESPACE ", 18) == 0;
}

static void
refuse(const char *statement, const struct err *why, unsigned *refused)
{
	char *name = globals_name(statement);

	if (++*refused <= NAMED_MAX)
		log_warn("%s: %s", name, why->msg);
	else
		log_detail("%s: %s", name, why->msg);
	free(name);
}

static int
run_one(struct conn *conn, const char *statement, unsigned *refused,
    struct err *err)
{
	struct err why = ERR_INIT;

	if (conn_exec(conn, statement, &why) == 0)
		return 0;
	if (why.kind != ERR_DB || why.sqlstate[0] == '\0' ||
	    PQstatus(conn_pg(conn)) == CONNECTION_BAD) {
		*err = why;
		return err_wrap(err, "globals");
	}
	/* 42710: it is there already. */
	if (makes(statement) && strcmp(why.sqlstate, "42710") == 0)
		log_detail("%s", why.msg);
	else
		refuse(statement, &why, refused);
	return 0;
}

/* Whether it takes from the role at work what the rest needs. */
static int
disarms(struct conn *conn, const char *statement)
{
	static const char alter[] = "ALTER ROLE ";
	const char *super = PQparameterStatus(conn_pg(conn), "is_superuser");
	const char *rest;
	struct sqlname n;
	int yes;

	if (super == NULL || strcmp(super, "on") != 0 ||
	    strncmp(statement, alter, sizeof(alter) - 1) != 0)
		return 0;
	rest = sqlname_read(statement + sizeof(alter) - 1, &n);
	if (rest == NULL)
		return 0;
	yes = n.schema == NULL && strcmp(n.name, PQuser(conn_pg(conn))) == 0 &&
	    strncmp(rest, " WITH NOSUPERUSER ", 18) == 0;
	sqlname_free(&n);
	return yes;
}

static int
run_armed(struct conn *conn, const char *statement, unsigned *refused,
    struct err *err)
{
	struct err why = ERR_INIT;

	if (!disarms(conn, statement))
		return run_one(conn, statement, refused, err);
	(void)err_set(&why, ERR_DB,
	    "left out: it would take superuser rights from the role that is at "
	    "work");
	refuse(statement, &why, refused);
	return 0;
}

static int
is_of_tablespace(const char *statement)
{
	static const char *const begins[] = { "CREATE TABLESPACE ",
		"ALTER TABLESPACE ", "COMMENT ON TABLESPACE " };
	const char *on = strstr(statement, " ON TABLESPACE ");
	size_t i;

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(statement, begins[i], strlen(begins[i])) == 0)
			return 1;
	return on != NULL &&
	    (strncmp(statement, "GRANT ", 6) == 0 ||
		strncmp(statement, "REVOKE ", 7) == 0 ||
		strncmp(statement, "SECURITY LABEL ", 15) == 0);
}

int
globals_run(const struct conn *conn, const char *script, int tablespaces,
    unsigned *refused, struct err *err)
{
	/* The script changes the session; no other work is to see that. */
	struct conn *own = conn_clone(conn, NULL, err);
	unsigned before = *refused;
	char *statement;
	int rc = 0;

	if (own == NULL)
		return err_wrap(err, "globals");
	while (rc == 0 && (statement = globals_next(&script)) != NULL) {
		if (tablespaces || !is_of_tablespace(statement))
			rc = run_armed(own, statement, refused, err);
		free(statement);
	}
	conn_free(own);
	if (*refused - before > NAMED_MAX)
		log_warn("%u more statements of the globals were refused; -vv "
			 "names each",
		    *refused - before - NAMED_MAX);
	return rc;
}

/* A stream has to be read to its end to be known as whole. */
static int
read_whole(struct reader *reader, struct buf *script, struct err *err)
{
	struct buf schema = { 0 };
	struct part part = { 0 };
	int rc = -1;

	if (reader_schema(reader, &schema, err) == 0 &&
	    reader_globals(reader, script, err) == 0 &&
	    buf_add(script, "", 1, err) == 0)
		while ((rc = reader_next_part(reader, &part, err)) == 1)
			;
	if (rc == 0 && reader_manifest(reader, NULL, err) == NULL)
		rc = -1;
	if (rc == 0)
		rc = reader_end(reader, err);
	part_free(&part);
	buf_free(&schema);
	return rc;
}

int
globals_restore(struct reader *reader, const struct conn_opts *opts,
    unsigned *refused, struct err *err)
{
	struct buf script = { 0 };
	struct conn *conn = NULL;
	int rc = -1;

	if (read_whole(reader, &script, err) == 0 &&
	    (conn = conn_open(opts, err)) != NULL &&
	    rights_change(conn, err) == 0)
		rc = globals_run(conn, buf_text(&script), 1, refused, err);
	/* Whatever failed because of a signal, the signal is the reason. */
	if (rc != 0)
		(void)stop_check(err);
	conn_free(conn);
	buf_free(&script);
	return rc;
}
