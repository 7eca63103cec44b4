#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/proof/assertions.h"
#include "job/statement.h"

#define FILE_MAX ((size_t)16 << 20)
#define TITLE_MAX 100
#define DETAIL_ROWS 3
#define DETAIL_MAX 300
#define BATCH "500"
#define OID_BOOL 16

/* ---- reading ---- */

/* Behind a comment, which may hold others; or NULL: it has no end. */
static const char *
skip_block(const char *p)
{
	int depth = 0;

	do {
		int more = strncmp(p, "/*", 2) == 0;
		int less = strncmp(p, "*/", 2) == 0;

		if (*p == '\0')
			return NULL;
		depth += more - less;
		p += more || less ? 2 : 1;
	} while (depth > 0);
	return p;
}

/* Behind white space and comments.  A comment without an end is left for the
 * server to refuse, or all that is behind it would count for nothing. */
static const char *
skip_comments(const char *p)
{
	for (;;) {
		p += strspn(p, " \t\r\n\f\v");
		if (strncmp(p, "--", 2) == 0) {
			p += strcspn(p, "\r\n");
		} else {
			const char *end =
			    strncmp(p, "/*", 2) == 0 ? skip_block(p) : NULL;

			if (end == NULL)
				return p;
			p = end;
		}
	}
}

/* The line of comment before a statement, or its own first. */
static char *
make_title(const char *from, const char *begin, const char *end)
{
	const char *line = begin, *p;
	size_t len;

	for (p = from; p < begin; p += strcspn(p, "\r\n")) {
		p += strspn(p, " \t\r\n");
		if (p < begin && strncmp(p, "--", 2) == 0)
			line = p;
	}
	if (line != begin)
		line += strspn(line, "- \t");
	len = strcspn(line, "\r\n");
	if (line == begin && len > (size_t)(end - line))
		len = (size_t)(end - line);
	if (len > TITLE_MAX) {
		len = TITLE_MAX;
		while (len > 0 && ((unsigned char)line[len] & 0xC0) == 0x80)
			len--;
	}
	return mem_printf("%.*s", (int)len, line);
}

static unsigned
line_of(const char *text, const char *at)
{
	unsigned line = 1;

	for (; text < at; text++)
		line += *text == '\n' || (*text == '\r' && text[1] != '\n');
	return line;
}

size_t
assertions_parse(struct assertions *a, const char *file, const char *text)
{
	const char *from, *next;
	size_t before = a->count;

	for (from = text; *from != '\0'; from = next) {
		const char *begin = skip_comments(from), *end;
		struct assertion *one;

		if (*begin == '\0')
			break;
		next = end = statement_next(begin);
		while (end > begin &&
		    (isspace((unsigned char)end[-1]) || end[-1] == ';'))
			end--;
		if (end == begin)
			continue;
		a->at = mem_array(a->at, a->count + 1, sizeof(*a->at));
		one = &a->at[a->count++];
		*one = (struct assertion){ .file = mem_strdup(file),
			.line = line_of(text, begin),
			.title = make_title(from, begin, end),
			.sql = mem_printf("%.*s", (int)(end - begin), begin) };
	}
	return a->count - before;
}

int
assertions_read(struct assertions *a, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text = mem_alloc(FILE_MAX + 1);
	size_t got = 0;
	int rc = -1;

	if (file != NULL)
		got = fread(text, 1, FILE_MAX + 1, file);
	if (file == NULL || ferror(file) != 0) {
		(void)err_sys(err, ERR_USAGE, "%s", path);
		goto out;
	}
	if (got > FILE_MAX) {
		(void)err_set(err, ERR_USAGE, "%s is too large", path);
		goto out;
	}
	text[got] = '\0';
	if (strlen(text) != got || !text_is_utf8(text)) {
		(void)err_set(err, ERR_USAGE, "%s is not UTF-8", path);
		goto out;
	}
	/* A byte-order mark is none of SQL's. */
	if (assertions_parse(a, path,
		strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text) == 0) {
		(void)err_set(err, ERR_USAGE, "%s holds no query", path);
		goto out;
	}
	rc = 0;
out:
	if (file != NULL)
		(void)fclose(file);
	free(text);
	return rc;
}

void
assertions_free(struct assertions *a)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		free(a->at[i].file);
		free(a->at[i].title);
		free(a->at[i].sql);
		free(a->at[i].detail);
		free(a->at[i].reason);
	}
	free(a->at);
	*a = (struct assertions){ 0 };
}

size_t
assertions_failed(const struct assertions *a)
{
	size_t i, n = 0;

	for (i = 0; i < a->count; i++)
		n += a->at[i].result != ASSERTION_HOLDS;
	return n;
}

/* ---- running ---- */

static void
add_row(struct buf *detail, const PGresult *r, int row)
{
	int col;

	if (detail->len > 0)
		buf_puts(detail, "; ");
	for (col = 0; col < PQnfields(r); col++) {
		const char *value =
		    PQgetisnull(r, row, col) ? "null" : PQgetvalue(r, row, col);

		buf_printf(detail, "%s%s = %.60s", col > 0 ? ", " : "",
		    PQfname(r, col), value);
		if (detail->len > DETAIL_MAX)
			break;
	}
}

