#include <sched.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/work.h"

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
	};
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
