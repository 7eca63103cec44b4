#ifndef JOB_KEEP_FIGURES_H
#define JOB_KEEP_FIGURES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What one backup amounted to: what tells whether another is like it. */

#define FIGURES_ID_SIZE 37

struct figures_table {
	char *schema;
	char *name;
	uint64_t rows;
};

struct figures {
	char id[FIGURES_ID_SIZE]; /* of the archive */
	int64_t created;          /* the snapshot's time */
	double seconds;           /* that the backup took */
	uint64_t bytes;           /* of rows and large objects, uncompressed */
	struct figures_table *tables;
	size_t table_count;
};

/* figures_add(f, schema, name, rows): one more table; names are copied. */
void figures_add(
    struct figures *f, const char *schema, const char *name, uint64_t rows);
/* figures_sort(f): by schema and name, as figures_find() needs it. */
void figures_sort(struct figures *f);
const struct figures_table *
figures_find(const struct figures *f, const char *schema, const char *name);
/* figures_clear(f): free what it has, and forget all. */
void figures_clear(struct figures *f);

/* figures_json(f): a new document.  figures_read(doc, f, err): from one;
 * sorted; ERR_DAMAGED for what is none, of which nothing is kept. */
json_t *figures_json(const struct figures *f);
int figures_read(const json_t *doc, struct figures *f, struct err *err);

#endif
