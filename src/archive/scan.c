#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/entries.h"
#include "archive/scan.h"
#include "base/mem.h"
#include "base/stop.h"
#include "stream/tar.h"

/* Where these lie in a tar header, and what a ustar header has there. */
#define MTIME_AT 136
#define MAGIC_AT 257
static const char MAGIC[] = "ustar\0"
			    "00";
#define MAGIC_SIZE (sizeof(MAGIC) - 1)

/* What is read at a time: around a header; where one is looked for, more and
 * more, so that false ones here and there do not each cost a stride. */
#define STEP ((size_t)4 << 10)
#define STRIDE ((size_t)1 << 20)

/* No entry has fewer: a header, and something sealed. */
#define ENTRY_MIN (2 * TAR_BLOCK)

struct scan {
	struct blob *blob;
	int64_t created;
	uint64_t size; /* of the file */
	uint64_t at;   /* of the window in the file */
	size_t len;
	uint8_t window[STRIDE];
};

void
finds_add(struct finds *finds, const struct find *find)
{
	size_t n = finds->count;

	if ((n & (n - 1)) == 0)
		finds->list = mem_array(
		    finds->list, n > 0 ? 2 * n : 1, sizeof(*finds->list));
	finds->list[finds->count++] = *find;
}

static int
compare_kind(const struct find *x, enum find_what what, uint32_t number)
{
	if (x->what != what)
		return x->what < what ? -1 : 1;
	return x->number < number ? -1 : x->number > number;
}

static int
compare_finds(const void *a, const void *b)
{
	const struct find *x = a, *y = b;
	int order = compare_kind(x, y->what, y->number);

	return order != 0 ? order
			  : (x->offset > y->offset) - (x->offset < y->offset);
}

void
finds_sort(struct finds *finds)
{
	if (finds->count > 0)
		qsort(finds->list, finds->count, sizeof(*finds->list),
		    compare_finds);
}

const struct find *
finds_of(const struct finds *finds, enum find_what what, uint32_t number,
    size_t *count)
{
	size_t low = 0, high = finds->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_kind(&finds->list[middle], what, number) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < finds->count &&
	     compare_kind(&finds->list[end], what, number) == 0;
	     end++)
		;
	*count = end - low;
	return *count > 0 ? finds->list + low : NULL;
}

void
finds_free(struct finds *finds)
{
	free(finds->list);
	*finds = (struct finds){ 0 };
}

/* What an entry of that name is. */
static int
name_means(const char *name, struct find *find)
{
	static const struct {
		const char *name;
		enum find_what what;
	} names[] = { { FORMAT_CATALOG, FIND_CATALOG },
		{ FORMAT_SCHEMA, FIND_SCHEMA },
		{ FORMAT_GLOBALS, FIND_GLOBALS },
		{ FORMAT_MANIFEST, FIND_MANIFEST },
		{ FORMAT_INDEX, FIND_INDEX } };
	enum part_kind kind;
	uint64_t number;
	size_t i;

	find->number = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) != 0)
			continue;
		find->what = names[i].what;
		return 1;
	}
	if (format_parse_part_name(name, &number, &kind) != 0)
		return 0;
	find->what = FIND_PART;
	find->number = (uint32_t)number;
	return 1;
}

