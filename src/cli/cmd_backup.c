#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/pruning.h"
#include "cli/work.h"
#include "job/backup/backup.h"
#include "job/backup/databases.h"
#include "job/keep/gate.h"

/* The keys that the archive is sealed for and signed with. */
struct keys {
	struct seal_key *seal_key;
	struct passphrase *passphrase;
	uint8_t *recipients; /* KEYS_PUBLIC_SIZE bytes each */
	size_t recipient_count;
};

static void
keys_free(struct keys *keys)
{
	seal_key_free(keys->seal_key);
	passphrase_free(keys->passphrase);
	free(keys->recipients);
}

static int
load_recipients(const struct args *args, struct keys *keys, struct err *err)
{
	size_t i, max = args_count(args, OPT_RECIPIENT);

	if (max > KEYS_RECIPIENTS_MAX)
		return err_set(err, ERR_USAGE,
		    "--recipient was given more than %d times",
		    KEYS_RECIPIENTS_MAX);
	keys->recipients = mem_array(NULL, max + 1, KEYS_PUBLIC_SIZE);
	for (i = 0; i < args->given_count; i++) {
		if (args->given[i].id != OPT_RECIPIENT)
			continue;
		if (keys_parse_recipient(args->given[i].value,
			keys->recipients +
			    keys->recipient_count * KEYS_PUBLIC_SIZE,
			err))
			return -1;
		keys->recipient_count++;
	}
	return 0;
}

static int
load_keys(const struct args *args, struct keys *keys, struct err *err)
{
	const char *seal_key = args_value(args, OPT_SEAL_KEY);
	const char *file = args_value(args, OPT_PASSPHRASE_FILE);

	if (load_recipients(args, keys, err))
		return -1;
	if (seal_key == NULL && file == NULL && keys->recipient_count == 0) {
		err_set(err, ERR_USAGE,
		    "no key was given, and there are no unencrypted archives");
		return err_hint(err,
		    "give --seal-key FILE (\"pgcask keygen -o PREFIX\" makes "
		    "one), or --passphrase-file FILE");
	}
	if (seal_key != NULL) {
		keys->seal_key = keys_load_seal(seal_key, err);
		if (keys->seal_key == NULL)
			return -1;
	}
	if (file != NULL) {
		keys->passphrase = keys_load_passphrase(file, err);
		if (keys->passphrase == NULL)
			return -1;
	}
	if (seal_key == NULL && file == NULL)
		log_warn("without a seal key nobody signs the archive: it "
			 "can be restored with --signer=none only");
	return 0;
}

/* Where the archive goes: a file or standard output if -o was given, else
 * the repository. */
static int
find_place(const struct args *args, struct backup_opts *opts, struct err *err)
{
	static const char why[] = "with -o the archive is in no repository";

	opts->output = args_value(args, OPT_OUTPUT);
	opts->repo = args_value(args, OPT_REPO);
	opts->name = args_value(args, OPT_NAME);
	opts->label = args_value(args, OPT_LABEL);
	if (opts->output == NULL)
		return work_need(args, OPT_REPO,
		    "the folder that archives are kept in", err);
	if (args_refuse(args, OPT_OUTPUT, OPT_REPO, why, err) ||
	    args_refuse(args, OPT_OUTPUT, OPT_NAME, why, err) ||
	    args_refuse(args, OPT_OUTPUT, OPT_LABEL, why, err))
		return -1;
	opts->repo = NULL;
	if (strcmp(opts->output, "-") == 0 && isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE,
		    "the archive would be written to a terminal");
		return err_hint(err, "send it to a file or a pipe");
	}
	return 0;
}

static int
check_name(const char *option, const char *name, struct err *err)
{
	if (name == NULL || text_is_name(name))
		return 0;
	if (strlen(name) > TEXT_NAME_MAX)
		return err_set(err, ERR_USAGE,
		    "a %s has %d bytes at most; \"%s\" has %zu", option,
		    TEXT_NAME_MAX, name, strlen(name));
	err_set(err, ERR_USAGE, "\"%s\" can't be a %s", name, option);
	return err_hint(err,
	    "use letters, digits, \"_\", \"-\" and \".\", not "
	    "first a \"-\" or a \".\"");
}

