#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stop.h"
#include "wrecked.h"

/* Tries that the search of one file may take: some seconds. */
#define TRIES_MAX ((uint64_t)1 << 22)
/* Numbers to try at one place: as many entries in a row may be unknown. */
#define NUMBERS_MAX 64
#define WINDOW ((size_t)1 << 20)

/* ---- the file and its header ---- */

/* Where the header's text ends: its tar header tells, or its own last byte. */
static size_t
text_len(const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	struct tar_entry entry;
	int64_t mtime;
	const uint8_t *end;

	if (tar_parse_head(data, &entry, &mtime, &err) == 1 &&
	    strcmp(entry.name, FORMAT_HEADER) == 0 &&
	    entry.size <= len - TAR_BLOCK)
		return (size_t)entry.size;
	end = memchr(data + TAR_BLOCK, '\n', len - TAR_BLOCK);
	return end != NULL ? (size_t)(end - data) + 1 - TAR_BLOCK
			   : len - TAR_BLOCK;
}

static int
read_header(struct wreck *w, struct buf *text, struct err *err)
{
	uint64_t size = blob_size(w->blob);
	size_t len = TAR_BLOCK + FORMAT_HEADER_MAX, used;
	uint8_t *data;
	int rc;

	if (size <= TAR_BLOCK)
		return err_set(err, ERR_DAMAGED,
		    size == 0 ? "the file is empty"
			      : "the file ends within its header");
	if (len > size)
		len = (size_t)size;
	data = mem_alloc(len);
	(void)scan_read(w->blob, 0, data, len);
	used = text_len(data, len);
	w->begins = TAR_BLOCK + (used + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	rc = buf_add(text, data + TAR_BLOCK, used, err);
	free(data);
	return rc;
}

struct wreck *
wreck_open(const char *path, struct buf *text, struct err *err)
{
	struct wreck *w = mem_zalloc(sizeof(*w));

	(void)pthread_mutex_init(&w->lock, NULL);
	w->blob = blob_open(path, err);
	if (w->blob != NULL && read_header(w, text, err) == 0)
		return w;
	if (w->blob != NULL)
		(void)err_wrap(err, "%s", path);
	wreck_free(w);
	return NULL;
}

void
wreck_free(struct wreck *w)
{
	if (w == NULL)
		return;
	blob_free(w->blob);
	finds_free(&w->finds);
	manifest_free(w->manifest);
	manifest_free(w->remains);
	free(w->parts);
	free(w->numbers);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

uint64_t
wreck_size(const struct wreck *w)
{
	return blob_size(w->blob);
}

const struct err *
wreck_index_error(const struct wreck *w)
{
	return w->no_index.kind != ERR_NONE ? &w->no_index : NULL;
}

/* ---- where entries are ---- */

static void
take_index(struct wreck *w, const struct index *index)
{
	size_t i;

	w->index_parts = index->count - FORMAT_PARTS_AFTER - 2;
	for (i = 1; i < index->count; i++) {
		struct find find = { .offset = index->records[i].offset,
			.room = index->records[i].length };

		if (i <= FORMAT_PARTS_AFTER) {
			find.what = (enum find_what)i;
		} else if (i == index->count - 1) {
			find.what = FIND_MANIFEST;
		} else {
			find.what = FIND_PART;
			find.number = (uint32_t)(i - FORMAT_PARTS_AFTER);
		}
		finds_add(&w->finds, &find);
	}
}

/* Where an entry stands in the file; 0 for the last ones, of which only the
 * others tell. */
static uint64_t
position_of(const struct find *f)
{
	if (f->what < FIND_PART)
		return (uint64_t)f->what;
	return f->what == FIND_PART ? FORMAT_PARTS_AFTER + f->number : 0;
}

static struct find
at_position(uint64_t position, uint64_t offset, uint64_t room)
{
	struct find f = { .offset = offset, .room = room };

	if (position <= FORMAT_PARTS_AFTER) {
		f.what = (enum find_what)position;
	} else {
		f.what = FIND_PART;
		f.number = (uint32_t)(position - FORMAT_PARTS_AFTER);
	}
	return f;
}

/* Nothing is known of these bytes, which lie behind the entry ${before}; behind
 * them lies the entry ${next}, or 0 if that does not tell. */
static int
fill_gap(struct wreck *w, uint64_t offset, uint64_t room, uint64_t before,
    uint64_t next, struct err *err)
{
	struct find region = { .offset = offset, .room = room };
	uint64_t low, high;

	if (room < WRECK_ENTRY_MIN || (next != 0 && next < before + 2))
		return 0;
	/* The first of them begins where the gap does. */
	region = at_position(before + 1, offset, room);
	if (next == before + 2 || region.what < FIND_PART)
		finds_add(&w->finds, &region);
	if (next == before + 2)
		return 0;
	if (next == 0 && before >= FORMAT_PARTS_AFTER) {
		region.what = FIND_MANIFEST;
		region.number = 0;
		finds_add(&w->finds, &region);
	}
	low = before < FORMAT_PARTS_AFTER ? 1 : before + 1 - FORMAT_PARTS_AFTER;
	high = next != 0 ? next - 1 - FORMAT_PARTS_AFTER : FORMAT_PARTS_MAX;
	if (next != 0 && next <= FORMAT_PARTS_AFTER + 1)
		return 0;
	return wreck_search(w, &region, low, high, err);
}

/* Entries whose tar headers are damaged lie between others. */
static int
fill_gaps(struct wreck *w, struct err *err)
{
	size_t i, n = w->finds.count;
	uint64_t end = w->begins, before = 0;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		/* The list grows, and may move. */
		struct find f = w->finds.list[i];

		if (f.offset > end)
			rc = fill_gap(w, end, f.offset - end, before,
			    position_of(&f), err);
		end = f.offset + f.room;
		if (f.what < FIND_MANIFEST)
			before = position_of(&f);
	}
	if (rc == 0 && end < blob_size(w->blob) &&
	    (n == 0 || w->finds.list[n - 1].what < FIND_INDEX))
		rc = fill_gap(w, end, blob_size(w->blob) - end, before, 0, err);
	return rc;
}

int
wreck_find(struct wreck *w, const struct header *header,
    const struct archive_keys *keys, struct err *err)
{
	struct index *index;
	int rc = 0;

	w->header = header;
	w->keys = keys;
	w->tries = TRIES_MAX;
	index = index_load(w->blob, header, keys, &w->no_index);
	if (index != NULL && index->count >= FORMAT_PARTS_AFTER + 2)
		take_index(w, index);
	else if (index != NULL)
		(void)err_set(
		    &w->no_index, ERR_DAMAGED, "the index lacks entries");
	index_free(index);
	if (wreck_index_error(w) != NULL) {
		rc = scan_file(
		    w->blob, w->begins, header->created, &w->finds, err);
		if (rc == 0)
			rc = fill_gaps(w, err);
	}
	finds_sort(&w->finds);
	return rc;
}

/* ---- parts that only their seal can tell ---- */

struct search {
	struct wreck *w;
	struct find region;
	uint64_t low;
	uint64_t high;
	size_t last; /* 1 + the find before, whose room ends at the next */
};

/* Whether a part of these numbers has its tar header at ${at}: its number, or
 * 0. */
static uint64_t
try_numbers(struct search *s, const uint8_t *body)
{
	static const uint8_t zeros[SEAL_HEAD_SIZE];
	uint8_t head[FORMAT_PART_HEAD_SIZE];
	char name[TAR_NAME_MAX + 1];
	uint64_t number;
	unsigned kind;

	/* What a disk has lost comes as that. */
	if (memcmp(body, zeros, sizeof(zeros)) == 0)
		return 0;

	for (number = s->low; number <= s->high &&
	     number < s->low + NUMBERS_MAX && s->w->tries > 0;
	     number++)
		for (kind = PART_ROWS; kind <= PART_LOBJS; kind++) {
			struct seal_place place;

			s->w->tries -= s->w->tries > 0;
			format_part_name(number, (enum part_kind)kind, name);
			place = wreck_place(
			    s->w, FORMAT_PARTS_AFTER + number, name);
			if (seal_peek(s->w->keys->seal, &place, head,
				sizeof(head), body,
				SEAL_PEEK(sizeof(head)) + SEAL_EXTRA))
				return number;
		}
	return 0;
}

static void
note_found(struct search *s, uint64_t number, uint64_t offset)
{
	struct find f = { .what = FIND_PART,
		.number = (uint32_t)number,
		.offset = offset,
		.room = s->region.offset + s->region.room - offset };

	if (s->last > 0) {
		struct find *before = &s->w->finds.list[s->last - 1];

		before->room = offset - before->offset;
	}
	finds_add(&s->w->finds, &f);
	s->last = s->w->finds.count;
	s->low = number + 1;
}

int
wreck_search(struct wreck *w, const struct find *region, uint64_t low,
    uint64_t high, struct err *err)
{
	struct search s = {
		.w = w, .region = *region, .low = low, .high = high
	};
	uint8_t *window = mem_alloc(WINDOW + WRECK_ENTRY_MIN);
	uint64_t at = 0, from = 0;
	size_t len = 0;
	int rc = 0;

	while (rc == 0 && w->tries > 0 && s.low <= s.high &&
	    region->room - at >= WRECK_ENTRY_MIN) {
		uint64_t number;

		if (at + WRECK_ENTRY_MIN > from + len) {
			from = at;
			len = region->room - at < WINDOW
			    ? (size_t)(region->room - at)
			    : WINDOW;
			(void)scan_read(
			    w->blob, region->offset + at, window, len);
			rc = stop_check(err);
		}
		number = try_numbers(&s, window + (at - from) + TAR_BLOCK);
		if (number > 0)
			note_found(&s, number, region->offset + at);
		at += TAR_BLOCK;
	}
	free(window);
	return rc;
}
