#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/options.h"

/* The command line while it is read. */
struct parse {
	struct args *args;
	char **argv;
	int argc;
	int next; /* the word that is read next */
};

static int
belongs(const struct option_def *def, const struct command_def *command)
{
	return command == NULL || (def->commands >> command->id & 1) != 0;
}

const struct option_def *
options_of(const struct command_def *command, enum option_id id)
{
	size_t i;

	for (i = 0; i < option_def_count; i++) {
		if (option_defs[i].id == id &&
		    belongs(&option_defs[i], command))
			return &option_defs[i];
	}
	return NULL;
}

static const struct option_def *
find_long(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < option_def_count; i++) {
		if (strlen(option_defs[i].name) == len &&
		    memcmp(option_defs[i].name, name, len) == 0)
			return &option_defs[i];
	}
	return NULL;
}

static const struct option_def *
find_letter(char letter)
{
	size_t i;

	for (i = 0; i < option_def_count; i++) {
		if (option_defs[i].letter == letter)
			return &option_defs[i];
	}
	return NULL;
}

/* What --help can be asked for, given what is known so far. */
static int
hint_help(const struct args *args, struct err *err)
{
	if (args->command != NULL)
		return err_hint(
		    err, "\"pgcask help %s\" explains it", args->command->name);
	return err_hint(err, "\"pgcask help\" lists commands and options");
}

const struct command_def *
options_command(const char *name, struct err *err)
{
	const char *names[CMD_COUNT];
	const char *nearest;
	size_t i;

	for (i = 0; i < command_def_count; i++) {
		names[i] = command_defs[i].name;
		if (strcmp(names[i], name) == 0)
			return &command_defs[i];
	}
	nearest = text_nearest(name, names, command_def_count);
	if (nearest != NULL)
		err_set(err, ERR_USAGE,
		    "there is no command \"%s\"; did you mean \"%s\"?", name,
		    nearest);
	else
		err_set(err, ERR_USAGE, "there is no command \"%s\"", name);
	err_hint(err, "\"pgcask help\" lists the commands");
	return NULL;
}

static int
fail_long(
    const struct args *args, const char *word, size_t len, struct err *err)
{
	const char **names = mem_array(NULL, option_def_count, sizeof(*names));
	char *name = mem_printf("%.*s", (int)len, word);
	const char *nearest;
	size_t i, count = 0;

	for (i = 0; i < option_def_count; i++) {
		if (belongs(&option_defs[i], args->command))
			names[count++] = option_defs[i].name;
	}
	nearest = text_nearest(name, names, count);
	if (nearest != NULL)
		err_set(err, ERR_USAGE,
		    "there is no option \"--%s\"; did you mean \"--%s\"?", name,
		    nearest);
	else
		err_set(err, ERR_USAGE, "there is no option \"--%s\"", name);
	free(names);
	free(name);
	return hint_help(args, err);
}

static void
add_given(struct args *args, const struct option_def *def, const char *value)
{
	args->given =
	    mem_array(args->given, args->given_count + 1, sizeof(*args->given));
	args->given[args->given_count++] = (struct given){ def->id, value };
}

/* An option whose argument is ${value}, or the next word if that is NULL. */
static int
take_value(struct parse *p, const struct option_def *def, const char *value,
    struct err *err)
{
	if (value == NULL) {
		if (p->next == p->argc) {
			err_set(err, ERR_USAGE,
			    "the option \"--%s\" needs an argument, %s",
			    def->name, def->arg);
			return hint_help(p->args, err);
		}
		value = p->argv[p->next++];
	}
	/* Most often a variable of a script that was never set. */
	if (value[0] == '\0')
		return err_set(err, ERR_USAGE,
		    "the argument of \"--%s\" is empty", def->name);
	add_given(p->args, def, value);
	return 0;
}

static int
read_long(struct parse *p, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option_def *def = find_long(word, len);

	if (def == NULL)
		return fail_long(p->args, word, len, err);
	if (def->arg != NULL)
		return take_value(
		    p, def, equals != NULL ? equals + 1 : NULL, err);
	if (equals != NULL)
		return err_set(err, ERR_USAGE,
		    "the option \"--%s\" takes no argument", def->name);
	add_given(p->args, def, NULL);
	return 0;
}

