#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "fuzz.h"
#include "stream/seal.h"

/*
 * Sealed entries by somebody who has the key, with messages of any tag and
 * length, in any order: only the one layout that there is may be opened.
 * The input: a byte, odd if there is a head; then three bytes for each message,
 * its tag and its length (65,535: a full one).
 */

#define HEAD 64
#define MESSAGES 40

static const uint8_t zeros[SEAL_MESSAGE];
static const uint8_t key[SEAL_KEY_SIZE] = { 7 };
static const struct seal_place place = {
	.id = { 1 }, .position = 4, .name = "data/1"
};

struct message {
	unsigned char tag;
	size_t len;
};

static size_t
read_messages(const uint8_t *data, size_t size, struct message *list)
{
	size_t n = 0;

	for (; size >= 3 && n < MESSAGES; data += 3, size -= 3, n++) {
		list[n].tag = data[0] & 3;
		list[n].len = data[1] | (size_t)data[2] << 8;
		if (list[n].len == 65535)
			list[n].len = SEAL_MESSAGE;
	}
	return n;
}

static void
seal(const struct message *list, size_t count, struct buf *out)
{
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t label[SEAL_ID_SIZE + 8 + 6] = { 1 };
	struct err err = ERR_INIT;
	size_t i;

	label[SEAL_ID_SIZE] = 4;
	memcpy(label + SEAL_ID_SIZE + 8, place.name, 6);
	insist(buf_reserve(out, SEAL_HEAD_SIZE, &err) == 0);
	(void)crypto_secretstream_xchacha20poly1305_init_push(
	    &state, out->data, key);
	out->len = SEAL_HEAD_SIZE;
	for (i = 0; i < count; i++) {
		size_t len = list[i].len;

		insist(buf_reserve(out, len + SEAL_EXTRA, &err) == 0);
		(void)crypto_secretstream_xchacha20poly1305_push(&state,
		    out->data + out->len, NULL, zeros, len, label,
		    sizeof(label), list[i].tag);
		out->len += len + SEAL_EXTRA;
	}
}

static int
is_canonical(const struct message *list, size_t count, size_t head)
{
	size_t i, first = head > 0 ? 1 : 0;

	if (count <= first ||
	    (head > 0 && (list[0].tag != 1 || list[0].len != head)))
		return 0;
	for (i = first; i + 1 < count; i++)
		if (list[i].tag != 0 || list[i].len != SEAL_MESSAGE)
			return 0;
	return list[i].tag == 3 && (list[i].len > 0 || i == first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message list[MESSAGES];
	struct err err = ERR_INIT;
	struct buf entry = { 0 };
	uint8_t out[HEAD], *body;
	size_t count, head, len, plain;
	int rc;

	insist(sodium_init() >= 0);
	if (size == 0)
		return 0;
	head = data[0] & 1 ? HEAD : 0;
	count = read_messages(data + 1, size - 1, list);
	seal(list, count, &entry);
	plain = entry.len - SEAL_HEAD_SIZE - count * SEAL_EXTRA;
	rc = seal_open_in_place(
	    key, &place, out, head, entry.data, entry.len, &body, &len, &err);
	insist(rc == (is_canonical(list, count, head) ? 0 : -1));
	if (rc == 0)
		insist(len == plain - head && body > entry.data &&
		    body + len <= entry.data + entry.len);
	else
		insist(err.kind == ERR_DAMAGED);
	buf_free(&entry);
	return 0;
}
