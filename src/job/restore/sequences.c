#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/named.h"
#include "db/queries.h"
#include "job/restore/sequences.h"

#define PER_QUERY 200

/* One that could not be made is no reason to leave the others behind.  Return 1
 * if it is refused. */
static int
set_one(struct conn *conn, const struct sequence *s, struct ddl *ddl,
    struct err *err)
{
	struct ddl_refusal refusal = { .one = "sequence's value",
		.many = "sequences' values" };
	struct err why = ERR_INIT;
	char *what, *name;

	if (catalog_write_sequences(conn, &s, 1, &why) == 0)
		return 0;
	/* Class 42: it is not there, or not the user's; 3F: nor is its schema.
	 * 22: it has other bounds, of an extension's other version, or of a
	 * moment before. */
	if (why.kind != ERR_DB ||
	    (strncmp(why.sqlstate, "42", 2) != 0 &&
		strncmp(why.sqlstate, "3F", 2) != 0 &&
		strncmp(why.sqlstate, "22", 2) != 0)) {
		*err = why;
		return -1;
	}
	refusal.name = name = mem_printf("%s.%s", s->schema, s->name);
	refusal.what = what = mem_printf("the value of sequence %s", name);
	ddl_refuse(ddl, &refusal, &why);
	free(what);
	free(name);
	return 1;
}

int
sequences_set(struct conn *conn, const struct catalog *cat, uint8_t *skip,
    struct ddl *ddl, struct err *err)
{
	const struct sequence *list[PER_QUERY];
	size_t i = 0, k, n;
	int rc = 0;

	while (i < cat->sequence_count && rc == 0) {
		struct err why = ERR_INIT;

		for (n = 0; i < cat->sequence_count && n < PER_QUERY; i++)
			if (!skip[i])
				list[n++] = &cat->sequences[i];
		if (catalog_write_sequences(conn, list, n, &why) == 0)
			continue;
		for (k = 0; k < n && rc == 0; k++) {
			rc = set_one(conn, list[k], ddl, err);
			if (rc <= 0)
				continue;
			skip[list[k] - cat->sequences] = 1;
			rc = 0;
		}
	}
	return rc == 0 ? 0 : err_wrap(err, "cannot set the sequences");
}

/* Which of them are there, and whether this user may read them. */
static int
find(struct conn *conn, const struct catalog *cat, struct sequence_found *found,
    struct err *err)
{
	PGresult *r = conn_query(conn, sql_sequence_rights, err);
	struct named *named;
	int i, at;

	if (r == NULL)
		return -1;
	named = named_new(cat);
	for (i = 0; i < PQntuples(r); i++) {
		at = named_sequence(
		    named, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
		if (at >= 0)
			found[at].state = PQgetvalue(r, i, 2)[0] == 't'
			    ? SEQUENCE_READ
			    : SEQUENCE_UNREADABLE;
	}
	named_free(named);
	PQclear(r);
	return 0;
}

int
sequences_read(struct conn *conn, const struct catalog *cat,
    const uint8_t *skip, struct sequence_found *found, struct err *err)
{
	struct catalog view = { .sequence_count = 0 };
	size_t i, n = 0;
	int rc = -1;

	if (cat->sequence_count == 0)
		return 0;
	view.sequences =
	    mem_array(NULL, cat->sequence_count, sizeof(*view.sequences));
	if (find(conn, cat, found, err) != 0)
		goto out;
	for (i = 0; i < cat->sequence_count; i++)
		if (!skip[i] && found[i].state == SEQUENCE_READ)
			view.sequences[view.sequence_count++] =
			    cat->sequences[i];
	if (catalog_read_sequences(conn, &view, err) != 0)
		goto out;
	for (i = 0; i < cat->sequence_count; i++) {
		if (skip[i] || found[i].state != SEQUENCE_READ)
			continue;
		found[i].value = view.sequences[n].value;
		found[i].called = view.sequences[n++].called;
	}
	rc = 0;
out:
	free(view.sequences);
	return rc;
}