static int
read_letters(struct parse *p, const char *letters, struct err *err)
{
	for (; *letters != '\0'; letters++) {
		const struct option_def *def = find_letter(*letters);

		if (def == NULL) {
			err_set(err, ERR_USAGE, "there is no option \"-%c\"",
			    *letters);
			return hint_help(p->args, err);
		}
		if (def->arg != NULL)
			return take_value(p, def,
			    letters[1] != '\0' ? letters + 1 : NULL, err);
		add_given(p->args, def, NULL);
	}
	return 0;
}

static int
read_operand(struct args *args, const char *word, struct err *err)
{
	if (args->command == NULL) {
		args->command = options_command(word, err);
		return args->command != NULL ? 0 : -1;
	}
	args->operands = mem_array(
	    args->operands, args->operand_count + 1, sizeof(*args->operands));
	args->operands[args->operand_count++] = word;
	return 0;
}

static int
read_words(struct parse *p, struct err *err)
{
	int ended = 0;

	while (p->next < p->argc) {
		const char *word = p->argv[p->next++];
		int failed;

		if (!ended && strcmp(word, "--") == 0) {
			ended = 1;
			continue;
		}
		/* A lone "-" is an operand: a standard stream. */
		if (ended || word[0] != '-' || word[1] == '\0')
			failed = read_operand(p->args, word, err);
		else if (word[1] == '-')
			failed = read_long(p, word + 2, err);
		else
			failed = read_letters(p, word + 1, err);
		if (failed)
			return -1;
	}
	return 0;
}

/* Which commands have an option, for a message: "list and show". */
static char *
owners(enum option_id id)
{
	const char *names[CMD_COUNT];
	struct buf text = { 0 };
	char *result;
	size_t i, count = 0;

	for (i = 0; i < command_def_count; i++) {
		if (options_of(&command_defs[i], id) != NULL)
			names[count++] = command_defs[i].name;
	}
	for (i = 0; i < count; i++)
		buf_printf(&text, "%s\"%s\"",
		    i == 0              ? ""
			: i + 1 < count ? ", "
					: " and ",
		    names[i]);
	result = mem_strdup(buf_text(&text));
	buf_free(&text);
	return result;
}

static int
check_belongs(const struct args *args, struct err *err)
{
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		enum option_id id = args->given[i].id;
		char *who;

		if (options_of(args->command, id) != NULL)
			continue;
		who = owners(id);
		err_set(err, ERR_USAGE,
		    "\"%s\" has no option \"--%s\", which belongs to %s",
		    args->command->name, options_of(NULL, id)->name, who);
		free(who);
		return hint_help(args, err);
	}
	return 0;
}

static int
check_choice(const struct option_def *def, const char *value, struct err *err)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; def->choices[i] != NULL; i++) {
		if (strcmp(def->choices[i], value) == 0)
			goto out;
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", def->choices[i]);
	}
	err_set(err, ERR_USAGE, "\"--%s\" is one of %s, not \"%s\"", def->name,
	    buf_text(&list), value);
	buf_free(&list);
	return -1;
out:
	buf_free(&list);
	return 0;
}

static int
check_value(const struct option_def *def, const char *value, struct err *err)
{
	uint64_t number;

	if (def->max > 0 &&
	    (text_number(value, def->max, &number) || number < def->min))
		return err_set(err, ERR_USAGE,
		    "\"--%s\" is a number from %llu to %llu, not \"%s\"",
		    def->name, (unsigned long long)def->min,
		    (unsigned long long)def->max, value);
	if (def->choices != NULL)
		return check_choice(def, value, err);
	return 0;
}

static int
check_values(const struct args *args, struct err *err)
{
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		const struct given *given = &args->given[i];

		if (given->value != NULL &&
		    check_value(options_of(args->command, given->id),
			given->value, err))
			return -1;
	}
	return 0;
}

