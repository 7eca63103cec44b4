#ifndef STREAM_ZSTD_H
#define STREAM_ZSTD_H

#include "stream/sink.h"
#include "stream/source.h"

/*
 * Zstandard frames (RFC 8878), through libzstd.  A stream is one frame or
 * more, each with a checksum; their contents follow one another.
 *
 * The packer cuts a frame every 2 MiB of content (4 at level 2, 8 at level 3,
 * 16 above) that small writes have filled, and makes one of every write of
 * half as much or more, where it lies: a frame whose content lies ready is
 * compressed in one pass, a tenth faster at level 1 than by libzstd's
 * streaming, for 0.02 % more bytes.
 */

#define ZSTD_LEVEL_MIN 1
#define ZSTD_LEVEL_MAX 19
/* A frame that asks for a larger window than 2^27 bytes is refused. */
#define ZSTD_WINDOW_LOG_MAX 27

/* A compressor whose context and buffers serve one stream after another. */
struct packer;

/* packer_new(level): free with packer_free(). */
struct packer *packer_new(int level);
void packer_free(struct packer *packer);
/* packer_begin(packer, out): start a stream that is written to ${out}, which
 * is lent until packer_end().  Forgets an unfinished one. */
void packer_begin(struct packer *packer, struct sink *out);
/* packer_write(packer, data, len, err): small writes are gathered first, so
 * a call per row is cheap. */
int packer_write(
    struct packer *packer, const void *data, size_t len, struct err *err);
/* packer_end(packer, err): finish the stream, of which nothing at all makes
 * one empty frame; ${out} is not finished. */
int packer_end(struct packer *packer, struct err *err);

/* source_unzstd(below): decode all of ${below}, which it owns.  No frame, a
 * cut one, a wrong checksum and anything that is no frame are ERR_DAMAGED; a
 * cut between two frames is for the seal around them to notice. */
struct source *source_unzstd(struct source *below);

#endif
