#include <stdlib.h>
#include <string.h>

#include "archive/reader.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/keep/vouch.h"
#include "job/proof/check.h"
#include "job/proof/marks.h"

struct vouch {
	unsigned jobs;
	const char *read_back;
	/* A copy has the id of another, and a name may be used again. */
	struct vouched {
		char *key;
		uint8_t id[FORMAT_ID_SIZE];
		int bad;
	} * list;
	size_t count;
};

struct vouch *
vouch_new(unsigned jobs, const char *read)
{
	struct vouch *v = mem_zalloc(sizeof(*v));

	v->jobs = jobs;
	v->read_back = read;
	return v;
}

void
vouch_free(struct vouch *v)
{
	size_t i;

	if (v == NULL)
		return;
	for (i = 0; i < v->count; i++)
		free(v->list[i].key);
	free(v->list);
	free(v);
}

/* ---- what is known ---- */

static const struct vouched *
find(const struct vouch *v, const struct found *found)
{
	const struct header *h = found->header;
	size_t i;

	for (i = 0; h != NULL && i < v->count; i++)
		if (strcmp(v->list[i].key, found->key) == 0 &&
		    memcmp(v->list[i].id, h->id, sizeof(h->id)) == 0)
			return &v->list[i];
	return NULL;
}

static void
note(struct vouch *v, const struct found *found, int bad)
{
	struct vouched *one;

	v->list = mem_array(v->list, v->count + 1, sizeof(*v->list));
	one = &v->list[v->count++];
	one->key = mem_strdup(found->key);
	memcpy(one->id, found->header->id, sizeof(one->id));
	one->bad = bad;
}

/* Whether a check of all of it, in one go or in samples, found nothing. */
static int
is_checked(const struct found *found)
{
	struct marks *m = marks_peek(found->path);
	int checked = m != NULL && m->fault == NULL &&
	    marks_count(m, CHECK_HASHES) == m->parts;

	marks_free(m);
	return checked;
}

void
vouch_apply(
    const struct vouch *v, const struct located *all, struct policy_item *items)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		const struct vouched *known = find(v, &all->found[i]);

		if (known != NULL && known->bad)
			items[i].whole = 0;
	}
}

static int
loses(const struct policy_item *items, size_t count, int group)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].group == group && items[i].kept_by == 0)
			return 1;
	return 0;
}

size_t
vouch_next(const struct vouch *v, const struct located *all,
    const struct policy_item *items)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		const struct found *found = &all->found[i];

		if (items[i].kept_by & 1u << POLICY_NEWEST &&
		    loses(items, all->count, items[i].group) &&
		    find(v, found) == NULL &&
		    (v->read_back == NULL ||
			strcmp(v->read_back, found->key) != 0) &&
		    !is_checked(found))
			return i;
	}
	return all->count;
}

/* ---- reading ---- */

/* As check does; who may not write it has it in the list. */
static void
remember(struct reader *reader, const char *path,
    const struct check_result *result, const struct err *why)
{
	struct marks *m = marks_load(path, reader);
	struct err err = ERR_INIT;
	char *fault;

	if (why->kind == ERR_NONE) {
		marks_note(m, CHECK_HASHES, NULL);
	} else {
		fault = check_fault(reader, result, why);
		marks_fault(m, CHECK_HASHES, result->bad_part, fault);
		free(fault);
	}
	if (marks_save(m, path, &err) != 0)
		log_note(
		    "the check of %s is not remembered: %s", path, err.msg);
	marks_free(m);
}

static int
check(struct vouch *v, struct reader *reader, const struct found *found,
    struct err *err)
{
	struct check_opts opts = { .depth = CHECK_HASHES, .jobs = v->jobs };
	struct check_result result;
	int rc;

	if (reader_trust(reader, NULL, err) != 0)
		return -1;
	rc = check_run(reader, &opts, &result, err);
	if (rc == 0 || err->kind == ERR_DAMAGED)
		remember(reader, found->path, &result, err);
	return rc;
}

int
vouch_read(struct vouch *v, const struct found *found, struct err *err)
{
	struct reader *reader;
	struct err why = ERR_INIT;
	int rc = 0;

	log_step("%s is read whole, before others are removed in its favour",
	    found->key);
	reader = reader_open_file(found->path, &why);
	if (reader == NULL ||
	    (reader_header(reader)->is_signed &&
		check(v, reader, found, &why) != 0))
		rc = -1;
	reader_free(reader);
	if (rc != 0 && why.kind == ERR_DAMAGED)
		log_warn("%s", why.msg);
	note(v, found, rc != 0);
	if (rc == 0 || why.kind == ERR_DAMAGED || why.kind == ERR_ABSENT)
		return 0;
	*err = why;
	return -1;
}
