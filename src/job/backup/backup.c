#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/catalog_doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/wall.h"
#include "base/text.h"
#include "db/lobj.h"
#include "db/pgdump.h"
#include "db/snapshot.h"
#include "job/backup/backup.h"
#include "job/backup/dumper.h"
#include "job/backup/narrow.h"
#include "job/backup/prepare.h"
#include "job/backup/readback.h"
#include "job/backup/roles.h"
#include "job/backup/watch.h"
#include "job/lockers.h"
#include "job/pool.h"
#include "job/rights.h"
#include "storage/store.h"

/* A tenth of a second each, for pg_dump's locks to go. */
#define LOCK_TRIES 50

/* Everything a backup holds while it runs. */
struct backup {
	const struct backup_opts *opts;
	struct conn *leader;
	struct conn *other; /* in no transaction; lent to the watch */
	struct watch *watch;
	struct conn **conns;
	unsigned jobs;
	int locks_late; /* the leader's locks come after pg_dump's */
	char *pg_dump;
	char *pg_dumpall;
	int pg_dump_major;
	struct store *store;
	char *name;
	char *key; /* in the store */
	struct catalog *cat;
	/* What is chosen of it; NULL: everything. */
	struct inventory *inv;
	struct narrow *narrow;
	uint32_t *lobjs;
	size_t lobj_count;
	char snapshot[SNAPSHOT_ID_MAX];
	double began;
	double snapshot_at;
	struct writer *writer;
	struct manifest *manifest;
	struct dumper_shared *dumper;
};

/* Connect, and find out what can fail before anything is made. */
static int
prepare(struct backup *b, struct err *err)
{
	const struct backup_opts *o = b->opts;
	struct prepare_tools tools = { 0 };
	int rc;

	b->leader = prepare_connect(o, err);
	if (b->leader == NULL ||
	    (o->output == NULL &&
		prepare_name(o, conn_dbname(b->leader), &b->name, err) != 0))
		return -1;
	rc = prepare_tools(o, conn_version(b->leader), &tools, err);
	b->pg_dump = tools.pg_dump;
	b->pg_dumpall = tools.pg_dumpall;
	b->pg_dump_major = tools.pg_dump_major;
	if (rc != 0)
		return -1;
	if (o->output != NULL)
		return 0;
	b->store = store_open(o->repo, err);
	return b->store != NULL ? store_lock(b->store, b->name, err) : -1;
}

/* A session that waits for the leader would keep pg_dump waiting, too, until
 * it gives up itself, which is worth a moment. */
#define PGDUMP_WAIT 10u

static unsigned
pgdump_wait(const struct backup *b)
{
	unsigned timeout = b->opts->lock_timeout;

	return b->locks_late || timeout < PGDUMP_WAIT ? timeout : PGDUMP_WAIT;
}

/* Say who has the lock that did not come. */
static void
blame(struct backup *b, struct err *err)
{
	watch_hold(b->watch);
	lockers_blame(b->other, b->opts->lock_timeout, err);
	watch_release(b->watch);
}

/* Sequences' values, and the leader's locks if there is room for them. */
static int
lock_and_read(struct backup *b, struct err *err)
{
	int fits;

	if (conn_set_encoding(b->other, b->cat->encoding, err) != 0 ||
	    snapshot_lock_timeout(b->other, b->opts->lock_timeout, err) != 0 ||
	    catalog_read_sequences(b->other, b->cat, err) != 0)
		return -1;
	fits = snapshot_lock_fits(b->leader, b->cat, err);
	b->locks_late = fits == 0;
	if (b->locks_late)
		log_step("too many tables for the server's locks: locking "
			 "them when pg_dump has");
	if (fits > 0)
		return snapshot_lock(
		    b->leader, b->cat, b->opts->lock_timeout, err);
	return fits;
}

/*
 * The locks that had to wait until pg_dump's were gone.  Its backend may live
 * a moment longer than pg_dump itself, so being refused is not final; the
 * savepoint keeps the snapshot alive meanwhile.
 */
