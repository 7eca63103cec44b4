#include <string.h>

#include "archive/catalog_doc.h"
#include "fuzz.h"

/* The catalog: what is taken is the same after being written and read.
 * (mutate.c) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct catalog *cat = catalog_doc_load(data, size, &err), *same;
	struct buf once = { 0 }, twice = { 0 };
	size_t i;

	if (cat == NULL) {
		insist(err.kind == ERR_DAMAGED && err.msg[0] != '\0');
		return 0;
	}
	for (i = 0; i < cat->table_count; i++)
		insist(cat->tables[i].parent < (int)cat->table_count &&
		    cat->tables[i].schema != NULL);
	insist(catalog_doc_dump(cat, &once, &err) == 0);
	same = catalog_doc_load(once.data, once.len, &err);
	insist(same != NULL);
	insist(catalog_doc_dump(same, &twice, &err) == 0);
	insist(once.len == twice.len &&
	    memcmp(once.data, twice.data, once.len) == 0);
	catalog_free(same);
	catalog_free(cat);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
