#include <string.h>

#include "archive/header.h"
#include "fuzz.h"

/* The header: what is taken is written in the one way there is, and no key of
 * ours opens it.  (mutate.c) */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct header *h;
	struct buf again = { 0 };

	insist(keys_init(&err) == 0);
	h = header_load(data, size, &err);
	if (h == NULL) {
		insist(err.kind == ERR_DAMAGED && err.msg[0] != '\0');
		return 0;
	}
	insist(header_dump(h, &again, &err) == 0);
	insist(again.len == size && memcmp(again.data, data, size) == 0);
	insist(h->slot_count <= KEYS_RECIPIENTS_MAX + 2);
	buf_free(&again);
	header_free(h);
	return 0;
}
