#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "diff_report.h"
#include "job/naming.h"

/* Exit statuses as diff(1) has them: 1 says that something is different, so no
 * failure may. */
#define STATUS_DIFFERENT 1
#define STATUS_TROUBLE ERR_USAGE
/* Rows that are shown. */
#define DEFAULT_LIMIT 20

static int
has_database(const struct args *args)
{
	const char *database = getenv("PGDATABASE");
	const char *service = getenv("PGSERVICE");

	return args_value(args, OPT_DBNAME) != NULL ||
	    (database != NULL && database[0] != '\0') ||
	    (service != NULL && service[0] != '\0');
}

/* What chooses has nothing to say beside the one table of --rows. */
static int
refuse_choosing(const struct args *args, struct err *err)
{
	static const enum option_id choosing[] = { OPT_SCHEMA,
		OPT_EXCLUDE_SCHEMA, OPT_TABLE, OPT_EXCLUDE_TABLE,
		OPT_EXCLUDE_TABLE_DATA, OPT_FILTER, OPT_SCHEMA_ONLY };
	size_t i;

	for (i = 0; i < sizeof(choosing) / sizeof(choosing[0]); i++)
		if (args_refuse(args, OPT_ROWS, choosing[i],
			"the rows are those of one table alone", err) != 0)
			return -1;
	return 0;
}

static int
check_args(const struct args *args, struct err *err)
{
	static const char one[] = "only one of them can be written";
	size_t i;

	for (i = 0; i < args->operand_count; i++)
		if (strcmp(args->operands[i], "-") == 0) {
			(void)err_set(err, ERR_USAGE,
			    "diff reads archives from files, not from standard "
			    "input");
			return err_hint(err, "let the archive be a file first");
		}
	if (args->operand_count > 1 && args_count(args, OPT_DBNAME) > 0)
		return err_set(err, ERR_USAGE,
		    "two archives were named, and a database: diff compares "
		    "two of them");
	if (args->operand_count == 1 && !has_database(args)) {
		(void)err_set(err, ERR_USAGE,
		    "nothing was named that %s is to be compared with",
		    args->operands[0]);
		return err_hint(err,
		    "name another archive, or a live database with "
		    "--dbname=DB");
	}
	if (args_count(args, OPT_LIMIT) > 0 && args_count(args, OPT_ROWS) == 0)
		return err_set(err, ERR_USAGE,
		    "--limit is for the rows of --rows, which is not given");
	if (args_refuse(args, OPT_JSON, OPT_MARKDOWN, one, err) ||
	    refuse_choosing(args, err))
		return -1;
	return args_refuse(
	    args, OPT_ROWS, OPT_MARKDOWN, "a report has tables, not rows", err);
}

/* A rule about a table is about its partitions, too: they have its rows. */
static void
take_children(struct selection *sel)
{
	size_t i;

	for (i = 0; i < sel->rule_count; i++)
		if (sel->rules[i].about == ABOUT_TABLE ||
		    sel->rules[i].about == ABOUT_ROWS)
			sel->rules[i].children = 1;
}

static int
open_readers(
    const struct args *args, struct reader *readers[2], struct err *err)
{
	size_t i;

	for (i = 0; i < args->operand_count; i++) {
		readers[i] = unlock_find(args, args->operands[i], err);
		if (readers[i] == NULL)
			return -1;
	}
	return unlock_readers(args, readers, args->operand_count, err);
}

/* What can't be told is not the same, either. */
static void
warn_of_unknown(const struct diff *diff)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < diff->table_count; i++) {
		const struct diff_table *t = &diff->tables[i];
		char *name;

		if (t->state != DIFF_UNKNOWN)
			continue;
		name = mem_printf("%s.%s (%s)", t->schema, t->name, t->note);
		naming_add(&list, name);
		free(name);
	}
	for (i = 0; i < diff->sequence_count; i++) {
		const struct diff_sequence *s = &diff->sequences[i];
		char *name;

		if (s->state != DIFF_UNKNOWN)
			continue;
		name = mem_printf(
		    "%s.%s (you may not read it)", s->schema, s->name);
		naming_add(&list, name);
		free(name);
	}
	if (diff->lobjs.compared && diff->lobjs.state == DIFF_UNKNOWN)
		naming_add(&list, "large objects (you may not read them all)");
	if (list.count > 0)
		log_warn("it is not known whether these are the same: %s",
		    naming_text(&list));
	naming_free(&list);
}

static int
report(const struct args *args, const struct diff *diff, struct err *err)
{
	json_t *doc;
	int rc = 0;

	if (args_count(args, OPT_JSON) > 0) {
		doc = report_json(diff);
		rc = work_print_json(doc, err);
		json_decref(doc);
	} else if (args_count(args, OPT_MARKDOWN) > 0) {
		report_markdown(diff);
	} else if (log_level() != LOG_ERRORS) {
		report_text(diff, args_count(args, OPT_TABLES) > 0);
	}
	if (rc != 0)
		return -1;
	warn_of_unknown(diff);
	return diff_is_same(diff) ? 0 : STATUS_DIFFERENT;
}

static int
compare_all(
    const struct args *args, const struct diff_opts *opts, struct err *err)
{
	struct diff diff = { 0 };
	struct bar *bar = bar_start(opts->progress);
	int rc = diff_run(opts, &diff, err);

	bar_stop(bar);
	if (rc == 0)
		rc = report(args, &diff, err);
	diff_free(&diff);
	return rc;
}

static int
compare_rows(
    const struct args *args, const struct diff_opts *opts, struct err *err)
{
	struct diff_rows rows = { 0 };
	struct bar *bar = bar_start(opts->progress);
	json_t *doc;
	int rc = diff_rows_run(opts, args_value(args, OPT_ROWS),
	    args_number(args, OPT_LIMIT, DEFAULT_LIMIT), &rows, err);

	bar_stop(bar);
	if (rc == 0 && args_count(args, OPT_JSON) > 0) {
		doc = report_rows_json(&rows);
		rc = work_print_json(doc, err);
		json_decref(doc);
	} else if (rc == 0 && log_level() != LOG_ERRORS) {
		report_rows(&rows);
	}
	if (rc == 0 && !diff_rows_is_same(&rows))
		rc = STATUS_DIFFERENT;
	diff_rows_free(&rows);
	return rc;
}

int
cmd_diff(const struct args *args, struct err *err)
{
	const struct diff_live live = { .conn = work_conn(args),
		.pg_bindir = args_value(args, OPT_PG_BINDIR),
		.lock_timeout =
		    args_number(args, OPT_LOCK_TIMEOUT, WORK_LOCK_TIMEOUT),
		.jobs = work_jobs(args) };
	struct reader *readers[2] = { NULL, NULL };
	struct selection selection = { 0 };
	struct progress progress;
	struct diff_opts opts = {
		.live = &live, .selection = &selection, .progress = &progress
	};
	int rc = -1;

	mem_set_status(STATUS_TROUBLE);
	progress_init(&progress);
	if (check_args(args, err) == 0 &&
	    work_selection(args, &selection, err) == 0 &&
	    open_readers(args, readers, err) == 0) {
		take_children(&selection);
		opts.left = readers[0];
		opts.right = readers[1];
		rc = args_count(args, OPT_ROWS) > 0
		    ? compare_rows(args, &opts, err)
		    : compare_all(args, &opts, err);
	}
	progress_free(&progress);
	selection_clear(&selection);
	reader_free(readers[0]);
	reader_free(readers[1]);
	if (rc < 0 && err->kind == ERR_FAIL)
		err->kind = STATUS_TROUBLE;
	return rc;
}
