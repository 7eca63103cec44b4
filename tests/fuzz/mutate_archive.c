#include <string.h>

#include "golden.h"
#include "stream/tar.h"

/*
 * A mutator for inputs that are what is left of the golden archive.  It does
 * what a failing disk and a hostile hand do: it cuts, takes out, moves, repeats
 * and wipes whole blocks, puts pieces of the golden archive back, and rewrites
 * tar headers so that they are good ones and lie.  Bytes alone it leaves to
 * libFuzzer's own, since one wrong byte spoils a header or a seal.
 */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

#define COPY_MAX ((size_t)64 << 10)

static unsigned
draw(unsigned *seed, size_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % (unsigned)below;
}

/* Put ${len} bytes into the place of those from ${from} to ${to}. */
static size_t
splice(uint8_t *data, size_t size, size_t max, size_t from, size_t to,
    const void *bytes, size_t len)
{
	if (size - (to - from) + len > max)
		return size;
	memmove(data + from + len, data + to, size - to);
	if (len > 0)
		memcpy(data + from, bytes, len);
	return size - (to - from) + len;
}

/* A run of blocks, mostly; now and then of bytes. */
static void
choose(size_t size, unsigned *seed, size_t *from, size_t *to)
{
	size_t unit = draw(seed, 8) == 0 ? 1 : TAR_BLOCK;
	size_t units = size / unit;

	*from = draw(seed, units + 1) * unit;
	*to = *from +
	    draw(seed, draw(seed, 4) == 0 ? units - *from / unit + 1 : 4) *
		unit;
	if (*to > size)
		*to = size;
}

/* A tar header at or behind some block; the size if there is none. */
static size_t
find_head(const uint8_t *data, size_t size, unsigned *seed)
{
	size_t at = draw(seed, size / TAR_BLOCK + 1) * TAR_BLOCK;

	for (; at + TAR_BLOCK <= size; at += TAR_BLOCK)
		if (memcmp(data + at + 257, "ustar", 5) == 0)
			return at;
	return size;
}

/* An entry of the golden archive, its header, or its body. */
static void
choose_golden(unsigned *seed, size_t *from, size_t *to)
{
	const struct buf *golden = golden_archive();
	struct tar_entry entry;
	struct err err = ERR_INIT;
	int64_t mtime;

	*from = *to = 0;
	for (;;) {
		*from = find_head(golden->data, golden->len, seed);
		if (*from < golden->len &&
		    tar_parse_head(
			golden->data + *from, &entry, &mtime, &err) == 1)
			break;
	}
	*to = *from + TAR_BLOCK;
	if (draw(seed, 4) > 0)
		*to += ((size_t)entry.size + TAR_BLOCK - 1) / TAR_BLOCK *
		    TAR_BLOCK;
	if (draw(seed, 6) == 0)
		*from += TAR_BLOCK;
}

/* Another name or size, and the check sum that fits. */
static void
rewrite_head(uint8_t *block, unsigned *seed)
{
	static const char *const names[] = { "catalog", "schema", "globals",
		"manifest", "index", "data/00000001", "data/00000002",
		"lo/00000003", "data/00000004", "data/00000005",
		"data/00000008", "lo/00000001", "data/00000030",
		"data/99999999" };
	static const uint64_t sizes[] = { 0, 1, 135, 153, 343, 505, 512, 1024,
		1814, 9907, 30000, 65536, 1u << 30, UINT64_C(5) << 30,
		UINT64_C(077777777777) };
	struct tar_entry entry;
	struct buf head = { 0 };
	struct err err = ERR_INIT;
	int64_t mtime;

	if (tar_parse_head(block, &entry, &mtime, &err) != 1)
		return;
	if (draw(seed, 2) == 0)
		(void)snprintf(entry.name, sizeof(entry.name), "%s",
		    names[draw(seed, sizeof(names) / sizeof(names[0]))]);
	else
		entry.size =
		    sizes[draw(seed, sizeof(sizes) / sizeof(sizes[0]))];
	if (tar_head(entry.name, entry.size, mtime, &head, &err) == 0 &&
	    head.len == TAR_BLOCK)
		memcpy(block, head.data, TAR_BLOCK);
	buf_free(&head);
}

static size_t
change(uint8_t *data, size_t size, size_t max, unsigned *seed)
{
	static uint8_t copy[COPY_MAX];
	const struct buf *golden = golden_archive();
	size_t from, to, at, len, end;

	choose(size, seed, &from, &to);
	switch (draw(seed, 8)) {
	case 0:
		return splice(data, size, max, from, to, "", 0);
	case 1:
		memset(data + from, draw(seed, 4) == 0 ? 0xff : 0, to - from);
		return size;
	case 2: /* again, elsewhere, or over what is there */
		len = to - from < COPY_MAX ? to - from : COPY_MAX;
		memcpy(copy, data + from, len);
		choose(size, seed, &from, &to);
		return splice(data, size, max, from,
		    draw(seed, 2) == 0 ? from : to, copy, len);
	case 3: /* a piece of the golden one, anywhere */
		choose_golden(seed, &at, &end);
		return splice(
		    data, size, max, from, from, golden->data + at, end - at);
	case 4: /* or before an entry, or in its place */
		choose_golden(seed, &at, &end);
		from = find_head(data, size, seed);
		to = from + (end - at);
		if (to > size || draw(seed, 2) == 0)
			to = from;
		return splice(
		    data, size, max, from, to, golden->data + at, end - at);
	case 5:
	case 6:
		at = find_head(data, size, seed);
		if (at < size)
			rewrite_head(data + at, seed);
		return size;
	default:
		return from > 0 ? from : size;
	}
}

/* What can be opened at all. */
static size_t
mend_front(uint8_t *data, size_t size, size_t max)
{
	const struct buf *golden = golden_archive();
	struct tar_entry entry;
	struct err err = ERR_INIT;
	size_t at = 0, i;
	int64_t mtime;

	/* The header and the catalog. */
	for (i = 0; i < 2; i++) {
		insist(tar_parse_head(
			   golden->data + at, &entry, &mtime, &err) == 1);
		at += TAR_BLOCK +
		    ((size_t)entry.size + TAR_BLOCK - 1) / TAR_BLOCK *
			TAR_BLOCK;
	}
	if (at > max)
		return size;
	memcpy(data, golden->data, at);
	return size > at ? size : at;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	unsigned times = 1 + draw(&seed, 3);

	if (draw(&seed, 6) == 0)
		return LLVMFuzzerMutate(data, size, max);
	while (times-- > 0)
		size = change(data, size, max, &seed);
	if (draw(&seed, 8) > 0)
		size = mend_front(data, size, max);
	return size;
}