static int
set_read_back(
    const struct args *args, struct backup_opts *opts, struct err *err)
{
	const char *how = args_value(args, OPT_READ_BACK);

	opts->read_back = BACKUP_READ_INDEX;
	if (how == NULL)
		return 0;
	if (strcmp(how, "off") == 0)
		opts->read_back = BACKUP_TRUST;
	else if (strcmp(how, "data") == 0)
		opts->read_back = BACKUP_READ_DATA;
	else if (opts->output != NULL && strcmp(opts->output, "-") == 0) {
		(void)err_set(err, ERR_USAGE,
		    "what went to standard output can't be read back");
		return err_hint(err,
		    "leave --read-back out, or say --read-back data, which "
		    "there proves what was compressed");
	}
	return 0;
}

static void
add_amounts(const struct backup_result *result, struct buf *line)
{
	char in[32];

	text_bytes(in, sizeof(in), (double)result->bytes_in);
	work_amount(line, result->tables, "table", "tables");
	buf_puts(line, ", ");
	work_amount(line, result->rows, "row", "rows");
	buf_printf(line, ", %s -> ", in);
}

static void
print_summary(
    const struct backup_opts *opts, const struct backup_result *result)
{
	char out[32], seconds[32], rate[32];
	struct buf line = { 0 };

	if (log_level() == LOG_ERRORS)
		return;
	text_bytes(out, sizeof(out), (double)result->bytes_out);
	text_duration(seconds, sizeof(seconds), result->seconds);
	work_rate(rate, sizeof(rate), result->bytes_in, result->seconds);
	if (result->path != NULL)
		buf_puts(&line, result->path);
	else
		buf_printf(&line, "archive %.8s", result->id);
	buf_puts(&line, ": ");
	if (opts->globals_only) {
		buf_printf(
		    &line, "roles and tablespaces, %s in %s\n", out, seconds);
	} else {
		add_amounts(result, &line);
		buf_printf(&line, "%s in %s (%s)\n", out, seconds, rate);
	}
	/* Standard output holds the archive when there is no path. */
	(void)fputs(buf_text(&line), result->path != NULL ? stdout : stderr);
	buf_free(&line);
}

/* At the other end of a pipe is a program with a bar of its own, or a log. */
static int
shows_bar(const struct backup_opts *opts)
{
	struct stat st;

	return opts->output == NULL || strcmp(opts->output, "-") != 0 ||
	    fstat(STDOUT_FILENO, &st) == -1 || !S_ISFIFO(st.st_mode);
}

/* The new archive's name is that of the folder it is in. */
static int
prune(const struct prune_opts *asked, const struct backup_opts *backup,
    const char *archive, struct err *err)
{
	struct prune_opts opts = *asked;
	const char *key = archive + strlen(backup->repo) + 1;
	char *name = mem_printf("%.*s", (int)strcspn(key, "/"), key);
	int rc;

	opts.repo = backup->repo;
	opts.name = name;
	if (backup->read_back != BACKUP_TRUST)
		opts.read_back = key;
	rc = pruning_run(&opts, 0, err);
	free(name);
	return rc == 0 ? 0 : err_wrap(err, "the backup is done");
}

/* How each backup is compared with the one before. */
struct gating {
	struct gate_bounds bounds;
	const char *state;
	const char *repo;
	int globals_only; /* of which there is nothing to compare */
	char *chosen;
	/* Of the last: what it amounted to, and what was said of it. */
	struct figures now;
	struct err why;
};

static int
load_gating(const struct args *args, const struct backup_opts *opts,
    struct gating *gating, struct err *err)
{
	const char *bounds = args_value(args, OPT_GATE);
	const char *format = args_value(args, OPT_FORMAT);

	gate_defaults(&gating->bounds);
	if (bounds != NULL && gate_parse(bounds, &gating->bounds, err) != 0)
		return -1;
	gating->state = args_value(args, OPT_STATE);
	gating->repo = opts->repo;
	gating->globals_only = opts->globals_only;
	gating->chosen = gate_chosen(opts->selection,
	    format != NULL ? format : "auto", opts->conn.row_security);
	return 0;
}

static void
gating_free(struct gating *gating)
{
	gate_clear(&gating->bounds);
	free(gating->chosen);
}

static struct gate_opts
gate_of(const struct gating *gating, const struct backup_result *result)
{
	return (struct gate_opts){ .bounds = &gating->bounds,
		.state = gating->state,
		.repo = gating->repo,
		.name = result->name,
		.path = result->path,
		.chosen = gating->chosen };
}

