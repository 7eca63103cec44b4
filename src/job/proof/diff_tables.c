#include <stdlib.h>
#include <string.h>

#include "archive/fingerprint.h"
#include "base/mem.h"
#include "diff_steps.h"
#include "job/digests.h"
#include "job/groups.h"

/* A table of one side, by the name that it is compared under. */
struct ref {
	char *schema;
	char *name;
	size_t side;
	size_t table;
};

/* What is compared: the tables of one name, refs first to last. */
struct unit {
	size_t first, last;
	int comparable; /* one digest means one content */
	struct diff_table *out;
};

/* When a live table is read: never, in the archive's encoding, or in its own.
 */
enum round { ROUND_NONE, ROUND_AS_ARCHIVE, ROUND_AS_IT_IS };

struct matching {
	struct side *sides;
	struct diff *diff;
	struct ref *refs;
	size_t ref_count;
	/* Partitions whose rows may be in another one; name is that of the
	 * table that stands for all of them. */
	struct ref *moving;
	size_t moving_count;
	struct unit *units;
	size_t unit_count;
	/* What of a live side is read. */
	struct catalog read;
	uint8_t *rounds;  /* of each table, enum round */
	uint8_t *foreign; /* with characters that the archive can't have */
	struct digests digests;
};

static int
compare_names(const char *schema_a, const char *name_a, const char *schema_b,
    const char *name_b)
{
	int order = strcmp(schema_a, schema_b);

	return order != 0 ? order : strcmp(name_a, name_b);
}

static int
compare_refs(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;
	int order = compare_names(x->schema, x->name, y->schema, y->name);

	if (order != 0)
		return order;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return (x->table > y->table) - (x->table < y->table);
}

static const struct table *
table_of(const struct matching *m, const struct ref *ref)
{
	return &m->sides[ref->side].cat->tables[ref->table];
}

static int
is_wanted(const struct side *side, size_t table)
{
	return side->tables[table] & SIDE_CHOSEN &&
	    side->cat->tables[table].kind != 'p';
}

/* ---- units ---- */

/* The table of a side that is known under that name, or NULL. */
static const struct ref *
find_moving(const struct matching *m, const char *schema, const char *name)
{
	size_t i;

	for (i = 0; i < m->moving_count; i++) {
		const struct ref *ref = &m->moving[i];
		const struct side *side = &m->sides[ref->side];
		const struct table *t = &side->cat->tables[ref->table];
		char *own_schema = side_utf8(side, t->schema);
		char *own_name = side_utf8(side, t->name);
		int same =
		    compare_names(own_schema, own_name, schema, name) == 0;

		free(own_schema);
		free(own_name);
		if (same)
			return ref;
	}
	return NULL;
}

/* Groups are those of either side: archives of early versions have none. */
static void
find_groups(struct matching *m)
{
	size_t s, i;

	for (s = 0; s < 2; s++) {
		const struct side *side = &m->sides[s];

		for (i = 0; i < side->cat->table_count; i++) {
			size_t key = groups_key(side->cat, i);
			const struct table *via = &side->cat->tables[key];

			if (key == i || !is_wanted(side, i))
				continue;
			m->moving = mem_array(
			    m->moving, m->moving_count + 1, sizeof(*m->moving));
			m->moving[m->moving_count++] =
			    (struct ref){ side_utf8(side, via->schema),
				    side_utf8(side, via->name), s, i };
		}
	}
}

static void
add_refs(struct matching *m)
{
	size_t s, i;

	m->refs = mem_array(NULL,
	    m->sides[0].cat->table_count + m->sides[1].cat->table_count + 1,
	    sizeof(*m->refs));
	for (s = 0; s < 2; s++) {
		const struct side *side = &m->sides[s];

		for (i = 0; i < side->cat->table_count; i++) {
			const struct table *t = &side->cat->tables[i];
			struct ref *ref = &m->refs[m->ref_count];
			const struct ref *via;

			if (!is_wanted(side, i))
				continue;
			m->ref_count++;
			ref->side = s;
			ref->table = i;
			ref->schema = side_utf8(side, t->schema);
			ref->name = side_utf8(side, t->name);
			via = find_moving(m, ref->schema, ref->name);
			if (via == NULL)
				continue;
			free(ref->schema);
			free(ref->name);
			ref->schema = mem_strdup(via->schema);
			ref->name = mem_strdup(via->name);
		}
	}
	if (m->ref_count > 0)
		qsort(m->refs, m->ref_count, sizeof(*m->refs), compare_refs);
}

