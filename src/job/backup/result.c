#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/encoding.h"
#include "job/backup/result.h"

/* A name as people write it. */
static char *
show_name(const struct catalog *cat, const char *name)
{
	char *shown =
	    text_is_utf8(name) ? NULL : encoding_to_utf8(cat->encoding, name);

	return shown != NULL ? shown : mem_strdup(name);
}

void
result_tables(const struct catalog *cat, const struct manifest *manifest,
    struct backup_result *result)
{
	size_t i, n = cat->table_count;

	result->each = mem_array(NULL, n + 1, sizeof(*result->each));
	result->each_count = n;
	result->bytes_in = manifest->lobjs.bytes;
	for (i = 0; i < n; i++) {
		const struct table *t = &cat->tables[i];

		result->each[i] = (struct backup_table){
			.schema = show_name(cat, t->schema),
			.name = show_name(cat, t->name),
			.rows = manifest->tables[i].digest.rows,
		};
		result->tables += table_has_rows(t) != 0;
		result->rows += manifest->tables[i].digest.rows;
		result->bytes_in += manifest->tables[i].bytes;
	}
}

void
backup_result_clear(struct backup_result *result)
{
	size_t i;

	for (i = 0; i < result->each_count; i++) {
		free(result->each[i].schema);
		free(result->each[i].name);
	}
	free(result->each);
	free(result->path);
	free(result->name);
	*result = (struct backup_result){ 0 };
}
