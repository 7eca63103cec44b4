#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/copy.h"
#include "db/encoding.h"
#include "rows_foreign.h"

/* Whether a column, named as the live side does, has such characters; -1 if
 * that can't be told.  All of it is read. */
static int
has_foreign(const struct side *live, const struct table *table,
    const char *column, const char *encoding)
{
	struct err err = ERR_INIT;
	int fits = -1;

	if (snapshot_join(live->other, live->snapshot, &err) == 0)
		fits = copy_fits(live->other, table, column, encoding, &err);
	if (conn_exec(live->other, "ROLLBACK", &err) != 0)
		return -1;
	return fits >= 0 ? !fits : -1;
}

uint8_t *
rows_foreign(
    const struct scan *scan, const struct side sides[2], const struct err *err)
{
	const struct scan_columns *columns = scan_columns(scan);
	const struct table *left = scan_left(scan);
	const char *encoding = sides[0].cat->encoding;
	uint8_t *foreign;
	size_t i, found = 0;
	int has = 0;

	if (sides[1].reader != NULL || !copy_is_foreign(err))
		return NULL;
	foreign = mem_zalloc(left->column_count + 1);
	for (i = 0; i < columns->count && has >= 0; i++) {
		const struct column *c = columns->columns[i];
		char *name =
		    encoding_recode(c->name, encoding, sides[1].cat->encoding);

		has = has_foreign(&sides[1], scan_right(scan),
		    name != NULL ? name : c->name, encoding);
		free(name);
		foreign[c - left->columns] = has == 1;
		found += has == 1;
	}
	if (has >= 0 && found > 0 && found < columns->count)
		return foreign;
	free(foreign);
	return NULL;
}

void
rows_foreign_mark(const struct scan *scan, const uint8_t *foreign,
    const struct side *left, struct diff_rows *out)
{
	const struct table *t = scan_left(scan);
	size_t i, k;

	for (i = 0; foreign != NULL && i < t->column_count; i++) {
		char *name = side_utf8(left, t->columns[i].name);

		for (k = 0; k < out->omitted_count && foreign[i]; k++)
			if (strcmp(out->omitted[k].name, name) == 0)
				out->omitted[k].foreign = 1;
		free(name);
	}
}

void
rows_foreign_tell(const char *table, struct err *err)
{
	char *what;

	if (!copy_is_foreign(err))
		return;
	what = mem_strdup(err->msg);
	(void)err_set(err, ERR_USAGE,
	    "the rows of %s can't be compared: it has characters that the "
	    "archive's encoding has not",
	    table);
	(void)err_hint(err, "%s", what);
	free(what);
}
