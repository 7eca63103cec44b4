#ifndef JOB_VIEW_SHOW_H
#define JOB_VIEW_SHOW_H

#include <jansson.h>

#include "archive/reader.h"
#include "job/view/locate.h"

/* What an archive tells about itself, and as JSON documents whose members
 * pgcask(1) describes under "JSON OUTPUT". */
struct show {
	const struct header *header;
	uint64_t size;                   /* of the file; 0 for a stream */
	const struct catalog *catalog;   /* NULL without a key */
	const struct manifest *manifest; /* NULL without a key */
};

/* show_read(reader, show, err): everything of an unlocked reader, which lends
 * it; a stream is read to its end and checked. */
int show_read(struct reader *reader, struct show *show, struct err *err);

struct show_totals {
	size_t tables; /* that may have rows */
	uint64_t rows;
	uint64_t bytes;  /* of rows and large objects, uncompressed */
	uint64_t sealed; /* the same in the archive */
};

void show_totals(const struct show *show, struct show_totals *totals);

/* A table with what the archive holds of it. */
struct show_table {
	const struct table *table;
	const struct manifest_table *data;
};

/* show_tables(show, count): those that may have rows, by bytes, the largest
 * first; the caller frees. */
struct show_table *show_tables(const struct show *show, size_t *count);

/* show_version(version, out): 150004 as "15.4", 90624 as "9.6.24". */
#define SHOW_VERSION_SIZE 24
void show_version(int version, char out[SHOW_VERSION_SIZE]);

/* show_json(show, tables): a new object; ${tables} adds one object each. */
json_t *show_json(const struct show *show, int tables);
/* show_found_json(found, show, error): one archive of a repository as a new
 * object; ${show} is NULL if it is damaged, which ${error} then describes. */
json_t *show_found_json(const struct found *found, const struct show *show,
    const struct err *error);

#endif
