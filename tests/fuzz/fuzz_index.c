#include <string.h>

#include "archive/index.h"
#include "base/wire.h"
#include "fuzz.h"

#define TAIL_COUNT 96
#define TAIL_END 112

/* Put root and signature right, so that what lies behind them is reached. */
static void
sign(uint8_t *body, size_t len, const struct header *header,
    const struct archive_keys *keys)
{
	static const char context[] = "pgcask index 1";
	struct sealing nobody = { .seal_key = NULL };
	uint8_t *tail = body + len - INDEX_TAIL_SIZE;
	uint64_t count = wire_get_le64(tail + TAIL_COUNT);
	struct err err = ERR_INIT;
	struct buf text = { 0 };

	if (count <= (len - INDEX_TAIL_SIZE) / INDEX_RECORD_SIZE)
		hash_once(body, (size_t)count * INDEX_RECORD_SIZE, tail);
	(void)buf_add(&text, context, sizeof(context), &err);
	(void)buf_add(&text, header->id, FORMAT_ID_SIZE, &err);
	(void)buf_add(&text, tail, HASH_SIZE, &err);
	(void)buf_add(&text, tail + TAIL_COUNT, TAIL_END - TAIL_COUNT, &err);
	header_sign(&nobody, keys, text.data, text.len, tail + HASH_SIZE);
	buf_free(&text);
}

static void
check(const struct index *index, uint64_t offset)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < index->count; i++) {
		insist(index->records[i].offset == at);
		insist(index->records[i].length >= TAR_BLOCK);
		at += index->records[i].length;
	}
	insist(at == offset);
}

/* The index; an odd first byte asks for a good signature. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header header = { .is_signed = 0 };
	struct archive_keys keys = { .mac = { 1 } };
	struct err err = ERR_INIT;
	struct index *index;
	uint64_t offset = 0;
	uint8_t *body;

	if (size < 1)
		return 0;
	body = malloc(size);
	insist(body != NULL);
	memcpy(body, data + 1, size - 1);
	size--;
	if (size >= INDEX_TAIL_SIZE) {
		offset = wire_get_le64(body + size - INDEX_TAIL_SIZE + 104);
		if (data[0] & 1)
			sign(body, size, &header, &keys);
	}
	index = index_parse(body, size, offset, &header, &keys, &err);
	if (index != NULL)
		check(index, offset);
	else
		insist(err.kind == ERR_DAMAGED);
	index_free(index);
	free(body);
	return 0;
}
