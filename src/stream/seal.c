#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "stream/seal.h"

#define TAG_SIZE 1  /* before a message's ciphertext */
#define MAC_SIZE 16 /* after it */
#define SLOT_SIZE (SEAL_MESSAGE + SEAL_EXTRA)

#define TAG_HEAD crypto_secretstream_xchacha20poly1305_TAG_PUSH
#define TAG_BODY crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define TAG_LAST crypto_secretstream_xchacha20poly1305_TAG_FINAL

_Static_assert(
    SEAL_KEY_SIZE == crypto_secretstream_xchacha20poly1305_KEYBYTES &&
	SEAL_HEAD_SIZE == crypto_secretstream_xchacha20poly1305_HEADERBYTES &&
	SEAL_EXTRA == crypto_secretstream_xchacha20poly1305_ABYTES &&
	SEAL_EXTRA == TAG_SIZE + MAC_SIZE,
    "the sizes of format 1 are those of libsodium's secretstream");

/* The associated data of every message of an entry. */
struct label {
	uint8_t *data;
	size_t len;
};

static struct label
label_new(const struct seal_place *place)
{
	size_t name_len = strlen(place->name);
	struct label label;

	label.len = SEAL_ID_SIZE + 8 + name_len;
	label.data = mem_alloc(label.len);
	memcpy(label.data, place->id, SEAL_ID_SIZE);
	wire_put_le64(label.data + SEAL_ID_SIZE, place->position);
	memcpy(label.data + SEAL_ID_SIZE + 8, place->name, name_len);
	return label;
}

/* Where the body's first message begins. */
static size_t
body_at(size_t head_len)
{
	return SEAL_HEAD_SIZE + (head_len > 0 ? head_len + SEAL_EXTRA : 0);
}

/*
 * The buffer is laid out as the sealed entry will be: room for the stream's
 * header and the head, then slots of a tag byte, a message and a MAC.  Its
 * end is that of the plaintext in the last slot, so the last MAC's room is
 * not in it yet; a slot is opened only when there is a byte for it, so the
 * last message is empty only if the entry is.
 */
struct sealer {
	struct sink sink; /* what sealer_sink() lends */
	struct buf buf;
	size_t head_len;
	size_t in_slot; /* plaintext bytes in the last slot */
	size_t hint;    /* the size of the entry before this one */
};

static int
sealer_start(struct sealer *s, struct err *err)
{
	size_t start = body_at(s->head_len) + TAG_SIZE;

	if (s->buf.len > 0)
		return 0;
	/* Entries are of one size, more or less: with the last one's from the
	 * start, none is copied while it grows.  Pages that are not reached
	 * are not paid for. */
	if (buf_reserve(&s->buf, s->hint > start ? s->hint : start, err) != 0)
		return -1;
	s->buf.len = start;
	s->in_slot = 0;
	return 0;
}

static int
sealer_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct sealer *s = (struct sealer *)sink;
	const uint8_t *p = data;

	if (sealer_start(s, err) != 0)
		return -1;
	while (len > 0) {
		size_t now = SEAL_MESSAGE - s->in_slot;

		if (now == 0) {
			if (buf_reserve(&s->buf, SLOT_SIZE, err) != 0)
				return -1;
			s->buf.len += SEAL_EXTRA;
			s->in_slot = 0;
			continue;
		}
		if (now > len)
			now = len;
		if (buf_add(&s->buf, p, now, err) != 0)
			return -1;
		s->in_slot += now;
		p += now;
		len -= now;
	}
	return 0;
}

