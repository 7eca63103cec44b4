#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "stream/seal.h"
#include "unit.h"

#define HEAD 64
#define SLOT (SEAL_MESSAGE + SEAL_EXTRA)

static const uint8_t key[SEAL_KEY_SIZE] = { 1, 2, 3 };
static const struct seal_place place = { { 4, 5, 6 }, 7, "data/00000004" };
static const uint8_t head[HEAD] = { 8, 9 };

/* Seal ${len} bytes, written ${step} at a time, into ${out}. */
static void
seal(struct sealer *sealer, const uint8_t *data, size_t len, size_t step,
    struct buf *out)
{
	struct err err = ERR_INIT;
	struct sink *sink = sealer_sink(sealer);
	size_t at, now, expected;

	for (at = 0; at < len; at += now) {
		now = len - at < step ? len - at : step;
		must(sink_write(sink, data + at, now, &err));
	}
	expected = sealer_len(sealer);
	must(sink_finish(sink, &err));
	must(sealer_end(sealer, key, &place, head, out, &err));
	assert_int_equal(out->len, expected);
}

/* Open a copy of ${sealed}; the body must be ${data}. */
static void
open_same(
    const struct buf *sealed, size_t head_len, const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	uint8_t *copy = mem_alloc(sealed->len), *body = NULL;
	uint8_t found[HEAD] = { 0 };
	size_t body_len = 0;

	memcpy(copy, sealed->data, sealed->len);
	must(seal_open_in_place(key, &place, found, head_len, copy, sealed->len,
	    &body, &body_len, &err));
	assert_int_equal(body_len, len);
	if (len > 0)
		assert_memory_equal(body, data, len);
	if (head_len > 0)
		assert_memory_equal(found, head, head_len);
	free(copy);
}

/* That ${len} bytes of ${data}, a copy of which is opened, are refused and
 * nothing is given out. */
static void
not_opened(const struct seal_place *where, const uint8_t *with, size_t head_len,
    const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	uint8_t *copy = mem_alloc(len), *body = NULL;
	uint8_t found[HEAD] = { 0 }, none[HEAD] = { 0 };
	size_t body_len;

	memcpy(copy, data, len);
	refused(seal_open_in_place(with, where, found, head_len, copy, len,
		    &body, &body_len, &err),
	    ERR_DAMAGED);
	assert_null(body);
	assert_memory_equal(found, none, HEAD);
	free(copy);
}

/*
 * The same entry sealed by libsodium's own call from one buffer into another,
 * under the stream header that the sealer drew: init_pull gives the state that
 * init_push has for it.
 */
static void
sealed_apart(
    const struct buf *sealed, size_t head_len, const uint8_t *data, size_t len)
{
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t *out = mem_zalloc(sealed->len);
	uint8_t label[SEAL_ID_SIZE + 8 + 13] = { 4, 5, 6 };
	size_t at = SEAL_HEAD_SIZE, done = 0, now;

	label[SEAL_ID_SIZE] = 7;
	memcpy(label + SEAL_ID_SIZE + 8, "data/00000004", 13);
	memcpy(out, sealed->data, SEAL_HEAD_SIZE);
	(void)crypto_secretstream_xchacha20poly1305_init_pull(
	    &state, sealed->data, key);
	if (head_len > 0) {
		(void)crypto_secretstream_xchacha20poly1305_push(&state,
		    out + at, NULL, head, head_len, label, sizeof(label), 1);
		at += head_len + SEAL_EXTRA;
	}
	do {
		now = len - done < SEAL_MESSAGE ? len - done : SEAL_MESSAGE;
		(void)crypto_secretstream_xchacha20poly1305_push(&state,
		    out + at, NULL, data + done, now, label, sizeof(label),
		    done + now == len ? 3 : 0);
		done += now;
		at += now + SEAL_EXTRA;
	} while (done < len);
	assert_int_equal(at, sealed->len);
	assert_memory_equal(out, sealed->data, at);
	free(out);
}

