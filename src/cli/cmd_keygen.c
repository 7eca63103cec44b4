#include <stdio.h>
#include <string.h>

#include "archive/keys.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/work.h"

/* Which file belongs where: the whole point of there being two. */
static void
print_keys(const char *prefix, int protected, const char *recipient,
    const char *signer)
{
	printf("%s-seal.key  seals archives and cannot open them.\n"
	       "    Keep it on the database host, readable by the user who "
	       "runs backups.\n",
	    prefix);
	printf("%s-open.key  opens them%s.\n"
	       "    Move it off this host, to two safe places. If it is lost, "
	       "so is\n    everything that was sealed for it.\n",
	    prefix,
	    protected ? ", together with its passphrase"
		      : "; no passphrase protects it");
	printf("\nPublic, to be given to others:\n"
	       "    %s\n    %s\n"
	       "The first lets a \"backup --recipient\" elsewhere seal for "
	       "this open key,\nthe second lets a \"restore --signer\" "
	       "elsewhere trust this seal key.\n",
	    recipient, signer);
}

int
cmd_keygen(const struct args *args, struct err *err)
{
	const char *prefix = args_value(args, OPT_OUTPUT);
	const char *file = args_value(args, OPT_PASSPHRASE_FILE);
	char recipient[KEYS_TEXT_SIZE], signer[KEYS_TEXT_SIZE];
	struct passphrase *protect = NULL;
	int failed;

	if (work_need(
		args, OPT_OUTPUT, "what the key files' names begin with", err))
		return -1;
	if (strcmp(prefix, "-") == 0)
		return err_set(err, ERR_USAGE,
		    "keys are written to two files, not to standard output");
	if (file != NULL) {
		protect = keys_load_passphrase(file, err);
		if (protect == NULL)
			return -1;
	}
	failed = keys_generate(prefix, protect, recipient, signer, err);
	if (!failed && log_level() > LOG_ERRORS)
		print_keys(prefix, protect != NULL, recipient, signer);
	passphrase_free(protect);
	return failed;
}
