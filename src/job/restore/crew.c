#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "job/restore/crew.h"
#include "job/groups.h"
#include "job/restore/loader.h"

struct crew {
	struct crew_opts opts;
	pthread_mutex_t lock; /* guards what follows, and what is lent */
	pthread_cond_t changed;
	int parts_end;    /* no part is left to be read */
	unsigned loading; /* workers that read or load, or have not committed */
	unsigned holding; /* workers with a part whose turn has not come */
	uint64_t *held;   /* of each worker: the part's number, or 0 */
	uint32_t late;    /* 1 + the late table whose turn it is, or 0 */
	unsigned idle;    /* workers that wait */
	size_t next;      /* of opts.order */
	int stopping;
};

/* One worker. */
struct hand {
	struct crew *crew;
	unsigned slot;
	struct conn *conn;
	struct loader *loader;
	struct part part;
	struct step steps[SCHEDULE_BATCH];
	size_t step_count;
	int loads;        /* counted in crew->loading */
	unsigned idle;    /* workers that have nothing to do beside the steps */
	unsigned helpers; /* what the session is set to */
};

enum task { TASK_STEPS, TASK_PART, TASK_COMMIT, TASK_END };

struct crew *
crew_new(const struct crew_opts *opts)
{
	struct crew *crew = mem_zalloc(sizeof(*crew));

	crew->opts = *opts;
	crew->held = mem_zalloc(opts->jobs * sizeof(*crew->held));
	crew->parts_end = opts->reader == NULL;
	if (crew->parts_end)
		progress_steps(opts->progress, schedule_left(opts->schedule));
	(void)pthread_mutex_init(&crew->lock, NULL);
	(void)pthread_cond_init(&crew->changed, NULL);
	return crew;
}

void
crew_free(struct crew *crew)
{
	if (crew == NULL)
		return;
	(void)pthread_cond_destroy(&crew->changed);
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew->held);
	free(crew);
}

void
crew_stop(void *arg)
{
	struct crew *crew = arg;

	(void)pthread_mutex_lock(&crew->lock);
	crew->stopping = 1;
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

static int
incomplete(const struct crew *crew, struct err *err)
{
	const struct catalog *cat = crew->opts.cat;
	size_t i;

	for (i = 0; i < cat->table_count && crew->opts.reader != NULL; i++) {
		const struct tally *t = &crew->opts.tallies[i];

		if (table_has_rows(&cat->tables[i]) &&
		    (t->total == 0 || t->parts != t->total))
			return err_set(err, ERR_DAMAGED,
			    "table %s.%s: the archive lacks a part of it",
			    cat->tables[i].schema, cat->tables[i].name);
	}
	return 0;
}

/* Workers that wait while this one's steps run.  When it took the last that
 * there is, so will all others soon. */
static unsigned
idle_by(const struct hand *h)
{
	const struct crew *crew = h->crew;

	return crew->parts_end && h->step_count == 1 &&
		!schedule_more(crew->opts.schedule)
	    ? crew->opts.jobs - 1
	    : crew->idle;
}

/* What to do next; the caller has the lock.  Return -1 when nothing ever can
 * be. */
static int
choose(struct hand *h, enum task *task, struct err *err)
{
	struct crew *crew = h->crew;
	struct schedule *s = crew->opts.schedule;

	for (;;) {
		*task = TASK_END;
		if (crew->stopping)
			return 0;
		if (crew->parts_end && crew->loading + crew->holding == 0)
			schedule_rows_done(s);
		*task = TASK_STEPS;
		h->step_count = schedule_take(s, !crew->parts_end, h->steps);
		if (h->step_count > 0) {
			h->idle = idle_by(h);
			return 0;
		}
		*task = TASK_PART;
		if (!crew->parts_end) {
			crew->loading += !h->loads;
			h->loads = 1;
			return 0;
		}
		*task = TASK_COMMIT;
		if (h->loads)
			return 0;
		if (crew->loading + crew->holding == 0 &&
		    schedule_running(s) == 0) {
			if (incomplete(crew, err) != 0)
				return -1;
			*task = TASK_END;
			if (schedule_left(s) == 0 || !schedule_unlock_next(s))
				return 0;
			continue;
		}
		crew->idle++;
		(void)pthread_cond_wait(&crew->changed, &crew->lock);
		crew->idle--;
	}
}

static void
note_loaded(struct crew *crew, const struct loaded *loaded)
{
	struct tally *t;

	if (loaded->kind != PART_ROWS ||
	    !table_has_rows(&crew->opts.cat->tables[loaded->table]))
		return;
	t = &crew->opts.tallies[loaded->table];
	t->parts++;
	t->rows += loaded->rows;
	if (loaded->table_parts > 0)
		t->total = loaded->table_parts;
	if (t->parts == t->total)
		schedule_table_done(crew->opts.schedule, loaded->table);
}

static int
commit(struct hand *h, struct err *err)
{
	struct crew *crew = h->crew;
	struct loaded done[LOADER_PARTS];
	int i, count = loader_commit(h->loader, h->conn, done, err);

	if (count < 0)
		return -1;
	(void)pthread_mutex_lock(&crew->lock);
	for (i = 0; i < count; i++)
		note_loaded(crew, &done[i]);
	crew->loading -= (unsigned)h->loads;
	h->loads = 0;
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
	return 0;
}

static void
show_part(const struct hand *h)
{
	const struct crew_opts *o = &h->crew->opts;
	char label[PROGRESS_LABEL];

	if (h->part.head.kind == PART_LOBJS)
		(void)snprintf(label, sizeof(label), "large objects");
	else
		(void)snprintf(label, sizeof(label), "%.60s",
		    o->cat->tables[h->part.head.table].name);
	progress_slot(o->progress, h->slot, label);
}

static int
end_of_parts(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->parts_end) {
		crew->parts_end = 1;
		progress_phase(crew->opts.progress, "indexes");
		progress_steps(
		    crew->opts.progress, schedule_left(crew->opts.schedule));
	}
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
	return 0;
}

