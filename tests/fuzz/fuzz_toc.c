#include <string.h>

#include "db/toc.h"
#include "fuzz.h"

/* pg_dump's table of contents: every text ends, every number is in range. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct toc *toc = toc_parse(data, size, &err);
	size_t i, d, texts = 0;

	if (toc == NULL) {
		insist(err.kind == ERR_DAMAGED && err.msg[0] != '\0');
		return 0;
	}
	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		insist(e->id >= 1 && e->id <= toc->max_id);
		for (d = 0; d < e->dep_count; d++)
			insist(e->deps[d] >= 1);
		texts += strlen(e->tag) + strlen(e->desc) + strlen(e->defn) +
		    strlen(e->drop) + strlen(e->schema) + strlen(e->owner);
		if (e->tablespace != NULL)
			texts += strlen(e->tablespace);
		if (e->access_method != NULL)
			texts += strlen(e->access_method);
	}
	insist(texts + strlen(toc->dbname) <= size);
	insist(toc->encoding != NULL && toc->std_strings != NULL);
	toc_free(toc);
	return 0;
}