static int
lock_late(struct backup *b, struct err *err)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };
	int tries = 0, rc = -1;

	if (!b->locks_late)
		return 0;
	if (conn_exec(b->leader, "SAVEPOINT locks", err) != 0)
		return -1;
	while ((rc = snapshot_lock(
		    b->leader, b->cat, b->opts->lock_timeout, err)) != 0 &&
	    strncmp(err->sqlstate, "53", 2) == 0 && ++tries < LOCK_TRIES) {
		struct err ignored = ERR_INIT;

		if (conn_exec(b->leader, "ROLLBACK TO SAVEPOINT locks",
			&ignored) != 0)
			return -1;
		(void)nanosleep(&pause, NULL);
		*err = (struct err)ERR_INIT;
	}
	if (rc != 0) {
		blame(b, err);
		return -1;
	}
	watch_hold(b->watch);
	rc = snapshot_check(b->leader, b->other, b->cat, err);
	watch_release(b->watch);
	return rc;
}

static int
read_lobjs(struct backup *b, struct err *err)
{
	if (lobj_list(b->leader, &b->lobjs, &b->lobj_count, err) != 0)
		return -1;
	if (pgdump_lists_lobjs(b->pg_dump_major) &&
	    !b->opts->selection->data_only)
		return 0;
	return lobj_describe(b->leader, b->cat, err);
}

/* The size of a table that is locked has to be waited for, too. */
static int
read_catalog(struct backup *b, struct err *err)
{
	struct prepare_scope scope = { 0 };
	int rc;

	if (snapshot_lock_timeout(b->leader, b->opts->lock_timeout, err) != 0)
		return -1;
	rc = prepare_scope(b->leader, b->opts, b->pg_dump_major, &scope, err);
	b->cat = scope.cat;
	b->inv = scope.inv;
	b->narrow = scope.narrow;
	if (rc != 0 || catalog_read_sizes(b->leader, b->cat, err) != 0)
		return -1;
	log_step("snapshot %s: %zu tables", b->snapshot, b->cat->table_count);
	return lock_and_read(b, err);
}

static int
take_snapshot(struct backup *b, struct err *err)
{
	const char *encoding =
	    PQparameterStatus(conn_pg(b->leader), "server_encoding");

	progress_phase(b->opts->progress, "catalog");
	/* Bytes pass as the server keeps them. */
	if (conn_set_encoding(b->leader, encoding, err) != 0 ||
	    conn_shun_views(b->leader, err) != 0 ||
	    snapshot_export(b->leader, b->snapshot, err) != 0)
		return -1;
	b->snapshot_at = wall_seconds();
	b->other = conn_clone(b->leader, NULL, err);
	if (b->other == NULL)
		return -1;
	if (read_catalog(b, err) != 0) {
		blame(b, err);
		return -1;
	}
	b->watch = watch_start(b->leader, b->other, b->opts->yield, err);
	if (b->watch == NULL)
		return -1;
	return b->cat->lobj_count > 0 ? read_lobjs(b, err) : 0;
}

/* Where the bytes go, under a name that the header's id is part of. */
static struct sink *
open_sink(struct backup *b, const struct header *header, struct err *err)
{
	const struct backup_opts *o = b->opts;
	char when[WALL_BASIC_SIZE], id[FORMAT_UUID_SIZE];

	if (o->output != NULL && strcmp(o->output, "-") == 0)
		return sink_to_fd(STDOUT_FILENO, "standard output");
	if (o->output != NULL)
		return file_create(o->output, err);
	wall_basic(header->created, when);
	format_uuid(header->id, id);
	b->key = mem_printf("%s/%s-%.8s%s%s.cask", b->name, when, id,
	    o->label != NULL ? "-" : "", o->label != NULL ? o->label : "");
	return store_create(b->store, b->key, err);
}

/* As the options have it, and so the same every night. */
static enum header_contents
contents(const struct backup_opts *o)
{
	const struct selection *sel = o->selection;
	size_t i;

	if (o->globals_only)
		return CONTENTS_GLOBALS;
	for (i = 0; i < sel->rule_count; i++)
		if (sel->rules[i].include)
			return CONTENTS_PART;
	if (sel->schema_only || sel->data_only)
		return CONTENTS_PART;
	/* Without owners and the like, no row is missing. */
	return sel->rule_count == 0 && !o->conn.row_security ? CONTENTS_WHOLE
							     : CONTENTS_MOST;
}

