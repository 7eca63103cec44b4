#ifndef JOB_BACKUP_RESULT_H
#define JOB_BACKUP_RESULT_H

#include "archive/manifest.h"
#include "db/catalog.h"

/* What a backup amounted to. */

/* A table, as people write its name: in UTF-8 where that can be. */
struct backup_table {
	char *schema;
	char *name;
	uint64_t rows;
};

struct backup_result {
	char *path; /* of the archive, or NULL on standard output */
	char *name; /* the folder's in the repository, or NULL */
	char id[37];
	int64_t created; /* the snapshot's time */
	size_t tables;   /* that have rows of their own */
	uint64_t rows;
	uint64_t bytes_in;  /* of rows */
	uint64_t bytes_out; /* of the archive */
	double seconds;
	struct backup_table *each; /* every table, partitioned ones too */
	size_t each_count;
};

/* result_tables(cat, manifest, result): fill in the tables and their sums. */
void result_tables(const struct catalog *cat, const struct manifest *manifest,
    struct backup_result *result);
void backup_result_clear(struct backup_result *result);

#endif