static const size_t sizes[] = { 0, 1, 2, 15, 16, 17, 63, 64, 65, 511, 512, 513,
	SEAL_MESSAGE - 1, SEAL_MESSAGE, SEAL_MESSAGE + 1, 2 * SEAL_MESSAGE - 1,
	2 * SEAL_MESSAGE, 2 * SEAL_MESSAGE + 1, 5 * SEAL_MESSAGE + 4711 };
static const size_t steps[] = { 1, 511, 512, 513, SEAL_MESSAGE - 1,
	SEAL_MESSAGE, SEAL_MESSAGE + 1, 8 * SEAL_MESSAGE };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_round_trip(void **unused)
{
	uint8_t *data = mem_alloc(6 * SEAL_MESSAGE);
	struct sealer *bare = sealer_new(0), *headed = sealer_new(HEAD);
	struct buf out = { 0 };

	(void)unused;
	unit_fill(data, 6 * SEAL_MESSAGE, 1);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < COUNT(steps); j++) {
			seal(bare, data, sizes[i], steps[j], &out);
			open_same(&out, 0, data, sizes[i]);
			sealed_apart(&out, 0, data, sizes[i]);
			seal(headed, data, sizes[i], steps[j], &out);
			open_same(&out, HEAD, data, sizes[i]);
			sealed_apart(&out, HEAD, data, sizes[i]);
		}
	}
	buf_free(&out);
	sealer_free(bare);
	sealer_free(headed);
	free(data);
}

static void
test_lengths(void **unused)
{
	struct sealer *sealer = sealer_new(HEAD);
	struct buf out = { 0 };
	uint8_t *data = mem_zalloc(SEAL_MESSAGE + 1);

	(void)unused;
	assert_int_equal(sealer_len(sealer), 24 + 64 + 17 + 17);
	seal(sealer, data, 0, 1, &out);
	assert_int_equal(out.len, 24 + 64 + 17 + 17);
	seal(sealer, data, SEAL_MESSAGE, SEAL_MESSAGE, &out);
	assert_int_equal(out.len, 24 + 64 + 17 + SLOT);
	seal(sealer, data, SEAL_MESSAGE + 1, SEAL_MESSAGE, &out);
	assert_int_equal(out.len, 24 + 64 + 17 + SLOT + 18);
	buf_free(&out);
	sealer_free(sealer);
	free(data);
}

static void
test_drop(void **unused)
{
	struct err err = ERR_INIT;
	struct sealer *sealer = sealer_new(0);
	struct buf out = { 0 };

	(void)unused;
	must(sink_write(sealer_sink(sealer), "forget this", 11, &err));
	sealer_drop(sealer);
	seal(sealer, (const uint8_t *)"kept", 4, 4, &out);
	open_same(&out, 0, (const uint8_t *)"kept", 4);
	buf_free(&out);
	sealer_free(sealer);
}

static void
test_headers_differ(void **unused)
{
	struct sealer *sealer = sealer_new(0);
	struct buf a = { 0 }, b = { 0 };

	(void)unused;
	seal(sealer, head, sizeof(head), 1, &a);
	seal(sealer, head, sizeof(head), 1, &b);
	assert_memory_not_equal(a.data, b.data, SEAL_HEAD_SIZE);
	buf_free(&a);
	buf_free(&b);
	sealer_free(sealer);
}

static void
test_every_cut(void **unused)
{
	struct sealer *sealer = sealer_new(HEAD);
	struct buf out = { 0 };

	(void)unused;
	seal(sealer, head, 50, 50, &out);
	for (size_t len = 0; len < out.len; len++)
		not_opened(&place, key, HEAD, out.data, len);
	/* And one byte more. */
	assert_int_equal(buf_reserve(&out, 1, NULL), 0);
	out.data[out.len] = 0;
	not_opened(&place, key, HEAD, out.data, out.len + 1);
	buf_free(&out);
	sealer_free(sealer);
}

static void
test_every_flip(void **unused)
{
	struct sealer *sealer = sealer_new(HEAD);
	struct buf out = { 0 };

	(void)unused;
	seal(sealer, head, 50, 50, &out);
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		not_opened(&place, key, HEAD, out.data, out.len);
		out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	open_same(&out, HEAD, head, 50);
	buf_free(&out);
	sealer_free(sealer);
}