/* The next part: 1, 0 when there is none, or -1. */
static int
next_part(struct hand *h, struct err *err)
{
	struct crew *crew = h->crew;
	size_t next;

	if (crew->opts.order == NULL)
		return reader_next_part(crew->opts.reader, &h->part, err);
	(void)pthread_mutex_lock(&crew->lock);
	next = crew->next;
	crew->next += next < crew->opts.part_count;
	(void)pthread_mutex_unlock(&crew->lock);
	if (next == crew->opts.part_count)
		return 0;
	return reader_part(crew->opts.reader, crew->opts.order[next], &h->part,
		   err) == 0
	    ? 1
	    : -1;
}

/* Of a stream, parts come that nobody wants; and a table, or another of its
 * group, may take none. */
static int
is_wanted(struct hand *h)
{
	struct crew *crew = h->crew;
	const struct catalog *cat = crew->opts.cat;
	const struct part_head *head = &h->part.head;
	int skip;

	if (head->kind != PART_ROWS)
		return cat->lobj_count > 0;
	if (!table_has_rows(&cat->tables[head->table]))
		return 0;
	(void)pthread_mutex_lock(&crew->lock);
	skip = crew->opts.tallies[groups_key(cat, head->table)].skip ||
	    crew->opts.tallies[head->table].skip;
	(void)pthread_mutex_unlock(&crew->lock);
	return !skip;
}

/* The server can't take the rows of the part's table: do without them. */
static void
leave_out(struct hand *h, const struct err *why)
{
	struct crew *crew = h->crew;
	size_t number = h->part.head.table;
	size_t key = groups_key(crew->opts.cat, number);
	const struct table *t = &crew->opts.cat->tables[number];
	struct ddl_refusal refusal = { .what = "rows are refused",
		.one = "table's rows",
		.many = "tables' rows" };
	char *name;
	int news;

	(void)pthread_mutex_lock(&crew->lock);
	news = !crew->opts.tallies[key].skip;
	crew->opts.tallies[number].skip = crew->opts.tallies[key].skip = 1;
	(void)pthread_mutex_unlock(&crew->lock);
	if (!news)
		return;
	refusal.name = name = mem_printf("%s.%s", t->schema, t->name);
	ddl_refuse(crew->opts.ddl, &refusal, why);
	free(name);
}

/* Whether no part that is held comes before that of this worker. */
static int
is_first(const struct hand *h)
{
	const struct crew *crew = h->crew;
	unsigned i;

	for (i = 0; i < crew->opts.jobs; i++)
		if (crew->held[i] > 0 && crew->held[i] < crew->held[h->slot])
			return 0;
	return 1;
}

/* Hold the part until all others that were read are committed, and those that
 * others hold are behind it.  Return whether to go on, or -1. */
