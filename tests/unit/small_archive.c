#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/catalog_doc.h"
#include "base/mem.h"
#include "small_archive.h"
#include "stream/zstd.h"
#include "unit.h"

#define CREATED INT64_C(1795140900)
#define LEVEL 1

static struct column columns[] = { { (char[]){ "id" },
    (char[]){ "integer" } } };
static struct table tables[] = { { .schema = (char[]){ "public" },
    .name = (char[]){ "orders" },
    .kind = 'r',
    .parent = -1,
    .load_via = -1,
    .columns = columns,
    .column_count = 1,
    .format = COPY_TEXT,
    .bytes = 8192,
    .pages = 1,
    .rows = SMALL_ROWS } };
static struct sequence sequences[] = { { (char[]){ "public" },
    (char[]){ "orders_id_seq" }, 1, -7, 1 } };
static struct setting settings[] = { { NULL, (char[]){ "work_mem" },
    (char[]){ "8MB" } } };
static char *extensions[] = { (char[]){ "plpgsql 1.0" } };
static char *roles[] = { (char[]){ "postgres" }, (char[]){ "\xFFraw" } };
static const struct catalog catalog = { .server_version = 150004,
	.dbname = (char[]){ "shop" },
	.owner = (char[]){ "postgres" },
	.encoding = (char[]){ "UTF8" },
	.provider = (char[]){ "libc" },
	.collate = (char[]){ "C" },
	.ctype = (char[]){ "C" },
	.conn_limit = -1,
	.lobj_count = 1,
	.tables = tables,
	.table_count = 1,
	.sequences = sequences,
	.sequence_count = 1,
	.settings = settings,
	.setting_count = 1,
	.extensions = extensions,
	.extension_count = 1,
	.roles = roles,
	.role_count = 2 };

static const char SCHEMA[] = "the schema";
static const char GLOBALS[] = "CREATE ROLE app;\n";

void
small_keys_make(struct small_keys *keys)
{
	char recipient[KEYS_TEXT_SIZE], signer[KEYS_TEXT_SIZE];
	struct err err = ERR_INIT;
	char *prefix, *seal, *open;

	must(keys_init(&err));
	keys->folder = unit_folder();
	prefix = unit_path(keys->folder, "k");
	must(keys_generate(prefix, NULL, recipient, signer, &err));
	seal = mem_printf("%s-seal.key", prefix);
	open = mem_printf("%s-open.key", prefix);
	keys->seal = keys_load_seal(seal, &err);
	keys->open = keys_load_open(open, NULL, NULL, &err);
	assert_non_null(keys->seal);
	assert_non_null(keys->open);
	free(prefix);
	free(seal);
	free(open);
}

void
small_keys_free(struct small_keys *keys)
{
	seal_key_free(keys->seal);
	open_key_free(keys->open);
	unit_remove(keys->folder);
}

static void
tell_lie(struct part_head *head, enum small_lie lie)
{
	if (lie == SMALL_ROW_COUNT)
		head->digest.rows++;
	else if (lie == SMALL_DIGEST)
		head->digest.low ^= 1;
	else if (lie == SMALL_BYTES)
		head->bytes--;
}

/* Seal and hand over part ${number}: rows "N\n" from ${first}. */
static int
write_part(struct writer *w, struct manifest *m, struct part_head *head,
    int first, int rows, enum small_lie lie, struct err *err)
{
	struct packer *packer = packer_new(LEVEL);
	struct sealer *sealer = sealer_new(FORMAT_PART_HEAD_SIZE);
	uint64_t number = writer_ticket(w);
	uint8_t wire[FORMAT_PART_HEAD_SIZE];
	char name[TAR_NAME_MAX + 1], row[16];
	struct buf sealed = { 0 };
	struct seal_place place;
	int i, rc = 0;

	packer_begin(packer, sealer_sink(sealer));
	for (i = first; i < first + rows && rc == 0; i++) {
		int len = snprintf(row, sizeof(row), "%d\n", i);

		digest_row(&head->digest, row, (size_t)len - 1);
		head->bytes += (uint64_t)len;
		rc = packer_write(packer, row, (size_t)len, err);
	}
	tell_lie(head, lie);
	format_part_name(number, head->kind, name);
	place = writer_place(w, number, name);
	format_put_part_head(head, wire);
	if (rc == 0)
		rc = packer_end(packer, err);
	if (rc == 0)
		rc = sealer_end(
		    sealer, writer_key(w), &place, wire, &sealed, err);
	if (rc == 0) {
		manifest_add(m, number, head, sealed.len);
		rc = writer_part(w, number, name, &sealed, err);
	}
	buf_free(&sealed);
	packer_free(packer);
	sealer_free(sealer);
	return rc;
}

static int
write_parts(struct writer *w, struct manifest *m,
    const struct small_shape *shape, struct err *err)
{
	struct part_head first = { .kind = PART_ROWS };
	struct part_head second = {
		.kind = PART_ROWS, .final = 1, .table_parts = 2
	};
	struct part_head lobj = { .kind = PART_LOBJS };

	if (write_part(w, m, &first, 0, SMALL_ROWS / 2,
		shape != NULL ? shape->lie : SMALL_TRUE, err) != 0 ||
	    write_part(w, m, &second, SMALL_ROWS / 2, SMALL_ROWS / 2,
		SMALL_TRUE, err) != 0)
		return -1;
	return shape != NULL ? 0
			     : write_part(w, m, &lobj, 0, 1, SMALL_TRUE, err);
}

