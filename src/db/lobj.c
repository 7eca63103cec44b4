#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/wire.h"
#include "db/lobj.h"
#include "db/queries.h"

#define READ_PIECE (1 << 20)

int
lobj_list(struct conn *conn, uint32_t **oids, size_t *count, struct err *err)
{
	PGresult *r = conn_query(conn, sql_large_objects, err);
	size_t n, i;

	if (r == NULL)
		return -1;
	n = (size_t)PQntuples(r);
	*oids = mem_array(NULL, n + 1, sizeof(**oids));
	*count = n;
	for (i = 0; i < n; i++)
		(*oids)[i] =
		    (uint32_t)strtoul(PQgetvalue(r, (int)i, 0), NULL, 10);
	PQclear(r);
	return 0;
}

/*
 * lo_get() and lo_put() rather than libpq's descriptors: one round trip for
 * each piece, 64-bit offsets, and errors that carry an SQLSTATE.
 */
int
lobj_read(struct conn *conn, uint32_t oid,
    int (*each)(void *arg, const void *data, size_t len, struct err *err),
    void *arg, struct err *err)
{
	static const char sql[] = "SELECT pg_catalog.lo_get($1, $2, $3)";
	static const Oid types[] = { 26, 20, 23 }; /* oid, bigint, int */
	static const int lens[] = { 4, 8, 4 }, formats[] = { 1, 1, 1 };
	uint8_t id[4], at[8], want[4];
	const char *values[] = { (char *)id, (char *)at, (char *)want };
	uint64_t offset = 0;
	int len = READ_PIECE, rc = 0;

	wire_put_be32(id, oid);
	wire_put_be32(want, READ_PIECE);
	while (rc == 0 && len == READ_PIECE) {
		PGresult *r;

		wire_put_be32(at, (uint32_t)(offset >> 32));
		wire_put_be32(at + 4, (uint32_t)offset);
		r = PQexecParams(
		    conn_pg(conn), sql, 3, types, values, lens, formats, 1);
		if (PQresultStatus(r) != PGRES_TUPLES_OK) {
			rc = conn_fail(conn, r, err);
		} else {
			len = PQgetlength(r, 0, 0);
			if (len > 0)
				rc = each(
				    arg, PQgetvalue(r, 0, 0), (size_t)len, err);
			offset += (uint64_t)len;
		}
		PQclear(r);
	}
	return rc;
}

int
lobj_write(struct conn *conn, uint32_t oid, uint64_t offset, const void *data,
    size_t len, struct err *err)
{
	static const char sql[] = "SELECT pg_catalog.lo_put($1, $2, $3)";
	static const Oid types[] = { 26, 20, 17 }; /* oid, bigint, bytea */
	static const int formats[] = { 1, 1, 1 };
	uint8_t id[4], at[8];
	const char *values[] = { (char *)id, (char *)at, data };
	const int lens[] = { 4, 8, (int)len };
	PGresult *r;
	int rc = 0;

	wire_put_be32(id, oid);
	wire_put_be32(at, (uint32_t)(offset >> 32));
	wire_put_be32(at + 4, (uint32_t)offset);
	r = PQexecParams(
	    conn_pg(conn), sql, 3, types, values, lens, formats, 0);
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		(void)conn_fail(conn, r, err);
		rc = err_wrap(err, "large object %lu", (unsigned long)oid);
	}
	PQclear(r);
	return rc;
}
