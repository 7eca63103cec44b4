#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/reader.h"
#include "base/log.h"
#include "fuzz.h"
#include "job/proof/check.h"
#include "job/view/export.h"
#include "stream/zstd.h"

/*
 * What lies behind the authentication, which no fuzzer gets past: an archive
 * that somebody who has the keys has made of any bytes.  It is checked with
 * all of its data and exported, as a file and as a stream.
 *
 * The input: catalog, schema, manifest, then parts, with MARK between them.
 * A part is a byte (1: large objects, 2: not packed by us), then the bytes of
 * its head, then what it holds.  (mutate.c)
 */
static const char MARK[] = "\n%%\n";
#define MARK_LEN (sizeof(MARK) - 1)
#define SECTIONS 12

struct piece {
	const uint8_t *data;
	size_t len;
};

static struct seal_key seal_key;
static struct open_key open_key;
static struct header *header;
static struct archive_keys *keys;
/* They serve one input after the other. */
static struct packer *packer;
static struct sealer *part_sealer, *document_sealer;
static uint8_t sign_secret[KEYS_SIGN_SECRET_SIZE];
static uint8_t box_secret[KEYS_SECRET_SIZE];

/* Keys and a header, which are signed and opened once. */
static void
prepare(void)
{
	struct sealing sealing = { .seal_key = &seal_key };
	struct err err = ERR_INIT;

	if (header != NULL)
		return;
	log_set_level(LOG_ERRORS);
	insist(keys_init(&err) == 0);
	(void)crypto_box_keypair(seal_key.recipient, box_secret);
	(void)crypto_sign_keypair(seal_key.signer, sign_secret);
	seal_key.sign_secret = sign_secret;
	memcpy(open_key.recipient, seal_key.recipient, KEYS_PUBLIC_SIZE);
	memcpy(open_key.signer, seal_key.signer, KEYS_PUBLIC_SIZE);
	open_key.secret = box_secret;
	header = header_make(&sealing, CONTENTS_WHOLE, 1795140900, &keys, &err);
	insist(header != NULL);
	packer = packer_new(1);
	part_sealer = sealer_new(FORMAT_PART_HEAD_SIZE);
	document_sealer = sealer_new(0);
}

static size_t
split(const uint8_t *data, size_t size, struct piece *pieces)
{
	const uint8_t *end;
	size_t n = 0;

	while (n < SECTIONS) {
		end = n + 1 < SECTIONS ? memmem(data, size, MARK, MARK_LEN)
				       : NULL;
		pieces[n].data = data;
		pieces[n++].len = end != NULL ? (size_t)(end - data) : size;
		if (end == NULL)
			break;
		size -= (size_t)(end - data) + MARK_LEN;
		data = end + MARK_LEN;
	}
	return n;
}

/* ---- writing ---- */

struct archive {
	struct buf out;
	struct sink *sink;
	struct tar_writer *tar;
	struct index index;
};

static void
put(struct archive *a, const char *name, const struct buf *body)
{
	struct err err = ERR_INIT;
	size_t from = a->out.len;
	uint8_t hash[HASH_SIZE];

	insist(tar_writer_entry(a->tar, name, body->len, &err) == 0);
	insist(tar_writer_data(a->tar, body->data, body->len, &err) == 0);
	insist(tar_writer_pad(a->tar, &err) == 0);
	hash_once(a->out.data + from, a->out.len - from, hash);
	index_add(&a->index, a->out.len - from, hash);
}

static void
put_sealed(struct archive *a, const char *name, const void *head,
    const struct piece *piece, int raw)
{
	struct sealer *sealer = head != NULL ? part_sealer : document_sealer;
	struct seal_place place = { .position = a->index.count, .name = name };
	struct buf sealed = { 0 };
	struct err err = ERR_INIT;

	memcpy(place.id, header->id, sizeof(place.id));
	if (raw) {
		insist(sink_write(sealer_sink(sealer), piece->data, piece->len,
			   &err) == 0);
	} else {
		packer_begin(packer, sealer_sink(sealer));
		insist(
		    packer_write(packer, piece->data, piece->len, &err) == 0);
		insist(packer_end(packer, &err) == 0);
	}
	insist(
	    sealer_end(sealer, keys->seal, &place, head, &sealed, &err) == 0);
	put(a, name, &sealed);
	sealer_give(sealer, &sealed);
}

