#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "archive/index.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/proof/marks.h"
#include "job/sidecar.h"
#include "storage/store.h"

static struct marks *
marks_new(uint64_t parts)
{
	struct marks *m = mem_zalloc(sizeof(*m));
	size_t i;

	m->parts = parts;
	for (i = 0; i <= CHECK_DATA; i++)
		m->done[i] = mem_zalloc((size_t)parts + 1);
	m->bad = mem_zalloc((size_t)parts + 1);
	return m;
}

void
marks_free(struct marks *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i <= CHECK_DATA; i++)
		free(m->done[i]);
	free(m->bad);
	free(m->fault);
	free(m);
}

/* ---- "1-20,33" ---- */

/* Those whose byte is ${which}. */
static void
put_ranges(const uint8_t *done, uint8_t which, uint64_t parts, struct buf *out)
{
	uint64_t first, last;

	buf_puts(out, "");
	for (first = 0; first < parts; first = last) {
		for (last = first; last < parts && done[last] == which; last++)
			;
		if (last == first) {
			last++;
			continue;
		}
		buf_printf(out, "%s%llu", out->len > 0 ? "," : "",
		    (unsigned long long)first + 1);
		if (last - first > 1)
			buf_printf(out, "-%llu", (unsigned long long)last);
	}
}

/* Return -1 for what put_ranges() does not write. */
static int
get_ranges(const char *text, uint8_t which, uint8_t *done, uint64_t parts)
{
	char *copy = mem_strdup(text), *rest = copy, *word;
	uint64_t first, last;
	int rc = 0;

	while (rc == 0 && (word = strtok_r(NULL, ",", &rest)) != NULL) {
		char *hyphen = strchr(word, '-');

		if (hyphen != NULL)
			*hyphen = '\0';
		if (text_number(word, parts, &first) != 0 || first == 0 ||
		    text_number(hyphen != NULL ? hyphen + 1 : word, parts,
			&last) != 0 ||
		    last < first)
			rc = -1;
		else
			memset(done + first - 1, which,
			    (size_t)(last - first + 1));
	}
	free(copy);
	return rc;
}

/* ---- the file ---- */

/* What it says of the last check. */
static int
get_last(const json_t *doc, struct marks *m, struct err *err)
{
	const char *checked, *depth, *fault;

	if (doc_str(doc, "at", &checked, err) != 0 ||
	    doc_str(doc, "depth", &depth, err) != 0 ||
	    wall_parse_iso(checked, &m->checked) != 0)
		return -1;
	m->depth = strcmp(depth, check_depth_name(CHECK_DATA)) == 0
	    ? CHECK_DATA
	    : CHECK_HASHES;
	if (!json_is_null(json_object_get(doc, "fault"))) {
		if (doc_str(doc, "fault", &fault, err) != 0)
			return -1;
		m->fault = mem_strdup(fault);
		text_clean(m->fault);
	}
	return 0;
}

/* An object with the ranges of each depth, which become ${which} in ${to}. */
static int
get_depths(const json_t *doc, uint8_t *const to[CHECK_DATA + 1],
    const uint8_t which[CHECK_DATA + 1], uint64_t parts, struct err *err)
{
	const char *ranges;
	size_t i;

	for (i = 0; i <= CHECK_DATA; i++)
		if (doc_str(doc, check_depth_name((enum check_depth)i), &ranges,
			err) != 0 ||
		    get_ranges(ranges, which[i], to[i], parts) != 0)
			return -1;
	return 0;
}

static const uint8_t as_done[] = { 1, 1 };
static const uint8_t as_bad[] = { 1 + CHECK_HASHES, 1 + CHECK_DATA };

static int
get_done(const json_t *doc, struct marks *m, struct err *err)
{
	const json_t *done;

	return doc_object(doc, "done", &done, err) == 0
	    ? get_depths(done, m->done, as_done, m->parts, err)
	    : -1;
}

/* Where the fault is. */
static int
get_bad(const json_t *doc, struct marks *m, struct err *err)
{
	uint8_t *const to[] = { m->bad, m->bad };
	const json_t *bad;
	uint64_t any;

	if (m->fault == NULL)
		return 0;
	/* Not said: anywhere. */
	m->bad_any = (uint8_t)(1 + m->depth);
	if (json_object_get(doc, "bad") == NULL)
		return 0;
	if (doc_object(doc, "bad", &bad, err) != 0 ||
	    doc_uint(bad, "elsewhere", as_bad[CHECK_DATA], &any, err) != 0 ||
	    get_depths(bad, to, as_bad, m->parts, err) != 0)
		return -1;
	m->bad_any = (uint8_t)any;
	return 0;
}

