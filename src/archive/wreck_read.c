#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "stream/zstd.h"
#include "wrecked.h"

/* Places to try for one entry: whoever copied an archive twice into one file
 * has two. */
#define PLACES_MAX 8
/* Where nothing tells how long an entry is, it ends where zeros begin; but its
 * own last bytes may be zero, too. */
#define LENGTHS_MAX 8
/* A sealed document: no compression makes it larger than by this. */
#define DOCUMENT_MAX ((uint64_t)FORMAT_DOC_MAX + (FORMAT_DOC_MAX >> 6))
/* What a part of so many bytes may have sealed. */
#define sealed_max(bytes) (2 * (bytes) + ((uint64_t)1 << 20))
/* Positions that are tried for a manifest. */
#define POSITIONS_MAX 65536

struct seal_place
wreck_place(const struct wreck *w, uint64_t position, const char *name)
{
	struct seal_place place = { .position = position, .name = name };

	memcpy(place.id, w->header->id, SEAL_ID_SIZE);
	return place;
}

/* How long an entry's body is. */
struct extent {
	uint64_t at;   /* the body's first byte */
	uint64_t size; /* 0: not known */
	uint64_t room; /* bytes that it may have at most */
};

/* What the tar header tells, if it is good. */
static struct extent
find_extent(const struct wreck *w, const struct find *f)
{
	uint64_t size = blob_size(w->blob), body;
	struct extent e = { .at = f->offset + TAR_BLOCK };
	uint8_t block[TAR_BLOCK];
	struct find told;

	if (f->room <= TAR_BLOCK || f->offset > size ||
	    size - f->offset <= TAR_BLOCK)
		return e;
	e.room = size - e.at;
	if (e.room > f->room - TAR_BLOCK)
		e.room = f->room - TAR_BLOCK;
	if (scan_read(w->blob, f->offset, block, sizeof(block)) == 0 &&
	    scan_head(block, w->header->created, &told, &body) &&
	    told.what == f->what && told.number == f->number) {
		e.size = body;
	} else if (f->what == FIND_PART && w->manifest != NULL &&
	    f->number <= w->manifest->part_count) {
		e.size = w->manifest->parts[f->number - 1].sealed;
	}
	return e;
}

/* Where what lies in ${room} bytes may end first. */
static size_t
trim(const uint8_t *data, size_t room)
{
	while (room > 0 && data[room - 1] == 0)
		room--;
	return room;
}

/* How to open what was read. */
struct opener {
	const struct wreck *w;
	struct seal_place place;
	uint8_t *head; /* of a part, else NULL */
	size_t head_len;
};

/* Read the body, of ${size} bytes, and open it where it lies. */
static int
open_size(const struct opener *o, const struct extent *e, uint64_t size,
    struct buf *buf, uint8_t **body, size_t *body_len)
{
	struct err err = ERR_INIT;

	buf->len = 0;
	if (buf_reserve(buf, (size_t)size, &err) != 0 ||
	    blob_read(o->w->blob, e->at, buf->data, (size_t)size, &err) != 0)
		return 0;
	buf->len = (size_t)size;
	return seal_open_in_place(o->w->keys->seal, &o->place, o->head,
		   o->head_len, buf->data, buf->len, body, body_len, &err) == 0;
}

/* Whether what lies there is authentic; at most ${max} bytes are read. */
static int
open_extent(const struct opener *o, const struct extent *e, uint64_t max,
    struct buf *buf, uint8_t **body, size_t *body_len)
{
	struct err err = ERR_INIT;
	uint64_t room = e->room;
	size_t size, tries;

	if (e->size > 0)
		return e->size <= max && e->size <= blob_size(o->w->blob) &&
		    e->at <= blob_size(o->w->blob) - e->size &&
		    open_size(o, e, e->size, buf, body, body_len);
	if (room > max)
		return 0;
	buf->len = 0;
	if (room == 0 || buf_reserve(buf, (size_t)room, &err) != 0 ||
	    blob_read(o->w->blob, e->at, buf->data, (size_t)room, &err) != 0)
		return 0;
	size = trim(buf->data, (size_t)room);
	for (tries = 0; tries < LENGTHS_MAX && size + tries <= room; tries++)
		if (open_size(o, e, size + tries, buf, body, body_len))
			return 1;
	return 0;
}

