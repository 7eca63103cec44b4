#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wall.h"
#include "config.h"
#include "job/proof/evidence.h"
#include "job/sidecar.h"

#define HOST_SIZE 256

/* A duration, to the millisecond: the text of a number that is no whole one
 * would not be the same for everybody. */
static json_t *
ms(double seconds)
{
	return json_integer((json_int_t)(seconds * 1000 + 0.5));
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? doc_text(text) : json_null();
}

static const char *
table_result(const struct drilled_table *t)
{
	if (t->missing)
		return "missing";
	if (t->unread)
		return "not compared";
	return t->same ? "same" : "different";
}

static json_t *
tables_doc(const struct drilled *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->table_count; i++) {
		const struct drilled_table *t = &d->tables[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s, s:I, s:I, s:o}", "table",
			doc_text(t->name), "result", table_result(t), "rows",
			(json_int_t)t->rows, "bytes", (json_int_t)t->bytes,
			"rows_found",
			t->missing || t->unread
			    ? json_null()
			    : json_integer((json_int_t)t->rows_found)));
	}
	return list;
}

static json_t *
lobjs_doc(const struct drilled_lobjs *l)
{
	if (!l->compared)
		return json_null();
	return json_pack("{s:s, s:I, s:I}", "result",
	    l->same ? "same" : "different", "count", (json_int_t)l->count,
	    "bytes", (json_int_t)l->bytes);
}

static json_t *
value_doc(int64_t value, int called)
{
	return json_pack(
	    "{s:I, s:b}", "value", (json_int_t)value, "called", called);
}

static const char *
sequence_result(const struct drilled_sequence *s)
{
	if (s->missing)
		return "missing";
	if (s->unread)
		return "not compared";
	return s->same ? "same" : "different";
}

static json_t *
sequences_doc(const struct drilled *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->sequence_count; i++) {
		const struct drilled_sequence *s = &d->sequences[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s, s:o, s:o}", "sequence",
			doc_text(s->name), "result", sequence_result(s),
			"saved", value_doc(s->value, s->called), "found",
			s->missing || s->unread
			    ? json_null()
			    : value_doc(s->value_found, s->called_found)));
	}
	return list;
}

static json_t *
views_doc(const struct drilled *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->view_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s}", "view", doc_text(d->views[i].name),
			"result",
			d->views[i].populated ? "populated" : "not populated"));
	return list;
}

static json_t *
assertions_doc(const struct assertions *a)
{
	static const char *const results[] = { "not asked", "holds",
		"does not hold", "broken" };
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < a->count; i++) {
		const struct assertion *one = &a->at[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:i, s:o, s:o, s:s, s:I, s:o}", "file",
			doc_text(one->file), "line", (int)one->line, "title",
			doc_text(one->title), "sql", doc_text(one->sql),
			"result", results[one->result], "violations",
			(json_int_t)one->rows, "ms", ms(one->seconds)));
	}
	return list;
}

static json_t *
phases_doc(const struct drilled *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->phase_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:o}", "phase", d->phases[i].name, "ms",
			ms(d->phases[i].seconds)));
	return list;
}

static json_t *
texts_doc(char *const *texts, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(list, doc_text(texts[i]));
	return list;
}

/* What the archive holds, if that is not everything; or null. */
static json_t *
chosen_doc(const struct drilled *d)
{
	if (d->rules.count + d->options.count == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "rules",
	    texts_doc(d->rules.at, d->rules.count), "options",
	    texts_doc(d->options.at, d->options.count));
}

static json_t *
archive_doc(const struct evidence_opts *o)
{
	const struct header *h = reader_header(o->reader);
	const char *slash = strrchr(o->archive, '/');
	char id[FORMAT_UUID_SIZE], created[WALL_ISO_SIZE];
	char signer[KEYS_TEXT_SIZE] = "";

	format_uuid(h->id, id);
	wall_iso(h->created, created);
	if (h->is_signed)
		keys_signer_text(h->signer, signer);
	return json_pack("{s:s, s:o, s:s, s:I, s:o, s:o}", "id", id, "file",
	    doc_text(slash != NULL ? slash + 1 : o->archive), "created",
	    created, "size", (json_int_t)reader_size(o->reader), "root",
	    doc_hex_text(reader_root(o->reader), HASH_SIZE), "signer",
	    h->is_signed ? json_string(signer) : json_null());
}

static json_t *
restored_doc(const struct drilled *d)
{
	const struct restore_result *r = &d->restored;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "tables", (json_int_t)r->tables, "rows", (json_int_t)r->rows,
	    "bytes", (json_int_t)r->bytes, "indexes", (json_int_t)r->indexes,
	    "constraints", (json_int_t)r->constraints, "not_validated",
	    (json_int_t)d->as_saved, "not_valid", (json_int_t)d->unsound,
	    "verified", (json_int_t)r->verified, "refused",
	    (json_int_t)r->failed, "size", (json_int_t)d->size);
}

