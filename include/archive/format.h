#ifndef ARCHIVE_FORMAT_H
#define ARCHIVE_FORMAT_H

#include <stdint.h>

#include "base/err.h"
#include "stream/digest.h"
#include "stream/hash.h"
#include "stream/seal.h"
#include "stream/tar.h"

/*
 * The numbers of archive format 1, as pgcask-format(5) specifies it: names of
 * entries, wire layouts, and the bounds that every reader enforces.
 */

#define FORMAT_NUMBER 1
#define FORMAT_ID_SIZE SEAL_ID_SIZE
#define FORMAT_UUID_SIZE 37 /* text of an archive id and its NUL */

#define FORMAT_HEADER "pgcask.json"
#define FORMAT_CATALOG "catalog"
#define FORMAT_SCHEMA "schema"
#define FORMAT_GLOBALS "globals"
#define FORMAT_MANIFEST "manifest"
#define FORMAT_INDEX "index"

/* Entries' positions in the file: header 0, catalog 1, schema 2, globals 3,
 * part N (counted from 1 over data/ and lo/) 3 + N, then the manifest. */
#define FORMAT_CATALOG_AT 1
#define FORMAT_SCHEMA_AT 2
#define FORMAT_GLOBALS_AT 3
#define FORMAT_PARTS_AFTER 3

/* Bounds. */
#define FORMAT_HEADER_MAX (64u << 10) /* bytes of pgcask.json */
#define FORMAT_DOC_MAX (1u << 30)     /* bytes of catalog, manifest, ... */
#define FORMAT_PART_MAX (UINT64_C(5) << 30) /* a part of one giant row */
#define FORMAT_PARTS_MAX UINT64_C(99999999)

/* A part is cut at the first row end at or beyond this many bytes, if not
 * before. */
#define FORMAT_PART_TARGET (16u << 20)

/* The kinds of part. */
enum part_kind { PART_ROWS = 0, PART_LOBJS = 1 };
/* How its rows or records lie in it: one after the other, or by columns (see
 * archive/columns.h). */
enum part_layout { LAYOUT_ROWS = 0, LAYOUT_COLUMNS = 1 };

/* What the first message of a part says. */
struct part_head {
	enum part_kind kind;
	enum part_layout layout;
	uint32_t table;       /* index into catalog.tables */
	int final;            /* the table has no further part */
	uint32_t table_parts; /* if final: how many it has, this one included */
	uint64_t bytes;       /* of rows, as COPY has them */
	struct digest digest; /* of the rows, and how many */
};

/*
 * Wire layout of a part head, little-endian:
 *	0  u32 kind		16  u64 rows	32  u64 digest, low half
 *	4  u32 table		24  u64 bytes	40  u64 digest, high half
 *	8  u32 1 if final	48  u32 layout
 *	12 u32 table_parts	52  12 zero bytes
 */
#define FORMAT_PART_HEAD_SIZE 64

/* A record of a large-object part: u32 OID, u64 offset, u32 length, bytes.
 * Records hold at most this much, at offsets that are multiples of it. */
#define FORMAT_LOBJ_HEAD_SIZE 16
#define FORMAT_LOBJ_CHUNK (1u << 20)

/* format_part_name(number, kind, name): "data/00000001" or "lo/00000001". */
void format_part_name(
    uint64_t number, enum part_kind kind, char name[TAR_NAME_MAX + 1]);
/* format_parse_part_name(name, number, kind): Return 0, or -1 if it is not
 * such a name. */
int format_parse_part_name(
    const char *name, uint64_t *number, enum part_kind *kind);

void format_put_part_head(
    const struct part_head *head, uint8_t out[FORMAT_PART_HEAD_SIZE]);
int format_get_part_head(const uint8_t in[FORMAT_PART_HEAD_SIZE],
    struct part_head *head, struct err *err);

/* format_uuid(id, text), format_parse_uuid(text, id): an archive id as text. */
void format_uuid(const uint8_t id[FORMAT_ID_SIZE], char text[FORMAT_UUID_SIZE]);
int format_parse_uuid(const char *text, uint8_t id[FORMAT_ID_SIZE]);

#endif
