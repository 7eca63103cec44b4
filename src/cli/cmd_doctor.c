#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/pruning.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/doctor/doctor.h"
#include "job/keep/gate.h"
#include "job/naming.h"
#include "job/view/locate.h"

/* A backup each night, and two hours of grace. */
#define EXPECTED_EVERY (26 * 3600)

/* ---- what was found ---- */

static int
is_shown(const struct finding *f)
{
	return f->level != LEVEL_OK || log_level() != LOG_ERRORS;
}

static void
print_finding(const struct finding *f)
{
	char *what = mem_strdup(f->what);
	char *remedy = f->remedy != NULL ? mem_strdup(f->remedy) : NULL;

	text_clean_line(what);
	(void)printf("  %-4s  %s\n", report_level_name(f->level), what);
	if (remedy != NULL) {
		text_clean_line(remedy);
		(void)printf("        -> %s\n", remedy);
	}
	free(what);
	free(remedy);
}

static int
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same trouble, of whatever group. */
static int
is_same(const struct finding *a, const struct finding *b)
{
	return a->level == b->level && a->level != LEVEL_OK &&
	    strcmp(a->check, b->check) == 0 && same_text(a->what, b->what) &&
	    same_text(a->remedy, b->remedy);
}

/* Which other groups have it, too; they do not repeat it. */
static void
print_others(const struct report *r, size_t at, uint8_t *done)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = at + 1; i < r->count; i++) {
		if (done[i] || !is_same(&r->findings[i], &r->findings[at]))
			continue;
		done[i] = 1;
		naming_add(&list, r->findings[i].group);
	}
	if (list.count > 0)
		(void)printf("        also: %s\n", naming_text(&list));
	naming_free(&list);
}

/* Findings of one group together, in the order in which groups came up. */
static void
print_text(const struct report *r)
{
	uint8_t *done = mem_zalloc(r->count + 1);
	size_t i, k, shown;

	for (i = 0; i < r->count; i++) {
		shown = 0;
		for (k = i; k < r->count; k++) {
			const struct finding *f = &r->findings[k];

			if (done[k] ||
			    strcmp(f->group, r->findings[i].group) != 0)
				continue;
			done[k] = 1;
			if (!is_shown(f))
				continue;
			if (shown++ == 0)
				(void)printf("%s\n", f->group);
			print_finding(f);
			print_others(r, k, done);
		}
	}
	free(done);
}

static json_t *
finding_json(const struct finding *f)
{
	json_t *doc =
	    json_pack("{s:o, s:s, s:s, s:o, s:i}", "group", doc_text(f->group),
		"check", f->check, "level", report_level_name(f->level), "what",
		doc_text(f->what), "status", (int)f->kind);

	(void)json_object_set_new(doc, "remedy",
	    f->remedy != NULL ? doc_text(f->remedy) : json_null());
	return doc;
}

static int
print_json(const struct report *r, struct err *err)
{
	json_t *list = json_array();
	size_t i;
	int rc;

	for (i = 0; i < r->count; i++)
		(void)json_array_append_new(
		    list, finding_json(&r->findings[i]));
	rc = work_print_json(list, err);
	json_decref(list);
	return rc;
}

/* The last word: on standard error if there is anything to do. */
static int
judge(const struct report *r, struct err *err)
{
	size_t bad = report_count(r, LEVEL_BAD);
	size_t warn = report_count(r, LEVEL_WARN);
	enum err_kind kind = report_kind(r);
	struct buf line = { 0 };

	if (kind == ERR_NONE)
		return 0;
	if (bad > 0)
		buf_printf(&line, "%zu bad", bad);
	if (warn > 0)
		buf_printf(
		    &line, "%s%zu worth a look", bad > 0 ? ", " : "", warn);
	(void)err_set(
	    err, kind, "findings: %s, of %zu", buf_text(&line), r->count);
	buf_free(&line);
	return -1;
}

static int
tell(const struct args *args, const struct report *r, struct err *err)
{
	if (args_count(args, OPT_JSON) > 0) {
		if (print_json(r, err) != 0)
			return -1;
	} else {
		print_text(r);
		if (report_kind(r) == ERR_NONE && log_level() != LOG_ERRORS)
			(void)printf("All is well.\n");
	}
	return judge(r, err);
}