/* A backup that has no name has none before it. */
static int
is_gated(const struct gating *gating, const struct backup_result *result)
{
	return result->name != NULL && !gating->globals_only;
}

static void
completed(void *arg, const struct backup_result *result)
{
	struct gating *gating = arg;
	struct gate_opts go = gate_of(gating, result);
	struct figures *now = &gating->now;
	size_t i;

	if (!is_gated(gating, result))
		return;
	now->created = result->created;
	now->seconds = result->seconds;
	now->bytes = result->bytes_in;
	(void)snprintf(now->id, sizeof(now->id), "%s", result->id);
	for (i = 0; i < result->each_count; i++)
		figures_add(now, result->each[i].schema, result->each[i].name,
		    result->each[i].rows);
	(void)gate_judge(&go, now, &gating->why);
}

static void
settled(void *arg, const struct backup_result *result, int placed)
{
	struct gating *gating = arg;
	struct gate_opts go = gate_of(gating, result);

	if (is_gated(gating, result))
		gate_settle(
		    &go, &gating->now, gating->why.kind != ERR_NONE, placed);
	figures_clear(&gating->now);
}

/* What follows a backup that succeeded. */
struct after {
	struct gating gating;
	const struct prune_opts *pruning; /* or NULL */
};

/* Told with the reason, for whoever reads it counts on old archives going. */
static int
fail_abnormal(const struct after *after, struct err *err)
{
	const struct err *why = &after->gating.why;

	(void)err_set(err, why->kind, "%s%s", why->msg,
	    after->pruning != NULL ? "; nothing was pruned" : "");
	return err_hint(err, "%s", why->hint);
}

static int
run(const struct backup_opts *asked, struct after *after, struct err *err)
{
	struct backup_opts opts = *asked;
	struct backup_result result = { 0 };
	struct progress progress;
	struct bar *bar = NULL;
	int failed;

	progress_init(&progress);
	opts.progress = &progress;
	opts.completed = completed;
	opts.settled = settled;
	opts.arg = &after->gating;
	after->gating.why = (struct err)ERR_INIT;
	if (shows_bar(&opts))
		bar = bar_start(&progress);
	failed = backup_run(&opts, &result, err);
	bar_stop(bar);
	progress_free(&progress);
	if (!failed)
		print_summary(&opts, &result);
	if (!failed && after->gating.why.kind != ERR_NONE)
		failed = fail_abnormal(after, err);
	if (!failed && after->pruning != NULL)
		failed = prune(after->pruning, &opts, result.path, err);
	backup_result_clear(&result);
	return failed;
}

/* One status for all: theirs if they failed alike. */
static int
judge(size_t count, size_t failed, const struct buf *list, enum err_kind kind,
    struct err *err)
{
	struct buf line = { 0 };

	work_amount(&line, count, "database", "databases");
	if (failed > 0)
		(void)err_set(err, kind,
		    kind == ERR_ABNORMAL ? "%zu of %s look abnormal: %s"
					 : "%zu of %s failed: %s",
		    failed, buf_text(&line), buf_text(list));
	else if (log_level() != LOG_ERRORS)
		(void)printf("%s, all saved\n", buf_text(&line));
	buf_free(&line);
	return failed > 0 ? -1 : 0;
}

static int
run_one(const struct backup_opts *asked, struct after *after,
    const char *database, struct err *err)
{
	struct backup_opts opts = *asked;
	char *folder = databases_folder(database);
	int rc;

	opts.conn.database = database;
	opts.name = folder;
	rc = run(&opts, after, err);
	free(folder);
	return rc == 0 ? 0 : err_wrap(err, "database \"%s\"", database);
}

static int
run_all(const struct backup_opts *asked, const struct work_excluded *excluded,
    struct after *after, struct err *err)
{
	struct databases_opts opts = { .conn = &asked->conn,
		.exclude = excluded->patterns,
		.exclude_count = excluded->count };
	struct backup_said said = { 0 };
	struct backup_opts each = *asked;
	struct buf list = { 0 };
	enum err_kind kind = ERR_NONE;
	char **names;
	size_t count, i, failed = 0;
	int rc = 0;