/* Three full messages and one short: cut, dropped, repeated, swapped. */
static void
test_messages_moved(void **unused)
{
	size_t len = 3 * SEAL_MESSAGE + 100, body = 24 + HEAD + 17;
	uint8_t *data = mem_alloc(len), *spoilt;
	struct sealer *sealer = sealer_new(HEAD);
	struct buf out = { 0 };
	size_t i, cut;

	(void)unused;
	unit_fill(data, len, 2);
	seal(sealer, data, len, len, &out);
	spoilt = mem_alloc(out.len + SLOT);
	for (i = 0; i <= 3; i++) {
		size_t at = body + i * SLOT, one = i < 3 ? SLOT : 117;

		/* The end is here, or one byte beside it. */
		for (cut = at - 1; cut <= at + 1; cut++)
			not_opened(&place, key, HEAD, out.data, cut);
		/* Message i is missing. */
		memcpy(spoilt, out.data, at);
		memcpy(spoilt + at, out.data + at + one, out.len - at - one);
		not_opened(&place, key, HEAD, spoilt, out.len - one);
		/* It is there twice. */
		memcpy(spoilt, out.data, at + one);
		memcpy(spoilt + at + one, out.data + at, out.len - at);
		not_opened(&place, key, HEAD, spoilt, out.len + one);
	}
	/* The first two changed places. */
	memcpy(spoilt, out.data, out.len);
	memcpy(spoilt + body, out.data + body + SLOT, SLOT);
	memcpy(spoilt + body + SLOT, out.data + body, SLOT);
	not_opened(&place, key, HEAD, spoilt, out.len);
	free(spoilt);
	free(data);
	buf_free(&out);
	sealer_free(sealer);
}

static void
test_wrong_place(void **unused)
{
	struct sealer *sealer = sealer_new(HEAD);
	struct seal_place other = place;
	uint8_t wrong[SEAL_KEY_SIZE];
	struct buf out = { 0 };

	(void)unused;
	seal(sealer, head, 50, 50, &out);
	other.id[15] = 1;
	not_opened(&other, key, HEAD, out.data, out.len);
	other = place;
	other.position = 8;
	not_opened(&other, key, HEAD, out.data, out.len);
	other.position = 7 + (UINT64_C(1) << 32);
	not_opened(&other, key, HEAD, out.data, out.len);
	other = place;
	other.name = "data/00000005";
	not_opened(&other, key, HEAD, out.data, out.len);
	other.name = "data/0000000";
	not_opened(&other, key, HEAD, out.data, out.len);
	other.name = "";
	not_opened(&other, key, HEAD, out.data, out.len);
	memcpy(wrong, key, sizeof(wrong));
	wrong[31] ^= 1;
	not_opened(&place, wrong, HEAD, out.data, out.len);
	buf_free(&out);
	sealer_free(sealer);
}

/* A head that is taken for the body, or the other way about. */
static void
test_wrong_head(void **unused)
{
	struct sealer *headed = sealer_new(HEAD), *bare = sealer_new(0);
	struct buf out = { 0 };

	(void)unused;
	seal(headed, head, 50, 50, &out);
	not_opened(&place, key, 0, out.data, out.len);
	not_opened(&place, key, HEAD - 1, out.data, out.len);
	not_opened(&place, key, HEAD, out.data, 24 + HEAD + 17);
	not_opened(&place, key, 0, out.data, 24 + HEAD + 17);
	seal(bare, head, HEAD, HEAD, &out);
	not_opened(&place, key, HEAD, out.data, out.len);
	buf_free(&out);
	sealer_free(headed);
	sealer_free(bare);
}

/* Authentic messages in a layout that no sealer makes: made here with the
 * right key, they must be refused for their shape alone. */
