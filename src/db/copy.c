#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "db/copy.h"

#define LOOK_MS 1000 /* between two looks at a server that is silent */

/* PostgreSQL documentation, "COPY", "Binary Format": signature, flags, length
 * of the header's extension. */
#define SIGNATURE_SIZE 11
#define HEADER_SIZE 19
static const uint8_t HEADER[HEADER_SIZE] = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n',
	0xFF, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const uint8_t TRAILER[2] = { 0xFF, 0xFF };

const void *
copy_header(enum copy_format format, size_t *len)
{
	*len = format == COPY_BINARY ? sizeof(HEADER) : 0;
	return HEADER;
}

const void *
copy_trailer(enum copy_format format, size_t *len)
{
	*len = format == COPY_BINARY ? sizeof(TRAILER) : 0;
	return TRAILER;
}

static void
column_list(const struct table *table, struct buf *out)
{
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		sql_ident(out, table->columns[i].name);
	}
}

/* Pages that COPY (SELECT ...) is to read; a whole table needs no condition. */
static void
page_condition(const struct range *range, struct buf *out)
{
	const char *word = "WHERE";

	if (range->first > 0) {
		buf_printf(
		    out, " WHERE ctid >= '(%" PRIu64 ",0)'", range->first);
		word = "AND";
	}
	if (range->last != RANGE_END)
		buf_printf(
		    out, " %s ctid < '(%" PRIu64 ",0)'", word, range->last);
}

void
copy_out_sql(
    const struct table *table, const struct range *range, struct buf *out)
{
	int whole =
	    range == NULL || (range->first == 0 && range->last == RANGE_END);

	buf_puts(out, "COPY ");
	if (whole && table->condition == NULL) {
		sql_qualified(out, table->schema, table->name);
		if (table->column_count > 0) {
			buf_puts(out, " (");
			column_list(table, out);
			buf_puts(out, ")");
		}
	} else {
		buf_puts(out, "(SELECT ");
		column_list(table, out);
		buf_puts(out, " FROM ONLY ");
		sql_qualified(out, table->schema, table->name);
		if (table->condition != NULL)
			buf_printf(out, " %s", table->condition);
		else
			page_condition(range, out);
		buf_puts(out, ")");
	}
	buf_puts(out, " TO STDOUT");
	if (table->format == COPY_BINARY)
		buf_puts(out, " (FORMAT binary)");
}

/* Take the header off the first message of a binary copy; servers send it
 * alone or in front of the first row. */
static int
skip_header(const char **data, size_t *len, struct err *err)
{
	size_t extension;

	if (*len < HEADER_SIZE || memcmp(*data, HEADER, SIGNATURE_SIZE) != 0)
		return err_set(err, ERR_DB,
		    "the server's binary COPY does not begin as documented");
	extension = wire_get_be32((const uint8_t *)*data + HEADER_SIZE - 4);
	if (extension > *len - HEADER_SIZE)
		return err_set(
		    err, ERR_DB, "the server's binary COPY has a cut header");
	*data += HEADER_SIZE + extension;
	*len -= HEADER_SIZE + extension;
	return 0;
}

static int
one_message(const struct table *table, const char *data, size_t len,
    int *started, copy_row *each, void *arg, uint64_t *rows, struct err *err)
{
	if (table->format == COPY_BINARY) {
		if (!*started) {
			*started = 1;
			if (skip_header(&data, &len, err) != 0)
				return -1;
			if (len == 0)
				return 0;
		}
		if (len == sizeof(TRAILER) && memcmp(data, TRAILER, len) == 0)
			return 0;
	}
	(*rows)++;
	return each(arg, data, len, err);
}

/* Leave COPY: drop what still comes, and every result. */
static void
drain(struct conn *conn)
{
	PGconn *pg = conn_pg(conn);
	PGresult *r;
	char *data;

	for (;;) {
		int len = PQgetCopyData(pg, &data, 0);

		if (len < 0)
			break;
		PQfreemem(data);
	}
	while ((r = PQgetResult(pg)) != NULL) {
		ExecStatusType status = PQresultStatus(r);

		PQclear(r);
		if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN ||
		    PQstatus(pg) == CONNECTION_BAD)
			break;
	}
}

/*
 * libpq takes an answer to COPY that it found no memory for as one of which a
 * part is still to come.  Where none is, as the server waits for rows or has
 * sent all, PQexec() would wait for ever; who looks again gets the answer.
 */
static void
wait_for_answer(PGconn *pg)
{
	while (PQisBusy(pg)) {
		struct pollfd p = { .fd = PQsocket(pg), .events = POLLIN };

		if (poll(&p, 1, LOOK_MS) < 0 && errno != EINTR)
			return;
		if (PQconsumeInput(pg) == 0)
			return;
	}
}

/* Run COPY; its result, to be PQclear()ed, or NULL. */
static PGresult *
begin(struct conn *conn, const char *sql)
{
	PGconn *pg = conn_pg(conn);
	PGresult *r, *more;

	if (conn_send(conn, sql) != 0)
		return NULL;
	wait_for_answer(pg);
	r = PQgetResult(pg);
	if (PQresultStatus(r) == PGRES_COPY_IN ||
	    PQresultStatus(r) == PGRES_COPY_OUT)
		return r;
	while ((more = PQgetResult(pg)) != NULL) {
		PQclear(more);
		if (PQstatus(pg) == CONNECTION_BAD)
			break;
	}
	return r;
}

/* The result after the last row: it must be success, and count the same. */
static int
finish_out(struct conn *conn, uint64_t rows, struct err *err)
{
	PGresult *r = PQgetResult(conn_pg(conn));
	int rc = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = conn_fail(conn, r, err);
	else if (strtoull(PQcmdTuples(r), NULL, 10) != rows)
		rc = err_set(err, ERR_DB,
		    "the server counted %s rows, %" PRIu64 " came",
		    PQcmdTuples(r), rows);
	PQclear(r);
	drain(conn);
	return rc;
}

