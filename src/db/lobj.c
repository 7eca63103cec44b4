#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "db/lobj.h"
#include "db/queries.h"
#include "oids.h"

#define READ_PIECE (1 << 20)

/* Rows that are fetched at a time: there may be many millions. */
#define FETCH "10000"

/* Call ${each} for every row of a query. */
static int
each_row(struct conn *conn, const char *sql,
    void (*each)(void *arg, const PGresult *r, int row), void *arg,
    struct err *err)
{
	char *declare = mem_printf("DECLARE lobj NO SCROLL CURSOR FOR %s", sql);
	int rc = conn_exec(conn, declare, err), rows = 1, i;

	free(declare);
	while (rc == 0 && rows > 0) {
		PGresult *r =
		    conn_query(conn, "FETCH FORWARD " FETCH " FROM lobj", err);

		if (r == NULL)
			return -1;
		rows = PQntuples(r);
		for (i = 0; i < rows; i++)
			each(arg, r, i);
		PQclear(r);
	}
	return rc == 0 ? conn_exec(conn, "CLOSE lobj", err) : -1;
}

/* Room for one more, doubled each time that a power of two is full. */
static void *
grown(void *list, size_t count, size_t size)
{
	return (count & (count - 1)) == 0
	    ? mem_array(list, count > 0 ? 2 * count : 1, size)
	    : list;
}

struct oid_list {
	uint32_t *oids;
	size_t count;
};

static void
take_oid(void *arg, const PGresult *r, int row)
{
	struct oid_list *list = arg;

	list->oids = grown(list->oids, list->count, sizeof(*list->oids));
	list->oids[list->count++] = oids_at(r, row, 0);
}

int
lobj_list(struct conn *conn, uint32_t **oids, size_t *count, struct err *err)
{
	struct oid_list list = { NULL, 0 };

	if (each_row(conn, sql_large_objects, take_oid, &list, err) != 0) {
		free(list.oids);
		return err_wrap(err, "cannot list the large objects");
	}
	*oids = list.oids;
	*count = list.count;
	return 0;
}