/* ---- documents ---- */

static int
unpack(const uint8_t *body, size_t len, struct buf *out, struct err *err)
{
	struct source *source = source_unzstd(source_from_mem(body, len));
	int rc = source_read_all(source, out, FORMAT_DOC_MAX, err);

	source_free(source);
	return rc;
}

static const char *
document_name(enum find_what what)
{
	static const char *const names[] = { [FIND_CATALOG] = FORMAT_CATALOG,
		[FIND_SCHEMA] = FORMAT_SCHEMA,
		[FIND_GLOBALS] = FORMAT_GLOBALS,
		[FIND_MANIFEST] = FORMAT_MANIFEST };

	return names[what];
}

/* Try one place at one position. */
static int
try_document(
    struct wreck *w, const struct find *f, uint64_t position, struct buf *out)
{
	struct opener o = { .w = w,
		.place = wreck_place(w, position, document_name(f->what)) };
	struct extent e = find_extent(w, f);
	struct err err = ERR_INIT;
	struct buf buf = { 0 };
	uint8_t *body;
	size_t len;
	int good = open_extent(&o, &e, DOCUMENT_MAX, &buf, &body, &len);

	out->len = 0;
	good = good && unpack(body, len, out, &err) == 0;
	buf_free(&buf);
	return good;
}

int
wreck_document(
    struct wreck *w, enum find_what what, struct buf *out, struct err *err)
{
	size_t count, i;
	const struct find *f = finds_of(&w->finds, what, 0, &count);

	for (i = 0; i < count && i < PLACES_MAX; i++)
		if (try_document(w, &f[i], (uint64_t)what, out))
			return 0;
	return err_set(err, ERR_DAMAGED, "%s is %s", document_name(what),
	    count > 0 ? "damaged" : "missing");
}

/* The number of the part that lies before an entry, and where that may end. */
static uint32_t
part_before(const struct wreck *w, const struct find *f, uint64_t *end)
{
	uint32_t number = 0;
	size_t i;

	*end = w->begins;
	for (i = 0; i < w->finds.count; i++) {
		const struct find *other = &w->finds.list[i];

		if (other->what > FIND_PART || other->offset >= f->offset ||
		    other->offset < *end)
			continue;
		number = other->what == FIND_PART ? other->number : 0;
		*end = other->offset + TAR_BLOCK;
	}
	return number;
}

/* Which of the positions that it may have, from ${first} on, it was sealed
 * for; 0 if none. */
static uint64_t
seek_position(
    const struct wreck *w, const struct find *f, uint64_t first, uint64_t count)
{
	struct extent e = find_extent(w, f);
	uint64_t i, take = SEAL_PEEK(0), found = 0;
	uint8_t *data;

	if (e.size == 0 || e.size > e.room)
		return first;
	if (take > e.size)
		take = e.size;
	data = mem_alloc((size_t)take);
	(void)scan_read(w->blob, e.at, data, (size_t)take);
	for (i = 0; i < count && found == 0; i++) {
		struct seal_place place =
		    wreck_place(w, first + i, FORMAT_MANIFEST);

		if (seal_peek(
			w->keys->seal, &place, NULL, 0, data, (size_t)e.size))
			found = first + i;
	}
	free(data);
	return found;
}

/* How many entries an index knows of, which lies elsewhere than it says; 0 if
 * it can't be read. */
static uint64_t
count_told(const struct wreck *w, const struct find *index)
{
	struct extent e = find_extent(w, index);
	uint8_t tail[INDEX_TAIL_SIZE];
	uint64_t count;

	if (e.size < sizeof(tail) || e.size > e.room ||
	    scan_read(w->blob, e.at + e.size - sizeof(tail), tail,
		sizeof(tail)) != 0 ||
	    index_tail_count(tail, &count) != 0)
		return 0;
	return count;
}

