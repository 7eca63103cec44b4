#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "db/toc.h"
#include "job/pool.h"
#include "job/salvage/survey.h"

/* A buffer that grew larger is given back. */
#define KEEP ((size_t)32 << 20)

/* ---- reading all parts ---- */

struct reading {
	struct wreck *wreck;
	struct progress *progress;
	pthread_mutex_t lock; /* guards what follows */
	uint64_t next;
	int stopping;
};

static int
take(struct reading *g, uint64_t *number)
{
	int got;

	(void)pthread_mutex_lock(&g->lock);
	got = !g->stopping && g->next <= wreck_parts(g->wreck);
	if (got)
		*number = g->next++;
	(void)pthread_mutex_unlock(&g->lock);
	return got;
}

static int
run(void *arg, unsigned slot, struct conn *conn, struct err *err)
{
	struct reading *g = arg;
	struct buf buf = { 0 };
	const uint8_t *body;
	uint64_t number;
	size_t len;
	int rc = 0;

	(void)slot;
	(void)conn;
	while (rc == 0 && take(g, &number)) {
		buf_shrink(&buf, KEEP);
		(void)wreck_part(g->wreck, number, &buf, &body, &len);
		progress_step(g->progress, 1);
		rc = stop_check(err);
	}
	buf_free(&buf);
	return rc;
}

static void
stop(void *arg)
{
	struct reading *g = arg;

	(void)pthread_mutex_lock(&g->lock);
	g->stopping = 1;
	(void)pthread_mutex_unlock(&g->lock);
}

static int
read_parts(struct wreck *wreck, unsigned jobs, struct progress *progress,
    struct err *err)
{
	struct reading g = { .wreck = wreck, .progress = progress, .next = 1 };
	struct pool_opts po = {
		.jobs = jobs, .run = run, .on_stop = stop, .arg = &g
	};
	struct pool *pool;
	int rc = -1;

	progress_phase(progress, "reading");
	progress_steps(progress, wreck_parts(wreck));
	(void)pthread_mutex_init(&g.lock, NULL);
	pool = pool_start(&po, err);
	if (pool != NULL)
		rc = pool_join(pool, err);
	(void)pthread_mutex_destroy(&g.lock);
	return rc;
}

/* ---- documents ---- */

static void
look_at_documents(struct reader *reader, struct survey *s)
{
	const struct err *index = wreck_index_error(reader_wreck(reader));
	struct buf text = { 0 };
	struct toc *toc;

	if (index != NULL)
		s->index = *index;
	if (reader_schema(reader, &text, &s->schema) == 0 &&
	    !s->cat->globals_only) {
		toc = toc_parse(text.data, text.len, &s->schema);
		toc_free(toc);
	}
	text.len = 0;
	(void)reader_globals(reader, &text, &s->globals);
	buf_free(&text);
}

static int
read_catalog(struct reader *reader, struct survey *s, struct err *err)
{
	s->cat = reader_catalog(reader, NULL, &s->catalog);
	if (s->cat != NULL)
		return 0;
	*err = s->catalog;
	if (err->kind != ERR_DAMAGED)
		return -1;
	(void)err_wrap(err, "%s: the tables' names and columns are lost",
	    reader_name(reader));
	return err_hint(err,
	    "no row can be brought back without them: restore another archive, "
	    "\"pgcask list\" shows them");
}

int
survey_run(struct reader *reader, unsigned jobs, struct progress *progress,
    struct survey *s, struct err *err)
{
	struct wreck *wreck = reader_wreck(reader);

	memset(s, 0, sizeof(*s));
	if (read_catalog(reader, s, err) != 0)
		return -1;
	look_at_documents(reader, s);
	if (wreck_plan(wreck, s->cat, err) != 0 ||
	    read_parts(wreck, jobs, progress, err) != 0)
		return -1;
	wreck_settle(wreck);
	survey_count(reader, s);
	return 0;
}

/* ---- counting ---- */

static struct survey_table *
table_of(struct survey *s, const struct part_head *head)
{
	return head->kind == PART_LOBJS ? &s->lobjs : &s->tables[head->table];
}

static void
add_number(uint64_t **list, size_t *count, uint64_t number)
{
	size_t n = *count;

	if ((n & (n - 1)) == 0)
		*list = mem_array(*list, n > 0 ? 2 * n : 1, sizeof(**list));
	(*list)[(*count)++] = number;
}

static void
clear(struct survey *s)
{
	size_t i;

	for (i = 0; s->tables != NULL && i < s->cat->table_count; i++)
		free(s->tables[i].lost);
	free(s->tables);
	free(s->lobjs.lost);
	free(s->nameless);
	s->tables = NULL;
	s->nameless = NULL;
	s->lobjs = (struct survey_table){ 0 };
	s->nameless_count = s->maimed = 0;
	s->whole = s->rows = s->lost_rows = 0;
}

static void
count_part(struct survey *s, const struct wreck_part *p, uint64_t number)
{
	struct survey_table *t;

	if (!p->has_head) {
		add_number(&s->nameless, &s->nameless_count, number);
		return;
	}
	t = table_of(s, &p->head);
	if (p->state == WRECK_WHOLE) {
		s->whole++;
		t->parts++;
		t->rows += p->head.digest.rows;
	} else {
		add_number(&t->lost, &t->lost_count, number);
		t->lost_rows += p->head.digest.rows;
	}
	/* Its last part knows how many it has. */
	if (p->head.kind == PART_ROWS && p->head.final)
		t->told = p->head.table_parts;
}

static void
judge(struct survey *s, struct survey_table *t, int is_table)
{
	int all = s->knows_parts && s->nameless_count == 0;

	t->is_known =
	    all || (t->told > 0 && t->told == t->parts + t->lost_count);
	s->maimed += is_table && (!t->is_known || t->lost_count > 0);
	s->rows += is_table ? t->rows : 0;
	s->lost_rows += is_table ? t->lost_rows : 0;
}

void
survey_count(const struct reader *reader, struct survey *s)
{
	const struct wreck *w = reader_wreck(reader);
	uint64_t i;

	clear(s);
	s->has_manifest = wreck_manifest(w) != NULL;
	s->parts = wreck_parts(w);
	s->knows_parts = wreck_knows_parts(w);
	s->tables = mem_zalloc((s->cat->table_count + 1) * sizeof(*s->tables));
	for (i = 1; i <= s->parts; i++)
		count_part(s, wreck_state(w, i), i);
	for (i = 0; i < s->cat->table_count; i++)
		if (table_has_rows(&s->cat->tables[i]))
			judge(s, &s->tables[i], 1);
	if (s->cat->lobj_count > 0)
		judge(s, &s->lobjs, 0);
	else
		s->lobjs.is_known = 1;
}

int
survey_lost(const struct survey *s)
{
	return s->catalog.kind != ERR_NONE || s->schema.kind != ERR_NONE ||
	    s->globals.kind != ERR_NONE || s->maimed > 0 ||
	    s->nameless_count > 0 || !s->lobjs.is_known ||
	    s->lobjs.lost_count > 0;
}

void
survey_free(struct survey *s)
{
	clear(s);
}