static int
open_writer(struct backup *b, struct err *err)
{
	struct archive_keys *keys;
	struct header *header = header_make(
	    &b->opts->sealing, contents(b->opts), wall_now(), &keys, err);
	struct sink *sink;

	if (header == NULL)
		return -1;
	sink = open_sink(b, header, err);
	if (sink == NULL) {
		header_free(header);
		archive_keys_free(keys);
		return -1;
	}
	b->writer = writer_new(sink, &b->opts->sealing, header, keys, err);
	if (b->writer == NULL)
		return -1;
	if (b->opts->read_back == BACKUP_READ_DATA)
		writer_prove(b->writer);
	return 0;
}

static int
open_workers(struct backup *b, struct err *err)
{
	const char *encoding = b->cat->encoding;
	size_t items = dumper_items(b->dumper);
	unsigned i;

	b->jobs = b->opts->jobs;
	if (b->jobs > items)
		b->jobs = items > 0 ? (unsigned)items : 1;
	b->conns = mem_zalloc(b->jobs * sizeof(struct conn *));
	for (i = 0; i < b->jobs; i++) {
		b->conns[i] = conn_clone(b->leader, NULL, err);
		if (b->conns[i] == NULL)
			return err_wrap(err, "worker %u of %u", i + 1, b->jobs);
		if (conn_set_encoding(b->conns[i], encoding, err) != 0 ||
		    conn_shun_views(b->conns[i], err) != 0)
			return -1;
	}
	return 0;
}

static int
read_statistics(
    struct backup *b, const struct pgdump_opts *opts, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	if (!b->opts->statistics || opts->depth == PGDUMP_NOTHING)
		return 0;
	rc = pgdump_statistics(b->leader, opts, &sql, err);
	if (rc == 0)
		rc = buf_add(&sql, "", 1, err);
	if (rc == 0)
		b->cat->statistics = mem_strdup(buf_text(&sql));
	buf_free(&sql);
	return rc;
}

static int
note_rights(struct backup *b, struct err *err)
{
	rights_note(b->leader, b->cat, b->manifest);
	if (b->narrow != NULL && !narrow_has_rest(b->narrow))
		return 0;
	return rights_untold(b->leader, b->manifest, err);
}

/* The opening documents, while the workers already copy. */
static int
lead(struct backup *b, struct err *err)
{
	struct buf catalog = { 0 }, schema = { 0 }, globals = { 0 };
	struct pgdump_opts opts = { .program = b->pg_dump,
		.snapshot = b->snapshot,
		.lock_wait = pgdump_wait(b) };
	int rc;

	if (b->narrow != NULL)
		narrow_pgdump(b->narrow, &opts);
	rc = read_statistics(b, &opts, err);
	if (rc == 0)
		rc = catalog_doc_dump(b->cat, &catalog, err);
	if (rc == 0 && !b->opts->globals_only)
		rc = pgdump_schema(b->leader, &opts, &schema, err);
	if (rc == 0)
		rc = lock_late(b, err);
	if (rc == 0)
		rc = roles_dump(b->leader, b->pg_dumpall, b->opts, b->manifest,
		    &globals, err);
	if (rc == 0 && !b->opts->globals_only)
		rc = note_rights(b, err);
	if (rc == 0)
		rc = writer_open(b->writer, b->opts->level, &catalog, &schema,
		    &globals, err);
	buf_free(&catalog);
	buf_free(&schema);
	buf_free(&globals);
	return rc;
}

static int
copy_everything(struct backup *b, struct err *err)
{
	struct pool_opts pool_opts = { .jobs = b->jobs,
		.conns = b->conns,
		.run = dumper_run,
		.on_stop = dumper_stop,
		.arg = b->dumper };
	struct pool *pool = pool_start(&pool_opts, err);

	if (pool == NULL)
		return -1;
	if (lead(b, err) != 0)
		pool_fail(pool, err);
	if (pool_join(pool, err) != 0)
		return -1;
	return dumper_run_left(b->dumper, b->leader, err);
}

static void
sum_estimates(const struct catalog *cat, struct progress *progress)
{
	uint64_t bytes = 0, rows = 0;
	size_t i;

	for (i = 0; i < cat->table_count; i++) {
		if (!table_has_rows(&cat->tables[i]))
			continue;
		bytes += cat->tables[i].bytes;
		rows += cat->tables[i].rows;
	}
	progress_total(progress, bytes, rows);
}

static int
read_back(struct backup *b, struct err *err)
{
	const struct backup_opts *o = b->opts;
	struct readback_opts ro = { .writer = b->writer,
		.cat = b->cat,
		.manifest = b->manifest,
		.jobs = o->jobs,
		.progress = o->progress };

	if (o->read_back == BACKUP_TRUST ||
	    (o->output != NULL && strcmp(o->output, "-") == 0))
		return 0;
	return readback_run(&ro, err);
}