int
scan_head(
    const uint8_t *block, int64_t created, struct find *find, uint64_t *size)
{
	struct err err = ERR_INIT;
	struct tar_entry entry;
	char mtime[24];
	int64_t t;

	/* Cheap, for there may be many that are none. */
	(void)snprintf(
	    mtime, sizeof(mtime), "%011llo", (unsigned long long)created);
	if (memcmp(block + MAGIC_AT, MAGIC, MAGIC_SIZE) != 0 ||
	    memcmp(block + MTIME_AT, mtime, 11) != 0 ||
	    tar_parse_head(block, &entry, &t, &err) != 1 || t != created ||
	    entry.size > ENTRIES_SIZE_MAX || !name_means(entry.name, find))
		return 0;
	*size = entry.size;
	find->room =
	    TAR_BLOCK + (entry.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	return 1;
}

int
scan_read(struct blob *blob, uint64_t offset, uint8_t *buf, size_t size)
{
	struct err err = ERR_INIT;
	size_t at, now;
	int rc = 0;

	if (blob_read(blob, offset, buf, size, &err) == 0)
		return 0;
	/* What a disk can't read it can't in blocks. */
	for (at = 0; at < size; at += now) {
		now = TAR_BLOCK - (offset + at) % TAR_BLOCK;
		if (now > size - at)
			now = size - at;
		if (blob_read(blob, offset + at, buf + at, now, &err) == 0)
			continue;
		memset(buf + at, 0, now);
		rc = -1;
	}
	return rc;
}

/* Have so many of the file's bytes at ${at} in the window, and ${most} if
 * they are to be read; NULL if there are not as many. */
static const uint8_t *
look(struct scan *s, uint64_t at, size_t least, size_t most)
{
	if (at > s->size || s->size - at < least)
		return NULL;
	if (at < s->at || at + least > s->at + s->len) {
		s->at = at;
		s->len = s->size - at < most ? (size_t)(s->size - at) : most;
		(void)scan_read(s->blob, at, s->window, s->len);
	}
	return s->window + (at - s->at);
}

/* Where, at ${at} or behind it, a header may begin; the file's end if
 * nowhere. */
static int
seek(struct scan *s, uint64_t *at, struct err *err)
{
	size_t stride = STEP;

	for (;;) {
		const uint8_t *here =
		    look(s, *at, MAGIC_AT + MAGIC_SIZE, stride);
		const uint8_t *hit;
		size_t len;

		if (here == NULL) {
			*at = s->size;
			return 0;
		}
		len = (size_t)(s->window + s->len - here);
		hit =
		    memmem(here + MAGIC_AT, len - MAGIC_AT, MAGIC, MAGIC_SIZE);
		if (hit != NULL) {
			*at += (uint64_t)(hit - here) - MAGIC_AT;
			return 0;
		}
		/* One may begin within the window's last bytes. */
		*at += len - MAGIC_AT - MAGIC_SIZE + 1;
		if (stride < STRIDE)
			stride *= 2;
		if (stop_check(err) != 0)
			return -1;
	}
}

/* Where to go on: where the entry ends, if the next begins there; else it may
 * be cut, or lack bytes, and the next begins within what should be its own. */
static uint64_t
behind(struct scan *s, const struct find *find)
{
	uint64_t end = find->offset + find->room, size;
	const uint8_t *block = look(s, end, TAR_BLOCK, STEP);
	struct find next;

	return block != NULL && scan_head(block, s->created, &next, &size)
	    ? end
	    : find->offset + ENTRY_MIN;
}

static int
scan_all(struct scan *s, uint64_t at, struct finds *finds, struct err *err)
{
	uint64_t size;
	int rc = 0;

	while (rc == 0 && at < s->size) {
		const uint8_t *block = look(s, at, TAR_BLOCK, STEP);
		struct find find = { .offset = at };

		if (block == NULL ||
		    !scan_head(block, s->created, &find, &size)) {
			at++;
			rc = seek(s, &at, err);
			continue;
		}
		at = behind(s, &find);
		if (find.room > s->size - find.offset)
			find.room = s->size - find.offset;
		finds_add(finds, &find);
		rc = stop_check(err);
	}
	return rc;
}

int
scan_file(struct blob *blob, uint64_t from, int64_t created,
    struct finds *finds, struct err *err)
{
	struct scan *s = mem_zalloc(sizeof(*s));
	int rc;

	s->blob = blob;
	s->created = created;
	s->size = blob_size(blob);
	rc = scan_all(s, from, finds, err);
	free(s);
	return rc;
}
