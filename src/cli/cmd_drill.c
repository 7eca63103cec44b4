#include <inttypes.h>
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
#include "job/naming.h"
#include "job/proof/evidence.h"
#include "job/proof/marks.h"
#include "job/proof/page.h"
#include "job/proof/throwaway.h"
#include "job/sidecar.h"
#include "job/view/locate.h"
#include "storage/store.h"

struct drilling {
	const struct args *args;
	char *path;
	struct reader *reader;
	struct seal_key *key; /* that signs, or NULL */
	struct assertions assertions;
	const char **settings;
	size_t setting_count;
	struct drilled drilled;
	json_t *evidence;
	int saved;
};

/* ---- what was asked for ---- */

static int
check_ways(const struct args *args, struct err *err)
{
	static const char own[] = "that is of the server which a drill makes";

	if (args_refuse(args, OPT_SERVER, OPT_PG_BINDIR, own, err) ||
	    args_refuse(args, OPT_SERVER, OPT_NEWER, own, err) ||
	    args_refuse(args, OPT_SERVER, OPT_WORK_DIR, own, err) ||
	    args_refuse(args, OPT_SERVER, OPT_SETTING, own, err))
		return -1;
	if (args_count(args, OPT_ASSERT_TIMEOUT) > 0 &&
	    args_count(args, OPT_ASSERT) == 0)
		return err_set(err, ERR_USAGE,
		    "--assert-timeout is for what --assert asks, and it is "
		    "not given");
	if (args->operand_count > 0 && strcmp(args->operands[0], "-") == 0)
		return err_set(err, ERR_USAGE,
		    "a drill is of an archive in a file, beside which its "
		    "evidence is put");
	return 0;
}

static int
read_given(struct drilling *d, struct err *err)
{
	const struct args *args = d->args;
	size_t i;

	d->settings =
	    mem_array(NULL, args->given_count + 1, sizeof(*d->settings));
	for (i = 0; i < args->given_count; i++) {
		const char *value = args->given[i].value;

		if (args->given[i].id == OPT_ASSERT &&
		    assertions_read(&d->assertions, value, err) != 0)
			return -1;
		if (args->given[i].id != OPT_SETTING)
			continue;
		if (strchr(value, '=') == NULL)
			return err_set(err, ERR_USAGE,
			    "--setting takes NAME=VALUE, and \"%s\" is none",
			    value);
		if (throwaway_check(value, err) != 0)
			return -1;
		d->settings[d->setting_count++] = value;
	}
	return 0;
}

static int
load_key(struct drilling *d, struct err *err)
{
	const char *path = args_value(d->args, OPT_DRILL_KEY);

	if (path == NULL)
		path = args_value(d->args, OPT_SEAL_KEY);
	if (path == NULL)
		return 0;
	d->key = keys_load_seal(path, err);
	return d->key != NULL ? 0 : -1;
}

static int
open_archive(struct drilling *d, struct err *err)
{
	const struct args *args = d->args;

	d->path = locate_one(args_value(args, OPT_REPO),
	    args->operand_count > 0 ? args->operands[0] : "latest", err);
	if (d->path == NULL)
		return -1;
	d->reader = unlock_open(d->path, err);
	return d->reader != NULL ? unlock_reader(args, d->reader, err) : -1;
}

/* ---- the drill ---- */

/* What it found to be damaged is so for whoever asks what checks found. */
static void
note_damage(const struct drilling *d, const struct err *why)
{
	struct err err = ERR_INIT;
	struct marks *marks;

	if (why->kind != ERR_DAMAGED)
		return;
	marks = marks_load(d->path, d->reader);
	/* It names no table: the file is not encrypted. */
	marks_fault(marks, CHECK_DATA, 0, "a drill found it damaged");
	if (marks_save(marks, d->path, &err) != 0)
		log_warn("that the archive is damaged is not remembered: %s",
		    err.msg);
	marks_free(marks);
}

static int
run(struct drilling *d, struct err *err)
{
	const struct args *args = d->args;
	struct progress progress;
	struct drill_opts opts = { .server = args_value(args, OPT_SERVER),
		.folder = args_value(args, OPT_WORK_DIR),
		.bindir = args_value(args, OPT_PG_BINDIR),
		.newer = args_count(args, OPT_NEWER) > 0,
		.settings = d->settings,
		.setting_count = d->setting_count,
		.jobs = work_jobs(args),
		.assertions = &d->assertions,
		.timeout = args_number(args, OPT_ASSERT_TIMEOUT, 0),
		.progress = &progress };
	struct bar *bar;
	int rc;

	if (opts.server == NULL)
		throwaway_forget();
	progress_init(&progress);
	bar = bar_start(&progress);
	rc = drill_run(d->reader, &opts, &d->drilled, err);
	bar_stop(bar);
	note_damage(d, rc == 0 ? &d->drilled.failure : err);
	progress_free(&progress);
	return rc;
}

