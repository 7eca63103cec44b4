#include "archive/manifest.h"
#include "fuzz.h"

/* The manifest, of a database of as many tables as the first byte says.
 * (mutate.c) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct manifest *m, *same;
	struct buf again = { 0 };
	size_t i;

	if (size == 0)
		return 0;
	m = manifest_load(data + 1, size - 1, data[0], &err);
	if (m == NULL) {
		insist(err.kind == ERR_DAMAGED && err.msg[0] != '\0');
		return 0;
	}
	insist(m->table_count == data[0]);
	for (i = 0; i < m->part_count; i++)
		insist(m->parts[i].head.kind == PART_LOBJS ||
		    m->parts[i].head.table < m->table_count);
	/* Casts to integers are made of these. */
	insist(m->duration >= 0 && m->duration <= 1e12);
	insist(m->locked >= 0 && m->locked <= 1e12);
	insist(manifest_dump(m, &again, &err) == 0);
	same = manifest_load(again.data, again.len, data[0], &err);
	insist(same != NULL);
	manifest_free(same);
	manifest_free(m);
	buf_free(&again);
	return 0;
}