/* Count the rows of a batch that should not be, or not be so. */
static void
judge(struct assertion *a, const PGresult *r, struct buf *detail)
{
	int is_bool = PQnfields(r) == 1 && PQftype(r, 0) == OID_BOOL;
	int row;

	for (row = 0; row < PQntuples(r); row++) {
		if (is_bool && PQgetvalue(r, row, 0)[0] == 't')
			continue;
		if (a->rows++ < DETAIL_ROWS && detail->len < DETAIL_MAX)
			add_row(detail, r, row);
	}
}

/* By a cursor, so that no result is too large. */
static int
fetch_all(
    struct assertion *a, struct conn *conn, struct buf *detail, struct err *err)
{
	int n;

	do {
		PGresult *r = conn_query(
		    conn, "FETCH FORWARD " BATCH " FROM assertion", err);

		if (r == NULL)
			return -1;
		judge(a, r, detail);
		n = PQntuples(r);
		PQclear(r);
	} while (n > 0);
	return 0;
}

/* One statement and no other: the server sees to that. */
static int
declare(const struct assertion *a, struct conn *conn, struct err *err)
{
	char *sql =
	    mem_printf("DECLARE assertion NO SCROLL CURSOR FOR %s", a->sql);
	int rc = conn_only(conn, sql, err);

	free(sql);
	return rc;
}

/* What the server says may quote values, and a code does not. */
static void
set_broken(struct assertion *a, unsigned timeout, const struct err *why)
{
	a->result = ASSERTION_BROKEN;
	if (timeout > 0 && strcmp(why->sqlstate, "57014") == 0) {
		a->reason = mem_printf("took longer than %u s", timeout);
		a->detail = mem_strdup(a->reason);
		return;
	}
	if (why->sqlstate[0] != '\0')
		a->reason = mem_printf("SQLSTATE %s", why->sqlstate);
	a->detail = mem_strdup(why->msg);
}

/* Class 53: its server's disk is full, or it has no memory or no room for
 * temporary files left; that is not known of the assertion then. */
static int
is_want(const struct err *why)
{
	return strncmp(why->sqlstate, "53", 2) == 0;
}

/* Whether the server ended a session that could have gone on: not by a crash,
 * of which it says nothing. */
static int
was_ended(const struct err *why)
{
	return conn_was_ended(why) &&
	    strstr(why->msg, "server closed the connection") == NULL;
}

/* Return 1 if the server ended its session, as it was told to. */
static int
run_one(
    struct assertion *a, struct conn *conn, unsigned timeout, struct err *err)
{
	struct err why = ERR_INIT, ignored = ERR_INIT;
	double began = wall_seconds();
	struct buf detail = { 0 };
	char *begin = mem_printf("BEGIN TRANSACTION READ ONLY; "
				 "SET LOCAL statement_timeout = '%us'; "
				 "SET LOCAL cursor_tuple_fraction = 1",
	    timeout);
	int rc = conn_exec(conn, begin, err);

	free(begin);
	if (rc != 0)
		return -1;
	if (declare(a, conn, &why) == 0)
		(void)fetch_all(a, conn, &detail, &why);
	a->seconds = wall_seconds() - began;
	(void)conn_exec(conn, "ROLLBACK", &ignored);
	if (why.kind == ERR_INTERRUPT || is_want(&why)) {
		buf_free(&detail);
		*err = why;
		return -1;
	}
	if (why.kind != ERR_NONE) {
		set_broken(a, timeout, &why);
	} else {
		a->result = a->rows == 0 ? ASSERTION_HOLDS : ASSERTION_VIOLATED;
		if (a->rows > 0)
			a->detail = mem_strdup(buf_text(&detail));
	}
	if (a->detail != NULL)
		text_clean(a->detail);
	buf_free(&detail);
	return was_ended(&why);
}

/* As anybody's session would be, for what a query says without a schema is what
 * its writer meant. */
static int
set_up(struct conn *conn, struct err *err)
{
	if (conn_set_encoding(conn, "UTF8", err) != 0 ||
	    conn_own_values(conn, err) != 0)
		return -1;
	return conn_exec(conn, "RESET search_path", err);
}

/* One that ended its session is broken; those behind it have another. */
static int
renew(struct conn **conn, struct err *err)
{
	struct conn *new;

	if (PQstatus(conn_pg(*conn)) != CONNECTION_BAD)
		return 0;
	new = conn_clone(*conn, NULL, err);
	if (new == NULL)
		return -1;
	conn_free(*conn);
	*conn = new;
	return set_up(new, err);
}

static void
forget(struct assertion *a)
{
	free(a->detail);
	free(a->reason);
	a->detail = a->reason = NULL;
	a->result = ASSERTION_NOT_RUN;
	a->rows = 0;
}

/* Whoever had its session ended may be somebody else, or the server's end: one
 * that does it itself does so again. */
static int
ask(struct assertion *a, struct conn **conn, unsigned timeout, struct err *err)
{
	int rc = run_one(a, *conn, timeout, err);

	if (rc > 0) {
		if (renew(conn, err) != 0)
			return -1;
		forget(a);
		rc = run_one(a, *conn, timeout, err);
	}
	return rc < 0 ? -1 : renew(conn, err);
}

int
assertions_run(
    struct assertions *a, struct conn **conn, unsigned timeout, struct err *err)
{
	size_t i;

	if (set_up(*conn, err) != 0)
		return -1;
	for (i = 0; i < a->count; i++)
		if (stop_check(err) != 0 ||
		    ask(&a->at[i], conn, timeout, err) != 0)
			return err_wrap(
			    err, "%s, line %u", a->at[i].file, a->at[i].line);
	return 0;
}