/* Entries may be missing in front of it without a gap: the last that an index
 * knows of is the manifest. */
static int
try_told(struct wreck *w, const struct find *f, struct buf *out)
{
	size_t n, i;
	const struct find *indexes = finds_of(&w->finds, FIND_INDEX, 0, &n);

	for (i = 0; i < n && i < PLACES_MAX; i++) {
		uint64_t count = count_told(w, &indexes[i]);

		if (count > FORMAT_PARTS_AFTER + 1 &&
		    seek_position(w, f, count - 1, 1) > 0 &&
		    try_document(w, f, count - 1, out))
			return 1;
	}
	return 0;
}

static int
try_manifest(struct wreck *w, const struct find *f, struct buf *out)
{
	uint64_t first, count = 1, end, position;

	if (wreck_index_error(w) == NULL) {
		first = FORMAT_PARTS_AFTER + w->index_parts + 1;
	} else {
		first =
		    FORMAT_PARTS_AFTER + (uint64_t)part_before(w, f, &end) + 1;
		/* As many parts may have been where nothing is known. */
		if (f->offset > end)
			count += (f->offset - end) / WRECK_ENTRY_MIN;
		if (count > POSITIONS_MAX)
			count = POSITIONS_MAX;
	}
	position = seek_position(w, f, first, count);
	return (position > 0 && try_document(w, f, position, out)) ||
	    try_told(w, f, out);
}

/* The archive's own manifest, unless that is lost. */
static void
load_manifest(struct wreck *w)
{
	struct err err = ERR_INIT;
	struct buf text = { 0 };
	size_t count, i;
	const struct find *f = finds_of(&w->finds, FIND_MANIFEST, 0, &count);

	for (i = 0; i < count && i < PLACES_MAX && w->manifest == NULL; i++)
		if (try_manifest(w, &f[i], &text))
			w->manifest = manifest_load(
			    text.data, text.len, w->cat->table_count, &err);
	buf_free(&text);
}

/* ---- which parts there should be ---- */

