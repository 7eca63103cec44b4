#ifndef SMALL_ARCHIVE_H
#define SMALL_ARCHIVE_H

#include "archive/keys.h"
#include "archive/reader.h"
#include "archive/writer.h"

/* A small archive with every kind of entry, made by the real writer, and a
 * reader of all of it; for tests of both. */

#define SMALL_PARTS 3 /* two of a table, one of large objects */
#define SMALL_ROWS 40

struct small_keys {
	char *folder;
	struct seal_key *seal;
	struct open_key *open;
};

/* What its writer says of the first part and is not so. */
enum small_lie { SMALL_TRUE, SMALL_ROW_COUNT, SMALL_DIGEST, SMALL_BYTES };

/* One that can be checked in whole: its schema is one of pg_dump's, and it has
 * no large objects. */
struct small_shape {
	const void *schema;
	size_t schema_len;
	enum small_lie lie;
};

void small_keys_make(struct small_keys *keys);
void small_keys_free(struct small_keys *keys);

/* small_write(sealing, sink, err): write one to ${sink}, which is owned. */
int
small_write(const struct sealing *sealing, struct sink *sink, struct err *err);
/* small_write_shape(sealing, shape, sink, err): the same in that shape. */
int small_write_shape(const struct sealing *sealing,
    const struct small_shape *shape, struct sink *sink, struct err *err);
/* small_make(sealing, out): the same, into memory. */
void small_make(const struct sealing *sealing, struct buf *out);

/* small_read(reader, opening, err): unlock it, read everything there is and
 * compare with what was written.  The reader is freed. */
int small_read(
    struct reader *reader, const struct opening *opening, struct err *err);
/* small_read_stream(data, len, opening, err), small_read_file(path, opening,
 * err): from memory as a stream, or a file. */
int small_read_stream(const void *data, size_t len,
    const struct opening *opening, struct err *err);
int small_read_file(
    const char *path, const struct opening *opening, struct err *err);

#endif