static int
is_of_unit(const struct unit *u, const struct ref *ref)
{
	return compare_names(
		   u->out->schema, u->out->name, ref->schema, ref->name) == 0;
}

static struct unit *
begin_unit(struct matching *m, size_t first)
{
	struct unit *u = &m->units[m->unit_count++];

	u->first = first;
	u->out = &m->diff->tables[m->diff->table_count++];
	u->out->schema = mem_strdup(m->refs[first].schema);
	u->out->name = mem_strdup(m->refs[first].name);
	return u;
}

static void
make_units(struct matching *m)
{
	struct unit *u = NULL;
	size_t i;

	m->units = mem_zalloc((m->ref_count + 1) * sizeof(*m->units));
	m->diff->tables =
	    mem_zalloc((m->ref_count + 1) * sizeof(*m->diff->tables));
	for (i = 0; i < m->ref_count; i++) {
		if (u == NULL || !is_of_unit(u, &m->refs[i]))
			u = begin_unit(m, i);
		u->last = i + 1;
		u->out->has[m->refs[i].side] = 1;
	}
}

/* ---- columns ---- */

/* The first of a unit's tables on a side, or NULL. */
static const struct ref *
first_of(const struct matching *m, const struct unit *u, size_t side)
{
	size_t i;

	for (i = u->first; i < u->last; i++)
		if (m->refs[i].side == side)
			return &m->refs[i];
	return NULL;
}

static void
add_column(struct diff_table *out, const struct side *side, size_t s,
    const struct column *c)
{
	struct diff_column *new;

	out->columns = mem_array(
	    out->columns, out->column_count + 1, sizeof(*out->columns));
	new = &out->columns[out->column_count++];
	*new = (struct diff_column){ .name = side_utf8(side, c->name) };
	new->type[s] = side_utf8(side, c->type);
}

static int
same_text(const struct matching *m, const char *left, const char *right)
{
	char *a, *b;
	int same;

	if (strcmp(m->sides[0].cat->encoding, m->sides[1].cat->encoding) == 0)
		return strcmp(left, right) == 0;
	a = side_utf8(&m->sides[0], left);
	b = side_utf8(&m->sides[1], right);
	same = strcmp(a, b) == 0;
	free(a);
	free(b);
	return same;
}

static const struct column *
find_column(const struct matching *m, const struct table *right,
    const struct column *left, size_t *at)
{
	for (*at = 0; *at < right->column_count; ++*at)
		if (same_text(m, left->name, right->columns[*at].name))
			return &right->columns[*at];
	return NULL;
}

/* How the columns of two tables go together. */
struct fit {
	size_t removed, added, retyped;
	int reordered;
};

/* Note each column that is not the same on both sides. */
static struct fit
fit_columns(const struct matching *m, const struct table *left,
    const struct table *right, struct diff_table *out)
{
	struct fit fit = { 0 };
	uint8_t *seen = mem_zalloc(right->column_count + 1);
	size_t i, at, last = 0;

	for (i = 0; i < left->column_count; i++) {
		const struct column *c = &left->columns[i];
		const struct column *other = find_column(m, right, c, &at);

		if (other == NULL) {
			add_column(out, &m->sides[0], 0, c);
			fit.removed++;
			continue;
		}
		seen[at] = 1;
		fit.reordered |= at < last;
		last = at;
		if (same_text(m, c->type, other->type))
			continue;
		add_column(out, &m->sides[0], 0, c);
		out->columns[out->column_count - 1].type[1] =
		    side_utf8(&m->sides[1], other->type);
		fit.retyped++;
	}
	for (i = 0; i < right->column_count; i++) {
		if (seen[i])
			continue;
		add_column(out, &m->sides[1], 1, &right->columns[i]);
		fit.added++;
	}
	free(seen);
	return fit;
}