static void
put_part(struct archive *a, struct piece piece)
{
	uint8_t head[FORMAT_PART_HEAD_SIZE] = { 0 };
	unsigned how = piece.len > 0 ? piece.data[0] : 0;
	size_t len = piece.len > 0 ? piece.len - 1 : 0;
	size_t copied = len < sizeof(head) ? len : sizeof(head);
	char name[TAR_NAME_MAX + 1];

	if (copied > 0)
		memcpy(head, piece.data + 1, copied);
	piece.data += piece.len - (len - copied);
	piece.len = len - copied;
	format_part_name(a->index.count - FORMAT_PARTS_AFTER,
	    (how & 1) != 0 ? PART_LOBJS : PART_ROWS, name);
	put_sealed(a, name, head, &piece, (how & 2) != 0);
}

static void
write_archive(struct archive *a, const struct piece *pieces, size_t count)
{
	static const struct piece globals = { (const uint8_t *)"", 0 };
	struct sealing sealing = { .seal_key = &seal_key };
	struct buf body = { 0 };
	struct err err = ERR_INIT;
	size_t i;

	a->sink = sink_to_buf(&a->out);
	a->tar = tar_writer_new(a->sink, header->created, &err);
	insist(a->tar != NULL && header_dump(header, &body, &err) == 0);
	put(a, FORMAT_HEADER, &body);
	put_sealed(a, FORMAT_CATALOG, NULL, &pieces[0], 0);
	put_sealed(a, FORMAT_SCHEMA, NULL, &pieces[1], 0);
	put_sealed(a, FORMAT_GLOBALS, NULL, &globals, 0);
	for (i = 3; i < count; i++)
		put_part(a, pieces[i]);
	put_sealed(a, FORMAT_MANIFEST, NULL, &pieces[2], 0);
	body.len = 0;
	insist(index_dump(&a->index, header->id, &sealing, keys, &body, &err) ==
	    0);
	put(a, FORMAT_INDEX, &body);
	insist(tar_writer_end(a->tar, &err) == 0);
	buf_free(&body);
}

static void
archive_free(struct archive *a)
{
	tar_writer_free(a->tar);
	sink_free(a->sink);
	free(a->index.records);
	buf_free(&a->out);
}

/* ---- reading ---- */

/* The seals and the signatures are right, so what fails is what they are
 * about. */
static void
is_ours(int rc, const struct err *err)
{
	insist(rc == 0 || err->kind != ERR_NONE);
	insist(rc == 0 || err->kind != ERR_KEY);
}

static int export(struct reader *r, struct err *err)
{
	struct export_opts opts = { .without_binary = 1 };
	struct export *x = export_new(r, &opts, err);
	struct buf out = { 0 };
	struct sink *sink = sink_to_buf(&out);
	int rc = x == NULL ? -1 : export_write(x, sink, err);

	export_free(x);
	sink_free(sink);
	buf_free(&out);
	return rc;
}

static void
read_file(const struct buf *archive)
{
	struct opening opening = { .open_key = &open_key };
	struct check_opts opts = { .depth = CHECK_DATA, .jobs = 1 };
	struct check_result result;
	struct err err = ERR_INIT;
	struct reader *r;
	char path[40];
	int fd = memfd_create("archive", MFD_CLOEXEC);

	insist(fd >= 0 &&
	    write(fd, archive->data, archive->len) == (ssize_t)archive->len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = reader_open_file(path, &err);
	insist(r != NULL && reader_unlock(r, &opening, &err) == 0);
	is_ours(check_run(r, &opts, &result, &err), &err);
	err = (struct err)ERR_INIT;
	is_ours(export(r, &err), &err);
	reader_free(r);
	insist(close(fd) == 0);
}

static void
read_stream(const struct buf *archive)
{
	struct opening opening = { .open_key = &open_key };
	struct err err = ERR_INIT;
	struct reader *r = reader_open_stream(
	    source_from_mem(archive->data, archive->len), &err);

	insist(r != NULL && reader_unlock(r, &opening, &err) == 0);
	is_ours(export(r, &err), &err);
	reader_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct piece pieces[SECTIONS] = { 0 };
	struct archive a = { .sink = NULL };
	size_t count;

	prepare();
	count = split(data, size, pieces);
	write_archive(&a, pieces, count);
	read_file(&a.out);
	read_stream(&a.out);
	archive_free(&a);
	return 0;
}