json_t *
evidence_new(const struct evidence_opts *o)
{
	const struct drilled *d = o->drilled;
	char began[WALL_ISO_SIZE], ended[WALL_ISO_SIZE];
	char host[HOST_SIZE] = "";
	json_t *doc;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	wall_iso(d->began, began);
	wall_iso(d->ended, ended);
	doc = json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:s, s:s, s:b, s:I}",
	    "evidence", EVIDENCE_CONTEXT, "archive", archive_doc(o), "tool",
	    "pgcask " PACKAGE_VERSION, "server", text_or_null(d->server),
	    "place", d->made ? "throwaway" : "server", "host", doc_text(host),
	    "began", began, "ended", ended, "passed", d->fault_count == 0,
	    "warnings", (json_int_t)o->warnings);
	(void)json_object_update_new(doc,
	    json_pack("{s:o, s:i, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}",
		"database", doc_text(d->database), "source_version",
		d->source_version, "ms", ms(d->seconds), "rto_ms",
		d->failure.kind == ERR_NONE ? ms(d->usable) : json_null(),
		"rpo_seconds", (json_int_t)d->age, "phases", phases_doc(d),
		"restored", restored_doc(d), "tables", tables_doc(d),
		"assertions", assertions_doc(o->assertions), "faults",
		texts_doc(d->faults, d->fault_count)));
	(void)json_object_update_new(doc,
	    json_pack("{s:o, s:o, s:o, s:o, s:o}", "large_objects",
		lobjs_doc(&d->lobjs), "sequences", sequences_doc(d),
		"materialized_views", views_doc(d), "chosen", chosen_doc(d),
		"left_out", texts_doc(d->left_out.at, d->left_out.count)));
	(void)json_object_update_new(doc,
	    json_pack("{s:o, s:o}", "backup_warnings",
		texts_doc(d->warned.at, d->warned.count), "not_restored",
		texts_doc(d->not_restored.at, d->not_restored.count)));
	return doc;
}

static int
add_signature(json_t *doc, const struct seal_key *key, struct err *err)
{
	uint8_t signature[crypto_sign_BYTES];
	struct buf text = { 0 };
	int rc = -1;

	/* The NUL that ends it is part of it. */
	if (buf_add(&text, EVIDENCE_CONTEXT, sizeof(EVIDENCE_CONTEXT), err) !=
		0 ||
	    doc_dump(doc, &text, err) != 0)
		goto out;
	if (crypto_sign_detached(
		signature, NULL, text.data, text.len, key->sign_secret) != 0) {
		(void)err_set(err, ERR_FAIL, "cannot sign the evidence");
		goto out;
	}
	rc = json_object_set_new(
	    doc, "signature", doc_hex_text(signature, sizeof(signature)));
out:
	buf_free(&text);
	return rc;
}

int
evidence_sign(json_t *doc, const struct seal_key *key, struct err *err)
{
	char signer[KEYS_TEXT_SIZE];

	(void)json_object_del(doc, "signature");
	if (key == NULL)
		return json_object_set_new(doc, "signer", json_null());
	keys_signer_text(key->signer, signer);
	(void)json_object_set_new(doc, "signer", json_string(signer));
	return add_signature(doc, key, err);
}

/* Whether it says to be of another archive; what does not say is believed. */
static int
is_anothers(const json_t *doc, const uint8_t id[FORMAT_ID_SIZE])
{
	const json_t *archive = json_object_get(doc, "archive");
	const char *text = json_string_value(json_object_get(archive, "id"));
	uint8_t its[FORMAT_ID_SIZE];

	return id != NULL && text != NULL &&
	    (format_parse_uuid(text, its) != 0 ||
		memcmp(its, id, sizeof(its)) != 0);
}

int
evidence_last(const char *archive, const uint8_t id[FORMAT_ID_SIZE],
    struct evidence_last *last, struct err *err)
{
	json_t *doc = sidecar_load(archive, SIDECAR_DRILL, err);
	const char *ended;
	int rc = -1;

	if (doc == NULL)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (is_anothers(doc, id))
		rc = 0;
	else if (doc_bool(doc, "passed", &last->passed, err) == 0 &&
	    doc_str(doc, "ended", &ended, err) == 0)
		rc = wall_parse_iso(ended, &last->ended) == 0
		    ? 1
		    : err_set(err, ERR_DAMAGED, "its time makes no sense");
	json_decref(doc);
	return rc == -1 ? err_wrap(err, "%s.drill.json", archive) : rc;
}

int
evidence_peek(const char *archive, struct evidence_last *last)
{
	struct err err = ERR_INIT, unread = ERR_INIT;
	struct reader *reader = NULL;
	int rc = evidence_last(archive, NULL, last, &err);

	if (rc == 1)
		reader = reader_open_file(archive, &unread);
	if (reader != NULL)
		rc = evidence_last(
		    archive, reader_header(reader)->id, last, &err);
	reader_free(reader);
	if (rc == -1)
		log_warn("the last drill is not remembered: %s", err.msg);
	return rc == 1;
}
