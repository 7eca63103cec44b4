#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/wire.h"
#include "stream/zstd.h"

#define FRAME_LEAST (2u << 20) /* content of a full frame at level 1 */

/* Content is gathered until it is a frame's: ZSTD_compress2() then works on it
 * where it lies, while ZSTD_compressStream2() would first move it through a
 * ring of its own, at whose seams matching is slow. */
struct packer {
	ZSTD_CCtx *ctx;
	struct sink *out;
	uint8_t *stage;
	size_t frame; /* content bytes of a full frame */
	size_t staged;
	int framed; /* the stream has a frame already */
	uint8_t *packed;
	size_t packed_size;
};

struct packer *
packer_new(int level)
{
	struct packer *p = mem_zalloc(sizeof(*p));

	/* Several times the level's window, lest its history be cut. */
	p->frame = FRAME_LEAST << (level <= 1 ? 0 : level < 4 ? level - 1 : 3);
	p->stage = mem_alloc(p->frame);
	p->packed_size = ZSTD_compressBound(p->frame);
	p->packed = mem_alloc(p->packed_size);
	/* A context is a kilobyte or so; what its level needs comes with the
	 * first frame, and reports. */
	p->ctx = ZSTD_createCCtx();
	if (p->ctx == NULL)
		mem_exhausted();
	(void)ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, level);
	(void)ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_checksumFlag, 1);
	return p;
}

void
packer_free(struct packer *packer)
{
	if (packer == NULL)
		return;
	(void)ZSTD_freeCCtx(packer->ctx);
	free(packer->stage);
	free(packer->packed);
	free(packer);
}

void
packer_begin(struct packer *packer, struct sink *out)
{
	packer->staged = 0;
	packer->framed = 0;
	packer->out = out;
}

/* Write one frame of at most ${p}->frame bytes. */
static int
pack(struct packer *p, const void *data, size_t len, struct err *err)
{
	size_t packed =
	    ZSTD_compress2(p->ctx, p->packed, p->packed_size, data, len);

	if (ZSTD_isError(packed))
		return err_set(err, ERR_FAIL, "cannot compress: %s",
		    ZSTD_getErrorName(packed));
	p->framed = 1;
	return sink_write(p->out, p->packed, packed, err);
}

int
packer_write(
    struct packer *packer, const void *data, size_t len, struct err *err)
{
	const uint8_t *p = data;

	while (len > 0) {
		size_t now = packer->frame - packer->staged;
		const uint8_t *from = packer->stage;

		if (now > len)
			now = len;
		if (packer->staged == 0 && now >= packer->frame / 2)
			from = p;
		else
			memcpy(packer->stage + packer->staged, p, now);
		packer->staged += now;
		p += now;
		len -= now;
		if (packer->staged < packer->frame && from == packer->stage)
			break;
		now = packer->staged;
		packer->staged = 0;
		if (pack(packer, from, now, err) != 0)
			return -1;
	}
	return 0;
}

int
packer_end(struct packer *packer, struct err *err)
{
	if (packer->staged == 0 && packer->framed)
		return 0;
	return pack(packer, packer->stage, packer->staged, err);
}

enum unzstd_state {
	UNZSTD_NEW,   /* before the first frame */
	UNZSTD_FRAME, /* in one */
	UNZSTD_NEXT,  /* after one */
	UNZSTD_END,
	UNZSTD_FAILED
};

struct unzstd {
	struct source base;
	struct source *below;
	ZSTD_DCtx *ctx;
	enum unzstd_state state;
	uint8_t *packed;
	size_t packed_size;
	ZSTD_inBuffer in;
};

static int
refill(struct unzstd *u, struct err *err)
{
	ssize_t got = source_read(u->below, u->packed, u->packed_size, err);

	if (got < 0)
		return -1;
	u->in.pos = 0;
	u->in.size = (size_t)got;
	return 0;
}

static int
cut_short(struct err *err)
{
	return err_set(err, ERR_DAMAGED, "the compressed data is cut short");
}

/* Before a frame: see that one comes, or, after the first, that nothing does.
 * The decoder would also pass over skippable frames and know formats of old:
 * here a frame's own magic number must come. */
static int
next_frame(struct unzstd *u, struct err *err)
{
	size_t have = u->in.size - u->in.pos;
	ssize_t got = 0;

	/* Its four bytes may be divided between two reads. */
	memmove(u->packed, u->packed + u->in.pos, have);
	if (have < 4)
		got =
		    source_read_full(u->below, u->packed + have, 4 - have, err);
	if (got < 0)
		return -1;
	u->in.pos = 0;
	u->in.size = have + (size_t)got;
	if (u->in.size == 0 && u->state == UNZSTD_NEXT) {
		u->state = UNZSTD_END;
		return 0;
	}
	if (u->in.size < 4)
		return cut_short(err);
	if (wire_get_le32(u->packed) != ZSTD_MAGICNUMBER)
		return err_set(
		    err, ERR_DAMAGED, "this is not a Zstandard frame");
	u->state = UNZSTD_FRAME;
	return 0;
}

/* Decode until there is something to give, or the frame ends. */
static ssize_t
decode(struct unzstd *u, void *buf, size_t size, struct err *err)
{
	ZSTD_outBuffer out = { buf, size, 0 };

	while (out.pos == 0 && u->state == UNZSTD_FRAME) {
		size_t before = u->in.pos, left;

		left = ZSTD_decompressStream(u->ctx, &out, &u->in);
		if (ZSTD_isError(left))
			return err_set(err, ERR_DAMAGED,
			    "the compressed data is damaged: %s",
			    ZSTD_getErrorName(left));
		if (left == 0)
			u->state = UNZSTD_NEXT;
		else if (out.pos == 0 && u->in.pos == before) {
			if (refill(u, err) != 0)
				return -1;
			if (u->in.size == 0)
				return cut_short(err);
		}
	}
	return (ssize_t)out.pos;
}

static ssize_t
unzstd_read(struct source *source, void *buf, size_t size, struct err *err)
{
	struct unzstd *u = (struct unzstd *)source;
	ssize_t got = 0;

	if (u->state == UNZSTD_FAILED)
		return err_set(err, ERR_FAIL, "read after a failed read");
	while (got == 0 && size > 0 && u->state != UNZSTD_END) {
		if (u->state != UNZSTD_FRAME && next_frame(u, err) != 0)
			got = -1;
		else if (u->state == UNZSTD_FRAME)
			got = decode(u, buf, size, err);
	}
	if (got < 0)
		u->state = UNZSTD_FAILED;
	return got;
}

static void
unzstd_free(struct source *source)
{
	struct unzstd *u = (struct unzstd *)source;

	source_free(u->below);
	(void)ZSTD_freeDCtx(u->ctx);
	free(u->packed);
	free(u);
}

struct source *
source_unzstd(struct source *below)
{
	static const struct source_ops ops = { unzstd_read, unzstd_free };
	struct unzstd *u = mem_zalloc(sizeof(*u));

	u->base.ops = &ops;
	u->below = below;
	u->packed_size = ZSTD_DStreamInSize();
	u->packed = mem_alloc(u->packed_size);
	u->in.src = u->packed;
	u->ctx = ZSTD_createDCtx();
	if (u->ctx == NULL)
		mem_exhausted();
	(void)ZSTD_DCtx_setParameter(
	    u->ctx, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	return &u->base;
}