static int
hold(struct hand *h, uint32_t late, struct err *err)
{
	struct crew *crew = h->crew;
	int goes_on;

	(void)pthread_mutex_lock(&crew->lock);
	crew->holding++;
	crew->held[h->slot] = h->part.number;
	(void)pthread_mutex_unlock(&crew->lock);
	if (commit(h, err) != 0)
		return -1;
	(void)pthread_mutex_lock(&crew->lock);
	while (!crew->stopping && crew->late != late &&
	    (crew->loading > 0 || !is_first(h)))
		(void)pthread_cond_wait(&crew->changed, &crew->lock);
	goes_on = !crew->stopping;
	if (goes_on)
		crew->late = late;
	crew->held[h->slot] = 0;
	crew->holding--;
	crew->loading++;
	h->loads = 1;
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
	return goes_on;
}

/* Late tables' rows come behind those of all others, as far as these come
 * before them, and one table's behind another's.  Return whether the part may
 * be loaded, or -1. */
static int
await_turn(struct hand *h, struct err *err)
{
	struct crew *crew = h->crew;
	const struct part_head *head = &h->part.head;
	uint32_t late = head->table + 1;
	int waits;

	if (head->kind != PART_ROWS ||
	    !crew->opts.cat->tables[head->table].late)
		return 1;
	(void)pthread_mutex_lock(&crew->lock);
	waits = crew->late != late;
	(void)pthread_mutex_unlock(&crew->lock);
	return waits ? hold(h, late, err) : 1;
}

static int
load_part(struct hand *h, struct err *err)
{
	struct crew *crew = h->crew;
	int got = next_part(h, err), skip, rc;
	struct err why = ERR_INIT;

	if (got < 0)
		return -1;
	if (got == 0)
		return end_of_parts(crew);
	rc = await_turn(h, err);
	if (rc <= 0)
		return rc;
	skip = !is_wanted(h);
	show_part(h);
	rc = loader_take(h->loader, h->conn, &h->part, skip, &why);
	if (rc > 0)
		leave_out(h, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	return loader_is_full(h->loader) ? commit(h, err) : 0;
}

static int
run_steps(struct hand *h, struct err *err)
{
	struct crew *crew = h->crew;
	const struct toc_entry *e;
	char label[PROGRESS_LABEL];

	/* Locks of an open transaction could stand in a step's way, or in
	 * another worker's. */
	if (h->loads && commit(h, err) != 0)
		return -1;
	e = ddl_entry(crew->opts.ddl, h->steps[0].entry);
	(void)snprintf(label, sizeof(label), "%.60s", e->tag);
	progress_slot(crew->opts.progress, h->slot, label);
	/* The processor of a worker that waits is free for this build. */
	if (h->idle != h->helpers && ddl_helpers(h->conn, h->idle, err) != 0)
		return -1;
	h->helpers = h->idle;
	if (ddl_run(crew->opts.ddl, h->conn, h->steps, h->step_count, err) != 0)
		return -1;
	(void)pthread_mutex_lock(&crew->lock);
	schedule_done(crew->opts.schedule, h->steps, h->step_count);
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
	progress_step(crew->opts.progress, h->step_count);
	return 0;
}

static int
work(struct hand *h, struct err *err)
{
	enum task task;
	int rc;

	do {
		(void)pthread_mutex_lock(&h->crew->lock);
		rc = choose(h, &task, err);
		(void)pthread_mutex_unlock(&h->crew->lock);
		if (rc != 0)
			return -1;
		if (task == TASK_STEPS)
			rc = run_steps(h, err);
		else if (task == TASK_PART)
			rc = load_part(h, err);
		else if (task == TASK_COMMIT)
			rc = commit(h, err);
		if (rc == 0 && task != TASK_END)
			progress_slot(h->crew->opts.progress, h->slot, NULL);
	} while (rc == 0 && task != TASK_END);
	return rc;
}

int
crew_run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct crew *crew = arg;
	struct loader_opts lo = { .cat = crew->opts.cat,
		.make_lobjs = crew->opts.make_lobjs,
		.guarded = crew->opts.guarded,
		.progress = crew->opts.progress };
	struct hand h = { .crew = crew,
		.slot = slot,
		.conn = conn,
		.helpers = crew->opts.jobs };
	int rc;

	h.loader = loader_new(&lo);
	rc = work(&h, err);
	loader_free(h.loader);
	part_free(&h.part);
	/* The others may wait for what this one leaves or has ended. */
	(void)pthread_mutex_lock(&crew->lock);
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
	return rc;
}