/* How long the manifest says that a part's entry is. */
static uint64_t
entry_len(const struct wreck *w, uint64_t number)
{
	uint64_t sealed = w->manifest->parts[number - 1].sealed;

	if (sealed > ENTRIES_SIZE_MAX)
		sealed = 0;
	return TAR_BLOCK + (sealed + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* Where part ${number} is, if it begins at ${offset}. */
static void
add_place(struct wreck *w, uint64_t number, uint64_t offset)
{
	struct find f = { .what = FIND_PART,
		.number = (uint32_t)number,
		.offset = offset,
		.room = entry_len(w, number) };

	finds_add(&w->finds, &f);
}

/* With the length of every part, those whose tar headers are damaged lie where
 * the one before ends, and the one behind begins; where bytes are missing that
 * is not the same. */
static void
lay_out(struct wreck *w)
{
	uint64_t n = w->manifest->part_count, i, at;
	uint64_t *offsets = mem_zalloc((n + 2) * sizeof(*offsets));
	uint64_t first = 0;
	size_t k, count = w->finds.count;

	for (k = 0; k < count; k++) {
		const struct find *f = &w->finds.list[k];

		if (f->what == FIND_PART && f->number <= n &&
		    offsets[f->number] == 0)
			offsets[f->number] = f->offset;
		else if (f->what == FIND_GLOBALS)
			first = f->offset + f->room;
	}
	for (i = 1, at = first; i <= n; i++) {
		if (offsets[i] > 0)
			at = offsets[i];
		else if (at > 0)
			add_place(w, i, at);
		at += at > 0 ? entry_len(w, i) : 0;
	}
	for (i = n, at = 0; i > 0; i--) {
		uint64_t len = entry_len(w, i);

		if (offsets[i] == 0 && at > len)
			add_place(w, i, at - len);
		at = offsets[i] > 0 ? offsets[i] : at > len ? at - len : 0;
	}
	free(offsets);
	finds_sort(&w->finds);
}

/* Headers that nobody signed say which numbers there are: one that is not
 * plausible must be authentic. */
static uint64_t
highest_number(const struct wreck *w)
{
	uint64_t plausible = blob_size(w->blob) / WRECK_ENTRY_MIN;
	char name[TAR_NAME_MAX + 1];
	struct part_head head;
	size_t i = w->finds.count;

	while (i > 0) {
		const struct find *f = &w->finds.list[--i];

		if (f->what == FIND_PART &&
		    (f->number <= plausible || wreck_peek(w, f, name, &head)))
			return f->number;
	}
	return 0;
}

int
wreck_plan(struct wreck *w, const struct catalog *cat, struct err *err)
{
	uint64_t i;

	w->cat = cat;
	load_manifest(w);
	if (w->manifest != NULL && wreck_index_error(w) != NULL)
		lay_out(w);
	w->part_count = w->manifest != NULL ? w->manifest->part_count
	    : wreck_index_error(w) == NULL  ? w->index_parts
					    : highest_number(w);
	w->parts = mem_zalloc((w->part_count + 1) * sizeof(*w->parts));
	for (i = 0; w->manifest != NULL && i < w->part_count; i++) {
		w->parts[i].has_head = 1;
		w->parts[i].head = w->manifest->parts[i].head;
	}
	return stop_check(err);
}

const struct manifest *
wreck_manifest(const struct wreck *w)
{
	return w->manifest;
}

uint64_t
wreck_parts(const struct wreck *w)
{
	return w->part_count;
}

int
wreck_knows_parts(const struct wreck *w)
{
	return w->manifest != NULL || wreck_index_error(w) == NULL;
}

const struct wreck_part *
wreck_state(const struct wreck *w, uint64_t number)
{
	return &w->parts[number - 1];
}

/* ---- parts ---- */

int
wreck_peek(const struct wreck *w, const struct find *f,
    char name[TAR_NAME_MAX + 1], struct part_head *head)
{
	uint8_t data[SEAL_PEEK(FORMAT_PART_HEAD_SIZE) + SEAL_EXTRA] = { 0 };
	uint8_t wire[FORMAT_PART_HEAD_SIZE];
	uint64_t at = f->offset + TAR_BLOCK, size = blob_size(w->blob);
	struct err err = ERR_INIT;
	unsigned kind;

	if (at >= size)
		return 0;
	(void)scan_read(w->blob, at, data,
	    size - at < sizeof(data) ? (size_t)(size - at) : sizeof(data));
	for (kind = PART_ROWS; kind <= PART_LOBJS; kind++) {
		struct seal_place place;

		format_part_name(f->number, (enum part_kind)kind, name);
		place = wreck_place(w, FORMAT_PARTS_AFTER + f->number, name);
		if (!seal_peek(w->keys->seal, &place, wire, sizeof(wire), data,
			sizeof(data)))
			continue;
		return format_get_part_head(wire, head, &err) == 0 &&
		    head->kind == (enum part_kind)kind &&
		    (kind == PART_LOBJS || w->cat == NULL ||
			head->table < w->cat->table_count);
	}
	return 0;
}

/* Try one place; ${part} gets what is known then. */
static void
try_part(const struct wreck *w, const struct find *f, struct wreck_part *part,
    struct buf *buf, const uint8_t **body, size_t *body_len)
{
	uint8_t wire[FORMAT_PART_HEAD_SIZE], *opened = NULL;
	char name[TAR_NAME_MAX + 1];
	struct part_head head;
	struct opener o = { .w = w, .head = wire, .head_len = sizeof(wire) };
	struct extent e;

	/* Memory is taken for what is authentic so far. */
	if (!wreck_peek(w, f, name, &head))
		return;
	part->has_head = 1;
	part->head = head;
	o.place = wreck_place(w, FORMAT_PARTS_AFTER + f->number, name);
	e = find_extent(w, f);
	if (!open_extent(
		&o, &e, sealed_max(head.bytes), buf, &opened, body_len))
		return;
	*body = opened;
	part->state = WRECK_WHOLE;
}

/* Look at all places where the part may be. */
static struct wreck_part
look_at(struct wreck *w, uint64_t number, struct buf *buf, const uint8_t **body,
    size_t *body_len)
{
	struct wreck_part part = w->parts[number - 1];
	size_t count, i;
	const struct find *f =
	    finds_of(&w->finds, FIND_PART, (uint32_t)number, &count);

	part.state = count > 0 ? WRECK_DAMAGED : WRECK_MISSING;
	for (i = 0; i < count && i < PLACES_MAX; i++) {
		try_part(w, &f[i], &part, buf, body, body_len);
		if (part.state == WRECK_WHOLE)
			break;
	}
	return part;
}

int
wreck_part(struct wreck *w, uint64_t number, struct buf *buf,
    const uint8_t **body, size_t *body_len)
{
	struct wreck_part part = look_at(w, number, buf, body, body_len);

	w->parts[number - 1] = part;
	return (int)part.state;
}

/* ---- what remains ---- */

/* A table's last part says that it is. */
static void
mark_ends(struct manifest *m)
{
	uint8_t *seen = mem_zalloc(m->table_count + 1);
	size_t i;

	for (i = m->part_count; i > 0; i--) {
		struct part_head *head = &m->parts[i - 1].head;
		int last = head->kind == PART_ROWS && !seen[head->table];

		head->final = last;
		head->table_parts = last ? m->tables[head->table].parts : 0;
		if (last)
			seen[head->table] = 1;
	}
	free(seen);
}

void
wreck_settle(struct wreck *w)
{
	struct manifest *m = manifest_new(w->cat->table_count);
	uint64_t i, n = 0;
	size_t t;

	w->numbers = mem_zalloc(
	    (w->part_count + w->cat->table_count + 1) * sizeof(*w->numbers));
	for (i = 0; i < w->part_count; i++) {
		if (w->parts[i].state != WRECK_WHOLE)
			continue;
		w->numbers[n++] = i + 1;
		manifest_add(m, n, &w->parts[i].head, 0);
	}
	for (t = 0; t < w->cat->table_count; t++) {
		struct part_head none = { .kind = PART_ROWS,
			.table = (uint32_t)t };

		if (m->tables[t].parts == 0 &&
		    table_has_rows(&w->cat->tables[t]))
			manifest_add(m, ++n, &none, 0);
	}
	mark_ends(m);
	m->lobj_count =
	    w->manifest != NULL ? w->manifest->lobj_count : w->cat->lobj_count;
	w->remains = m;
}

const struct manifest *
wreck_remains(const struct wreck *w)
{
	return w->remains;
}

/* A part that was whole is not any more: the disk is failing. */
static void
lose(struct wreck *w, uint64_t number, const struct wreck_part *now)
{
	const struct part_head *head = &now->head;
	struct manifest_table *t = head->kind == PART_ROWS
	    ? &w->remains->tables[head->table]
	    : &w->remains->lobjs;

	(void)pthread_mutex_lock(&w->lock);
	w->parts[number - 1].state = now->state;
	t->digest.rows -= head->digest.rows;
	t->bytes -= head->bytes;
	(void)pthread_mutex_unlock(&w->lock);
}

void
wreck_take(struct wreck *w, uint64_t number, struct part_head *head,
    struct buf *buf, const uint8_t **body, size_t *body_len)
{
	const struct part_head *told = &w->remains->parts[number - 1].head;
	uint64_t own = w->numbers[number - 1];
	struct wreck_part part = { .state = WRECK_MISSING, .head = *told };

	if (own > 0) {
		part = look_at(w, own, buf, body, body_len);
		if (part.state != WRECK_WHOLE)
			lose(w, own, &part);
	}
	*head = part.head;
	head->final = told->final;
	head->table_parts = told->table_parts;
	if (part.state == WRECK_WHOLE)
		return;
	head->bytes = 0;
	head->digest = (struct digest){ 0 };
	*body = NULL;
	*body_len = 0;
}
