#ifndef ARCHIVE_MANIFEST_H
#define ARCHIVE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "archive/format.h"
#include "base/buf.h"

/* What was really written: the last sealed entry, as JSON. */

struct manifest_table {
	uint64_t bytes; /* of rows, uncompressed */
	uint32_t parts;
	struct digest digest; /* and rows */
};

struct manifest_part {
	struct part_head head;
	uint64_t sealed; /* bytes of the entry */
};

struct manifest {
	/* In the order of the catalog's tables. */
	struct manifest_table *tables;
	size_t table_count;
	struct manifest_part *parts; /* part N is parts[N - 1] */
	size_t part_count;
	struct manifest_table lobjs; /* records as rows */
	uint64_t lobj_count;
	char **warnings;
	size_t warning_count;
	/* Seconds. */
	double locked;   /* from the snapshot to the last row */
	double duration; /* of the whole backup, up to the manifest */
	unsigned jobs;
	int level;
};

struct manifest *manifest_new(size_t table_count);
/* manifest_add(m, number, head, sealed): note part ${number}; keeps the sums
 * of its table.  The caller serialises. */
void manifest_add(struct manifest *m, uint64_t number,
    const struct part_head *head, uint64_t sealed);
void manifest_warn(struct manifest *m, const char *text);
int manifest_dump(const struct manifest *m, struct buf *out, struct err *err);
/* manifest_load(data, len, table_count, err): checks that the parts add up to
 * the tables. */
struct manifest *manifest_load(
    const void *data, size_t len, size_t table_count, struct err *err);
void manifest_free(struct manifest *m);

#endif