static int
sealer_finish(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void
sealer_lent(struct sink *sink)
{
	(void)sink;
}

struct sealer *
sealer_new(size_t head_len)
{
	static const struct sink_ops ops = { sealer_write, sealer_finish,
		sealer_lent };
	struct sealer *s = mem_zalloc(sizeof(*s));

	s->sink.ops = &ops;
	s->head_len = head_len;
	return s;
}

void
sealer_free(struct sealer *sealer)
{
	if (sealer == NULL)
		return;
	buf_free(&sealer->buf);
	free(sealer);
}

struct sink *
sealer_sink(struct sealer *sealer)
{
	return &sealer->sink;
}

size_t
sealer_len(const struct sealer *sealer)
{
	if (sealer->buf.len == 0)
		return body_at(sealer->head_len) + SEAL_EXTRA;
	return sealer->buf.len + MAC_SIZE;
}

void
sealer_drop(struct sealer *sealer)
{
	sealer->buf.len = 0;
}

struct plain {
	struct source base;
	const struct sealer *sealer;
	size_t at;    /* in the sealer's buffer */
	size_t given; /* of the slot's plaintext */
};

static ssize_t
plain_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct plain *p = (struct plain *)source;
	size_t now = SEAL_MESSAGE - p->given;

	(void)err;
	if (now == 0) {
		p->at += SEAL_EXTRA;
		p->given = 0;
		now = SEAL_MESSAGE;
	}
	if (p->at >= p->sealer->buf.len)
		return 0;
	if (now > p->sealer->buf.len - p->at)
		now = p->sealer->buf.len - p->at;
	if (now > size)
		now = size;
	memcpy(buf, p->sealer->buf.data + p->at, now);
	p->at += now;
	p->given += now;
	return (ssize_t)now;
}

static void
plain_free(struct source *source)
{
	free(source);
}

struct source *
sealer_source(const struct sealer *sealer)
{
	static const struct source_ops ops = { plain_read, plain_free };
	struct plain *p = mem_zalloc(sizeof(*p));

	p->base.ops = &ops;
	p->sealer = sealer;
	p->at = body_at(sealer->head_len) + TAG_SIZE;
	return &p->base;
}

/* Seal the message of ${len} bytes that lies at slot + TAG_SIZE.  libsodium
 * encrypts with one pass of XOR, for which both places may be the same, and
 * writes the tag byte and the MAC beside it. */
static void
push(crypto_secretstream_xchacha20poly1305_state *state, uint8_t *slot,
    size_t len, const struct label *label, unsigned char tag)
{
	/* Fails only beyond 2^38 bytes. */
	(void)crypto_secretstream_xchacha20poly1305_push(state, slot, NULL,
	    slot + TAG_SIZE, len, label->data, label->len, tag);
}

int
sealer_end(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
    const struct seal_place *place, const void *head, struct buf *out,
    struct err *err)
{
	crypto_secretstream_xchacha20poly1305_state state;
	struct label label;
	uint8_t *slot;
	size_t left;

	if (sealer_start(sealer, err) != 0 ||
	    buf_reserve(&sealer->buf, MAC_SIZE, err) != 0)
		return -1;
	sealer->buf.len += MAC_SIZE;
	slot = sealer->buf.data;
	left = sealer->buf.len - body_at(sealer->head_len);

	label = label_new(place);
	(void)crypto_secretstream_xchacha20poly1305_init_push(
	    &state, slot, key);
	slot += SEAL_HEAD_SIZE;
	if (sealer->head_len > 0) {
		memcpy(slot + TAG_SIZE, head, sealer->head_len);
		push(&state, slot, sealer->head_len, &label, TAG_HEAD);
		slot += sealer->head_len + SEAL_EXTRA;
	}
	for (; left > SLOT_SIZE; left -= SLOT_SIZE, slot += SLOT_SIZE)
		push(&state, slot, SEAL_MESSAGE, &label, TAG_BODY);
	push(&state, slot, left - SEAL_EXTRA, &label, TAG_LAST);
	sodium_memzero(&state, sizeof(state));
	free(label.data);

	buf_free(out);
	*out = sealer->buf;
	sealer->hint = out->len + out->len / 8;
	sealer->buf = (struct buf){ 0 };
	return 0;
}

void
sealer_give(struct sealer *sealer, struct buf *memory)
{
	if (sealer->buf.data == NULL) {
		sealer->buf = *memory;
		sealer->buf.len = 0;
		*memory = (struct buf){ 0 };
	}
	buf_free(memory);
}

static int
not_authentic(struct err *err)
{
	return err_set(err, ERR_DAMAGED,
	    "the sealed data is damaged, or does not belong here");
}

/* Open the message of ${len} plaintext bytes at ${slot} where it lies; its
 * tag must be ${tag}. */
