#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "base/wall.h"
#include "diff_steps.h"

/* ---- sequences ---- */

static int
compare_sequences(const void *a, const void *b)
{
	const struct diff_sequence *x = a, *y = b;
	int order = strcmp(x->schema, y->schema);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order != 0 ? order : y->has[0] - x->has[0];
}

static void
add_sequences(const struct side *side, size_t s, struct diff *diff)
{
	size_t i;

	for (i = 0; i < side->cat->sequence_count; i++) {
		const struct sequence *from = &side->cat->sequences[i];
		struct diff_sequence *to;

		if (!side->sequences[i])
			continue;
		to = &diff->sequences[diff->sequence_count++];
		to->schema = side_utf8(side, from->schema);
		to->name = side_utf8(side, from->name);
		to->has[s] = 1;
		to->value[s] = from->value;
		to->called[s] = from->called;
		to->state = s == 0 ? DIFF_REMOVED : DIFF_ADDED;
		if (side->reader == NULL && !from->readable)
			to->state = DIFF_UNKNOWN;
	}
}

/* ${a} of the left side and ${b} of the right one are the same sequence. */
static void
join(struct diff_sequence *a, struct diff_sequence *b)
{
	a->has[1] = 1;
	a->value[1] = b->value[1];
	a->called[1] = b->called[1];
	if (b->state == DIFF_UNKNOWN)
		a->state = DIFF_UNKNOWN;
	else
		a->state =
		    a->value[0] == b->value[1] && !a->called[0] == !b->called[1]
		    ? DIFF_SAME
		    : DIFF_CHANGED;
	free(b->schema);
	free(b->name);
}

void
diff_sequences(const struct side sides[2], struct diff *diff)
{
	size_t n = sides[0].cat->sequence_count + sides[1].cat->sequence_count;
	struct diff_sequence *list;
	size_t i, last = 0;

	list = diff->sequences = mem_zalloc((n + 1) * sizeof(*list));
	add_sequences(&sides[0], 0, diff);
	add_sequences(&sides[1], 1, diff);
	n = diff->sequence_count;
	if (n == 0)
		return;
	qsort(list, n, sizeof(*list), compare_sequences);
	for (i = 1; i < n; i++) {
		struct diff_sequence *a = &list[last], *b = &list[i];

		if (a->has[0] && !a->has[1] && b->has[1] &&
		    strcmp(a->schema, b->schema) == 0 &&
		    strcmp(a->name, b->name) == 0)
			join(a, b);
		else
			list[++last] = *b;
	}
	diff->sequence_count = last + 1;
}

/* ---- the run ---- */

static int
open_sides(const struct diff_opts *opts, struct side sides[2], struct err *err)
{
	progress_phase(opts->progress, "catalog");
	if (side_open_archive(&sides[0], opts->left, err) != 0)
		return -1;
	return opts->right != NULL
	    ? side_open_archive(&sides[1], opts->right, err)
	    : side_open_live(&sides[1], opts->live, err);
}

/* Which halves there are to compare. */
static int
settle_halves(const struct diff_opts *opts, struct side sides[2],
    struct diff *diff, struct err *err)
{
	const struct selection *sel = opts->selection;

	diff->has_rows =
	    sides[0].has_rows && sides[1].has_rows && !sel->schema_only;
	diff->has_schema = sides[0].has_schema && !sel->data_only &&
	    (opts->right == NULL || sides[1].has_schema);
	if (diff->has_rows || diff->has_schema)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "nothing is left to compare: one side has no rows, the other no "
	    "definitions");
	return err_hint(err,
	    "\"pgcask show\" tells what was chosen when an "
	    "archive was made");
}

static int
compare(const struct diff_opts *opts, struct side sides[2], struct diff *diff,
    struct err *err)
{
	if (open_sides(opts, sides, err) != 0 ||
	    settle_halves(opts, sides, diff, err) != 0)
		return -1;
	side_title(&sides[0], &diff->titles[0]);
	side_title(&sides[1], &diff->titles[1]);
	if (diff->has_schema && opts->right == NULL) {
		progress_phase(opts->progress, "schema");
		if (side_read_schema(&sides[1], err) != 0)
			return -1;
	}
	if (sides_choose(sides, opts->selection, err) != 0)
		return -1;
	if (diff->has_rows) {
		diff_sequences(sides, diff);
		if (diff_tables(sides, diff, opts->progress, err) != 0)
			return -1;
	}
	if (diff->has_schema)
		diff_schema(sides, &diff->schema);
	return side_end(&sides[1], err);
}

int
diff_run(const struct diff_opts *opts, struct diff *diff, struct err *err)
{
	struct side sides[2] = { 0 };
	double began = wall_seconds();
	int rc;

	memset(diff, 0, sizeof(*diff));
	rc = compare(opts, sides, diff, err);
	/* Whatever failed because of a signal, the signal is the reason. */
	if (rc != 0)
		(void)stop_check(err);
	side_close(&sides[0]);
	side_close(&sides[1]);
	diff->seconds = wall_seconds() - began;
	return rc;
}

static void
free_table(struct diff_table *t)
{
	size_t i;

	for (i = 0; i < t->column_count; i++) {
		free(t->columns[i].name);
		free(t->columns[i].type[0]);
		free(t->columns[i].type[1]);
	}
	free(t->columns);
	free(t->schema);
	free(t->name);
	free(t->note);
}

void
diff_free(struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->table_count; i++)
		free_table(&diff->tables[i]);
	free(diff->tables);
	for (i = 0; i < diff->sequence_count; i++) {
		free(diff->sequences[i].schema);
		free(diff->sequences[i].name);
	}
	free(diff->sequences);
	free(diff->titles[0].database);
	free(diff->titles[1].database);
	buf_free(&diff->schema);
	memset(diff, 0, sizeof(*diff));
}

/* ---- the verdict ---- */

static int
is_known_different(enum diff_state state)
{
	return state == DIFF_CHANGED || state == DIFF_ADDED ||
	    state == DIFF_REMOVED;
}

int
diff_table_is_same(const struct diff_table *t)
{
	return !is_known_different(t->state) && t->column_count == 0;
}

int
diff_is_same(const struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->table_count; i++)
		if (!diff_table_is_same(&diff->tables[i]))
			return 0;
	for (i = 0; i < diff->sequence_count; i++)
		if (is_known_different(diff->sequences[i].state))
			return 0;
	return diff->schema.len == 0 &&
	    (!diff->lobjs.compared || diff->lobjs.state != DIFF_CHANGED);
}

size_t
diff_unknown(const struct diff *diff)
{
	size_t i, n = 0;

	for (i = 0; i < diff->table_count; i++)
		n += diff->tables[i].state == DIFF_UNKNOWN;
	for (i = 0; i < diff->sequence_count; i++)
		n += diff->sequences[i].state == DIFF_UNKNOWN;
	return n + (diff->lobjs.compared && diff->lobjs.state == DIFF_UNKNOWN);
}
