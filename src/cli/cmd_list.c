#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/keep/suspect.h"
#include "job/proof/evidence.h"
#include "job/proof/marks.h"
#include "job/view/show.h"

/* The day of a time in ISO form. */
#define DAY_LEN 10
#define PROOF_SIZE 80

static const struct grid_column columns[] = {
	{ "ID", 0 },
	{ "NAME", 0 },
	{ "LABEL", 0 },
	{ "CREATED", 0 },
	{ "SIZE", 1 },
	{ "DATABASE", 0 },
	{ "TABLES", 1 },
	{ "ROWS", 1 },
	{ "DATA", 1 },
	{ "CHECKED", 0 },
	{ "DRILLED", 0 },
	{ "STATE", 0 },
};

/* The list as it grows. */
struct listing {
	const struct opening *opening; /* NULL without a key */
	struct grid *grid;             /* or: */
	json_t *json;
	struct buf reasons; /* a line per damaged archive */
	size_t damaged;
	size_t locked; /* not sealed for the key at hand */
};

/* Without a key, a file that was cut short shows by its index. */
static int
check_end(const struct found *found, struct err *err)
{
	struct blob *blob = blob_open(found->path, err);
	int rc = -1;

	if (blob != NULL)
		rc = index_check(blob, found->header, err);
	blob_free(blob);
	return rc == 0 ? 0 : err_wrap(err, "%s", found->path);
}

/* What can be told of a file without reading all of it.  Sets show->catalog
 * if the key opens it. */
static int
look_inside(struct listing *list, const struct found *found,
    struct reader **reader, struct show *show, struct err *err)
{
	*show = (struct show){ .header = found->header, .size = found->size };
	*reader = NULL;
	if (found->header == NULL) {
		*err = found->err;
		return -1;
	}
	if (list->opening == NULL)
		return check_end(found, err);
	*reader = reader_open_file(found->path, err);
	if (*reader == NULL)
		return -1;
	if (reader_unlock(*reader, list->opening, err) == 0)
		return show_read(*reader, show, err);
	if (err->kind != ERR_KEY)
		return -1;
	list->locked++;
	return check_end(found, err);
}

/* What is wrong with an archive, in a word; the reasons follow the list. */
static const char *
fault(const struct listing *list, const struct header *header)
{
	const struct opening *o = list->opening;
	const uint8_t *trusted = NULL;

	if (header == NULL || o == NULL)
		return "damaged";
	if (o->signer != NULL)
		trusted = o->signer;
	else if (o->open_key != NULL)
		trusted = o->open_key->signer;
	if (!header->is_signed && trusted != NULL && !o->allow_unsigned)
		return "unsigned";
	if (header->is_signed && trusted != NULL &&
	    memcmp(header->signer, trusted, KEYS_PUBLIC_SIZE) != 0)
		return "foreign";
	return "damaged";
}

/* "2026-11-20 data", to ${out}. */
static void
put_day(int64_t at, const char *what, char out[PROOF_SIZE])
{
	char day[WALL_ISO_SIZE];

	wall_iso(at, day);
	(void)snprintf(out, PROOF_SIZE, "%.*s %s", DAY_LEN, day, what);
}

/* When it was last checked, and how deep or with what result. */
static void
fill_checked(const char *path, char out[PROOF_SIZE])
{
	struct marks *marks = marks_peek(path);
	char what[PROOF_SIZE - DAY_LEN - 1];
	uint64_t done;

	out[0] = '\0';
	if (marks == NULL)
		return;
	done = marks_count(marks, marks->depth);
	if (marks->fault != NULL)
		(void)snprintf(what, sizeof(what), "bad");
	else if (done < marks->parts)
		(void)snprintf(what, sizeof(what), "%s %" PRIu64 "/%" PRIu64,
		    check_depth_name(marks->depth), done, marks->parts);
	else
		(void)snprintf(
		    what, sizeof(what), "%s", check_depth_name(marks->depth));
	put_day(marks->checked, what, out);
	marks_free(marks);
}

static void
fill_drilled(const char *path, char out[PROOF_SIZE])
{
	struct evidence_last last;

	out[0] = '\0';
	if (evidence_peek(path, &last))
		put_day(last.ended, last.passed ? "passed" : "failed", out);
}

static void
add_row(struct listing *list, const struct found *found,
    const struct show *show, int damaged)
{
	char created[WALL_ISO_SIZE] = "";
	char size[32], tables[32] = "", rows[32] = "", bytes[32] = "";
	char checked[PROOF_SIZE], drilled[PROOF_SIZE], *suspect;
	struct show_totals totals;
	const char *database = NULL;

	if (found->header != NULL)
		wall_iso(found->header->created, created);
	text_bytes(size, sizeof(size), (double)found->size);
	if (!damaged && show->manifest != NULL) {
		database = show->catalog->globals_only ? "(globals)"
						       : show->catalog->dbname;
		show_totals(show, &totals);
		text_count(tables, sizeof(tables), totals.tables);
		text_count(rows, sizeof(rows), totals.rows);
		text_bytes(bytes, sizeof(bytes), (double)totals.bytes);
	}
	fill_checked(found->path, checked);
	fill_drilled(found->path, drilled);
	suspect = suspect_peek(found->path);
	grid_add(list->grid,
	    (const char *[]){ found->id, found->name, found->label, created,
		size, database, tables, rows, bytes, checked, drilled,
		damaged               ? fault(list, found->header)
		    : suspect != NULL ? "suspect"
				      : NULL });
	free(suspect);
}