/* ---- what was asked ---- */

static int
names_database(const struct args *args)
{
	const char *database = getenv("PGDATABASE");
	const char *service = getenv("PGSERVICE");

	return args_value(args, OPT_DBNAME) != NULL ||
	    args_count(args, OPT_ALL) > 0 ||
	    args_count(args, OPT_GLOBALS_ONLY) > 0 ||
	    (database != NULL && database[0] != '\0') ||
	    (service != NULL && service[0] != '\0');
}

/* Options of the other job. */
static int
refuse(const struct args *args, const enum option_id *ids, size_t count,
    const char *why, struct err *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (args_count(args, ids[i]) > 0)
			return err_set(err, ERR_USAGE, "--%s is of %s",
			    options_of(args->command, ids[i])->name, why);
	return 0;
}

/* ---- a backup ---- */

static void
load_recipients(
    const struct args *args, const char **list, struct doctor_keys *keys)
{
	size_t i, n = 0;

	for (i = 0; i < args->given_count; i++)
		if (args->given[i].id == OPT_RECIPIENT)
			list[n++] = args->given[i].value;
	keys->recipients = list;
	keys->recipient_count = n;
}

/* A key that can't be read is a finding like any other. */
static int
load_opening(const struct args *args, struct unlock *unlock,
    struct report *report, struct err *err)
{
	struct err why = ERR_INIT;

	if (unlock_load(args, unlock, &why) >= 0)
		return 0;
	if (why.kind == ERR_INTERRUPT) {
		*err = why;
		return -1;
	}
	/* The passphrase is looked at for itself. */
	if (args_value(args, OPT_OPEN_KEY) == NULL)
		return 0;
	report_group(report, "keys");
	report_err(report, "open-key", LEVEL_BAD, &why);
	return 0;
}

static int
examine_backup(const struct args *args, struct doctor_opts *opts,
    struct report *report, struct err *err)
{
	const char **recipients =
	    mem_array(NULL, args->given_count + 1, sizeof(*recipients));
	struct unlock unlock = { 0 };
	int rc = load_opening(args, &unlock, report, err);

	load_recipients(args, recipients, &opts->keys);
	opts->keys.seal_key = args_value(args, OPT_SEAL_KEY);
	opts->keys.passphrase_file = args_value(args, OPT_PASSPHRASE_FILE);
	opts->keys.open_key = args_value(args, OPT_OPEN_KEY);
	opts->keys.opening = &unlock.opening;
	if (rc == 0)
		rc = doctor_backup(opts, report, err);
	opts->keys = (struct doctor_keys){ 0 };
	unlock_free(&unlock);
	free(recipients);
	return rc;
}

/* What follows a backup. */
static int
read_after(const struct args *args, struct doctor_opts *opts, struct err *err)
{
	const char *expected = args_value(args, OPT_EXPECT_EVERY);
	const char *gate = args_value(args, OPT_GATE);
	struct prune_opts pruning = { 0 };
	struct gate_bounds bounds;
	int rc = 0;

	opts->max_age = EXPECTED_EVERY;
	if (expected != NULL && text_span(expected, &opts->max_age) != 0)
		return err_set(err, ERR_USAGE,
		    "--expect-every: \"%s\" is no time, such as 26h or 8d",
		    expected);
	gate_defaults(&bounds);
	if (gate != NULL)
		rc = gate_parse(gate, &bounds, err);
	opts->compares = !bounds.off;
	opts->state = args_value(args, OPT_STATE);
	gate_clear(&bounds);
	if (rc == 0 && args_count(args, OPT_PRUNE) > 0)
		rc = pruning_read(args, &pruning, err);
	pruning_clear(&pruning);
	return rc;
}

