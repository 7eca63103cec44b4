#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/help.h"
#include "cli/options.h"
#include "unit.h"

#define WORDS_MAX 16

/* Parse a line of words that are separated by single spaces; "''" is an empty
 * one.  The words live until the next call. */
static int
parse(const char *line, struct args *args, struct err *err)
{
	static char text[512];
	char *words[WORDS_MAX], *rest = text, *word;
	int n = 0;

	(void)snprintf(text, sizeof(text), "pgcask %s", line);
	for (word = strtok_r(text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(n < WORDS_MAX);
		if (strcmp(word, "''") == 0)
			*word = '\0';
		words[n++] = word;
	}
	return options_parse(n, words, args, err);
}

/* parses(line): into the ${args} in scope. */
#define parses(line)                            \
	do {                                    \
		args_free(&args);               \
		must(parse(line, &args, &err)); \
	} while (0)

/* misused(line, part): refused, with ${part} in the message. */
#define misused(line, part)                                   \
	do {                                                  \
		args_free(&args);                             \
		refused(parse(line, &args, &err), ERR_USAGE); \
		mentions(err.msg, part);                      \
	} while (0)

static void
test_definitions_agree(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < option_def_count; i++) {
		const struct option_def *a = &option_defs[i];

		for (j = 0; j < i; j++) {
			const struct option_def *b = &option_defs[j];

			if (a->id != b->id) {
				assert_string_not_equal(a->name, b->name);
				assert_true(
				    a->letter == 0 || a->letter != b->letter);
				continue;
			}
			/* Parsed before the command is known. */
			assert_int_equal(a->letter, b->letter);
			assert_int_equal(a->arg != NULL, b->arg != NULL);
			assert_int_equal(a->commands & b->commands, 0);
		}
	}
}

static void
test_every_id_is_defined(void **state)
{
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < OPT_COUNT; i++)
		assert_non_null(options_of(NULL, (enum option_id)i));
	assert_int_equal(command_def_count, CMD_COUNT);
	for (i = 0; i < command_def_count; i++) {
		assert_int_equal(command_defs[i].id, i);
		assert_ptr_equal(options_command(command_defs[i].name, &err),
		    &command_defs[i]);
	}
}

static void
test_forms_of_an_argument(void **state)
{
	static const char *const lines[] = {
		"backup --dbname=erp",
		"backup --dbname erp",
		"backup -d erp",
		"backup -derp",
		"-d erp backup",
		"--dbname=erp backup",
		"backup -vwderp",
		"backup -vwd erp",
		"backup -d x -d erp",
		"backup -d erp --",
	};
	struct err err = ERR_INIT;
	struct args args = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parses(lines[i]);
		assert_int_equal(args.command->id, CMD_BACKUP);
		assert_string_equal(args_value(&args, OPT_DBNAME), "erp");
		assert_int_equal(args.operand_count, 0);
	}
	args_free(&args);
}

static void
test_arguments_that_look_odd(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	parses("backup -d host=a=b --output=-");
	assert_string_equal(args_value(&args, OPT_DBNAME), "host=a=b");
	assert_string_equal(args_value(&args, OPT_OUTPUT), "-");
	parses("backup --dbname=a=b -o -");
	assert_string_equal(args_value(&args, OPT_DBNAME), "a=b");
	parses("backup -d --create");
	assert_string_equal(args_value(&args, OPT_DBNAME), "--create");
	parses("backup -d=x");
	assert_string_equal(args_value(&args, OPT_DBNAME), "=x");
	args_free(&args);
}

static void
test_operands_anywhere(void **state)
{
	static const char *const lines[] = {
		"cat -r repo latest schema",
		"cat latest -r repo schema",
		"-r repo cat latest schema",
		"cat latest schema -r repo",
		"cat -r repo -- latest schema",
		"-r repo -- cat latest schema",
	};
	struct err err = ERR_INIT;
	struct args args = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parses(lines[i]);
		assert_int_equal(args.command->id, CMD_CAT);
		assert_int_equal(args.operand_count, 2);
		assert_string_equal(args.operands[0], "latest");
		assert_string_equal(args.operands[1], "schema");
		assert_string_equal(args_value(&args, OPT_REPO), "repo");
	}
	parses("cat - -- --x");
	assert_string_equal(args.operands[0], "-");
	assert_string_equal(args.operands[1], "--x");
	args_free(&args);
}

