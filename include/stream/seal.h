#ifndef STREAM_SEAL_H
#define STREAM_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "stream/sink.h"
#include "stream/source.h"

/*
 * Sealing: authenticated encryption of one archive entry as a sequence of
 * messages, by libsodium's crypto_secretstream_xchacha20poly1305.
 *
 *	24 bytes	the stream's header, as libsodium's init_push makes it
 *	head		one message of head_len bytes with the tag PUSH (1);
 *			not there when head_len is 0.  head_len is known from
 *			the kind of entry, never from the file.
 *	body		messages with the tag MESSAGE (0), each of exactly
 *			SEAL_MESSAGE bytes of plaintext; then one with the tag
 *			FINAL (3), of 1 to SEAL_MESSAGE bytes, or of 0 when
 *			the body is empty
 *
 * A message of n bytes takes n + 17: the encrypted tag, n bytes of
 * ciphertext, a MAC of 16.  So a body of n bytes is max(1, n / SEAL_MESSAGE
 * rounded up) messages, and no two layouts say the same.
 *
 * The associated data of every message of an entry is the place where it
 * belongs: 16 bytes of archive id, the entry's position in the file as a
 * 64-bit little-endian number, the bytes of the entry's name without a NUL.
 * Messages can't be swapped, dropped or repeated, and a stream can't be cut,
 * without being noticed.
 */

#define SEAL_KEY_SIZE 32
#define SEAL_ID_SIZE 16
#define SEAL_HEAD_SIZE 24   /* stream header */
#define SEAL_EXTRA 17       /* added to each message */
#define SEAL_MESSAGE 131072 /* plaintext bytes in a full message */
/* What seal_peek() reads at most of an entry with a head, or without one. */
#define SEAL_PEEK(head_len)            \
	(SEAL_HEAD_SIZE + SEAL_EXTRA + \
	    ((head_len) > 0 ? (head_len) : SEAL_MESSAGE))

/* Where an entry belongs.  All of it is authenticated. */
struct seal_place {
	uint8_t id[SEAL_ID_SIZE]; /* of the archive */
	uint64_t position;        /* of the entry in the file, from 0 */
	const char *name;         /* of the entry */
};

/*
 * Sealing in place, so that a part needs no second buffer: plaintext is laid
 * out with room for what sealing adds, and encrypted where it lies.
 */
struct sealer;

/* sealer_new(head_len): for entries whose first message is ${head_len} bytes
 * (0 for none).  Free with sealer_free(). */
struct sealer *sealer_new(size_t head_len);
void sealer_free(struct sealer *sealer);
/* sealer_sink(sealer): where the entry's plaintext is written; lent, finish
 * does nothing and free must not be called on it. */
struct sink *sealer_sink(struct sealer *sealer);
/* sealer_len(sealer): the bytes the entry will have when sealed now. */
size_t sealer_len(const struct sealer *sealer);
/* sealer_source(sealer): what was written, once more, while nothing more is
 * written and before sealer_end(). */
struct source *sealer_source(const struct sealer *sealer);
/* sealer_end(sealer, key, place, head, out, err): encrypt all that was
 * written, with ${head} as the first message, move the sealed entry into
 * ${out} (which is emptied first and given a buffer of its own) and make the
 * sealer ready for the next entry. */
int sealer_end(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE],
    const struct seal_place *place, const void *head, struct buf *out,
    struct err *err);
/* sealer_give(sealer, memory): let the next entry have ${memory}, which is
 * left empty; for after sealer_end(). */
void sealer_give(struct sealer *sealer, struct buf *memory);
/* sealer_drop(sealer): forget what was written. */
void sealer_drop(struct sealer *sealer);

/* seal_open_in_place(key, place, head, head_len, data, len, body, body_len,
 * err): authenticate and decrypt all of ${data} where it lies; on success the
 * first message is in ${head} and ${*body} points at the rest's plaintext
 * within ${data}.  Nothing is given out before everything is authentic.  On
 * failure, ERR_DAMAGED, and ${data} is spoilt. */
int seal_open_in_place(const uint8_t key[SEAL_KEY_SIZE],
    const struct seal_place *place, void *head, size_t head_len, uint8_t *data,
    size_t len, uint8_t **body, size_t *body_len, struct err *err);

/* seal_peek(key, place, head, head_len, data, len): authenticate the first
 * message alone of an entry of ${len} bytes, for what may be damaged behind it;
 * its plaintext goes to ${head} if it is the head.  Of ${data}, which stays as
 * it is, only the stream's header and that message are read.  Return whether it
 * is authentic. */
int seal_peek(const uint8_t key[SEAL_KEY_SIZE], const struct seal_place *place,
    void *head, size_t head_len, const uint8_t *data, size_t len);

#endif
