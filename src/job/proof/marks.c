#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/proof/marks.h"
#include "job/sidecar.h"

static struct marks *
marks_new(uint64_t parts)
{
	struct marks *m = mem_zalloc(sizeof(*m));
	size_t i;

	m->parts = parts;
	for (i = 0; i <= CHECK_DATA; i++)
		m->done[i] = mem_zalloc((size_t)parts + 1);
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
	free(m->fault);
	free(m);
}

/* ---- "1-20,33" ---- */

static void
put_ranges(const uint8_t *done, uint64_t parts, struct buf *out)
{
	uint64_t first, last;

	buf_puts(out, "");
	for (first = 0; first < parts; first = last) {
		for (last = first; last < parts && done[last]; last++)
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
get_ranges(const char *text, uint8_t *done, uint64_t parts)
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
			memset(done + first - 1, 1, (size_t)(last - first + 1));
	}
	free(copy);
	return rc;
}

/* ---- the file ---- */

/* The document, or NULL: whatever is the matter, there is nothing to know. */
static json_t *
load_doc(const char *archive)
{
	struct err err = ERR_INIT;
	json_t *doc = sidecar_load(archive, SIDECAR_CHECK, &err);

	if (doc == NULL && err.kind != ERR_ABSENT)
		log_step("the last check is not remembered: %s", err.msg);
	return doc;
}

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

static int
get_done(const json_t *doc, struct marks *m, struct err *err)
{
	const json_t *done;
	const char *ranges;
	size_t i;

	if (doc_object(doc, "done", &done, err) != 0)
		return -1;
	for (i = 0; i <= CHECK_DATA; i++)
		if (doc_str(done, check_depth_name((enum check_depth)i),
			&ranges, err) != 0 ||
		    get_ranges(ranges, m->done[i], m->parts) != 0)
			return -1;
	return 0;
}

struct marks *
marks_load(const char *archive, const struct reader *reader)
{
	struct marks *m = marks_new(check_parts(reader));
	struct err err = ERR_INIT;
	uint8_t root[HASH_SIZE];
	json_t *doc = load_doc(archive);
	int known = doc != NULL &&
	    doc_hex(doc, "root", root, sizeof(root), &err) == 0 &&
	    memcmp(root, reader_root(reader), sizeof(root)) == 0 &&
	    get_last(doc, m, &err) == 0 && get_done(doc, m, &err) == 0;

	json_decref(doc);
	if (!known) {
		marks_free(m);
		m = marks_new(check_parts(reader));
	}
	memcpy(m->root, reader_root(reader), sizeof(m->root));
	return m;
}

struct marks *
marks_peek(const char *archive)
{
	struct err err = ERR_INIT;
	struct marks *m;
	json_t *doc = load_doc(archive);

	if (doc == NULL)
		return NULL;
	m = marks_new(0);
	if (get_last(doc, m, &err) != 0) {
		marks_free(m);
		m = NULL;
	}
	json_decref(doc);
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

static json_t *
describe(const struct marks *m)
{
	json_t *doc = marks_json(m), *done = json_object();
	int d;

	(void)json_object_set_new(
	    doc, "root", doc_hex_text(m->root, sizeof(m->root)));
	for (d = 0; d <= CHECK_DATA; d++) {
		struct buf ranges = { 0 };

		put_ranges(m->done[d], m->parts, &ranges);
		(void)json_object_set_new(done,
		    check_depth_name((enum check_depth)d),
		    json_string(buf_text(&ranges)));
		buf_free(&ranges);
	}
	(void)json_object_set_new(doc, "done", done);
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
	uint64_t wanted = (uint64_t)exact, got;

	wanted += (double)wanted < exact;
	got = choose_some(m, m->done[depth], 0, wanted, chosen);
	(void)choose_some(m, m->done[depth], 1, wanted - got, chosen);
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

void
marks_note(struct marks *m, enum check_depth depth, const uint8_t *chosen,
    const char *fault)
{
	uint64_t i;
	int d;

	m->checked = wall_now();
	m->depth = depth;
	free(m->fault);
	m->fault = fault != NULL ? mem_strdup(fault) : NULL;
	if (fault != NULL)
		return;
	/* Who read the data has hashed it, too. */
	for (d = CHECK_HASHES; d <= (int)depth; d++) {
		if (marks_count(m, (enum check_depth)d) == m->parts)
			memset(m->done[d], 0, (size_t)m->parts);
		for (i = 0; i < m->parts; i++)
			m->done[d][i] |= chosen == NULL || chosen[i];
	}
}
