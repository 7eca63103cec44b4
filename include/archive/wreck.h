#ifndef ARCHIVE_WRECK_H
#define ARCHIVE_WRECK_H

#include <stdint.h>

#include "archive/entries.h"
#include "archive/manifest.h"
#include "archive/scan.h"
#include "db/catalog.h"

/*
 * What is left of an archive that is damaged or cut.  Its header must be whole,
 * for that has its keys; where its entries are the index tells, or else their
 * tar headers, or else what is known of their neighbours.  Whatever is taken
 * for an entry is believed only when it is authentic: sealed with this
 * archive's key for that name and position.
 *
 * Order of calls: wreck_open(), wreck_find(), wreck_plan(), wreck_part() of
 * each part once (from any thread), wreck_settle(); from then on the wreck
 * stands for a smaller archive, of all that is whole, with wreck_remains() as
 * its manifest.
 */
struct wreck;

enum wreck_state { WRECK_MISSING, WRECK_DAMAGED, WRECK_WHOLE };

/* What is known of a part. */
struct wreck_part {
	enum wreck_state state;
	int has_head; /* from itself, or from the manifest */
	struct part_head head;
};

/* wreck_open(path, text, err): ${text} gets what must be the header. */
struct wreck *wreck_open(const char *path, struct buf *text, struct err *err);
void wreck_free(struct wreck *w);
uint64_t wreck_size(const struct wreck *w);

/* wreck_find(w, header, keys, err): look where entries are; both are lent as
 * long as ${w} lives. */
int wreck_find(struct wreck *w, const struct header *header,
    const struct archive_keys *keys, struct err *err);
/* wreck_index_error(w): why there is no index, or NULL if it is whole. */
const struct err *wreck_index_error(const struct wreck *w);

/* wreck_document(w, what, out, err): one of the documents in front. */
int wreck_document(
    struct wreck *w, enum find_what what, struct buf *out, struct err *err);

/* wreck_plan(w, cat, err): read the manifest, if it is whole, and with it or
 * without it tell which parts there should be.  ${cat} is lent as long as ${w}
 * lives. */
int wreck_plan(struct wreck *w, const struct catalog *cat, struct err *err);
/* wreck_manifest(w): the archive's own, or NULL. */
const struct manifest *wreck_manifest(const struct wreck *w);
/* wreck_parts(w): how many parts the archive had; without index and manifest,
 * at least. */
uint64_t wreck_parts(const struct wreck *w);
/* wreck_knows_parts(w): whether that is all of them. */
int wreck_knows_parts(const struct wreck *w);

/* wreck_part(w, number, buf, body, body_len): open a part, and note its state.
 * What it holds is in ${buf}.  Return its state, or -1 if a signal came.  Any
 * thread, each with a buffer of its own. */
int wreck_part(struct wreck *w, uint64_t number, struct buf *buf,
    const uint8_t **body, size_t *body_len);
const struct wreck_part *wreck_state(const struct wreck *w, uint64_t number);

/* wreck_settle(w): every part has been looked at.  The parts that are whole are
 * numbered anew, from 1; a table that has none gets an empty one.
 * wreck_remains(w): the manifest of these; of its digests and bytes it tells
 * what is there.  NULL before wreck_settle(). */
void wreck_settle(struct wreck *w);
const struct manifest *wreck_remains(const struct wreck *w);
/* wreck_take(w, number, head, buf, body, body_len): part ${number} of these;
 * one that can't be read any more is lost now, and comes without rows. */
void wreck_take(struct wreck *w, uint64_t number, struct part_head *head,
    struct buf *buf, const uint8_t **body, size_t *body_len);

#endif
