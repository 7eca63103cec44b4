#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/work.h"
#include "job/choose/filter.h"
#include "stream/zstd.h"

#define DEFAULT_JOBS_MAX 4

struct conn_opts
work_conn(const struct args *args)
{
	return (struct conn_opts){
		.dbname = args_value(args, OPT_DBNAME),
		.host = args_value(args, OPT_HOST),
		.port = args_value(args, OPT_PORT),
		.user = args_value(args, OPT_USERNAME),
		.no_password = args_count(args, OPT_NO_PASSWORD) > 0,
		.role = args_value(args, OPT_ROLE),
	};
}

static void
set_format(const struct args *args, struct backup_opts *opts)
{
	const char *format = args_value(args, OPT_FORMAT);

	if (format == NULL || strcmp(format, "auto") == 0)
		opts->format = BACKUP_AUTO;
	else
		opts->format =
		    strcmp(format, "text") == 0 ? BACKUP_TEXT : BACKUP_BINARY;
}

struct backup_opts
work_backup(const struct args *args)
{
	struct backup_opts opts = {
		.conn = work_conn(args),
		.jobs = work_jobs(args),
		.level = (int)args_number(args, OPT_LEVEL, ZSTD_LEVEL_MIN),
		.pg_bindir = args_value(args, OPT_PG_BINDIR),
		.statistics = args_count(args, OPT_STATISTICS) > 0,
		.no_role_passwords =
		    args_count(args, OPT_NO_ROLE_PASSWORDS) > 0,
		.lock_timeout =
		    args_number(args, OPT_LOCK_TIMEOUT, WORK_LOCK_TIMEOUT),
		.yield = args_count(args, OPT_YIELD) > 0,
		.globals_only = args_count(args, OPT_GLOBALS_ONLY) > 0,
	};

	set_format(args, &opts);
	opts.conn.row_security = args_count(args, OPT_ENABLE_ROW_SECURITY) > 0;
	return opts;
}

int
work_load_excluded(
    const struct args *args, struct work_excluded *excluded, struct err *err)
{
	size_t i, max = args_count(args, OPT_EXCLUDE_DATABASE);

	if (max > 0 && args_count(args, OPT_ALL) == 0) {
		(void)err_set(
		    err, ERR_USAGE, "\"--exclude-database\" needs \"--all\"");
		return err_hint(
		    err, "without that, -d names the one database to seal");
	}
	excluded->patterns =
	    mem_array(NULL, max + 1, sizeof(*excluded->patterns));
	for (i = 0; i < args->given_count; i++) {
		struct pattern *p;

		if (args->given[i].id != OPT_EXCLUDE_DATABASE)
			continue;
		p = pattern_new(args->given[i].value, PATTERN_NAME, err);
		if (p == NULL)
			return err_wrap(err, "--exclude-database");
		excluded->patterns[excluded->count++] = p;
	}
	return 0;
}

void
work_free_excluded(struct work_excluded *excluded)
{
	size_t i;

	for (i = 0; i < excluded->count; i++)
		pattern_free(excluded->patterns[i]);
	free(excluded->patterns);
}

struct restore_opts
work_restore(const struct args *args)
{
	return (struct restore_opts){
		.conn = work_conn(args),
		.create = args_count(args, OPT_CREATE) > 0,
		.globals = args_count(args, OPT_GLOBALS) > 0,
		.verify = args_count(args, OPT_VERIFY) > 0,
		.jobs = work_jobs(args),
		.single = args_count(args, OPT_SINGLE_TRANSACTION) > 0 ||
		    args_count(args, OPT_CLEAN) > 0,
		.clean = args_count(args, OPT_CLEAN) > 0,
		.lock_timeout =
		    args_number(args, OPT_LOCK_TIMEOUT, WORK_LOCK_TIMEOUT),
		.disable_triggers = args_count(args, OPT_DISABLE_TRIGGERS) > 0,
		.as = args_value(args, OPT_AS),
	};
}

