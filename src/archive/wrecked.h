#ifndef ARCHIVE_WRECKED_SRC_H
#define ARCHIVE_WRECKED_SRC_H

#include <pthread.h>

#include "archive/wreck.h"

/* A wreck's own, of wreck.c and its parts alone. */

/* An entry is two blocks at least. */
#define WRECK_ENTRY_MIN (2 * TAR_BLOCK)

struct wreck {
	struct blob *blob;
	uint64_t begins; /* where the entries behind the header do */
	const struct header *header;
	const struct archive_keys *keys;
	const struct catalog *cat;
	struct finds finds;        /* sorted, once wreck_find() is through */
	uint64_t tries;            /* that wreck_search() has left */
	uint64_t index_parts;      /* that the index knows; if it is whole */
	struct err no_index;       /* ERR_NONE if it is */
	struct manifest *manifest; /* the archive's own, or NULL */
	struct wreck_part *parts;  /* part N is parts[N - 1] */
	uint64_t part_count;
	pthread_mutex_t lock;     /* guards the parts' states, and: */
	struct manifest *remains; /* once settled */
	uint64_t *numbers;        /* of each part of those: its own, or 0 */
};

/* wreck_place(w, position, name): where an entry belongs. */
struct seal_place
wreck_place(const struct wreck *w, uint64_t position, const char *name);

/* wreck_peek(w, find, name, head): whether what was found is a part, authentic
 * as far as its first message goes; ${name} gets its name, ${head} what it
 * tells of itself. */
int wreck_peek(const struct wreck *w, const struct find *find,
    char name[TAR_NAME_MAX + 1], struct part_head *head);

/* wreck_search(w, region, low, high): find parts of these numbers whose tar
 * headers are damaged between others, by what they are sealed with.  Fails
 * only when it is told to stop. */
int wreck_search(struct wreck *w, const struct find *region, uint64_t low,
    uint64_t high, struct err *err);

#endif
