#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <archive.h>
#include <sodium.h>
#include <string.h>
#include <zstd.h>

#include "cli/help.h"
#include "db/conn.h"

#define HELP_COLUMN 30 /* where the explanations begin */

static void
print_option(const struct option_def *def, FILE *out)
{
	char left[80];
	int len = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s",
	    def->letter != 0 ? '-' : ' ', def->letter != 0 ? def->letter : ' ',
	    def->letter != 0 ? "," : " ", def->name,
	    def->arg != NULL ? "=" : "", def->arg != NULL ? def->arg : "");

	if (len > HELP_COLUMN - 2)
		(void)fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
	else
		(void)fprintf(out, "%-*s", HELP_COLUMN, left);
	(void)fprintf(out, "%s\n", def->help);
}

/* The options of a group that a command has; with ${command} NULL, those that
 * every command has. */
static void
print_group(const char *group, const struct command_def *command, FILE *out)
{
	size_t i;
	int any = 0;

	for (i = 0; i < option_def_count; i++) {
		const struct option_def *def = &option_defs[i];

		if (strcmp(def->group, group) != 0)
			continue;
		if (command != NULL ? (def->commands >> command->id & 1) == 0
				    : def->commands != UINT32_MAX)
			continue;
		if (!any++)
			(void)fprintf(out, "\n%s:\n", group);
		print_option(def, out);
	}
}

static void
print_groups(const struct command_def *command, FILE *out)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < option_def_count; i++) {
		if (strcmp(option_defs[i].group, last) == 0)
			continue;
		last = option_defs[i].group;
		print_group(last, command, out);
	}
}

static void
print_operands(const struct command_def *command, FILE *out)
{
	size_t i;
	int any = 0;

	for (i = 0; i < operand_def_count; i++) {
		if (strstr(command->operands, operand_defs[i].name) == NULL ||
		    (operand_defs[i].commands >> command->id & 1) == 0)
			continue;
		if (!any++)
			(void)fprintf(out, "\nOperands:\n");
		(void)fprintf(out, "  %-14s%s\n", operand_defs[i].name,
		    operand_defs[i].help);
	}
}

static void
print_environment(const struct command_def *command, FILE *out)
{
	size_t i;
	int any = 0;

	for (i = 0; i < option_def_count; i++) {
		const struct option_def *def = &option_defs[i];

		if (def->env == NULL || (def->commands >> command->id & 1) == 0)
			continue;
		if (!any++)
			(void)fprintf(out, "\nEnvironment:\n");
		(void)fprintf(
		    out, "  %-28sinstead of --%s\n", def->env, def->name);
	}
}

static void
print_program(FILE *out)
{
	size_t i;

	(void)fprintf(out,
	    "pgcask seals a live PostgreSQL database into one encrypted "
	    "archive, and\nproves that it comes back.\n\n"
	    "Usage: pgcask COMMAND [OPTION]...\n\nCommands:\n");
	for (i = 0; i < command_def_count; i++)
		(void)fprintf(out, "  %-14s%s\n", command_defs[i].name,
		    command_defs[i].help);
	print_groups(NULL, out);
	(void)fprintf(out,
	    "\n\"pgcask help COMMAND\" explains a command, pgcask(1) "
	    "everything.\n");
}

static void
print_usage(const struct command_def *command, FILE *out)
{
	const char *line = command->synopsis, *title = "Usage:";

	do {
		size_t length = strcspn(line, "\n");

		(void)fprintf(out, "%-6s pgcask %s%s%.*s\n", title,
		    command->name, length > 0 ? " " : "", (int)length, line);
		title = "";
		line += length;
	} while (*line++ != '\0');
}

void
help_print(const struct command_def *command, FILE *out)
{
	if (command == NULL) {
		print_program(out);
		return;
	}
	(void)fprintf(out, "%s.\n\n", command->help);
	print_usage(command, out);
	print_operands(command, out);
	print_groups(command, out);
	print_environment(command, out);
}

void
help_version(FILE *out)
{
	int pq = conn_libpq_version();

	(void)fprintf(out,
	    "pgcask %s\nlibpq %d.%d, zstd %s, libsodium %s, %s\n",
	    PACKAGE_VERSION, pq / 10000, pq % 10000, ZSTD_versionString(),
	    sodium_version_string(), archive_version_string());
}