static int
save_page(const struct drilling *d, const char *path, struct err *err)
{
	struct sink *sink = file_replace(path, err);
	struct buf page = { 0 };
	int rc = -1;

	page_make(d->evidence, &page);
	if (sink != NULL && sink_write(sink, page.data, page.len, err) == 0)
		rc = sink_finish(sink, err);
	sink_free(sink);
	buf_free(&page);
	return rc;
}

static int
save(struct drilling *d, struct err *err)
{
	const char *html = args_value(d->args, OPT_HTML);
	struct evidence_opts eo = { .reader = d->reader,
		.archive = d->path,
		.drilled = &d->drilled,
		.assertions = &d->assertions,
		.warnings = log_warnings() };

	d->evidence = evidence_new(&eo);
	if (evidence_sign(d->evidence, d->key, err) != 0 ||
	    sidecar_save(d->path, SIDECAR_DRILL, d->evidence, err) != 0)
		return -1;
	d->saved = 1;
	return html != NULL ? save_page(d, html, err) : 0;
}

/* ---- telling ---- */

static void
tell_names(
    const struct drilled_names *names, const char *title, struct buf *out)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < names->count; i++)
		naming_add(&list, names->at[i]);
	if (names->count > 0)
		buf_printf(out, "%-12s%s\n", title, naming_text(&list));
	naming_free(&list);
}

static void
tell_restored(const struct drilled *d, struct buf *out)
{
	const struct restore_result *r = &d->restored;
	char bytes[32];

	text_bytes(bytes, sizeof(bytes), (double)r->bytes);
	buf_puts(out, "restored    ");
	work_amount(out, r->tables, "table", "tables");
	buf_puts(out, ", ");
	work_amount(out, r->rows, "row", "rows");
	buf_puts(out, ", ");
	work_amount(out, r->indexes, "index", "indexes");
	buf_puts(out, ", ");
	work_amount(out, r->constraints, "constraint", "constraints");
	buf_printf(out, ", %s into PostgreSQL %s%s\n", bytes,
	    d->server != NULL ? d->server : "?",
	    d->made ? ", made for it" : "");
	tell_names(&d->not_restored, "unrestored", out);
}

/* What the archive has, if that is not everything, and has not. */
static void
tell_contents(const struct drilled *d, struct buf *out)
{
	size_t i;

	tell_names(&d->rules, "chosen", out);
	tell_names(&d->options, d->rules.count > 0 ? "" : "chosen", out);
	tell_names(&d->left_out, "no rows of", out);
	for (i = 0; i < d->warned.count; i++)
		buf_printf(out, "%-12s%s\n", i == 0 ? "its backup" : "",
		    d->warned.at[i]);
}

/* What is no table, if there is any. */
static void
tell_others(const struct drilled *d, struct buf *out)
{
	struct buf what = { 0 };
	size_t i, bad = d->lobjs.compared && !d->lobjs.same;

	for (i = 0; i < d->sequence_count; i++)
		bad += !d->sequences[i].same;
	for (i = 0; i < d->view_count; i++)
		bad += !d->views[i].populated;
	work_others(&what, d->lobjs.compared ? d->lobjs.count : 0,
	    d->sequence_count, d->view_count);
	if (what.len > 0) {
		buf_printf(out, "            %s: ", buf_text(&what));
		if (bad == 0)
			buf_puts(out, "the same\n");
		else
			buf_printf(out, "%zu not the same\n", bad);
	}
	buf_free(&what);
}

static void
tell_compared(const struct drilled *d, struct buf *out)
{
	size_t i, same = 0, unread = 0, all = d->table_count;

	for (i = 0; i < all; i++) {
		same += d->tables[i].same != 0;
		unread += d->tables[i].unread != 0;
	}
	if (all == unread)
		buf_puts(out, "compared    no rows of any table");
	else
		buf_puts(out, "compared    rows and digests of ");
	if (all > unread)
		work_amount(out, all - unread, "table", "tables");
	if (all > unread && same == all - unread)
		buf_puts(out, ": the same");
	else if (all > unread)
		buf_printf(out, ": %zu not the same", all - unread - same);
	if (unread > 0)
		buf_printf(out, "; %zu could not be compared", unread);
	buf_puts(out, "\n");
	tell_others(d, out);
	buf_puts(out, "valid       ");
	if (d->unsound == 0)
		buf_printf(out, "every index and constraint%s",
		    d->fault_count > 0 && d->not_restored.count > 0
			? " that is there"
			: "");
	else
		buf_printf(out, "not %" PRIu64, d->unsound);
	if (d->as_saved > 0)
		buf_printf(
		    out, ", but %" PRIu64 " NOT VALID as saved", d->as_saved);
	buf_puts(out, "\n");
}