static void
note(struct diff_table *out, const char *text)
{
	if (out->note == NULL)
		out->note = mem_strdup(text);
}

/* A live table is read as the archive has it, as far as it can be. */
static int
fits_live(
    const struct table *left, const struct fit *fit, struct diff_table *out)
{
	if (fit->removed > 0)
		note(out, "a column is gone");
	else if (fit->retyped > 0 && left->format == COPY_BINARY)
		note(out, "a column has another type");
	else if (left->column_count == 0 && fit->added > 0)
		note(out, "there were no columns");
	else
		return 1;
	return 0;
}

/* Two archives have what they have. */
static int
fits_archive(const struct matching *m, const struct table *left,
    const struct table *right, const struct fit *fit, struct diff_table *out)
{
	if (strcmp(m->sides[0].cat->encoding, m->sides[1].cat->encoding) != 0)
		note(out, "the databases' encodings are not the same");
	else if (left->format != right->format)
		note(out, "one was saved in text, one in binary format");
	else if (fit->removed + fit->added > 0)
		note(out, "the columns are not the same");
	else if (fit->reordered)
		note(out, "the columns have another order");
	else if (fit->retyped > 0 && left->format == COPY_BINARY)
		note(out, "a column has another type");
	else
		return 1;
	return 0;
}

static void
compare_columns(struct matching *m, struct unit *u)
{
	const struct ref *left = first_of(m, u, 0), *right = first_of(m, u, 1);
	const struct table *a, *b;
	struct fit fit;

	if (left == NULL || right == NULL)
		return;
	a = table_of(m, left);
	b = table_of(m, right);
	fit = fit_columns(m, a, b, u->out);
	u->comparable = m->sides[1].reader == NULL
	    ? fits_live(a, &fit, u->out)
	    : fits_archive(m, a, b, &fit, u->out);
}

/* ---- reading ---- */

/* Why the rows of a table can't be read, or NULL. */
static const char *
obstacle(const struct matching *m, size_t s, size_t table)
{
	const struct table *t = &m->sides[s].cat->tables[table];

	if (m->sides[s].reader != NULL)
		return NULL;
	if (!t->readable)
		return "you may not read it";
	if (t->hides)
		return "row security would hide rows from you";
	if (t->unreachable)
		return "it is unlogged, and the server a standby";
	if (m->foreign[table])
		return "it has characters that the archive's encoding has not";
	return NULL;
}

/* Whether a table's rows are there to be compared. */
static int
has_rows(const struct side *side, size_t table)
{
	return (side->tables[table] & SIDE_ROWS) != 0 &&
	    table_has_rows(&side->cat->tables[table]);
}

/* Read it as the archive has that which it is compared with: its columns, and
 * all names, in the archive's encoding, which may not have the table's own. */
static void
read_as(struct matching *m, size_t table, const struct table *left)
{
	struct table *t = &m->read.tables[table];

	if (side_recode(&m->sides[1], t, m->sides[0].cat->encoding) != 0) {
		m->foreign[table] = 1;
		return;
	}
	m->rounds[table] = ROUND_AS_ARCHIVE;
	t->columns = left->columns;
	t->column_count = left->column_count;
	t->format = left->format;
}

/* Which tables of the live side to read, and how: those that are not compared
 * as they are. */
static void
plan_reading(struct matching *m)
{
	const struct catalog *cat = m->sides[1].cat;
	size_t i, k;

	m->read = *cat;
	m->read.tables =
	    mem_array(NULL, cat->table_count + 1, sizeof(*m->read.tables));
	memcpy(m->read.tables, cat->tables,
	    cat->table_count * sizeof(*cat->tables));
	m->rounds = mem_zalloc(cat->table_count + 1);
	m->foreign = mem_zalloc(cat->table_count + 1);
	for (i = 0; i < m->unit_count; i++) {
		const struct unit *u = &m->units[i];
		const struct ref *left = first_of(m, u, 0);

		for (k = u->first; k < u->last; k++) {
			const struct ref *ref = &m->refs[k];

			if (ref->side == 0 ||
			    !has_rows(&m->sides[1], ref->table) ||
			    obstacle(m, 1, ref->table) != NULL)
				continue;
			if (u->comparable)
				read_as(m, ref->table, table_of(m, left));
			else
				m->rounds[ref->table] = ROUND_AS_IT_IS;
		}
	}
}

