#ifndef ARCHIVE_SCAN_H
#define ARCHIVE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "archive/format.h"
#include "storage/store.h"

/*
 * Finding the entries of a damaged archive by their tar headers, when its index
 * can't tell: from header to header, and where one is damaged, on to the next
 * good one, at whatever byte it begins.  What is found is a place to look at,
 * and nothing more: whoever can write to the file can write such headers, too.
 *
 * Headers that are found are at least two blocks apart, so that memory is a
 * small part of the file's size; but what they say of sizes may overlap.
 */

/* What an entry may be.  The documents in front have their positions. */
enum find_what {
	FIND_CATALOG = FORMAT_CATALOG_AT,
	FIND_SCHEMA = FORMAT_SCHEMA_AT,
	FIND_GLOBALS = FORMAT_GLOBALS_AT,
	FIND_PART,
	FIND_MANIFEST,
	FIND_INDEX
};

struct find {
	uint64_t offset; /* of the tar header */
	uint64_t room;   /* bytes to where the next entry may begin */
	uint32_t number; /* of a part */
	enum find_what what;
};

struct finds {
	struct find *list;
	size_t count;
};

void finds_add(struct finds *finds, const struct find *find);
/* finds_sort(finds): by what they are, parts by number, then by offset. */
void finds_sort(struct finds *finds);
/* finds_of(finds, what, number, count): of sorted ones, the first of these and
 * how many there are; NULL if there is none. */
const struct find *finds_of(const struct finds *finds, enum find_what what,
    uint32_t number, size_t *count);
void finds_free(struct finds *finds);

/* scan_head(block, created, find, size): whether ${block} is the tar header of
 * an entry of an archive of that time; ${*size} is that of its body. */
int scan_head(
    const uint8_t *block, int64_t created, struct find *find, uint64_t *size);

/* scan_read(blob, offset, buf, size): what can be read of these bytes, which
 * are in the file; what can't be is zero.  Return 0, or -1 if some was not. */
int scan_read(struct blob *blob, uint64_t offset, uint8_t *buf, size_t size);

/* scan_file(blob, from, created, finds, err): add all entries behind ${from},
 * in the file's order; one that is cut has the room that is left.  Fails only
 * when it is told to stop. */
int scan_file(struct blob *blob, uint64_t from, int64_t created,
    struct finds *finds, struct err *err);

#endif
