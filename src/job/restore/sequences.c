#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/restore/sequences.h"

#define PER_QUERY 200

/* One that could not be made is no reason to leave the others behind. */
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
	return 0;
}

int
sequences_set(struct conn *conn, const struct catalog *cat, const uint8_t *skip,
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
		for (k = 0; k < n && rc == 0; k++)
			rc = set_one(conn, list[k], ddl, err);
	}
	return rc == 0 ? 0 : err_wrap(err, "cannot set the sequences");
}