int
lobj_count(struct conn *conn, uint64_t *count, struct err *err)
{
	PGresult *r = conn_query(conn, sql_large_object_count, err);

	if (r == NULL)
		return -1;
	*count = strtoull(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return 0;
}

int
lobj_make(struct conn *conn, uint32_t oid, struct err *err)
{
	char text[16];
	PGresult *r;

	(void)snprintf(text, sizeof(text), "%" PRIu32, oid);
	r = conn_query1(conn, sql_large_object_make, text, err);
	PQclear(r);
	return r != NULL ? 0 : -1;
}

/* A group whose objects are coming in. */
struct grouping {
	struct catalog *cat;
	struct buf oids;
	uint32_t first, last; /* the run that is not written yet; 0: none */
};

static void
end_run(struct grouping *g)
{
	if (g->first == 0)
		return;
	buf_printf(
	    &g->oids, "%s%" PRIu32, g->oids.len > 0 ? " " : "", g->first);
	if (g->last > g->first)
		buf_printf(&g->oids, "-%" PRIu32, g->last);
	g->first = 0;
}

static void
end_group(struct grouping *g)
{
	struct catalog *cat = g->cat;

	end_run(g);
	if (g->oids.len > 0)
		cat->lobj_groups[cat->lobj_group_count - 1].oids =
		    mem_strdup(buf_text(&g->oids));
	buf_free(&g->oids);
}

static int
is_of_group(const struct lobj_group *group, const PGresult *r, int row)
{
	if (strcmp(group->owner, PQgetvalue(r, row, 1)) != 0)
		return 0;
	if (group->acl == NULL || PQgetisnull(r, row, 2))
		return group->acl == NULL && PQgetisnull(r, row, 2);
	return strcmp(group->acl, PQgetvalue(r, row, 2)) == 0;
}

static void
take_member(void *arg, const PGresult *r, int row)
{
	struct grouping *g = arg;
	struct catalog *cat = g->cat;
	struct lobj_group *group;
	uint32_t oid = oids_at(r, row, 0);

	if (cat->lobj_group_count == 0 ||
	    !is_of_group(
		&cat->lobj_groups[cat->lobj_group_count - 1], r, row)) {
		end_group(g);
		cat->lobj_groups = grown(cat->lobj_groups,
		    cat->lobj_group_count, sizeof(*cat->lobj_groups));
		group = &cat->lobj_groups[cat->lobj_group_count++];
		group->owner = mem_strdup(PQgetvalue(r, row, 1));
		group->acl = PQgetisnull(r, row, 2)
		    ? NULL
		    : mem_strdup(PQgetvalue(r, row, 2));
		group->oids = NULL;
	}
	if (g->first > 0 && oid != g->last + 1)
		end_run(g);
	if (g->first == 0)
		g->first = oid;
	g->last = oid;
}

static void
take_note(void *arg, const PGresult *r, int row)
{
	struct catalog *cat = arg;
	struct lobj_note *note;

	cat->lobj_notes = grown(
	    cat->lobj_notes, cat->lobj_note_count, sizeof(*cat->lobj_notes));
	note = &cat->lobj_notes[cat->lobj_note_count++];
	note->oid = oids_at(r, row, 0);
	note->provider =
	    PQgetisnull(r, row, 1) ? NULL : mem_strdup(PQgetvalue(r, row, 1));
	note->text = mem_strdup(PQgetvalue(r, row, 2));
}

int
lobj_describe(struct conn *conn, struct catalog *cat, struct err *err)
{
	struct grouping g = { .cat = cat };
	int rc = each_row(conn, sql_large_object_groups, take_member, &g, err);

	end_group(&g);
	if (rc == 0)
		rc =
		    each_row(conn, sql_large_object_notes, take_note, cat, err);
	return rc == 0
	    ? 0
	    : err_wrap(err, "cannot read the large objects' properties");
}

/* One OID, which is not 0. */
static int
read_oid(const char **text, uint32_t *oid)
{
	uint64_t value = 0;

	if (**text < '1' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		value = value * 10 + (uint64_t)(**text - '0');
		if (value > UINT32_MAX)
			return -1;
	}
	*oid = (uint32_t)value;
	return 0;
}

int
lobj_next_run(const char **text, uint32_t *first, uint32_t *last)
{
	if (**text == '\0')
		return 0;
	if (read_oid(text, first) != 0)
		return -1;
	*last = *first;
	if (**text == '-') {
		(*text)++;
		if (read_oid(text, last) != 0 || *last <= *first)
			return -1;
	}
	if (**text == ' ')
		(*text)++;
	else if (**text != '\0')
		return -1;
	return 1;
}

static int
fail_read(struct conn *conn, const PGresult *r, struct err *err)
{
	(void)conn_fail(conn, r, err);
	/* insufficient_privilege */
	if (strcmp(err->sqlstate, "42501") == 0)
		(void)err_hint(err,
		    "GRANT SELECT ON LARGE OBJECT each of them to the user "
		    "who makes backups, or let a superuser make this one");
	return -1;
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
	static const Oid types[] = { 26, 20, 23 }; /* oid, bigint, int */
	static const int lens[] = { 4, 8, 4 }, formats[] = { 1, 1, 1 };
	uint8_t id[4], at[8], want[4];
	const char *values[] = { (char *)id, (char *)at, (char *)want };
	const struct sql_args args = { 3, types, values, lens, formats, 1 };
	uint64_t offset = 0;
	int len = READ_PIECE, rc = 0;

	wire_put_be32(id, oid);
	wire_put_be32(want, READ_PIECE);
	while (rc == 0 && len == READ_PIECE) {
		PGresult *r;

		wire_put_be32(at, (uint32_t)(offset >> 32));
		wire_put_be32(at + 4, (uint32_t)offset);
		r = conn_result_of(conn, sql_large_object_read, &args);
		if (PQresultStatus(r) != PGRES_TUPLES_OK) {
			rc = fail_read(conn, r, err);
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
	static const Oid types[] = { 26, 20, 17 }; /* oid, bigint, bytea */
	static const int formats[] = { 1, 1, 1 };
	uint8_t id[4], at[8];
	const char *values[] = { (char *)id, (char *)at, data };
	const int lens[] = { 4, 8, (int)len };
	const struct sql_args args = { 3, types, values, lens, formats, 0 };
	PGresult *r;
	int rc = 0;

	wire_put_be32(id, oid);
	wire_put_be32(at, (uint32_t)(offset >> 32));
	wire_put_be32(at + 4, (uint32_t)offset);
	r = conn_result_of(conn, sql_large_object_write, &args);
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		(void)conn_fail(conn, r, err);
		rc = err_wrap(err, "large object %lu", (unsigned long)oid);
	}
	PQclear(r);
	return rc;
}
