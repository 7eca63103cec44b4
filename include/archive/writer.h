#ifndef ARCHIVE_WRITER_H
#define ARCHIVE_WRITER_H

#include <stdint.h>

#include "archive/format.h"
#include "archive/header.h"
#include "archive/manifest.h"
#include "archive/reader.h"
#include "stream/sink.h"

/*
 * Writing one archive.  Parts come from many threads and are written by one,
 * in the order of their numbers; the opening documents come from the leader.
 *
 * Workers seal their own parts (writer_place() and writer_key() say with
 * what), then hand them over.  A part may be handed over before the opening
 * documents are written; it then waits in memory.  At most WRITER_QUEUE bytes
 * wait, besides the one whose turn it is, so that memory is bounded; a thread
 * that hands over more is held until there is room.
 */

#define WRITER_QUEUE (24u << 20)

struct writer;

/* writer_new(sink, sealing, header, keys, err): starts the writing thread and
 * writes the header.  ${sink}, ${header} and ${keys} (of header_make()) are
 * owned from here on, whatever the outcome; ${sealing} is lent until
 * writer_free(). */
struct writer *writer_new(struct sink *sink, const struct sealing *sealing,
    struct header *header, struct archive_keys *keys, struct err *err);
/* writer_prove(w): from now on decompress every document as soon as it is
 * compressed, and compare: ERR_DAMAGED if it is another. */
void writer_prove(struct writer *w);
/* writer_blame(err): of ERR_DAMAGED in what was just compressed: say so, and
 * what to do.  Return -1. */
int writer_blame(struct err *err);
/* writer_free(w): without a successful writer_finish() before, the archive is
 * discarded. */
void writer_free(struct writer *w);

const struct header *writer_header(const struct writer *w);
const uint8_t *writer_key(const struct writer *w);
/* writer_place(w, number, name): where part ${number} belongs. */
struct seal_place
writer_place(const struct writer *w, uint64_t number, const char *name);

/* writer_open(w, level, catalog, schema, globals, err): compress, seal and
 * write the opening documents; from now on parts flow.  The leader, once. */
int writer_open(struct writer *w, int level, const struct buf *catalog,
    const struct buf *schema, const struct buf *globals, struct err *err);

/* writer_ticket(w): the next part's number, from 1.  Every number that was
 * taken must be handed over, or the writer be failed. */
uint64_t writer_ticket(struct writer *w);

/* writer_part(w, number, name, sealed, err): hand over a sealed part;
 * ${sealed}'s memory is taken and it is left empty, with that of a part
 * written before if there is one.  Any thread. */
int writer_part(struct writer *w, uint64_t number, const char *name,
    struct buf *sealed, struct err *err);

/* writer_fail(w): no more will come; threads held in writer_part() fail. */
void writer_fail(struct writer *w);

/* writer_complete(w, level, manifest, err): wait for the parts, and write
 * manifest and index: all that there is, but under no final name. */
int writer_complete(
    struct writer *w, int level, const struct manifest *m, struct err *err);
/* writer_reread(w, err): after that, of a sink of storage/store.h's: open what
 * was written, where it was written, having checked its header, its size and
 * its index; what is not as it was written is ERR_DAMAGED.  Every entry can be
 * checked, none be opened.  The caller frees it, before writer_finish(). */
struct reader *writer_reread(struct writer *w, struct err *err);
/* writer_finish(w, level, manifest, err): writer_complete(), unless that was
 * called, and finish the sink: 0 means that the archive is in place. */
int writer_finish(
    struct writer *w, int level, const struct manifest *m, struct err *err);

/* writer_bytes(w): written so far. */
uint64_t writer_bytes(const struct writer *w);

#endif