static void
sum_estimates(const struct matching *m, struct progress *progress)
{
	uint64_t bytes = 0, rows = 0;
	size_t i;

	for (i = 0; i < m->read.table_count; i++) {
		if (m->rounds[i] == ROUND_NONE)
			continue;
		bytes += m->read.tables[i].bytes;
		rows += m->read.tables[i].rows;
	}
	progress_total(progress, bytes, rows);
}

static int
reads_lobjs(const struct matching *m)
{
	return m->sides[0].lobjs && m->sides[1].lobjs &&
	    !m->sides[1].lobjs_unreadable;
}

static int
read_round(const struct matching *m, enum round round,
    struct progress *progress, struct digests *out, struct err *err)
{
	const struct side *side = &m->sides[1];
	size_t i, count = m->read.table_count;
	uint8_t *skip = mem_alloc(count + 1);
	struct digests_opts opts = { .cat = &m->read,
		.skip = skip,
		.snapshot = side->snapshot,
		.foreign = m->foreign,
		.jobs = side->jobs,
		.conns = side->conns,
		.progress = progress };
	int rc;

	for (i = 0; i < count; i++)
		skip[i] = m->rounds[i] != round;
	if (round == ROUND_AS_ARCHIVE && reads_lobjs(m)) {
		opts.lobjs = side->lobj_oids;
		opts.lobj_count = side->lobj_count;
	}
	rc = digests_read(&opts, out, err);
	free(skip);
	return rc;
}

static int
read_live(struct matching *m, struct progress *progress, struct err *err)
{
	struct side *side = &m->sides[1];
	struct digests own = { 0 };
	size_t i;
	int rc;

	plan_reading(m);
	sum_estimates(m, progress);
	progress_phase(progress, "rows");
	if (side_open_workers(side, m->sides[0].cat->encoding, err) != 0 ||
	    read_round(m, ROUND_AS_ARCHIVE, progress, &m->digests, err) != 0 ||
	    side_set_workers(side, side->cat->encoding, err) != 0)
		return -1;
	rc = read_round(m, ROUND_AS_IT_IS, progress, &own, err);
	for (i = 0; i < m->read.table_count && rc == 0; i++)
		digest_add(&m->digests.tables[i], &own.tables[i]);
	digests_free(&own);
	return rc;
}

/* ---- judging ---- */

static const struct digest *
digest_of(const struct matching *m, const struct ref *ref)
{
	const struct side *side = &m->sides[ref->side];

	return side->reader != NULL ? &side->manifest->tables[ref->table].digest
				    : &m->digests.tables[ref->table];
}

/* Add up what is known of a unit; whether rows were left out anywhere. */
static int
sum_unit(const struct matching *m, const struct unit *u)
{
	struct diff_table *out = u->out;
	int left_out = 0;
	size_t i;

	out->read[0] = out->has[0];
	out->read[1] = out->has[1];
	for (i = u->first; i < u->last; i++) {
		const struct ref *ref = &m->refs[i];
		const struct side *side = &m->sides[ref->side];
		const char *why = obstacle(m, ref->side, ref->table);

		if (!has_rows(side, ref->table)) {
			left_out = 1;
			out->read[ref->side] = 0;
		} else if (why != NULL) {
			free(out->note);
			out->note = mem_strdup(why);
			out->read[ref->side] = 0;
		} else {
			digest_add(&out->digest[ref->side], digest_of(m, ref));
		}
	}
	out->rows[0] = out->digest[0].rows;
	out->rows[1] = out->digest[1].rows;
	return left_out;
}

/* What was read of a table, or saved. */
static const struct table *
table_read(const struct matching *m, const struct ref *ref)
{
	return m->sides[ref->side].reader != NULL ? table_of(m, ref)
						  : &m->read.tables[ref->table];
}

