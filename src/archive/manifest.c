#include <stdlib.h>
#include <string.h>

#include "archive/manifest.h"
#include "base/doc.h"
#include "base/mem.h"

/* Thirty thousand years: what is shown of them fits into integers. */
#define SECONDS_MAX 1e12

struct manifest *
manifest_new(size_t table_count)
{
	struct manifest *m = mem_zalloc(sizeof(*m));

	m->tables = mem_zalloc(table_count * sizeof(*m->tables));
	m->table_count = table_count;
	return m;
}

void
manifest_free(struct manifest *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->warning_count; i++)
		free(m->warnings[i]);
	free(m->warnings);
	free(m->tables);
	free(m->parts);
	free(m);
}

static void
grow_parts(struct manifest *m, size_t count)
{
	size_t had = m->part_count;

	m->parts = mem_array(m->parts, count, sizeof(*m->parts));
	memset(m->parts + had, 0, (count - had) * sizeof(*m->parts));
	m->part_count = count;
}

void
manifest_add(struct manifest *m, uint64_t number, const struct part_head *head,
    uint64_t sealed)
{
	struct manifest_table *t =
	    head->kind == PART_ROWS ? &m->tables[head->table] : &m->lobjs;

	if (number > m->part_count)
		grow_parts(m, (size_t)number);
	m->parts[number - 1].head = *head;
	m->parts[number - 1].sealed = sealed;
	t->bytes += head->bytes;
	t->parts++;
	digest_add(&t->digest, &head->digest);
}

void
manifest_warn(struct manifest *m, const char *text)
{
	m->warnings =
	    mem_array(m->warnings, m->warning_count + 1, sizeof(*m->warnings));
	m->warnings[m->warning_count++] = mem_strdup(text);
}

static json_t *
digest_doc(const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	return json_string(hex);
}

static json_t *
table_doc(const struct manifest_table *t)
{
	return json_pack("{s:I, s:I, s:I, s:o}", "rows",
	    (json_int_t)t->digest.rows, "bytes", (json_int_t)t->bytes, "parts",
	    (json_int_t)t->parts, "digest", digest_doc(&t->digest));
}

/* A part is an array, for there may be tens of thousands. */
static json_t *
part_doc(const struct manifest_part *p)
{
	return json_pack("[i, I, I, I, I, o]", (int)p->head.kind,
	    (json_int_t)p->head.table, (json_int_t)p->head.digest.rows,
	    (json_int_t)p->head.bytes, (json_int_t)p->sealed,
	    digest_doc(&p->head.digest));
}

int
manifest_dump(const struct manifest *m, struct buf *out, struct err *err)
{
	json_t *tables = json_array(), *parts = json_array(), *doc;
	json_t *warnings = json_array();
	size_t i;
	int rc;

	for (i = 0; i < m->table_count; i++)
		json_array_append_new(tables, table_doc(&m->tables[i]));
	for (i = 0; i < m->part_count; i++)
		json_array_append_new(parts, part_doc(&m->parts[i]));
	for (i = 0; i < m->warning_count; i++)
		json_array_append_new(warnings, doc_text(m->warnings[i]));
	doc = json_pack("{s:o, s:o, s:o, s:I, s:o, s:{s:f, s:f}, s:i, s:i}",
	    "tables", tables, "parts", parts, "large_objects",
	    table_doc(&m->lobjs), "large_object_count",
	    (json_int_t)m->lobj_count, "warnings", warnings, "seconds",
	    "snapshot", m->locked, "total", m->duration, "jobs", (int)m->jobs,
	    "level", m->level);
	if (doc == NULL)
		return err_set(err, ERR_FAIL, "cannot build the manifest");
	rc = doc_dump(doc, out, err);
	json_decref(doc);
	return rc;
}

static int
load_table(const json_t *doc, struct manifest_table *t, struct err *err)
{
	const char *hex = NULL;
	uint64_t parts = 0;

	if (doc_uint(doc, "rows", INT64_MAX, &t->digest.rows, err) != 0 ||
	    doc_uint(doc, "bytes", INT64_MAX, &t->bytes, err) != 0 ||
	    doc_uint(doc, "parts", FORMAT_PARTS_MAX, &parts, err) != 0 ||
	    doc_str(doc, "digest", &hex, err) != 0)
		return -1;
	t->parts = (uint32_t)parts;
	if (digest_parse(&t->digest, hex) != 0)
		return err_set(err, ERR_DAMAGED, "a digest is malformed");
	return 0;
}

static int
load_part(const json_t *doc, size_t table_count, struct manifest_part *p,
    struct err *err)
{
	uint64_t n[5];
	const char *hex = json_string_value(json_array_get(doc, 5));
	size_t i;

