#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/restore/globals.h"
#include "job/restore/restore.h"
#include "job/view/locate.h"

/* To fill the database that happens to be libpq's default would be a trap. */
static int
check_target(const struct args *args, struct err *err)
{
	const char *database = getenv("PGDATABASE");
	const char *service = getenv("PGSERVICE");

	if (args_count(args, OPT_LIST) > 0)
		return 0;
	if ((database != NULL && database[0] != '\0') ||
	    (service != NULL && service[0] != '\0'))
		return 0;
	return work_need(args, OPT_DBNAME, "the database to restore into", err);
}

/* Not both the archive and the rules. */
static int
check_stdin(const struct args *args, struct err *err)
{
	size_t i;

	for (i = 0; i < args->given_count; i++)
		if (args->given[i].id == OPT_FILTER &&
		    strcmp(args->given[i].value, "-") == 0 &&
		    strcmp(args->operands[0], "-") == 0)
			return err_set(err, ERR_USAGE,
			    "both the archive and the rules of --filter would "
			    "be read from standard input");
	return 0;
}

/* Without any table there is nothing that could have been counted. */
static void
add_verified(struct buf *text, const struct restore_result *result)
{
	struct buf others = { 0 };

	work_others(&others, result->verified_lobjs, result->verified_sequences,
	    result->verified_views);
	if (result->tables > 0)
		buf_puts(text, "verified: the row counts of all tables");
	else if (others.len > 0)
		buf_puts(text, "verified");
	if (result->tables > 0 && result->lost > 0)
		buf_printf(text, " but %zu", result->lost);
	if (result->verified > 0)
		buf_printf(text, ", the digests of %zu", result->verified);
	if (others.len > 0)
		buf_printf(text, "%s%s", result->tables > 0 ? "; also " : ": ",
		    buf_text(&others));
	if (result->tables > 0 || others.len > 0)
		buf_puts(text, "\n");
	buf_free(&others);
}

/* Any archive's rows may go into what is there; whose they are is to be said,
 * for "latest" may be of another database tomorrow. */
static int
check_archive(const struct args *args, struct err *err)
{
	if (args_count(args, OPT_LIST) > 0 ||
	    (args_count(args, OPT_CLEAN) == 0 &&
		args_count(args, OPT_DATA_ONLY) == 0))
		return 0;
	return locate_sure(args_value(args, OPT_REPO), args->operands[0],
	    args_value(args, OPT_DBNAME), err);
}

/* The target, and the archive if it is another database's. */
static void
print_names(struct buf *text, const struct restore_result *result,
    const struct header *header, const char *saved)
{
	char id[FORMAT_UUID_SIZE], created[WALL_ISO_SIZE];
	char *name;

	buf_printf(text, "%s: ", result->dbname);
	if (strcmp(saved, result->dbname) == 0)
		return;
	format_uuid(header->id, id);
	wall_iso(header->created, created);
	name = mem_strdup(saved);
	text_clean(name);
	buf_printf(text, "from %s of %s (%.*s): ", name, created,
	    LOCATE_ID_SIZE - 1, id);
	free(name);
}

static void
print_summary(const struct restore_result *result, const struct header *header,
    const char *saved)
{
	char bytes[32], seconds[32], rate[32];
	struct buf text = { 0 };

	if (log_level() == LOG_ERRORS)
		return;
	text_bytes(bytes, sizeof(bytes), (double)result->bytes);
	text_duration(seconds, sizeof(seconds), result->seconds);
	work_rate(rate, sizeof(rate), result->bytes, result->seconds);
	print_names(&text, result, header, saved);
	work_amount(&text, result->tables, "table", "tables");
	buf_puts(&text, ", ");
	work_amount(&text, result->rows, "row", "rows");
	if (!result->rows_only) {
		buf_puts(&text, ", ");
		work_amount(&text, result->indexes, "index", "indexes");
		buf_puts(&text, ", ");
		work_amount(
		    &text, result->constraints, "constraint", "constraints");
	}
	buf_printf(&text, ", %s in %s (%s)\n", bytes, seconds, rate);
	add_verified(&text, result);
	if (result->failed > 0) {
		work_amount(
		    &text, result->failed, "statement was", "statements were");
		buf_puts(&text,
		    " refused by the server: see the warnings; -vv names "
		    "each\n");
	}
	(void)fputs(buf_text(&text), stdout);
	buf_free(&text);
}

