#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The command line.  Commands and options are defined once, in
 * src/cli/options.txt; what is made from it are these tables, the man page's
 * list of options and the shells' completions.
 *
 * Parsing is GNU's: "--name=value", "--name value", "-n value", "-nvalue",
 * "-vq", options and operands in any order, "--" ends the options.  A name
 * that is cut short is not accepted but answered with the whole.
 */

enum command_id {
	CMD_KEYGEN,
	CMD_BACKUP,
	CMD_RESTORE,
	CMD_LIST,
	CMD_SHOW,
	CMD_CAT,
	CMD_EXPORT,
	CMD_CHECK,
	CMD_DIFF,
	CMD_DRILL,
	CMD_SALVAGE,
	CMD_DOCTOR,
	CMD_PRUNE,
	CMD_UNLABEL,
	CMD_ACCEPT,
	CMD_HELP,
	CMD_VERSION,
	CMD_COUNT
};

enum option_id {
	OPT_DBNAME,
	OPT_ALL,
	OPT_EXCLUDE_DATABASE,
	OPT_GLOBALS_ONLY,
	OPT_HOST,
	OPT_PORT,
	OPT_USERNAME,
	OPT_NO_PASSWORD,
	OPT_ROLE,
	OPT_REPO,
	OPT_NAME,
	OPT_LABEL,
	OPT_OUTPUT,
	OPT_SEAL_KEY,
	OPT_RECIPIENT,
	OPT_OPEN_KEY,
	OPT_DRILL_KEY,
	OPT_SIGNER,
	OPT_PASSPHRASE_FILE,
	OPT_SCHEMA,
	OPT_EXCLUDE_SCHEMA,
	OPT_TABLE,
	OPT_EXCLUDE_TABLE,
	OPT_EXCLUDE_TABLE_DATA,
	OPT_FILTER,
	OPT_SCHEMA_ONLY,
	OPT_DATA_ONLY,
	OPT_DISABLE_TRIGGERS,
	OPT_AS,
	OPT_SINGLE_TRANSACTION,
	OPT_CLEAN,
	OPT_LIST,
	OPT_NO_OWNER,
	OPT_NO_PRIVILEGES,
	OPT_NO_COMMENTS,
	OPT_NO_PUBLICATIONS,
	OPT_NO_SUBSCRIPTIONS,
	OPT_NO_TABLESPACES,
	OPT_JOBS,
	OPT_LEVEL,
	OPT_FORMAT,
	OPT_GATE,
	OPT_STATE,
	OPT_ENABLE_ROW_SECURITY,
	OPT_NO_ROLE_PASSWORDS,
	OPT_LOCK_TIMEOUT,
	OPT_YIELD,
	OPT_PG_BINDIR,
	OPT_CREATE,
	OPT_STATISTICS,
	OPT_GLOBALS,
	OPT_VERIFY,
	OPT_READ_BACK,
	OPT_SERVER,
	OPT_NEWER,
	OPT_WORK_DIR,
	OPT_SETTING,
	OPT_ASSERT,
	OPT_ASSERT_TIMEOUT,
	OPT_READ_DATA,
	OPT_SAMPLE,
	OPT_ROWS,
	OPT_LIMIT,
	OPT_MARKDOWN,
	OPT_WITHOUT_BINARY,
	OPT_PRUNE,
	OPT_KEEP_LAST,
	OPT_KEEP_HOURLY,
	OPT_KEEP_DAILY,
	OPT_KEEP_WEEKLY,
	OPT_KEEP_MONTHLY,
	OPT_KEEP_YEARLY,
	OPT_KEEP_WITHIN,
	OPT_KEEP_LABEL,
	OPT_EXPECT_EVERY,
	OPT_FORCE,
	OPT_DRY_RUN,
	OPT_TABLES,
	OPT_HTML,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION,
	OPT_COUNT
};

struct command_def {
	enum command_id id;
	const char *name;
	const char *synopsis; /* what follows the name; a line for each way */
	const char *help;     /* one line */
	size_t operands_min;
	size_t operands_max;
	const char *operands; /* their names, or "" */
};

/* As with options, one name may be defined for different commands. */
struct operand_def {
	const char *name;
	const char *help;
	uint32_t commands; /* 1 << each command_id; UINT32_MAX: all */
};

/* An option may have several definitions, for different commands; they agree
 * in letter and in whether there is an argument. */
struct option_def {
	enum option_id id;
	const char *name;
	char letter;     /* or 0 */
	const char *arg; /* the argument's name; NULL: takes none */
	const char *help;
	const char *group; /* a title */
	const char *env;   /* the variable that stands in for it, or NULL */
	uint32_t commands; /* 1 << CMD_... of those it belongs to */
	uint64_t min;
	uint64_t max;               /* of a number; 0: not a number */
	const char *const *choices; /* the words it may be, or NULL */
	int repeat;                 /* each time counts, not the last alone */
};

extern const struct command_def command_defs[];
extern const size_t command_def_count;
extern const struct operand_def operand_defs[];
extern const size_t operand_def_count;
extern const struct option_def option_defs[];
extern const size_t option_def_count;

/* options_command(name, err): a command; NULL and ERR_USAGE with the nearest
 * match if there is none. */
const struct command_def *options_command(const char *name, struct err *err);
/* options_of(command, id): the definition of an option for a command (NULL:
 * before one is known, any), or NULL if it does not have it. */
const struct option_def *
options_of(const struct command_def *command, enum option_id id);

/* What was said.  Strings are argv's and the environment's. */
struct given {
	enum option_id id;
	const char *value; /* NULL for an option without argument */
};

struct args {
	const struct command_def *command; /* NULL: none was given */
	struct given *given;               /* in order */
	size_t given_count;
	const char **operands;
	size_t operand_count;
};

/* options_parse(argc, argv, args, err): read the command line; ERR_USAGE with
 * the nearest match or the way out.  Numbers and choices are checked here
 * and operands counted, unless --help or --version was given.  Call args_free()
 * in any case. */
int options_parse(int argc, char **argv, struct args *args, struct err *err);
void args_free(struct args *args);

/* args_count(args, id): how often the option was given. */
unsigned args_count(const struct args *args, enum option_id id);
/* args_value(args, id): the argument given last, or its variable's value
 * unless that is empty, or NULL. */
const char *args_value(const struct args *args, enum option_id id);
/* args_number(args, id, fallback): the same as a number. */
unsigned
args_number(const struct args *args, enum option_id id, unsigned fallback);

/* args_refuse(args, a, b, why, err): ERR_USAGE if both were given. */
int args_refuse(const struct args *args, enum option_id a, enum option_id b,
    const char *why, struct err *err);

#endif