static void
tell_assertions(const struct assertions *a, struct buf *out)
{
	size_t i, failed = assertions_failed(a);

	if (a->count == 0)
		return;
	buf_puts(out, "assertions  ");
	if (failed == 0)
		buf_printf(out, a->count > 1 ? "all %zu hold\n" : "%zu holds\n",
		    a->count);
	else
		buf_printf(out, "%zu of %zu %s not hold\n", failed, a->count,
		    failed == 1 ? "does" : "do");
	for (i = 0; i < a->count; i++)
		if (a->at[i].detail != NULL)
			buf_printf(out, "            %s, line %u: %s\n",
			    a->at[i].file, a->at[i].line, a->at[i].detail);
}

static void
tell_times(const struct drilled *d, struct buf *out)
{
	char usable[32], age[32], all[32], rate[48];

	text_duration(usable, sizeof(usable), d->usable);
	text_duration(all, sizeof(all), d->seconds);
	text_duration(age, sizeof(age), (double)d->age);
	work_rate(rate, sizeof(rate), d->restored.bytes, d->usable);
	buf_printf(out,
	    "RTO         %s to a usable database (%s), %s with all proof\n",
	    usable, rate, all);
	buf_printf(out, "RPO         %s: the age of the snapshot\n", age);
}

static void
print(const struct drilling *d)
{
	const struct drilled *r = &d->drilled;
	char *file = sidecar_path(d->path, SIDECAR_DRILL);
	char signer[KEYS_TEXT_SIZE], created[WALL_ISO_SIZE];
	struct buf out = { 0 };
	size_t i;

	wall_iso(reader_header(d->reader)->created, created);
	buf_printf(&out, "%s: %s of %s: the drill %s\n", d->path, r->database,
	    created, r->fault_count == 0 ? "passed" : "failed");
	for (i = 0; i < r->fault_count; i++)
		buf_printf(&out, "FAULT       %s\n", r->faults[i]);
	if (r->failure.kind == ERR_NONE) {
		tell_contents(r, &out);
		tell_restored(r, &out);
		tell_compared(r, &out);
		tell_assertions(&d->assertions, &out);
		tell_times(r, &out);
	}
	if (d->key != NULL)
		keys_signer_text(d->key->signer, signer);
	if (d->saved)
		buf_printf(&out, "evidence    %s, %s%s\n", file,
		    d->key != NULL ? "signed by " : "not signed",
		    d->key != NULL ? signer : "");
	(void)fputs(buf_text(&out), stdout);
	buf_free(&out);
	free(file);
}

static int
tell(const struct drilling *d, struct err *err)
{
	if (args_count(d->args, OPT_JSON) > 0)
		return work_print_json(d->evidence, err);
	if (log_level() != LOG_ERRORS)
		print(d);
	return 0;
}

static int
judge(const struct drilling *d, struct err *err)
{
	const struct drilled *r = &d->drilled;

	if (r->fault_count == 0)
		return 0;
	if (r->failure.kind != ERR_NONE) {
		*err = r->failure;
		return err_wrap(err, "%s: the drill failed", d->path);
	}
	(void)err_set(
	    err, ERR_FAIL, "%s: the drill failed: %s", d->path, r->faults[0]);
	if (r->fault_count > 1)
		(void)err_set(err, ERR_FAIL,
		    "%s: the drill failed, with %zu faults: %s; ...", d->path,
		    r->fault_count, r->faults[0]);
	return -1;
}

/* What a drill found counts for more than that not all of it can be kept. */
static int
conclude(const struct drilling *d, struct err *unkept, struct err *err)
{
	(void)err_wrap(unkept, "its %s could not be written",
	    d->saved ? "page" : "evidence");
	if (d->drilled.fault_count == 0) {
		*err = *unkept;
		return err_wrap(err, "%s: the drill passed", d->path);
	}
	(void)err_wrap(unkept, "of the drill that failed");
	if (log_level() == LOG_ERRORS)
		log_err(unkept);
	else
		log_warn("%s", unkept->msg);
	return judge(d, err);
}

int
cmd_drill(const struct args *args, struct err *err)
{
	struct drilling d = { .args = args };
	struct err unkept = ERR_INIT;
	int rc = -1;

	if (check_ways(args, err) == 0 && read_given(&d, err) == 0 &&
	    load_key(&d, err) == 0 && open_archive(&d, err) == 0 &&
	    run(&d, err) == 0) {
		/* What was found is told, whether it could be kept or not. */
		rc = save(&d, &unkept);
		if (tell(&d, err) != 0)
			rc = -1;
		else if (rc != 0)
			rc = conclude(&d, &unkept, err);
		else
			rc = judge(&d, err);
	}
	json_decref(d.evidence);
	drilled_clear(&d.drilled);
	assertions_free(&d.assertions);
	free(d.settings);
	seal_key_free(d.key);
	reader_free(d.reader);
	free(d.path);
	return rc;
}