int
copy_out(struct conn *conn, const struct table *table,
    const struct range *range, copy_row *each, void *arg, struct err *err)
{
	PGconn *pg = conn_pg(conn);
	struct buf sql = { 0 };
	PGresult *r;
	uint64_t rows = 0;
	int started = 0, len, rc = 0;
	char *data;

	copy_out_sql(table, range, &sql);
	r = begin(conn, buf_text(&sql));
	buf_free(&sql);
	if (PQresultStatus(r) != PGRES_COPY_OUT)
		rc = conn_fail(conn, r, err);
	PQclear(r);
	if (rc != 0)
		goto out;
	while ((len = PQgetCopyData(pg, &data, 0)) > 0) {
		rc = one_message(
		    table, data, (size_t)len, &started, each, arg, &rows, err);
		PQfreemem(data);
		if (rc != 0) {
			conn_cancel(conn);
			drain(conn);
			goto out;
		}
	}
	if (len == -2)
		rc = conn_fail(conn, NULL, err);
	else
		rc = finish_out(conn, rows, err);
out:
	if (rc != 0)
		(void)err_wrap(err, "table %s.%s", table->schema, table->name);
	return rc;
}

int
copy_is_foreign(const struct err *err)
{
	/* untranslatable_character; character_not_in_repertoire, where the
	 * database has no encoding */
	return strcmp(err->sqlstate, "22P05") == 0 ||
	    strcmp(err->sqlstate, "22021") == 0;
}

int
copy_fits(struct conn *conn, const struct table *table, const char *column,
    const char *encoding, struct err *err)
{
	struct buf sql = { 0 };
	PGresult *r;

	buf_puts(&sql, "SELECT pg_catalog.count(pg_catalog.convert_to(");
	sql_ident(&sql, column);
	buf_puts(&sql, "::pg_catalog.text, ");
	sql_literal(&sql, encoding);
	buf_puts(&sql, ")) FROM ");
	sql_qualified(&sql, table->schema, table->name);
	r = conn_query(conn, buf_text(&sql), err);
	buf_free(&sql);
	if (r == NULL)
		return copy_is_foreign(err) ? 0 : -1;
	PQclear(r);
	return 1;
}

static int
in_fail(struct conn *conn, const struct table *table, const PGresult *r,
    struct err *err)
{
	const char *context =
	    r != NULL ? PQresultErrorField(r, PG_DIAG_CONTEXT) : NULL;

	(void)conn_fail(conn, r, err);
	if (context != NULL && err->kind == ERR_DB)
		(void)err_hint(
		    err, "%.*s", (int)strcspn(context, "\n"), context);
	return err_wrap(err, "table %s.%s", table->schema, table->name);
}

void
copy_in_sql(const struct table *table, struct buf *out)
{
	buf_puts(out, "COPY ");
	sql_qualified(out, table->schema, table->name);
	if (table->column_count > 0) {
		buf_puts(out, " (");
		column_list(table, out);
		buf_puts(out, ")");
	}
	buf_puts(out, " FROM STDIN");
	if (table->format == COPY_BINARY)
		buf_puts(out, " (FORMAT binary)");
}

int
copy_in_begin(struct conn *conn, const struct table *table, struct err *err)
{
	struct buf sql = { 0 };
	PGresult *r;
	int rc = 0;

	copy_in_sql(table, &sql);
	r = begin(conn, buf_text(&sql));
	buf_free(&sql);
	if (PQresultStatus(r) != PGRES_COPY_IN)
		rc = in_fail(conn, table, r, err);
	PQclear(r);
	if (rc == 0 && table->format == COPY_BINARY)
		rc = copy_in_data(conn, table, HEADER, sizeof(HEADER), err);
	return rc;
}

int
copy_in_data(struct conn *conn, const struct table *table, const void *data,
    size_t len, struct err *err)
{
	const char *p = data;

	/* libpq counts in int. */
	while (len > 0) {
		int piece = len > (1 << 20) ? 1 << 20 : (int)len;

		if (PQputCopyData(conn_pg(conn), p, piece) != 1) {
			uint64_t rows;

			/* The reason is in the server's result. */
			if (PQputCopyEnd(conn_pg(conn), NULL) == 1)
				return copy_in_end(conn, table, &rows, err) != 0
				    ? -1
				    : err_set(err, ERR_DB,
					  "table %s.%s: "
					  "COPY ended early",
					  table->schema, table->name);
			return in_fail(conn, table, NULL, err);
		}
		p += piece;
		len -= (size_t)piece;
	}
	return 0;
}

int
copy_in_end(struct conn *conn, const struct table *table, uint64_t *rows,
    struct err *err)
{
	PGconn *pg = conn_pg(conn);
	PGresult *r;
	int rc = 0;

	if (table->format == COPY_BINARY &&
	    PQputCopyData(pg, (const char *)TRAILER, sizeof(TRAILER)) != 1)
		return in_fail(conn, table, NULL, err);
	if (PQputCopyEnd(pg, NULL) != 1)
		return in_fail(conn, table, NULL, err);
	r = PQgetResult(pg);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = in_fail(conn, table, r, err);
	else
		*rows = strtoull(PQcmdTuples(r), NULL, 10);
	PQclear(r);
	drain(conn);
	return rc;
}

void
copy_in_abort(struct conn *conn, const struct table *table)
{
	(void)table;
	(void)PQputCopyEnd(conn_pg(conn), "given up by the client");
	drain(conn);
}