int
work_check_restore(const struct args *args, struct err *err)
{
	static const char there[] = "the new table's schema is to be there";

	if (args_refuse(args, OPT_SINGLE_TRANSACTION, OPT_CREATE,
		"a database can't be made within a transaction", err) ||
	    args_refuse(args, OPT_SINGLE_TRANSACTION, OPT_JOBS,
		"one transaction is of one connection", err) ||
	    args_refuse(args, OPT_CLEAN, OPT_CREATE,
		"a database that is created has nothing to replace", err) ||
	    args_refuse(args, OPT_CLEAN, OPT_JOBS,
		"one transaction is of one connection", err) ||
	    args_refuse(args, OPT_CLEAN, OPT_AS,
		"a new table is beside what is there", err) ||
	    args_refuse(args, OPT_AS, OPT_CREATE, there, err) ||
	    args_refuse(
		args, OPT_AS, OPT_SCHEMA_ONLY, "a new table is of rows", err))
		return -1;
	if (args_count(args, OPT_LOCK_TIMEOUT) > 0 &&
	    args_count(args, OPT_CLEAN) == 0)
		return err_set(err, ERR_USAGE,
		    "--lock-timeout is for what --clean drops, and it is not "
		    "given");
	if (args_count(args, OPT_AS) == 0 || args_count(args, OPT_TABLE) > 0 ||
	    args_count(args, OPT_FILTER) > 0)
		return 0;
	(void)err_set(err, ERR_USAGE, "--as takes the rows of one table");
	return err_hint(err, "--table names it");
}

/* The rule that an option stands for; 0 if it is no such option. */
static int
is_rule(enum option_id id, struct rule *rule)
{
	static const struct {
		enum option_id id;
		enum rule_about about;
		int include;
	} rules[] = {
		{ OPT_SCHEMA, ABOUT_SCHEMA, 1 },
		{ OPT_EXCLUDE_SCHEMA, ABOUT_SCHEMA, 0 },
		{ OPT_TABLE, ABOUT_TABLE, 1 },
		{ OPT_EXCLUDE_TABLE, ABOUT_TABLE, 0 },
		{ OPT_EXCLUDE_TABLE_DATA, ABOUT_ROWS, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].id != id)
			continue;
		*rule = (struct rule){ .about = rules[i].about,
			.include = rules[i].include };
		return 1;
	}
	return 0;
}

int
work_selection(const struct args *args, struct selection *sel, struct err *err)
{
	size_t i;

	if (args_refuse(args, OPT_SCHEMA_ONLY, OPT_DATA_ONLY,
		"together they are nothing", err))
		return -1;
	for (i = 0; i < args->given_count; i++) {
		const struct given *given = &args->given[i];
		const struct option_def *def =
		    options_of(args->command, given->id);
		int *option = selection_option(sel, def->name);
		struct rule rule;
		int failed = 0;

		if (option != NULL) {
			*option = 1;
		} else if (given->id == OPT_FILTER) {
			failed = filter_read(given->value, sel, err);
		} else if (is_rule(given->id, &rule)) {
			rule.origin = mem_printf("--%s", def->name);
			failed = selection_add(sel, &rule, given->value, err);
			free(rule.origin);
		}
		if (failed)
			return -1;
	}
	return 0;
}

unsigned
work_jobs(const struct args *args)
{
	cpu_set_t set;
	int cpus = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		cpus = CPU_COUNT(&set);
	if (cpus > DEFAULT_JOBS_MAX)
		cpus = DEFAULT_JOBS_MAX;
	return args_number(args, OPT_JOBS, (unsigned)cpus);
}

void
work_rate(char *out, size_t size, uint64_t bytes, double seconds)
{
	char amount[32];

	text_bytes(amount, sizeof(amount),
	    (double)bytes / (seconds > 0.001 ? seconds : 0.001));
	(void)snprintf(out, size, "%s/s", amount);
}

void
work_amount(struct buf *out, uint64_t n, const char *one, const char *many)
{
	char count[32];

	text_count(count, sizeof(count), n);
	buf_printf(out, "%s %s", count, n == 1 ? one : many);
}

void
work_others(struct buf *out, uint64_t lobjs, uint64_t sequences, uint64_t views)
{
	const struct {
		uint64_t count;
		const char *one, *many;
	} kinds[] = { { lobjs, "large object", "large objects" },
		{ sequences, "sequence", "sequences" },
		{ views, "materialized view", "materialized views" } };
	size_t i, from = out->len;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].count == 0)
			continue;
		if (out->len > from)
			buf_puts(out, ", ");
		work_amount(out, kinds[i].count, kinds[i].one, kinds[i].many);
	}
}

int
work_need(const struct args *args, enum option_id id, const char *why,
    struct err *err)
{
	const struct option_def *def = options_of(args->command, id);

	if (args_value(args, id) != NULL)
		return 0;
	err_set(err, ERR_USAGE, "\"%s\" needs \"--%s\": %s",
	    args->command->name, def->name, why);
	if (def->env != NULL)
		return err_hint(err, "give --%s=%s, or set %s", def->name,
		    def->arg, def->env);
	return err_hint(
	    err, "\"pgcask help %s\" explains it", args->command->name);
}

int
work_print_json(const json_t *doc, struct err *err)
{
	if (json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ==
		-1 ||
	    putchar('\n') == EOF)
		return err_sys(
		    err, ERR_STORAGE, "cannot write to standard output");
	return 0;
}