static int
pull(crypto_secretstream_xchacha20poly1305_state *state, uint8_t *slot,
    size_t len, const struct label *label, unsigned char tag)
{
	unsigned char found = 0;

	if (crypto_secretstream_xchacha20poly1305_pull(state, slot + TAG_SIZE,
		NULL, &found, slot, len + SEAL_EXTRA, label->data,
		label->len) != 0)
		return -1;
	return found == tag ? 0 : -1;
}

/* Open all messages of the body at ${data} and move their plaintext together
 * at ${data} + TAG_SIZE, where the first one's lies. */
static int
open_body(crypto_secretstream_xchacha20poly1305_state *state, uint8_t *data,
    size_t len, const struct label *label, size_t *body_len)
{
	uint8_t *end = data + TAG_SIZE, *slot = data;
	size_t left = len;

	for (;;) {
		int last = left <= SLOT_SIZE;
		size_t plain = (last ? left : SLOT_SIZE) - SEAL_EXTRA;

		if (pull(state, slot, plain, label,
			last ? TAG_LAST : TAG_BODY) != 0)
			return -1;
		memmove(end, slot + TAG_SIZE, plain);
		end += plain;
		if (last)
			break;
		slot += SLOT_SIZE;
		left -= SLOT_SIZE;
	}
	*body_len = (size_t)(end - data) - TAG_SIZE;
	return 0;
}

/* The lengths that sealing gives: a last message is empty only alone. */
static int
length_fits(size_t head_len, size_t len)
{
	size_t least = body_at(head_len) + SEAL_EXTRA, body;

	if (len < least)
		return 0;
	body = len - body_at(head_len);
	return body == SEAL_EXTRA || body % SLOT_SIZE == 0 ||
	    body % SLOT_SIZE > SEAL_EXTRA;
}

int
seal_open_in_place(const uint8_t key[SEAL_KEY_SIZE],
    const struct seal_place *place, void *head, size_t head_len, uint8_t *data,
    size_t len, uint8_t **body, size_t *body_len, struct err *err)
{
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t *slot = data + SEAL_HEAD_SIZE;
	uint8_t *start = data + body_at(head_len);
	struct label label;
	int rc = -1;

	if (!length_fits(head_len, len))
		return err_set(err, ERR_DAMAGED,
		    "no sealed data has a length of %zu bytes", len);
	label = label_new(place);
	if (crypto_secretstream_xchacha20poly1305_init_pull(
		&state, data, key) != 0)
		goto out;
	if (head_len > 0 && pull(&state, slot, head_len, &label, TAG_HEAD) != 0)
		goto out;
	if (open_body(
		&state, start, len - body_at(head_len), &label, body_len) != 0)
		goto out;
	if (head_len > 0)
		memcpy(head, slot + TAG_SIZE, head_len);
	*body = start + TAG_SIZE;
	rc = 0;
out:
	sodium_memzero(&state, sizeof(state));
	free(label.data);
	return rc == 0 ? 0 : not_authentic(err);
}

int
seal_peek(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place,
    void *head, size_t head_len, const uint8_t *data, size_t len)
{
	crypto_secretstream_xchacha20poly1305_state state;
	struct label label;
	uint8_t *copy;
	size_t take = SEAL_PEEK(head_len), plain;
	unsigned char tag = head_len > 0 ? TAG_HEAD : TAG_BODY;
	int good;

	if (!length_fits(head_len, len))
		return 0;
	if (take >= len) {
		take = len;
		tag = TAG_LAST;
	}
	plain = take - SEAL_HEAD_SIZE - SEAL_EXTRA;
	label = label_new(place);
	copy = mem_alloc(take);
	memcpy(copy, data, take);
	good = crypto_secretstream_xchacha20poly1305_init_pull(
		   &state, copy, key) == 0 &&
	    pull(&state, copy + SEAL_HEAD_SIZE, plain, &label, tag) == 0;
	if (good && head_len > 0)
		memcpy(head, copy + SEAL_HEAD_SIZE + TAG_SIZE, head_len);
	sodium_memzero(&state, sizeof(state));
	free(copy);
	free(label.data);
	return good;
}
