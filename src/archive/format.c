#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive/format.h"
#include "base/text.h"
#include "base/wire.h"

#define NUMBER_DIGITS 8

void
format_part_name(
    uint64_t number, enum part_kind kind, char name[TAR_NAME_MAX + 1])
{
	(void)snprintf(name, TAR_NAME_MAX + 1, "%s/%08" PRIu64,
	    kind == PART_ROWS ? "data" : "lo", number);
}

int
format_parse_part_name(const char *name, uint64_t *number, enum part_kind *kind)
{
	if (strncmp(name, "data/", 5) == 0) {
		*kind = PART_ROWS;
		name += 5;
	} else if (strncmp(name, "lo/", 3) == 0) {
		*kind = PART_LOBJS;
		name += 3;
	} else {
		return -1;
	}
	if (strlen(name) != NUMBER_DIGITS ||
	    text_number(name, FORMAT_PARTS_MAX, number) != 0 || *number == 0)
		return -1;
	return 0;
}

void
format_put_part_head(
    const struct part_head *head, uint8_t out[FORMAT_PART_HEAD_SIZE])
{
	memset(out, 0, FORMAT_PART_HEAD_SIZE);
	wire_put_le32(out, (uint32_t)head->kind);
	wire_put_le32(out + 4, head->table);
	wire_put_le32(out + 8, head->final ? 1 : 0);
	wire_put_le32(out + 12, head->table_parts);
	wire_put_le64(out + 16, head->digest.rows);
	wire_put_le64(out + 24, head->bytes);
	wire_put_le64(out + 32, head->digest.low);
	wire_put_le64(out + 40, head->digest.high);
	wire_put_le32(out + 48, (uint32_t)head->layout);
}

int
format_get_part_head(const uint8_t in[FORMAT_PART_HEAD_SIZE],
    struct part_head *head, struct err *err)
{
	static const uint8_t zeros[FORMAT_PART_HEAD_SIZE - 52];
	uint32_t kind = wire_get_le32(in), final = wire_get_le32(in + 8);
	uint32_t layout = wire_get_le32(in + 48);

	if (kind > PART_LOBJS || final > 1 || layout > LAYOUT_COLUMNS ||
	    memcmp(in + 52, zeros, sizeof(zeros)) != 0)
		return err_set(err, ERR_DAMAGED,
		    "the part's head has values that format %d does not know",
		    FORMAT_NUMBER);
	head->kind = (enum part_kind)kind;
	head->layout = (enum part_layout)layout;
	head->table = wire_get_le32(in + 4);
	head->final = (int) final;
	head->table_parts = wire_get_le32(in + 12);
	head->digest.rows = wire_get_le64(in + 16);
	head->bytes = wire_get_le64(in + 24);
	head->digest.low = wire_get_le64(in + 32);
	head->digest.high = wire_get_le64(in + 40);
	if (head->bytes > FORMAT_PART_MAX)
		return err_set(err, ERR_DAMAGED,
		    "the part states %" PRIu64 " bytes, more than any can have",
		    head->bytes);
	return 0;
}

void
format_uuid(const uint8_t id[FORMAT_ID_SIZE], char text[FORMAT_UUID_SIZE])
{
	size_t i, o = 0;

	for (i = 0; i < FORMAT_ID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[o++] = '-';
		(void)snprintf(text + o, 3, "%02x", id[i]);
		o += 2;
	}
}

int
format_parse_uuid(const char *text, uint8_t id[FORMAT_ID_SIZE])
{
	char again[FORMAT_UUID_SIZE];
	unsigned byte;
	size_t i;

	if (strlen(text) != FORMAT_UUID_SIZE - 1)
		return -1;
	for (i = 0; i < FORMAT_ID_SIZE; i++) {
		/* Two digits a byte, after 0 to 4 dashes. */
		size_t at = 2 * i + (i >= 4) + (i >= 6) + (i >= 8) + (i >= 10);

		if (sscanf(text + at, "%2x", &byte) != 1)
			return -1;
		id[i] = (uint8_t)byte;
	}
	format_uuid(id, again);
	return strcmp(again, text) == 0 ? 0 : -1;
}