static void
test_counting_and_repeating(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	parses("backup -vv --verbose --recipient a --recipient=b -j 8");
	assert_int_equal(args_count(&args, OPT_VERBOSE), 3);
	assert_int_equal(args_count(&args, OPT_QUIET), 0);
	assert_int_equal(args_count(&args, OPT_RECIPIENT), 2);
	assert_string_equal(args_value(&args, OPT_RECIPIENT), "b");
	assert_string_equal(args.given[3].value, "a");
	assert_int_equal(args_number(&args, OPT_JOBS, 2), 8);
	assert_int_equal(args_number(&args, OPT_LEVEL, 1), 1);
	args_free(&args);
}

static void
test_the_environment(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	(void)setenv("PGCASK_REPO", "env", 1);
	(void)setenv("PGCASK_PASSPHRASE_FILE", "file", 1);
	parses("list");
	assert_string_equal(args_value(&args, OPT_REPO), "env");
	assert_int_equal(args_count(&args, OPT_REPO), 0);
	parses("list -r arg");
	assert_string_equal(args_value(&args, OPT_REPO), "arg");
	/* A variable that is meant for archives protects no new key. */
	parses("keygen -o k");
	assert_null(args_value(&args, OPT_PASSPHRASE_FILE));
	parses("restore x");
	assert_string_equal(args_value(&args, OPT_PASSPHRASE_FILE), "file");
	(void)setenv("PGCASK_REPO", "", 1);
	parses("list");
	assert_null(args_value(&args, OPT_REPO));
	(void)unsetenv("PGCASK_REPO");
	(void)unsetenv("PGCASK_PASSPHRASE_FILE");
	args_free(&args);
}

static void
test_misuse(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	misused("", "no command");
	misused("--", "no command");
	misused("backpu", "\"backup\"");
	misused("backup --level", "needs an argument");
	misused("backup -j", "needs an argument");
	misused("backup -vj", "needs an argument");
	misused("backup -d ''", "empty");
	misused("backup --dbname=", "empty");
	misused("backup --quiet=1", "takes no argument");
	misused("backup --verb", "\"--verbose\"");
	misused("backup --verify", "\"restore\"");
	misused("backup -vX", "\"-X\"");
	misused("backup x", "\"x\"");
	misused("show", "ARCHIVE");
	misused("cat x", "ENTRY");
	misused("cat x y z", "\"z\"");
	misused("backup --level 20", "1 to 19");
	misused("backup --level 0", "1 to 19");
	misused("backup -j +4", "1 to 64");
	misused("backup --format bin", "auto, text, binary");
	/* The last one would be good. */
	misused("backup -j 0 -j 4", "1 to 64");
	args_free(&args);
}

static void
test_help_needs_nothing_else(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	parses("--help");
	assert_null(args.command);
	parses("cat --help");
	assert_int_equal(args.command->id, CMD_CAT);
	parses("backup -j 0 -?");
	parses("restore --create --version");
	misused("cat --help --bogus", "--bogus");
	args_free(&args);
}

static void
test_contradictions(void **state)
{
	struct err err = ERR_INIT;
	struct args args = { 0 };

	(void)state;
	parses("backup -o x -r y");
	refused(
	    args_refuse(&args, OPT_OUTPUT, OPT_REPO, "why", &err), ERR_USAGE);
	mentions(err.msg, "\"--output\" and \"--repo\"");
	must(args_refuse(&args, OPT_OUTPUT, OPT_LABEL, "why", &err));
	args_free(&args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions_agree),
		cmocka_unit_test(test_every_id_is_defined),
		cmocka_unit_test(test_forms_of_an_argument),
		cmocka_unit_test(test_arguments_that_look_odd),
		cmocka_unit_test(test_operands_anywhere),
		cmocka_unit_test(test_counting_and_repeating),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_help_needs_nothing_else),
		cmocka_unit_test(test_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
