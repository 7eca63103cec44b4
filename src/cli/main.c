#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>

#include "archive/keys.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/stop.h"
#include "cli/commands.h"
#include "cli/help.h"

/* Parts are some MiB each and many; they must go back to the system when they
 * are freed, not stay in an arena of the thread that made them. */
#define MMAP_THRESHOLD (1 << 20)

static void
set_log_level(const struct args *args)
{
	unsigned verbose = args_count(args, OPT_VERBOSE);

	if (args_count(args, OPT_QUIET) > 0)
		log_set_level(LOG_ERRORS);
	else if (verbose > 1)
		log_set_level(LOG_DETAILS);
	else if (verbose == 1)
		log_set_level(LOG_STEPS);
}

static int
help(const struct args *args, struct err *err)
{
	const struct command_def *command = args->command;

	if (command != NULL && command->id == CMD_HELP) {
		command = NULL;
		if (args->operand_count > 0) {
			command = options_command(args->operands[0], err);
			if (command == NULL)
				return -1;
		}
	}
	help_print(command, stdout);
	return 0;
}

static int
run(const struct args *args, struct err *err)
{
	static int (*const commands[CMD_COUNT])(
	    const struct args *, struct err *) = {
		[CMD_KEYGEN] = cmd_keygen,
		[CMD_BACKUP] = cmd_backup,
		[CMD_RESTORE] = cmd_restore,
		[CMD_LIST] = cmd_list,
		[CMD_SHOW] = cmd_show,
		[CMD_CAT] = cmd_cat,
		[CMD_EXPORT] = cmd_export,
		[CMD_CHECK] = cmd_check,
		[CMD_DIFF] = cmd_diff,
		[CMD_DRILL] = cmd_drill,
		[CMD_SALVAGE] = cmd_salvage,
		[CMD_DOCTOR] = cmd_doctor,
		[CMD_PRUNE] = cmd_prune,
		[CMD_UNLABEL] = cmd_unlabel,
		[CMD_ACCEPT] = cmd_accept,
		[CMD_HELP] = help,
	};
	int rc;

	if (args_count(args, OPT_HELP) > 0)
		return help(args, err);
	if (args_count(args, OPT_VERSION) > 0 ||
	    args->command->id == CMD_VERSION) {
		help_version(stdout);
		return 0;
	}
	if (args_refuse(
		args, OPT_QUIET, OPT_VERBOSE, "one says less, one more", err))
		return -1;
	set_log_level(args);
	if (stop_begin(err) || keys_init(err))
		return -1;
	rc = commands[args->command->id](args, err);
	/* Only diff has an outcome that is neither success nor failure. */
	return rc > 0 && args->command->id != CMD_DIFF ? -1 : rc;
}

/* A standard stream that is closed would be given to the next file that is
 * opened, and messages would go there.  It gets a stand-in that fails, as the
 * closed one would. */
static void
hold_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", modes[fd]);
	}
}

/* A result that did not arrive is none. */
static int
close_stdout(struct err *err)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) != 0 || failed)
		return err_sys(
		    err, ERR_STORAGE, "cannot write to standard output");
	return 0;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct args args;
	int rc;

	hold_streams();
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	doc_begin();
	rc = options_parse(argc, argv, &args, &err);
	if (rc == 0)
		rc = run(&args, &err);
	if (rc >= 0 && close_stdout(&err) != 0)
		rc = -1;
	args_free(&args);
	if (rc < 0) {
		/* The reason comes last where both streams are one. */
		(void)fflush(stdout);
		log_err(&err);
		return err_status(&err);
	}
	if (rc > 0)
		return rc;
	return log_warnings() > 0 ? ERR_WARNINGS : 0;
}
