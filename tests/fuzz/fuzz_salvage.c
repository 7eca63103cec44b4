#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archive/rows.h"
#include "archive/wreck.h"
#include "base/log.h"
#include "golden.h"
#include "job/salvage/survey.h"

/*
 * Any bytes for what is left of the golden archive, with the key that opens
 * it: what "pgcask salvage" does before there is a server.  Nothing may be
 * found that the golden archive does not have, what is told of losses must
 * be so, and what is read must be in the file and in proportion to its size.
 * (mutate_archive.c)
 */

/* No entry, and no index, needs more than this for a byte of the file, and
 * what is read whatever there is. */
#define READ_PER_BYTE 48
#define READ_ALWAYS ((uint64_t)1 << 20)
#define PARTS_MAX 16

/* What the golden archive has. */
static struct truth {
	struct buf header, catalog, schema, globals;
	size_t tables;
	struct manifest_table *sums;
	struct manifest_table lobjs;
	size_t parts;
	struct {
		struct part_head head;
		struct buf packed;
		int is_found; /* in this input */
	} part[PARTS_MAX];
} truth;

static int file = -1;
static uint64_t file_size, bytes_read;

/* In the place of the C library's: nothing behind the end is asked for. */
ssize_t
pread(int fd, void *buf, size_t size, off_t offset)
{
	if (file_size > 0) {
		insist(offset >= 0 && (uint64_t)offset <= file_size);
		insist(size <= file_size - (uint64_t)offset);
		bytes_read += size;
	}
	return (ssize_t)syscall(SYS_pread64, fd, buf, size, offset);
}

/* ---- the truth ---- */

