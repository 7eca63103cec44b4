#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/wire.h"
#include "db/copy.h"
#include "db/lobj.h"
#include "job/groups.h"
#include "job/restore/loader.h"

/* Bytes in one transaction, after which it is time to commit: a table's
 * indexes wait for that. */
#define BYTES_PER_COMMIT ((uint64_t)8 << 20)
#define PIECE ((size_t)128 << 10)

struct loader {
	struct loader_opts opts;
	struct loaded pending[LOADER_PARTS];
	size_t count;
	uint64_t bytes;
	int begun; /* a transaction is open */
	uint8_t *piece;
	struct buf record;
};

/* Of all loaders: an object that two parts hold is made once. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

struct loader *
loader_new(const struct loader_opts *opts)
{
	struct loader *l = mem_zalloc(sizeof(*l));

	l->opts = *opts;
	l->piece = mem_alloc(PIECE);
	return l;
}

void
loader_free(struct loader *l)
{
	if (l == NULL)
		return;
	free(l->piece);
	buf_free(&l->record);
	free(l);
}

static int
begin(struct loader *l, struct conn *conn, struct err *err)
{
	if (conn_is_within(conn))
		return 0;
	if (conn_exec(conn, "BEGIN", err) != 0)
		return -1;
	l->begun = 1;
	return 0;
}

/* Pass rows into an open COPY. */
static int
pump(struct loader *l, struct conn *conn, const struct table *t,
    struct source *source, struct err *err)
{
	ssize_t got;

	while ((got = source_read(source, l->piece, PIECE, err)) > 0) {
		if (copy_in_data(conn, t, l->piece, (size_t)got, err) != 0)
			return -1;
		progress_add(l->opts.progress, (uint64_t)got, 0);
	}
	if (got == 0)
		return 0;
	copy_in_abort(conn, t);
	return -1;
}

/* Where a table's rows go: into it, or by way of a partitioned table. */
static struct table
into(const struct catalog *cat, size_t table)
{
	struct table t = cat->tables[table];
	const struct table *via = &cat->tables[groups_key(cat, table)];

	t.schema = via->schema;
	t.name = via->name;
	return t;
}

/* What to do about a row that no partition takes, or not the one that it was
 * saved from.  The hint already says which row it is. */
static int
explain(const struct catalog *cat, size_t table, struct err *err)
{
	const struct table *t = &cat->tables[table];
	char *where;

	if (strcmp(err->sqlstate, "23514") != 0 || t->parent < 0)
		return -1;
	where = mem_printf("%s%s", err->hint, err->hint[0] != 0 ? "; " : "");
	err->hint[0] = '\0';
	if (t->load_via >= 0)
		(void)err_hint(err,
		    "%sits key has another hash in every database: give "
		    "%s.%s partitions for all remainders in the source, and "
		    "make another archive",
		    where, cat->tables[t->load_via].schema,
		    cat->tables[t->load_via].name);
	else
		(void)err_hint(err,
		    "%sif %s.%s is a partition by an enum's or another OID's "
		    "hash, that is another in every database: detach foreign "
		    "tables beside it in the source, and make another archive",
		    where, t->schema, t->name);
	free(where);
	return -1;
}

/* Something that a function's body names is not found. */
static int
finds_nothing(const struct err *err)
{
	static const char *const states[] = { "42883", "42P01", "42704",
		"3F000" };

	return err->kind == ERR_DB &&
	    text_is_one_of(
		err->sqlstate, states, sizeof(states) / sizeof(states[0]));
}

/* Where a check or a computed column calls a function, no order of the tables
 * may be the right one: classes 22, 23, 38, 39 and P0 are of values that it
 * did not like, and of what it raises itself. */
static int
is_forgiven(
    const struct loader *l, const struct part *part, const struct err *err)
{
	static const char *const classes[] = { "22", "23", "38", "39", "P0" };
	size_t i;

	if (finds_nothing(err))
		return 1;
	if (err->kind != ERR_DB || !l->opts.cat->tables[part->head.table].late)
		return 0;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strncmp(err->sqlstate, classes[i], 2) == 0)
			return 1;
	return 0;
}

static int
copy_rows(
    struct loader *l, struct conn *conn, struct part *part, struct err *err)
{
	const struct table target = into(l->opts.cat, part->head.table);
	const struct table *t = &target;
	struct source *source;
	uint64_t rows = 0;
	int rc;

	if (copy_in_begin(conn, t, err) != 0)
		return -1;
	source = part_rows(part);
	rc = pump(l, conn, t, source, err);
	source_free(source);
	if (rc != 0 || copy_in_end(conn, t, &rows, err) != 0)
		return explain(l->opts.cat, part->head.table, err);
	if (rows != part->head.digest.rows)
		return err_set(err, ERR_DB,
		    "table %s.%s: part %" PRIu64 " has %" PRIu64
		    " rows, the server took %" PRIu64,
		    t->schema, t->name, part->number, part->head.digest.rows,
		    rows);
	progress_add(l->opts.progress, 0, rows);
	return 0;
}