static int
backup(const struct args *args, struct report *report, struct err *err)
{
	static const enum option_id others[] = { OPT_CREATE, OPT_CLEAN,
		OPT_GLOBALS, OPT_VERIFY, OPT_SINGLE_TRANSACTION,
		OPT_DISABLE_TRIGGERS };
	struct backup_opts backup = work_backup(args);
	struct selection selection = { 0 };
	struct work_excluded excluded = { 0 };
	struct databases_opts all = { .conn = &backup.conn };
	struct doctor_opts opts = { .backup = &backup };
	int rc = -1;

	backup.repo = args_value(args, OPT_REPO);
	backup.name = args_value(args, OPT_NAME);
	backup.label = args_value(args, OPT_LABEL);
	backup.selection = &selection;
	if (refuse(args, others, sizeof(others) / sizeof(others[0]),
		"a restore, and no ARCHIVE was named", err) != 0 ||
	    work_need(args, OPT_REPO, "the folder that archives are kept in",
		err) != 0 ||
	    args_refuse(args, OPT_ALL, OPT_NAME,
		"each database has archives of its own", err) ||
	    work_selection(args, &selection, err) != 0 ||
	    read_after(args, &opts, err) != 0 ||
	    work_load_excluded(args, &excluded, err) != 0)
		goto out;
	all.exclude = excluded.patterns;
	all.exclude_count = excluded.count;
	opts.all = args_count(args, OPT_ALL) > 0 ? &all : NULL;
	opts.asks_server = names_database(args);
	rc = examine_backup(args, &opts, report, err);
	if (rc == 0 && !opts.asks_server && args_count(args, OPT_JSON) == 0 &&
	    log_level() != LOG_ERRORS)
		(void)printf(
		    "No database was named (-d): no server was asked.\n");
out:
	work_free_excluded(&excluded);
	selection_clear(&selection);
	return rc;
}

/* ---- a restore ---- */

/* The archive, open; what is wrong with it is a finding. */
static int
open_archive(const struct args *args, struct report *report,
    struct reader **reader, struct err *err)
{
	struct err why = ERR_INIT;
	char *path =
	    locate_one(args_value(args, OPT_REPO), args->operands[0], &why);

	*reader = path != NULL ? reader_open_file(path, &why) : NULL;
	free(path);
	if (*reader != NULL && unlock_reader(args, *reader, &why) == 0)
		return 0;
	reader_free(*reader);
	*reader = NULL;
	if (why.kind == ERR_INTERRUPT) {
		*err = why;
		return -1;
	}
	report_group(report, "archive");
	report_err(report, "archive", LEVEL_BAD, &why);
	return 0;
}

static int
restore(const struct args *args, struct report *report, struct err *err)
{
	static const enum option_id others[] = { OPT_ALL, OPT_EXCLUDE_DATABASE,
		OPT_GLOBALS_ONLY, OPT_SEAL_KEY, OPT_RECIPIENT, OPT_NAME,
		OPT_LABEL, OPT_LEVEL, OPT_FORMAT, OPT_READ_BACK,
		OPT_ENABLE_ROW_SECURITY, OPT_NO_ROLE_PASSWORDS, OPT_YIELD,
		OPT_PG_BINDIR, OPT_STATISTICS, OPT_EXPECT_EVERY, OPT_GATE,
		OPT_STATE, OPT_PRUNE };
	struct restore_opts opts = work_restore(args);
	struct selection selection = { 0 };
	struct reader *reader = NULL;
	int rc = -1;

	opts.selection = &selection;
	if (refuse(args, others, sizeof(others) / sizeof(others[0]),
		"a backup, and an ARCHIVE was named", err) == 0 &&
	    (names_database(args) ||
		work_need(args, OPT_DBNAME, "the database to restore into",
		    err) == 0) &&
	    work_check_restore(args, err) == 0 &&
	    work_selection(args, &selection, err) == 0)
		rc = open_archive(args, report, &reader, err);
	if (rc == 0 && reader != NULL)
		rc = doctor_restore(reader, &opts, report, err);
	reader_free(reader);
	selection_clear(&selection);
	return rc;
}

static int
check_operand(const struct args *args, struct err *err)
{
	if (args->operand_count == 0 || strcmp(args->operands[0], "-") != 0)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "what came by standard input would be gone when it is to be "
	    "restored");
	return err_hint(err, "write it to a file first");
}

int
cmd_doctor(const struct args *args, struct err *err)
{
	struct report report = { 0 };
	int rc = check_operand(args, err);

	if (args_value(args, OPT_REPO) != NULL)
		report_repo(&report, args_value(args, OPT_REPO));
	if (rc == 0)
		rc = args->operand_count > 0 ? restore(args, &report, err)
					     : backup(args, &report, err);

	if (rc == 0)
		rc = tell(args, &report, err);
	report_free(&report);
	return rc;
}