/* The document, of an archive of that root (NULL: of any): 1, 0 when there is
 * none, -1 when it can't be read. */
static int
load_doc(
    const char *archive, const uint8_t *root, json_t **doc, struct err *err)
{
	uint8_t its[HASH_SIZE];

	*doc = sidecar_load(archive, SIDECAR_CHECK, err);
	if (*doc == NULL)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (doc_hex(*doc, "root", its, sizeof(its), err) == 0) {
		if (root == NULL || memcmp(its, root, sizeof(its)) == 0)
			return 1;
		err->kind = ERR_NONE;
	}
	json_decref(*doc);
	*doc = NULL;
	return err->kind == ERR_NONE ? 0 : -1;
}

/* Results as above. */
static int
load(const char *archive, const uint8_t *root, struct marks *m, int with_parts,
    struct err *err)
{
	json_t *doc;
	int rc = load_doc(archive, root, &doc, err);

	if (rc == 1 &&
	    (get_last(doc, m, err) != 0 ||
		(with_parts &&
		    (get_done(doc, m, err) != 0 ||
			get_bad(doc, m, err) != 0)))) {
		rc = -1;
		if (err->msg[0] == '\0')
			(void)err_set(err, ERR_DAMAGED,
			    "%s.check.json makes no sense", archive);
	}
	json_decref(doc);
	return rc;
}

struct marks *
marks_load(const char *archive, const struct reader *reader)
{
	const uint8_t *root = reader_root(reader);
	struct marks *m = marks_new(check_parts(reader));
	struct err err = ERR_INIT;
	int rc = load(archive, root, m, 1, &err);

	if (rc != 1) {
		marks_free(m);
		m = marks_new(check_parts(reader));
	}
	if (rc == -1) {
		log_step("the last check is not remembered: %s", err.msg);
		m->unread = 1;
	}
	memcpy(m->root, root, sizeof(m->root));
	return m;
}

int
marks_last(const char *archive, struct marks **marks, struct err *err)
{
	struct err cut = ERR_INIT;
	struct blob *blob = blob_open(archive, &cut);
	uint8_t root[HASH_SIZE];
	uint64_t records = 0;
	int whole = blob != NULL && index_root(blob, root, &records, &cut) == 0;
	struct marks *m;
	int rc;

	blob_free(blob);
	/* As sweep_parts() counts them. */
	m = marks_new(whole && records > FORMAT_PARTS_AFTER + 2
		? records - FORMAT_PARTS_AFTER - 2
		: 0);
	rc = load(archive, whole ? root : NULL, m, whole, err);
	if (rc != 1) {
		marks_free(m);
		m = NULL;
	}
	*marks = m;
	return rc;
}

struct marks *
marks_peek(const char *archive)
{
	struct err err = ERR_INIT;
	struct marks *m;

	if (marks_last(archive, &m, &err) < 0)
		log_step("the last check is not remembered: %s", err.msg);
	return m;
}

json_t *
marks_json(const struct marks *m)
{
	char at[WALL_ISO_SIZE];

	wall_iso(m->checked, at);
	return json_pack("{s:s, s:s, s:o}", "at", at, "depth",
	    check_depth_name(m->depth), "fault",
	    m->fault != NULL ? doc_text(m->fault) : json_null());
}

/* What get_depths() reads. */
static json_t *
put_depths(uint8_t *const from[CHECK_DATA + 1],
    const uint8_t which[CHECK_DATA + 1], uint64_t parts)
{
	json_t *doc = json_object();
	int d;

	for (d = 0; d <= CHECK_DATA; d++) {
		struct buf ranges = { 0 };

		put_ranges(from[d], which[d], parts, &ranges);
		(void)json_object_set_new(doc,
		    check_depth_name((enum check_depth)d),
		    json_string(buf_text(&ranges)));
		buf_free(&ranges);
	}
	return doc;
}