static int
load_rows(
    struct loader *l, struct conn *conn, struct part *part, struct err *err)
{
	struct err again = ERR_INIT;

	if (part->head.digest.rows == 0)
		return 0;
	if (begin(l, conn, err) != 0)
		return -1;
	if (!l->opts.guarded)
		return copy_rows(l, conn, part, err);
	if (conn_exec(conn, "SAVEPOINT part", err) != 0)
		return -1;
	if (copy_rows(l, conn, part, err) == 0)
		return conn_exec(conn, "RELEASE SAVEPOINT part", err);
	if (!is_forgiven(l, part, err) ||
	    conn_exec(conn, "ROLLBACK TO SAVEPOINT part", &again) != 0)
		return -1;
	return 1;
}

/* Make a large object that no statement made.  It must be seen by the others
 * at once, so it has a transaction of its own. */
static int
make_lobj(struct conn *conn, uint32_t oid, struct err *err)
{
	int rc;

	(void)pthread_mutex_lock(&making);
	rc = lobj_make(conn, oid, err);
	(void)pthread_mutex_unlock(&making);
	return rc;
}

static int
read_exactly(
    struct source *source, void *out, size_t len, int *end, struct err *err)
{
	ssize_t got = source_read_full(source, out, len, err);

	if (got < 0)
		return -1;
	if (got == 0 && end != NULL) {
		*end = 1;
		return 0;
	}
	if ((size_t)got < len)
		return err_set(
		    err, ERR_DAMAGED, "a large object's record is cut");
	return 0;
}

/* One record: OID, offset, length, bytes. */
static int
load_record(struct loader *l, struct conn *conn, struct source *source,
    uint32_t *last, int *end, struct err *err)
{
	uint8_t head[FORMAT_LOBJ_HEAD_SIZE];
	uint32_t oid, len;

	if (read_exactly(source, head, sizeof(head), end, err) != 0)
		return -1;
	if (*end)
		return 0;
	oid = wire_get_le32(head);
	len = wire_get_le32(head + 12);
	if (len > FORMAT_LOBJ_CHUNK)
		return err_set(
		    err, ERR_DAMAGED, "a large object's record is too long");
	l->record.len = 0;
	if (buf_reserve(&l->record, FORMAT_LOBJ_CHUNK, err) != 0 ||
	    read_exactly(source, l->record.data, len, NULL, err) != 0)
		return -1;
	if (l->opts.make_lobjs && oid != *last &&
	    make_lobj(conn, oid, err) != 0)
		return -1;
	*last = oid;
	if (!l->opts.make_lobjs && begin(l, conn, err) != 0)
		return -1;
	progress_add(l->opts.progress, sizeof(head) + len, 0);
	return lobj_write(
	    conn, oid, wire_get_le64(head + 4), l->record.data, len, err);
}

static int
load_lobjs(
    struct loader *l, struct conn *conn, struct part *part, struct err *err)
{
	struct source *source = part_rows(part);
	uint32_t last = 0;
	int end = 0, rc = 0;

	while (rc == 0 && !end)
		rc = load_record(l, conn, source, &last, &end, err);
	source_free(source);
	return rc;
}

int
loader_take(struct loader *l, struct conn *conn, struct part *part, int skip,
    struct err *err)
{
	struct loaded *loaded = &l->pending[l->count];
	int rc = 0;

	if (!skip && part->head.kind == PART_LOBJS)
		rc = load_lobjs(l, conn, part, err);
	else if (!skip)
		rc = load_rows(l, conn, part, err);
	if (rc < 0)
		return -1;
	loaded->kind = part->head.kind;
	loaded->table = part->head.table;
	loaded->rows = skip || rc > 0 ? 0 : part->head.digest.rows;
	loaded->table_parts = part->head.final ? part->head.table_parts : 0;
	l->count++;
	l->bytes += part->head.bytes;
	/* The rest of a large table is awaited, however little it is. */
	if (part->head.kind == PART_ROWS && part->head.final &&
	    l->opts.cat->tables[part->head.table].bytes >= BYTES_PER_COMMIT)
		l->bytes += BYTES_PER_COMMIT;
	return rc;
}

int
loader_is_full(const struct loader *l)
{
	return l->count == LOADER_PARTS || l->bytes >= BYTES_PER_COMMIT;
}

size_t
loader_pending(const struct loader *l)
{
	return l->count;
}

int
loader_commit(struct loader *l, struct conn *conn,
    struct loaded done[LOADER_PARTS], struct err *err)
{
	int count = (int)l->count;

	if (l->begun && conn_exec(conn, "COMMIT", err) != 0)
		return -1;
	l->begun = 0;
	memcpy(done, l->pending, l->count * sizeof(*done));
	l->count = 0;
	l->bytes = 0;
	return count;
}