	for (i = 0; i < 5; i++) {
		const json_t *v = json_array_get(doc, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return err_set(
			    err, ERR_DAMAGED, "a part's entry is malformed");
		n[i] = (uint64_t)json_integer_value(v);
	}
	if (json_array_size(doc) != 6 || n[0] > PART_LOBJS ||
	    (n[0] == PART_ROWS && n[1] >= table_count) || n[1] > UINT32_MAX ||
	    hex == NULL || digest_parse(&p->head.digest, hex) != 0)
		return err_set(err, ERR_DAMAGED, "a part's entry is malformed");
	p->head.kind = (enum part_kind)n[0];
	p->head.table = (uint32_t)n[1];
	p->head.digest.rows = n[2];
	p->head.bytes = n[3];
	p->sealed = n[4];
	return 0;
}

static int
load_lists(struct manifest *m, const json_t *doc, struct err *err)
{
	const json_t *tables, *parts, *warnings;
	size_t i;

	if (doc_array(doc, "tables", &tables, err) != 0 ||
	    doc_array(doc, "parts", &parts, err) != 0 ||
	    doc_array(doc, "warnings", &warnings, err) != 0)
		return -1;
	if (json_array_size(tables) != m->table_count)
		return err_set(err, ERR_DAMAGED,
		    "it has %zu tables, the catalog has %zu",
		    json_array_size(tables), m->table_count);
	for (i = 0; i < m->table_count; i++)
		if (load_table(json_array_get(tables, i), &m->tables[i], err) !=
		    0)
			return -1;
	grow_parts(m, json_array_size(parts));
	for (i = 0; i < m->part_count; i++)
		if (load_part(json_array_get(parts, i), m->table_count,
			&m->parts[i], err) != 0)
			return -1;
	for (i = 0; i < json_array_size(warnings); i++) {
		const char *text =
		    json_string_value(json_array_get(warnings, i));
		char *bytes = text != NULL ? doc_bytes(text) : NULL;

		if (bytes == NULL)
			return err_set(
			    err, ERR_DAMAGED, "a warning is not text");
		manifest_warn(m, bytes);
		free(bytes);
	}
	return 0;
}

static int
load_seconds(
    const json_t *doc, const char *name, double *seconds, struct err *err)
{
	const json_t *v = json_object_get(doc, name);

	*seconds = json_number_value(v);
	if (!json_is_number(v) || !(*seconds >= 0 && *seconds <= SECONDS_MAX))
		return err_set(err, ERR_DAMAGED,
		    "the member \"%s\" is not a number of seconds", name);
	return 0;
}

static int
load_numbers(struct manifest *m, const json_t *doc, struct err *err)
{
	const json_t *lobjs, *seconds;
	uint64_t jobs, level;

	if (doc_object(doc, "large_objects", &lobjs, err) != 0 ||
	    load_table(lobjs, &m->lobjs, err) != 0 ||
	    doc_uint(doc, "large_object_count", UINT32_MAX, &m->lobj_count,
		err) != 0 ||
	    doc_object(doc, "seconds", &seconds, err) != 0 ||
	    doc_uint(doc, "jobs", 100000, &jobs, err) != 0 ||
	    doc_uint(doc, "level", 100, &level, err) != 0)
		return -1;
	if (load_seconds(seconds, "snapshot", &m->locked, err) != 0 ||
	    load_seconds(seconds, "total", &m->duration, err) != 0)
		return -1;
	m->jobs = (unsigned)jobs;
	m->level = (int)level;
	return 0;
}

/* Every table must be the sum of its parts. */
static int
check_sums(const struct manifest *m, struct err *err)
{
	struct manifest *sum = manifest_new(m->table_count);
	size_t i;
	int same;

	for (i = 0; i < m->part_count; i++)
		manifest_add(sum, i + 1, &m->parts[i].head, m->parts[i].sealed);
	same = sum->lobjs.bytes == m->lobjs.bytes &&
	    sum->lobjs.parts == m->lobjs.parts &&
	    digest_equal(&sum->lobjs.digest, &m->lobjs.digest);
	for (i = 0; i < m->table_count && same; i++)
		same = sum->tables[i].bytes == m->tables[i].bytes &&
		    sum->tables[i].parts == m->tables[i].parts &&
		    digest_equal(&sum->tables[i].digest, &m->tables[i].digest);
	manifest_free(sum);
	return same ? 0
		    : err_set(err, ERR_DAMAGED,
			  "its parts do not add up to its tables");
}

struct manifest *
manifest_load(const void *data, size_t len, size_t table_count, struct err *err)
{
	json_t *doc = doc_parse(data, len, FORMAT_MANIFEST, err);
	struct manifest *m;

	if (doc == NULL)
		return NULL;
	m = manifest_new(table_count);
	if (load_lists(m, doc, err) != 0 || load_numbers(m, doc, err) != 0 ||
	    check_sums(m, err) != 0) {
		(void)err_wrap(err, FORMAT_MANIFEST);
		manifest_free(m);
		m = NULL;
	}
	json_decref(doc);
	return m;
}