static json_t *
describe(const struct marks *m)
{
	uint8_t *const bad[] = { m->bad, m->bad };
	json_t *doc = marks_json(m), *where;

	(void)json_object_set_new(
	    doc, "root", doc_hex_text(m->root, sizeof(m->root)));
	(void)json_object_set_new(
	    doc, "done", put_depths(m->done, as_done, m->parts));
	if (m->fault != NULL) {
		where = put_depths(bad, as_bad, m->parts);
		(void)json_object_set_new(
		    where, "elsewhere", json_integer(m->bad_any));
		(void)json_object_set_new(doc, "bad", where);
	}
	return doc;
}

int
marks_save(const struct marks *m, const char *archive, struct err *err)
{
	json_t *doc = describe(m);
	int rc = sidecar_save(archive, SIDECAR_CHECK, doc, err);

	json_decref(doc);
	return rc;
}

/* ---- what to check next ---- */

/* Choose ${wanted} of the parts whose byte in ${done} is ${which}, all of which
 * are equally likely.  Return how many there were. */
static uint64_t
choose_some(const struct marks *m, const uint8_t *done, uint8_t which,
    uint64_t wanted, uint8_t *chosen)
{
	uint64_t *pool = mem_array(NULL, (size_t)m->parts + 1, sizeof(*pool));
	uint64_t i, k, n = 0;

	for (i = 0; i < m->parts; i++)
		if (done[i] == which)
			pool[n++] = i;
	for (i = 0; i < wanted && i < n; i++) {
		k = i + randombytes_uniform((uint32_t)(n - i));
		chosen[pool[k]] = 1;
		pool[k] = pool[i];
	}
	free(pool);
	return i;
}

uint8_t *
marks_choose(const struct marks *m, enum check_depth depth, double share)
{
	uint8_t *chosen = mem_zalloc((size_t)m->parts + 1);
	double exact = (double)m->parts * share;
	uint64_t wanted = (uint64_t)exact, got, i;

	wanted += (double)wanted < exact;
	got = choose_some(m, m->done[depth], 0, wanted, chosen);
	(void)choose_some(m, m->done[depth], 1, wanted - got, chosen);
	for (i = 0; i < m->parts; i++)
		chosen[i] |= m->bad[i] != 0;
	return chosen;
}

uint64_t
marks_count(const struct marks *m, enum check_depth depth)
{
	uint64_t i, n = 0;

	for (i = 0; i < m->parts; i++)
		n += m->done[depth][i];
	return n;
}

/* What was bad, and has been looked at as deep, is bad no more. */
static void
clear_faults(struct marks *m, enum check_depth depth, const uint8_t *chosen)
{
	uint64_t i, all = 1, left = 0;

	for (i = 0; i < m->parts; i++) {
		int looked = chosen == NULL || chosen[i];

		all &= looked != 0;
		if (looked && m->bad[i] <= 1 + (int)depth)
			m->bad[i] = 0;
		left += m->bad[i] != 0;
	}
	if (all && m->bad_any <= 1 + (int)depth)
		m->bad_any = 0;
	if (left > 0 || m->bad_any != 0)
		return;
	free(m->fault);
	m->fault = NULL;
}

void
marks_note(struct marks *m, enum check_depth depth, const uint8_t *chosen)
{
	uint64_t i;
	int d;

	m->checked = wall_now();
	m->depth = depth;
	clear_faults(m, depth, chosen);
	/* Who read the data has hashed it, too. */
	for (d = CHECK_HASHES; d <= (int)depth && d <= CHECK_DATA; d++) {
		if (marks_count(m, (enum check_depth)d) == m->parts)
			memset(m->done[d], 0, (size_t)m->parts);
		for (i = 0; i < m->parts; i++)
			m->done[d][i] |= chosen == NULL || chosen[i];
	}
}

void
marks_fault(
    struct marks *m, enum check_depth depth, uint64_t part, const char *fault)
{
	uint8_t *at =
	    part > 0 && part <= m->parts ? &m->bad[part - 1] : &m->bad_any;
	char *text = mem_strdup(fault);
	int d;

	m->checked = wall_now();
	m->depth = depth;
	free(m->fault);
	m->fault = text;
	/* What a deeper look found, only one as deep can take back. */
	if (*at < 1 + (int)depth)
		*at = (uint8_t)(1 + depth);
	for (d = 0; part > 0 && part <= m->parts && d <= CHECK_DATA; d++)
		m->done[d][part - 1] = 0;
}