static json_t *
checked_json(const char *path)
{
	struct marks *marks = marks_peek(path);
	json_t *doc;

	if (marks == NULL)
		return json_null();
	doc = marks_json(marks);
	(void)json_object_set_new(doc, "parts_done",
	    json_integer((json_int_t)marks_count(marks, marks->depth)));
	(void)json_object_set_new(
	    doc, "parts", json_integer((json_int_t)marks->parts));
	marks_free(marks);
	return doc;
}

static json_t *
drill_json(const char *path)
{
	struct evidence_last last;
	char at[WALL_ISO_SIZE];

	if (!evidence_peek(path, &last))
		return json_null();
	wall_iso(last.ended, at);
	return json_pack("{s:s, s:b}", "at", at, "passed", last.passed);
}

static void
add_json(struct listing *list, const struct found *found,
    const struct show *show, const struct err *why)
{
	char *suspect = suspect_peek(found->path);
	json_t *doc = show_found_json(found, show, why);

	(void)json_object_set_new(doc, "checked", checked_json(found->path));
	(void)json_object_set_new(doc, "drilled", drill_json(found->path));
	(void)json_object_set_new(
	    doc, "suspect", suspect != NULL ? doc_text(suspect) : json_null());
	free(suspect);
	(void)json_array_append_new(list->json, doc);
}

/* Whether the last check found it damaged. */
static int
failed_check(const struct found *found, struct err *err)
{
	struct err why = ERR_INIT;
	struct marks *marks;
	int failed;

	if (marks_last(found->path, &marks, &why) < 0)
		log_warn("it is not known what checks found: %s", why.msg);
	failed = marks != NULL && marks->fault != NULL;
	if (failed)
		(void)err_set(err, ERR_DAMAGED, "%s: the last check found: %s",
		    found->path, marks->fault);
	marks_free(marks);
	return failed;
}

static int
add(struct listing *list, const struct found *found, struct err *err)
{
	struct err why = ERR_INIT;
	struct reader *reader;
	struct show show;
	int damaged = look_inside(list, found, &reader, &show, &why) != 0 ||
	    failed_check(found, &why);

	if (list->json != NULL)
		add_json(list, found, damaged ? NULL : &show, &why);
	else
		add_row(list, found, &show, damaged);
	if (damaged) {
		list->damaged++;
		text_clean(why.msg);
		buf_printf(&list->reasons, "%s\n", why.msg);
	}
	reader_free(reader);
	return stop_check(err);
}

static void
print_text(
    const struct listing *list, const struct located *all, const char *where)
{
	size_t count = all->count;

	if (count == 0) {
		/* A warning tells of those that could not be looked for. */
		if (all->closed.count == 0)
			printf("There is no archive in %s.\n", where);
		return;
	}
	grid_print(list->grid, stdout);
	if (list->opening == NULL)
		printf(UNLOCK_NOTE);
	else if (list->locked > 0)
		printf("Sealed for other keys: %zu of %zu.\n", list->locked,
		    count);
	fputs(buf_text(&list->reasons), stdout);
}

static int
print(struct listing *list, struct located *all, const char *where,
    struct err *err)
{
	char user[TEXT_USER_SIZE];

	if (list->json == NULL)
		print_text(list, all, where);
	else if (work_print_json(list->json, err))
		return -1;
	if (all->closed.count > 0) {
		text_user(user);
		log_warn("user %s may not read %s: the archives there are "
			 "left out",
		    user, naming_text(&all->closed));
	}
	if (list->damaged == 0)
		return 0;
	err_set(err, ERR_DAMAGED,
	    "%zu of %zu archives in %s are damaged or not to be trusted",
	    list->damaged, all->count, where);
	return err_hint(err, "the list says why; do not count on them");
}

int
cmd_list(const struct args *args, struct err *err)
{
	const char *repo = args_value(args, OPT_REPO);
	const char *name = args_value(args, OPT_NAME);
	char *where = NULL;
	struct listing list = { 0 };
	struct unlock unlock = { 0 };
	struct located all = { 0 };
	size_t i;
	int keys, missing, failed = -1;

	if (work_need(
		args, OPT_REPO, "the folder that archives are kept in", err))
		return -1;
	keys = unlock_load(args, &unlock, err);
	if (keys == -1 || locate_all(repo, name, &all, err) != 0)
		goto out;
	list.opening = keys == 1 ? &unlock.opening : NULL;
	if (args_count(args, OPT_JSON) > 0)
		list.json = json_array();
	list.grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < all.count; i++) {
		if (add(&list, &all.found[i], err))
			goto out;
	}
	where = mem_printf(
	    "%s%s%s", repo, name != NULL ? "/" : "", name != NULL ? name : "");
	missing = name != NULL && all.count == 0 && all.closed.count == 0;
	if (!missing || list.json != NULL)
		failed = print(&list, &all, where, err);
	if (missing)
		failed = locate_no_name(repo, name, err);
out:
	free(where);
	locate_free(&all);
	grid_free(list.grid);
	json_decref(list.json);
	buf_free(&list.reasons);
	unlock_free(&unlock);
	return failed;
}