/* The file, of these bytes. */
static const char *
put(const void *data, size_t size)
{
	static char path[40];

	if (file < 0)
		file = memfd_create("archive", MFD_CLOEXEC);
	insist(file >= 0 && ftruncate(file, 0) == 0);
	insist(pwrite(file, data, size, 0) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return path;
}

static void
learn_part(struct reader *r, size_t i)
{
	struct part part = { 0 };
	struct err err = ERR_INIT;

	insist(reader_part(r, i + 1, &part, &err) == 0);
	truth.part[i].head = part.head;
	insist(buf_add(&truth.part[i].packed, part.packed, part.packed_len,
		   &err) == 0);
	part_free(&part);
}

static void
learn(void)
{
	const struct buf *golden = golden_archive();
	const struct manifest *m;
	const struct catalog *cat;
	struct err err = ERR_INIT;
	struct reader *r;
	size_t i;

	log_set_level(LOG_ERRORS);
	insist(keys_init(&err) == 0);
	r = reader_open_file(put(golden->data, golden->len), &err);
	insist(r != NULL && golden_unlock(r, &err) == 0);
	insist(header_dump(reader_header(r), &truth.header, &err) == 0);
	cat = reader_catalog(r, &truth.catalog, &err);
	insist(cat != NULL);
	insist(reader_schema(r, &truth.schema, &err) == 0);
	insist(reader_globals(r, &truth.globals, &err) == 0);
	m = reader_manifest(r, NULL, &err);
	insist(m != NULL && m->part_count <= PARTS_MAX);
	truth.tables = m->table_count;
	truth.sums = malloc(m->table_count * sizeof(*truth.sums));
	insist(truth.sums != NULL);
	memcpy(truth.sums, m->tables, m->table_count * sizeof(*truth.sums));
	truth.lobjs = m->lobjs;
	truth.parts = m->part_count;
	for (i = 0; i < truth.parts; i++)
		learn_part(r, i);
	reader_free(r);
}

/* ---- what is found is true ---- */

static int
same_buf(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int
same_head(const struct part_head *a, const struct part_head *b)
{
	return a->kind == b->kind && a->table == b->table &&
	    a->bytes == b->bytes && digest_equal(&a->digest, &b->digest);
}

static void
is_same(int (*get)(struct reader *, struct buf *, struct err *),
    struct reader *r, const struct err *told, const struct buf *want)
{
	struct buf text = { 0 };
	struct err err = ERR_INIT;
	int rc = get(r, &text, &err);

	insist((rc == 0) == (told->kind == ERR_NONE));
	insist(rc == 0 ? same_buf(&text, want) : told->kind == ERR_DAMAGED);
	buf_free(&text);
}

static void
check_documents(struct reader *r, const struct survey *s)
{
	const struct manifest *m = wreck_manifest(reader_wreck(r));
	struct buf text = { 0 };
	struct err err = ERR_INIT;
	size_t i;

	insist(header_dump(reader_header(r), &text, &err) == 0);
	insist(same_buf(&text, &truth.header));
	text.len = 0;
	insist(reader_catalog(r, &text, &err) == s->cat);
	insist(same_buf(&text, &truth.catalog));
	buf_free(&text);
	is_same(reader_schema, r, &s->schema, &truth.schema);
	is_same(reader_globals, r, &s->globals, &truth.globals);
	insist(s->has_manifest == (m != NULL));
	insist(m == NULL || m->part_count == truth.parts);
	for (i = 0; m != NULL && i < truth.parts; i++)
		insist(same_head(&m->parts[i].head, &truth.part[i].head));
}

static void
check_states(struct wreck *w, const struct survey *s)
{
	uint64_t i, whole = 0, nameless = 0;

	insist(s->parts == wreck_parts(w));
	insist(s->parts <= truth.parts || !s->knows_parts);
	insist(s->parts <= truth.parts ||
	    s->parts <= file_size / (2 * (uint64_t)TAR_BLOCK));
	insist(!s->knows_parts || s->parts == truth.parts);
	for (i = 1; i <= s->parts; i++) {
		const struct wreck_part *p = wreck_state(w, i);

		whole += p->state == WRECK_WHOLE;
		nameless += !p->has_head;
		insist(p->has_head || p->state != WRECK_WHOLE);
		insist(!p->has_head ||
		    (i <= truth.parts &&
			same_head(&p->head, &truth.part[i - 1].head)));
	}
	insist(whole == s->whole && nameless == s->nameless_count);
}

static void
check_table(const struct survey_table *t, const struct manifest_table *sum)
{
	insist(t->rows <= sum->digest.rows && t->parts <= sum->parts);
	insist(t->lost_rows <= sum->digest.rows - t->rows);
	insist(t->lost_count <= sum->parts - t->parts);
	insist(!t->is_known || t->rows + t->lost_rows == sum->digest.rows);
}

static void
check_losses(const struct survey *s)
{
	size_t i;

	for (i = 0; i < truth.tables; i++)
		check_table(&s->tables[i], &truth.sums[i]);
	check_table(&s->lobjs, &truth.lobjs);
	insist(survey_lost(s) || s->whole == truth.parts);
}

/* A part that is given out is one of the golden ones, not given out before. */
static void
find_part(const struct part *part)
{
	size_t i;

	for (i = 0; i < truth.parts; i++)
		if (!truth.part[i].is_found &&
		    same_head(&part->head, &truth.part[i].head) &&
		    part->head.layout == truth.part[i].head.layout &&
		    part->packed_len == truth.part[i].packed.len &&
		    memcmp(part->packed, truth.part[i].packed.data,
			part->packed_len) == 0)
			break;
	insist(i < truth.parts);
	truth.part[i].is_found = 1;
}

static enum rows_frame
frame_of(const struct survey *s, const struct part_head *head)
{
	if (head->kind == PART_LOBJS)
		return ROWS_RECORDS;
	return s->cat->tables[head->table].format == COPY_BINARY ? ROWS_TUPLES
								 : ROWS_LINES;
}

/* What a restore would load. */
static void
check_parts(struct reader *r, const struct survey *s)
{
	struct part part = { 0 };
	struct err err = ERR_INIT;
	struct source *rows;
	uint64_t given = 0;
	size_t i;
	int more;

	for (i = 0; i < truth.parts; i++)
		truth.part[i].is_found = 0;
	while ((more = reader_next_part(r, &part, &err)) == 1) {
		if (part.packed == NULL) {
			insist(part.head.digest.rows == 0);
			continue;
		}
		find_part(&part);
		rows = part_rows(&part);
		insist(rows_prove(rows, frame_of(s, &part.head), &part.head,
			   &err) == 0);
		source_free(rows);
		given++;
	}
	insist(more == 0 && given == s->whole);
	part_free(&part);
}

/* Return whether nothing is lost. */
static int
look(struct reader *r)
{
	struct err err = ERR_INIT;
	struct survey s;
	int all = 0;

	if (survey_run(r, 1, NULL, &s, &err) == 0) {
		/* What was read to find and open all of it. */
		insist(bytes_read <= READ_ALWAYS + READ_PER_BYTE * file_size);
		check_documents(r, &s);
		check_states(reader_wreck(r), &s);
		check_losses(&s);
		check_parts(r, &s);
		all = !survey_lost(&s);
	} else {
		insist(err.kind == ERR_DAMAGED && s.cat == NULL);
	}
	survey_free(&s);
	return all;
}

/* Salvage what is left.  Return whether nothing is lost. */
static int
salvage(const void *data, size_t size)
{
	struct err err = ERR_INIT;
	struct reader *r;
	int all = 0;

	file_size = size;
	bytes_read = 0;
	r = reader_open_wreck(put(data, size), &err);
	if (r != NULL && golden_unlock(r, &err) == 0)
		all = look(r);
	else
		insist(err.kind == ERR_DAMAGED || err.kind == ERR_KEY);
	reader_free(r);
	return all;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct buf *golden = golden_archive();

	if (truth.parts == 0) {
		learn();
		insist(salvage(golden->data, golden->len));
		/* Nor without the index. */
		insist(salvage(golden->data, golden->len - TAR_END));
	}
	(void)salvage(data, size);
	return 0;
}