static void
test_other_layouts(void **unused)
{
	static const struct {
		size_t len[3];
		unsigned char tag[3];
	} shapes[] = {
		{ { 10, 10, 0 }, { 0, 3, 3 } },           /* a short full */
		{ { SEAL_MESSAGE, 0, 0 }, { 0, 3, 3 } },  /* an empty last */
		{ { SEAL_MESSAGE, 10, 0 }, { 0, 0, 3 } }, /* no final tag */
		{ { SEAL_MESSAGE, 10, 0 }, { 3, 3, 3 } }, /* two of them */
		{ { SEAL_MESSAGE, 10, 0 }, { 1, 3, 3 } }, /* a push */
		{ { SEAL_MESSAGE, 10, 0 }, { 2, 3, 3 } }, /* a new key */
		{ { SEAL_MESSAGE + 1, 10, 0 }, { 0, 3, 3 } }, /* a long one */
		{ { SEAL_MESSAGE, 10, 10 }, { 0, 3, 3 } }, /* after the last */
	};
	uint8_t *out = mem_zalloc(SEAL_HEAD_SIZE + 3 * SLOT);
	uint8_t *plain = mem_zalloc(SEAL_MESSAGE + 1);
	uint8_t label[SEAL_ID_SIZE + 8 + 13] = { 4, 5, 6 };

	(void)unused;
	label[SEAL_ID_SIZE] = 7;
	memcpy(label + SEAL_ID_SIZE + 8, "data/00000004", 13);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		crypto_secretstream_xchacha20poly1305_state state;
		size_t at = SEAL_HEAD_SIZE;

		(void)crypto_secretstream_xchacha20poly1305_init_push(
		    &state, out, key);
		for (size_t m = 0; m < 3; m++) {
			if (m == 2 && shapes[i].len[m] == 0)
				break;
			(void)crypto_secretstream_xchacha20poly1305_push(&state,
			    out + at, NULL, plain, shapes[i].len[m], label,
			    sizeof(label), shapes[i].tag[m]);
			at += shapes[i].len[m] + SEAL_EXTRA;
		}
		not_opened(&place, key, 0, out, at);
	}
	free(out);
	free(plain);
}

/* The buffer is moved out, not copied: what comes out is what was grown. */
static void
test_out_is_replaced(void **unused)
{
	struct err err = ERR_INIT;
	struct sealer *sealer = sealer_new(0);
	struct buf out = { 0 };

	(void)unused;
	must(buf_add(&out, "old", 3, &err));
	seal(sealer, head, 50, 50, &out);
	assert_int_equal(out.len, 24 + 50 + 17);
	open_same(&out, 0, head, 50);
	buf_free(&out);
	sealer_free(sealer);
	sealer_free(NULL);
}

/* What was written is read again, in pieces of any size, and can be sealed
 * behind that. */
static void
test_source(void **state)
{
	static const size_t lens[] = { 0, 1, SEAL_MESSAGE - 1, SEAL_MESSAGE,
		SEAL_MESSAGE + 1, 3 * SEAL_MESSAGE };
	static const size_t pieces[] = { 1000, SEAL_MESSAGE, SEAL_MESSAGE + 1 };
	struct sealer *sealer = sealer_new(HEAD);
	struct err err = ERR_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
			uint8_t *data = mem_alloc(lens[i] + 1);
			uint8_t *again = mem_alloc(pieces[k]);
			struct source *source;
			struct buf sealed = { 0 };
			size_t at = 0;
			ssize_t got;

			unit_fill(data, lens[i], (unsigned)i);
			must(sink_write(
			    sealer_sink(sealer), data, lens[i], &err));
			source = sealer_source(sealer);
			while ((got = source_read(
				    source, again, pieces[k], &err)) > 0) {
				assert_memory_equal(
				    again, data + at, (size_t)got);
				at += (size_t)got;
			}
			assert_int_equal(got, 0);
			assert_int_equal(at, lens[i]);
			source_free(source);
			must(sealer_end(
			    sealer, key, &place, head, &sealed, &err));
			open_same(&sealed, HEAD, data, lens[i]);
			buf_free(&sealed);
			free(again);
			free(data);
		}
	}
	sealer_free(sealer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_headers_differ),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_messages_moved),
		cmocka_unit_test(test_wrong_place),
		cmocka_unit_test(test_wrong_head),
		cmocka_unit_test(test_other_layouts),
		cmocka_unit_test(test_out_is_replaced),
	};

	if (sodium_init() < 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