/* The digest as people see it, of names as they see them. */
static void
print_digest(const struct matching *m, const struct unit *u, size_t s)
{
	const struct ref *ref = first_of(m, u, s);
	/* Whose names: those that a live table was read by are the archive's.
	 */
	const struct side *names = u->comparable && m->sides[s].reader == NULL
	    ? &m->sides[0]
	    : &m->sides[s];
	struct table shown;
	size_t i;

	if (ref == NULL)
		return;
	shown = *table_read(m, ref);
	shown.columns =
	    mem_array(NULL, shown.column_count + 1, sizeof(*shown.columns));
	for (i = 0; i < shown.column_count; i++) {
		const struct column *c = &table_read(m, ref)->columns[i];

		shown.columns[i].name = side_utf8(names, c->name);
		shown.columns[i].type = side_utf8(names, c->type);
	}
	fingerprint(&shown, &u->out->digest[s], u->out->digits[s]);
	for (i = 0; i < shown.column_count; i++) {
		free(shown.columns[i].name);
		free(shown.columns[i].type);
	}
	free(shown.columns);
}

/* Where digests are not of the same columns, even equal ones tell nothing. */
static enum diff_state
state_of(const struct unit *u, int left_out)
{
	const struct diff_table *out = u->out;
	int equal = digest_equal(&out->digest[0], &out->digest[1]);

	if (!out->has[0])
		return DIFF_ADDED;
	if (!out->has[1])
		return DIFF_REMOVED;
	if (left_out)
		return DIFF_LEFT_OUT;
	if (!out->read[0] || !out->read[1])
		return DIFF_UNKNOWN;
	if (out->rows[0] != out->rows[1])
		return DIFF_CHANGED;
	if (!u->comparable && out->rows[0] > 0)
		return DIFF_UNKNOWN;
	return equal ? DIFF_SAME : DIFF_CHANGED;
}

static void
judge(const struct matching *m, const struct unit *u)
{
	struct diff_table *out = u->out;

	out->state = state_of(u, sum_unit(m, u));
	print_digest(m, u, 0);
	print_digest(m, u, 1);
	if (out->state != DIFF_UNKNOWN) {
		free(out->note);
		out->note = NULL;
	}
}

static void
judge_lobjs(const struct matching *m)
{
	struct diff_lobjs *l = &m->diff->lobjs;
	size_t s;

	if (!m->sides[0].lobjs || !m->sides[1].lobjs)
		return;
	l->compared = 1;
	for (s = 0; s < 2; s++) {
		const struct side *side = &m->sides[s];

		l->count[s] = side->reader != NULL ? side->manifest->lobj_count
						   : side->cat->lobj_count;
		l->digest[s] = side->reader != NULL
		    ? side->manifest->lobjs.digest
		    : m->digests.lobjs;
	}
	if (l->count[0] == l->count[1] && !reads_lobjs(m))
		l->state = DIFF_UNKNOWN;
	else
		l->state = l->count[0] == l->count[1] &&
			digest_equal(&l->digest[0], &l->digest[1])
		    ? DIFF_SAME
		    : DIFF_CHANGED;
}

/* ---- all ---- */

static void
free_refs(struct ref *refs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(refs[i].schema);
		free(refs[i].name);
	}
	free(refs);
}

int
diff_tables(struct side sides[2], struct diff *diff, struct progress *progress,
    struct err *err)
{
	struct matching m = { .sides = sides, .diff = diff };
	size_t i;
	int rc = 0;

	find_groups(&m);
	add_refs(&m);
	make_units(&m);
	for (i = 0; i < m.unit_count; i++)
		compare_columns(&m, &m.units[i]);
	if (sides[1].reader == NULL)
		rc = read_live(&m, progress, err);
	for (i = 0; i < m.unit_count && rc == 0; i++)
		judge(&m, &m.units[i]);
	if (rc == 0)
		judge_lobjs(&m);
	digests_free(&m.digests);
	free(m.read.tables);
	free(m.rounds);
	free(m.foreign);
	free(m.units);
	free_refs(m.refs, m.ref_count);
	free_refs(m.moving, m.moving_count);
	return rc;
}