/* "cat needs ENTRY: ..." */
static int
fail_operand(const struct args *args, struct err *err)
{
	char *names = mem_strdup(args->command->operands), *rest = names;
	const char *name, *help = "";
	size_t i;

	name = strtok_r(names, " ", &rest);
	for (i = 0; i < args->operand_count; i++)
		name = strtok_r(NULL, " ", &rest);
	for (i = 0; i < operand_def_count; i++) {
		const struct operand_def *def = &operand_defs[i];

		/* It may be "NAME...". */
		if (strncmp(def->name, name, strlen(def->name)) == 0 &&
		    def->commands >> args->command->id & 1)
			help = def->help;
	}
	err_set(err, ERR_USAGE, "\"%s\" needs %.*s: %s", args->command->name,
	    (int)strcspn(name, "."), name, help);
	free(names);
	return hint_help(args, err);
}

/* The option that a word without one was most likely meant for. */
static int
hint_operand(const struct args *args, const char *word, struct err *err)
{
	static const struct {
		enum command_id command;
		enum option_id option;
		const char *is;
	} meant[] = {
		{ CMD_KEYGEN, OPT_OUTPUT, "begins the names of the keys" },
		{ CMD_BACKUP, OPT_DBNAME, "names the database" },
		{ CMD_RESTORE, OPT_DBNAME, "names the database" },
		{ CMD_SALVAGE, OPT_DBNAME, "names the database" },
		{ CMD_LIST, OPT_REPO, "names the repository" },
	};
	size_t i;

	for (i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
		if (meant[i].command == args->command->id &&
		    args_count(args, meant[i].option) == 0)
			(void)err_hint(err, "-%c %s %s",
			    options_of(args->command, meant[i].option)->letter,
			    word, meant[i].is);
	}
	return hint_help(args, err);
}

static int
check_operands(const struct args *args, struct err *err)
{
	const struct command_def *command = args->command;

	if (args->operand_count < command->operands_min)
		return fail_operand(args, err);
	if (args->operand_count <= command->operands_max)
		return 0;
	err_set(err, ERR_USAGE, "\"%s\" does not know what to do with \"%s\"",
	    command->name, args->operands[command->operands_max]);
	return hint_operand(args, args->operands[command->operands_max], err);
}

int
options_parse(int argc, char **argv, struct args *args, struct err *err)
{
	struct parse p = {
		.args = args, .argv = argv, .argc = argc, .next = 1
	};

	*args = (struct args){ 0 };
	if (read_words(&p, err))
		return -1;
	if (args_count(args, OPT_HELP) > 0 || args_count(args, OPT_VERSION) > 0)
		return 0;
	if (args->command == NULL) {
		err_set(err, ERR_USAGE, "no command was given");
		return hint_help(args, err);
	}
	if (check_belongs(args, err) || check_values(args, err))
		return -1;
	return check_operands(args, err);
}

void
args_free(struct args *args)
{
	free(args->given);
	free(args->operands);
	*args = (struct args){ 0 };
}

unsigned
args_count(const struct args *args, enum option_id id)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		if (args->given[i].id == id)
			n++;
	}
	return n;
}

const char *
args_value(const struct args *args, enum option_id id)
{
	const struct option_def *def = options_of(args->command, id);
	const char *value;
	size_t i;

	for (i = args->given_count; i > 0; i--) {
		if (args->given[i - 1].id == id)
			return args->given[i - 1].value;
	}
	if (def == NULL || def->env == NULL)
		return NULL;
	value = getenv(def->env);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

unsigned
args_number(const struct args *args, enum option_id id, unsigned fallback)
{
	const char *value = args_value(args, id);
	uint64_t number;

	if (value == NULL || text_number(value, UINT32_MAX, &number))
		return fallback;
	return (unsigned)number;
}

int
args_refuse(const struct args *args, enum option_id a, enum option_id b,
    const char *why, struct err *err)
{
	if (args_count(args, a) == 0 || args_count(args, b) == 0)
		return 0;
	err_set(err, ERR_USAGE,
	    "\"--%s\" and \"--%s\" contradict each other: "
	    "%s",
	    options_of(args->command, a)->name,
	    options_of(args->command, b)->name, why);
	return hint_help(args, err);
}