static void
fill_result(const struct backup *b, struct backup_result *result)
{
	memset(result, 0, sizeof(*result));
	if (b->name != NULL)
		result->name = mem_strdup(b->name);
	result->created = writer_header(b->writer)->created;
	result_tables(b->cat, b->manifest, result);
	if (b->key != NULL)
		result->path = mem_printf("%s/%s", b->opts->repo, b->key);
	else if (strcmp(b->opts->output, "-") != 0)
		result->path = mem_strdup(b->opts->output);
	format_uuid(writer_header(b->writer)->id, result->id);
	result->bytes_out = writer_bytes(b->writer);
	result->seconds = wall_seconds() - b->began;
}

/* The final name, or none. */
static int
finish(struct backup *b, struct backup_result *result, struct err *err)
{
	const struct backup_opts *o = b->opts;
	int rc;

	fill_result(b, result);
	if (o->completed != NULL)
		o->completed(o->arg, result);
	/* That may have had to wait, and been stopped. */
	rc = stop_check(err);
	if (rc == 0)
		rc = writer_finish(b->writer, o->level, b->manifest, err);
	if (o->settled != NULL)
		o->settled(o->arg, result, rc == 0);
	return rc;
}

/* Manifest, index, and the final name. */
static int
complete(struct backup *b, struct backup_result *result, struct err *err)
{
	int level = b->opts->level;

	progress_phase(b->opts->progress, "index");
	b->manifest->locked = wall_seconds() - b->snapshot_at;
	b->manifest->duration = wall_seconds() - b->began;
	b->manifest->jobs = b->jobs;
	b->manifest->level = level;
	if (writer_complete(b->writer, level, b->manifest, err) != 0 ||
	    read_back(b, err) != 0)
		return -1;
	return finish(b, result, err);
}

static int
dump(struct backup *b, struct backup_result *result, struct err *err)
{
	struct dumper_opts d = { .cat = b->cat,
		.lobjs = b->lobjs,
		.lobj_count = b->lobj_count,
		.snapshot = b->snapshot,
		.level = b->opts->level,
		.writer = b->writer,
		.proves = b->opts->read_back == BACKUP_READ_DATA,
		.progress = b->opts->progress };

	b->manifest = manifest_new(b->cat->table_count);
	b->manifest->lobj_count = b->lobj_count;
	d.manifest = b->manifest;
	b->dumper = dumper_new(&d);
	sum_estimates(b->cat, b->opts->progress);
	progress_phase(b->opts->progress, "rows");
	if (open_workers(b, err) != 0 || copy_everything(b, err) != 0)
		return -1;
	/* Nothing needs the snapshot and the locks any more. */
	watch_end(b->watch);
	b->watch = NULL;
	if (stop_check(err) != 0)
		return -1;
	if (conn_exec(b->leader, "COMMIT", err) != 0)
		return -1;
	return complete(b, result, err);
}

static void
clean_up(struct backup *b)
{
	unsigned i;

	watch_end(b->watch);
	writer_free(b->writer);
	dumper_free(b->dumper);
	for (i = 0; i < b->jobs; i++)
		conn_free(b->conns[i]);
	free(b->conns);
	conn_free(b->other);
	conn_free(b->leader);
	manifest_free(b->manifest);
	narrow_free(b->narrow);
	inventory_free(b->inv);
	catalog_free(b->cat);
	free(b->lobjs);
	if (b->store != NULL)
		store_unlock(b->store);
	store_free(b->store);
	free(b->pg_dump);
	free(b->pg_dumpall);
	free(b->name);
	free(b->key);
}

int
backup_run(const struct backup_opts *opts, struct backup_result *result,
    struct err *err)
{
	struct backup b = { .opts = opts, .began = wall_seconds() };
	int rc = -1;

	if (prepare(&b, err) == 0 && take_snapshot(&b, err) == 0 &&
	    open_writer(&b, err) == 0 && dump(&b, result, err) == 0)
		rc = 0;
	/* Whatever failed because of a signal, the signal is the reason. */
	if (rc != 0)
		(void)stop_check(err);
	clean_up(&b);
	stop_resume();
	return rc;
}