static int
write_all(struct writer *w, const struct small_shape *shape, struct err *err)
{
	struct buf doc = { 0 }, schema = { 0 }, globals = { 0 };
	struct manifest *m = manifest_new(1);
	int rc = catalog_doc_dump(&catalog, &doc, err);

	m->lobj_count = shape == NULL;
	manifest_warn(m, "a warning");
	if (rc == 0)
		rc = shape != NULL
		    ? buf_add(&schema, shape->schema, shape->schema_len, err)
		    : buf_add(&schema, SCHEMA, sizeof(SCHEMA), err);
	if (rc == 0)
		rc = buf_add(&globals, GLOBALS, sizeof(GLOBALS), err);
	if (rc == 0)
		rc = writer_open(w, LEVEL, &doc, &schema, &globals, err);
	if (rc == 0)
		rc = write_parts(w, m, shape, err);
	if (rc == 0)
		rc = writer_finish(w, LEVEL, m, err);
	manifest_free(m);
	buf_free(&doc);
	buf_free(&schema);
	buf_free(&globals);
	return rc;
}

int
small_write_shape(const struct sealing *sealing,
    const struct small_shape *shape, struct sink *sink, struct err *err)
{
	struct archive_keys *keys;
	struct header *header =
	    header_make(sealing, CONTENTS_WHOLE, CREATED, &keys, err);
	struct writer *w;
	int rc;

	assert_non_null(header);
	w = writer_new(sink, sealing, header, keys, err);
	if (w == NULL)
		return -1;
	rc = write_all(w, shape, err);
	writer_free(w);
	return rc;
}

int
small_write(const struct sealing *sealing, struct sink *sink, struct err *err)
{
	return small_write_shape(sealing, NULL, sink, err);
}

void
small_make(const struct sealing *sealing, struct buf *out)
{
	struct err err = ERR_INIT;

	must(small_write(sealing, sink_to_buf(out), &err));
}

static int
differs(struct err *err, const char *what)
{
	return err_set(err, ERR_FAIL, "read, but different: %s", what);
}

static int
read_documents(struct reader *r, struct err *err)
{
	struct buf schema = { 0 }, globals = { 0 };
	const struct catalog *cat = reader_catalog(r, NULL, err);
	int rc = -1;

	if (cat == NULL)
		return -1;
	if (reader_schema(r, &schema, err) == 0 &&
	    reader_globals(r, &globals, err) == 0)
		rc = 0;
	if (rc == 0 &&
	    (schema.len != sizeof(SCHEMA) ||
		memcmp(schema.data, SCHEMA, sizeof(SCHEMA)) != 0 ||
		memcmp(globals.data, GLOBALS, sizeof(GLOBALS)) != 0))
		rc = differs(err, "schema or globals");
	if (rc == 0 &&
	    (cat->table_count != 1 ||
		strcmp(cat->tables[0].name, "orders") != 0 ||
		cat->tables[0].column_count != 1 ||
		cat->sequences[0].value != -7 ||
		strcmp(cat->roles[1], "\xFFraw") != 0))
		rc = differs(err, "catalog");
	buf_free(&schema);
	buf_free(&globals);
	return rc;
}

/* Every row of a part, digested again. */
static int
check_rows(struct part *part, struct err *err)
{
	struct digest digest = { 0 };
	struct buf rows = { 0 };
	struct source *source = part_rows(part);
	int rc = source_read_all(source, &rows, 1 << 20, err);
	size_t at = 0;

	while (rc == 0 && at < rows.len) {
		const uint8_t *end =
		    memchr(rows.data + at, '\n', rows.len - at);
		size_t len = (size_t)(end - rows.data) - at;

		digest_row(&digest, rows.data + at, len);
		at += len + 1;
	}
	if (rc == 0 && !digest_equal(&digest, &part->head.digest))
		rc = differs(err, "rows");
	source_free(source);
	buf_free(&rows);
	return rc;
}

static int
read_parts(struct reader *r, struct err *err)
{
	struct part part = { 0 };
	int got, count = 0, rc = 0;

	while (rc == 0 && (got = reader_next_part(r, &part, err)) != 0) {
		rc = got < 0 ? -1 : check_rows(&part, err);
		count++;
	}
	part_free(&part);
	if (rc == 0 && count != SMALL_PARTS)
		rc = differs(err, "number of parts");
	return rc;
}

int
small_read(struct reader *r, const struct opening *opening, struct err *err)
{
	const struct manifest *m = NULL;
	int rc = -1;

	if (r == NULL)
		return -1;
	if (reader_unlock(r, opening, err) == 0 &&
	    read_documents(r, err) == 0 && read_parts(r, err) == 0 &&
	    (m = reader_manifest(r, NULL, err)) != NULL)
		rc = reader_end(r, err);
	if (rc == 0 &&
	    (m->tables[0].digest.rows != SMALL_ROWS ||
		m->part_count != SMALL_PARTS || m->warning_count != 1))
		rc = differs(err, "manifest");
	reader_free(r);
	return rc;
}

int
small_read_stream(const void *data, size_t len, const struct opening *opening,
    struct err *err)
{
	struct source *source = source_from_mem(data, len);

	return small_read(reader_open_stream(source, err), opening, err);
}

int
small_read_file(
    const char *path, const struct opening *opening, struct err *err)
{
	return small_read(reader_open_file(path, err), opening, err);
}