	each.said = &said;
	if (databases_list(&opts, &names, &count, err) != 0)
		return -1;
	for (i = 0; i < count && rc == 0; i++) {
		struct err why = ERR_INIT;

		if (run_one(&each, after, names[i], &why) == 0)
			continue;
		if (why.kind == ERR_INTERRUPT) {
			*err = why;
			rc = -1;
			break;
		}
		(void)fflush(stdout);
		log_err(&why);
		kind = failed++ == 0 || kind == why.kind ? why.kind : ERR_FAIL;
		if (list.len < 500)
			buf_printf(
			    &list, "%s%s", list.len > 0 ? ", " : "", names[i]);
	}
	if (rc == 0)
		rc = judge(count, failed, &list, kind, err);
	databases_free(names, count);
	buf_free(&list);
	return rc;
}

/* How much is sealed: a database, all of them, or none. */
static int
check_scope(const struct args *args, struct backup_opts *opts,
    const struct selection *selection, struct err *err)
{
	static const char each[] = "each database has an archive of its own";

	opts->globals_only = args_count(args, OPT_GLOBALS_ONLY) > 0;
	if (args_refuse(args, OPT_ALL, OPT_OUTPUT, each, err) ||
	    args_refuse(args, OPT_ALL, OPT_NAME, each, err) ||
	    args_refuse(args, OPT_ALL, OPT_GLOBALS_ONLY,
		"every archive has the globals", err) ||
	    args_refuse(args, OPT_GLOBALS_ONLY, OPT_STATISTICS,
		"those are of a database", err))
		return -1;
	if (opts->globals_only && !selection_is_empty(selection))
		return err_set(err, ERR_USAGE,
		    "with --globals-only nothing of a database is sealed that "
		    "could be chosen");
	return 0;
}

/* Whoever gives a rule wants it to be followed. */
static int
read_pruning(
    const struct args *args, struct prune_opts *pruning, struct err *err)
{
	static const enum option_id rules[] = { OPT_KEEP_LAST, OPT_KEEP_HOURLY,
		OPT_KEEP_DAILY, OPT_KEEP_WEEKLY, OPT_KEEP_MONTHLY,
		OPT_KEEP_YEARLY, OPT_KEEP_WITHIN, OPT_KEEP_LABEL,
		OPT_EXPECT_EVERY, OPT_FORCE, OPT_SIGNER };
	size_t i;

	if (args_count(args, OPT_PRUNE) > 0)
		return args_refuse(args, OPT_PRUNE, OPT_OUTPUT,
			   "there is no repository to prune", err) != 0
		    ? -1
		    : pruning_read(args, pruning, err);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (args_count(args, rules[i]) > 0)
			return err_set(err, ERR_USAGE,
			    "\"--%s\" needs \"--prune\"",
			    options_of(args->command, rules[i])->name);
	return 0;
}

int
cmd_backup(const struct args *args, struct err *err)
{
	struct backup_opts opts = work_backup(args);
	struct keys keys = { 0 };
	struct selection selection = { 0 };
	struct work_excluded excluded = { 0 };
	struct prune_opts pruning = { 0 };
	struct after after = { 0 };
	int failed = -1;

	opts.selection = &selection;
	if (find_place(args, &opts, err) || set_read_back(args, &opts, err) ||
	    work_selection(args, &selection, err) ||
	    check_scope(args, &opts, &selection, err) ||
	    work_load_excluded(args, &excluded, err) ||
	    check_name("name", opts.name, err) ||
	    check_name("label", opts.label, err) ||
	    args_refuse(args, OPT_STATISTICS, OPT_DATA_ONLY,
		"those are of definitions", err) ||
	    load_gating(args, &opts, &after.gating, err) ||
	    read_pruning(args, &pruning, err) || load_keys(args, &keys, err))
		goto out;
	if (args_count(args, OPT_PRUNE) > 0)
		after.pruning = &pruning;
	if (keys.seal_key != NULL)
		pruning_trust(&pruning, keys.seal_key->signer);
	opts.sealing = (struct sealing){
		.seal_key = keys.seal_key,
		.recipients = keys.recipients,
		.recipient_count = keys.recipient_count,
		.passphrase = keys.passphrase,
	};
	failed = args_count(args, OPT_ALL) > 0
	    ? run_all(&opts, &excluded, &after, err)
	    : run(&opts, &after, err);
out:
	pruning_clear(&pruning);
	gating_free(&after.gating);
	work_free_excluded(&excluded);
	selection_clear(&selection);
	keys_free(&keys);
	return failed;
}