static int
run(struct reader *reader, const struct restore_opts *asked, const char *saved,
    struct err *err)
{
	struct restore_opts opts = *asked;
	struct restore_result result = { 0 };
	struct progress progress;
	struct bar *bar;
	int failed;

	progress_init(&progress);
	opts.progress = &progress;
	bar = bar_start(&progress);
	failed = restore_run(reader, &opts, &result, err);
	bar_stop(bar);
	progress_free(&progress);
	if (!failed)
		print_summary(&result, reader_header(reader), saved);
	restore_result_clear(&result);
	return failed;
}

/* The plan, as it is told. */
struct plan {
	struct grid *grid;
	size_t steps;
	uint64_t rows;
	uint64_t bytes;
};

static void
add_step(void *arg, const struct restore_step *step)
{
	struct plan *plan = arg;
	char rows[32], bytes[32];

	text_count(rows, sizeof(rows), step->rows);
	text_count(bytes, sizeof(bytes), step->bytes);
	grid_add(plan->grid,
	    (const char *[]){ step->phase, step->what,
		step->has_rows ? rows : NULL, step->has_rows ? bytes : NULL });
	plan->steps++;
	plan->rows += step->rows;
	plan->bytes += step->bytes;
}

static int
run_list(
    struct reader *reader, const struct restore_opts *opts, struct err *err)
{
	static const struct grid_column columns[] = { { "PHASE", 0 },
		{ "WHAT", 0 }, { "ROWS", 1 }, { "BYTES", 1 } };
	struct plan plan = { .grid = grid_new(columns, 4) };
	struct buf line = { 0 };
	char bytes[32];
	int rc;

	rc = restore_list(reader, opts, add_step, &plan, err);
	if (rc == 0) {
		grid_print(plan.grid, stdout);
		work_amount(&line, plan.steps, "step", "steps");
		buf_puts(&line, ", ");
		work_amount(&line, plan.rows, "row", "rows");
		text_bytes(bytes, sizeof(bytes), (double)plan.bytes);
		(void)printf("%s, %s%s\n", buf_text(&line), bytes,
		    opts->clean ? "; the target was not looked at: what is not "
				  "there is not dropped, and what something "
				  "else needs ends it all"
				: "");
	}
	buf_free(&line);
	grid_free(plan.grid);
	return rc;
}

/* An archive without a database. */
static int
run_globals(
    struct reader *reader, const struct restore_opts *opts, struct err *err)
{
	unsigned refused = 0;
	struct buf line = { 0 };

	if (globals_restore(reader, &opts->conn, &refused, err) != 0)
		return -1;
	if (log_level() == LOG_ERRORS)
		return 0;
	buf_puts(&line, "globals: roles and tablespaces are restored");
	if (refused > 0) {
		buf_puts(&line, "; ");
		work_amount(&line, refused, "statement was", "statements were");
		buf_puts(&line,
		    " refused by the server: see the warnings; -vv names each");
	}
	(void)printf("%s\n", buf_text(&line));
	buf_free(&line);
	return 0;
}

static int
run_either(const struct args *args, struct reader *reader,
    const struct restore_opts *opts, struct err *err)
{
	const struct catalog *cat = reader_catalog(reader, NULL, err);

	int alone;

	if (cat == NULL)
		return -1;
	alone = cat->globals_only && opts->globals;
	if (alone && opts->create)
		return err_set(err, ERR_USAGE,
		    "the archive has no database that could be created: it "
		    "holds roles and tablespaces alone");
	if (args_count(args, OPT_LIST) > 0)
		return run_list(reader, opts, err);
	return alone ? run_globals(reader, opts, err)
		     : run(reader, opts, cat->dbname, err);
}

int
cmd_restore(const struct args *args, struct err *err)
{
	struct restore_opts opts = work_restore(args);
	struct selection selection = { 0 };
	struct reader *reader = NULL;
	int failed = -1;

	opts.selection = &selection;
	if (check_target(args, err) || check_stdin(args, err) ||
	    work_check_restore(args, err) || check_archive(args, err) ||
	    work_selection(args, &selection, err))
		goto out;
	reader = unlock_find(args, args->operands[0], err);
	if (reader != NULL && unlock_reader(args, reader, err) == 0)
		failed = run_either(args, reader, &opts, err);
out:
	reader_free(reader);
	selection_clear(&selection);
	return failed;
}
