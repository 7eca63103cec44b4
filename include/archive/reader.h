#ifndef ARCHIVE_READER_H
#define ARCHIVE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "archive/columns.h"
#include "archive/header.h"
#include "archive/index.h"
#include "archive/manifest.h"
#include "db/catalog.h"
#include "storage/store.h"
#include "stream/source.h"

/*
 * Reading one archive, from a file (at any place, index first) or from a
 * stream (in order, index last).  Order of calls:
 *
 *	reader_open_file() or reader_open_stream()	header parsed
 *	reader_unlock()		keys found, signature checked; of a file also
 *				the index, and that it fits the file
 *	reader_catalog(), reader_schema(), reader_globals()	in this order
 *	reader_next_part() until it gives 0		from any thread
 *	reader_manifest()	of a file, any time after reader_catalog()
 *	reader_end()		a stream's index is checked here
 *
 * Everything that is handed out is authentic: decrypted in whole first.
 * Every byte of a file or stream that was passed over is hashed and compared
 * with the index, parts before they are handed out when reading a file.
 * Damage is ERR_DAMAGED and names the entry.
 */
struct reader;
struct wreck;

/* A part, opened.  Start it as {0}; it is reused from call to call. */
struct part {
	uint64_t number;
	struct part_head head;
	const uint8_t *packed; /* zstd frames of the rows, within buf */
	size_t packed_len;
	struct buf buf;
	struct columns_room room;
};

struct reader *reader_open_file(const char *path, struct err *err);
/* reader_open_blob(blob, err): the same of a file that is open; ${blob} is
 * owned. */
struct reader *reader_open_blob(struct blob *blob, struct err *err);
/* reader_open_stream(source, err): ${source} is owned. */
struct reader *reader_open_stream(struct source *source, struct err *err);
/* reader_open_wreck(path, err): a file that is damaged or cut, of which all but
 * the header may be: ERR_DAMAGED if that is.  Documents are given out if they
 * are whole, parts once wreck_settle() was called, of those that are whole.
 * reader_wreck(r): it, lent; NULL if ${r} is none. */
struct reader *reader_open_wreck(const char *path, struct err *err);
struct wreck *reader_wreck(const struct reader *r);
void reader_free(struct reader *r);

const struct header *reader_header(const struct reader *r);
/* reader_name(r): for messages; lent. */
const char *reader_name(const struct reader *r);
/* reader_size(r): of the file; 0 for a stream. */
uint64_t reader_size(const struct reader *r);
int reader_is_stream(const struct reader *r);

int
reader_unlock(struct reader *r, const struct opening *opening, struct err *err);

/* reader_trust(r, signer, err): of a file, in the place of reader_unlock() and
 * with no secret: check header and index by the signer's public key, as
 * header_trust() does.  Then nothing can be read, but every entry checked:
 * reader_entries(r) is how many there are; reader_check_entry(r, position, buf,
 * size, err) compares one with its hash in the index, and its name with its
 * place; ${*size} gets how many bytes it has, its padding aside.  It passes
 * through ${buf} piece by piece, for nobody has said yet that its size is
 * meant well; to be used again.  Any thread, each with a buffer of its own. */
int reader_trust(struct reader *r, const uint8_t *signer, struct err *err);
/* reader_trust_own(r, keys, err): the same for who made the archive and has its
 * keys, which takes no signer. */
int reader_trust_own(
    struct reader *r, const struct archive_keys *keys, struct err *err);
/* reader_is_trusted(r): whether one of these, or reader_unlock(), found the
 * header genuine and its signer the right one, whatever they found then. */
int reader_is_trusted(const struct reader *r);
uint64_t reader_entries(const struct reader *r);
int reader_check_entry(struct reader *r, uint64_t position, struct buf *buf,
    uint64_t *size, struct err *err);
/* reader_root(r): the index's root hash, which stands for the whole file. */
const uint8_t *reader_root(const struct reader *r);
/* reader_check(r, err): whether a file that was not unlocked may be whole, as
 * index_check() tells; of a stream nothing. */
int reader_check(const struct reader *r, struct err *err);

/* reader_hint(err): say of ERR_DAMAGED what may be done about it, unless ${err}
 * does. */
void reader_hint(struct err *err);

/* reader_show_names(r): let names in the catalog be in UTF-8, for people, not
 * in the database's encoding; before reader_catalog(). */
void reader_show_names(struct reader *r);
/* reader_catalog(r, raw, err): the catalog, which the reader keeps and lends;
 * its JSON text goes to ${raw} unless NULL. */
const struct catalog *
reader_catalog(struct reader *r, struct buf *raw, struct err *err);
int reader_schema(struct reader *r, struct buf *out, struct err *err);
int reader_globals(struct reader *r, struct buf *out, struct err *err);

/* reader_next_part(r, part, err): the next part in the file's order.  Return
 * 1, 0 when there are no more, or -1.  Any thread, at once. */
int reader_next_part(struct reader *r, struct part *part, struct err *err);
/* reader_part(r, number, part, err): part ${number} of a file.  Any thread.
 * The error of one that is damaged names its table, once the manifest has been
 * read. */
int reader_part(
    struct reader *r, uint64_t number, struct part *part, struct err *err);
/* part_rows(part): a source of the part's rows; free before ${part} is used
 * again.  Its length is checked against the head. */
struct source *part_rows(struct part *part);
/* rows_unpack(packed, head, room): the same of a part that was not read from an
 * archive: ${packed} gives its zstd frames and is owned, ${head} and ${room}
 * are lent until source_free(). */
struct source *rows_unpack(struct source *packed, const struct part_head *head,
    struct columns_room *room);
void part_free(struct part *part);

/* reader_manifest(r, raw, err): the manifest, which the reader keeps and
 * lends.  Of a stream, only after reader_next_part() gave 0. */
const struct manifest *
reader_manifest(struct reader *r, struct buf *raw, struct err *err);

/* reader_end(r, err): read a stream to its end and check its index; of a
 * file, nothing is left to do. */
int reader_end(struct reader *r, struct err *err);

#endif
