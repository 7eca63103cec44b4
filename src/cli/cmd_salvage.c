#include <stdlib.h>
#include <string.h>

#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/view/locate.h"
#include "salvage_report.h"

static int
check_args(const struct args *args, struct err *err)
{
	const char *database = getenv("PGDATABASE");
	const char *service = getenv("PGSERVICE");

	if (strcmp(args->operands[0], "-") == 0) {
		(void)err_set(err, ERR_USAGE,
		    "salvage reads an archive here and there, which standard "
		    "input does not allow");
		return err_hint(err, "write it into a file first");
	}
	if (args_count(args, OPT_LIST) > 0 ||
	    (database != NULL && database[0] != '\0') ||
	    (service != NULL && service[0] != '\0'))
		return 0;
	return work_need(
	    args, OPT_DBNAME, "the database to bring it back into", err);
}

static struct reader *
open_wreck(const struct args *args, struct err *err)
{
	char *path =
	    locate_one(args_value(args, OPT_REPO), args->operands[0], err);
	struct reader *reader;

	if (path == NULL)
		return NULL;
	reader = reader_open_wreck(path, err);
	free(path);
	if (reader != NULL && unlock_reader(args, reader, err) == 0)
		return reader;
	reader_free(reader);
	return NULL;
}

/* Without a single whole part there is nothing to begin with. */
static int
check_worth(const struct survey *s, struct err *err)
{
	if (s->whole > 0 || !survey_lost(s))
		return 0;
	(void)err_set(err, ERR_DAMAGED,
	    "nothing can be saved: no part of the archive is whole");
	return err_hint(
	    err, "restore another archive: \"pgcask list\" shows them");
}

/* All that is whole, into a database. */
static int
restore(struct salvage_report *report, struct reader *reader,
    const struct restore_opts *opts, struct restore_result *result,
    struct err *err)
{
	if (restore_run(reader, opts, result, err) != 0)
		return -1;
	report->result = result;
	return 0;
}

static int
run(const struct args *args, struct reader *reader,
    const struct restore_opts *asked, struct survey *s,
    struct restore_result *result, struct err *err)
{
	struct restore_opts opts = *asked;
	struct salvage_report report = { .reader = reader, .survey = s };
	struct progress progress;
	struct bar *bar;
	int rc;

	progress_init(&progress);
	opts.progress = &progress;
	bar = bar_start(&progress);
	rc = survey_run(reader, opts.jobs, &progress, s, err);
	if (rc == 0)
		rc = check_worth(s, err);
	if (rc == 0 && args_count(args, OPT_LIST) == 0) {
		rc = restore(&report, reader, &opts, result, err);
		/* A failing disk may have lost more meanwhile. */
		survey_count(reader, s);
	}
	bar_stop(bar);
	progress_free(&progress);
	if (rc != 0)
		return -1;
	salvage_warn(&report);
	if (args_count(args, OPT_JSON) > 0)
		return salvage_print_json(&report, err);
	salvage_print(&report);
	return 0;
}

int
cmd_salvage(const struct args *args, struct err *err)
{
	struct restore_opts opts = {
		.conn = work_conn(args),
		.create = args_count(args, OPT_CREATE) > 0,
		.globals = args_count(args, OPT_GLOBALS) > 0,
		.disable_triggers = args_count(args, OPT_DISABLE_TRIGGERS) > 0,
		.jobs = work_jobs(args),
	};
	struct restore_result result = { 0 };
	struct selection selection = { 0 };
	struct survey survey = { 0 };
	struct reader *reader = NULL;
	int failed = -1;

	opts.selection = &selection;
	if (check_args(args, err) == 0 &&
	    work_selection(args, &selection, err) == 0)
		reader = open_wreck(args, err);
	if (reader != NULL)
		failed = run(args, reader, &opts, &survey, &result, err);
	survey_free(&survey);
	restore_result_clear(&result);
	reader_free(reader);
	selection_clear(&selection);
	return failed;
}
