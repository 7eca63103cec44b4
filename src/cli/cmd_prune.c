#include "base/log.h"
#include "cli/commands.h"
#include "cli/pruning.h"
#include "cli/work.h"

/* The key that signs on this host.  By the environment it may be another
 * user's, and not for this one to read. */
static int
trust_own(const struct args *args, struct prune_opts *opts, struct err *err)
{
	const char *key = args_value(args, OPT_SEAL_KEY);
	uint8_t signer[KEYS_PUBLIC_SIZE];
	struct err why = ERR_INIT;

	if (key == NULL)
		return 0;
	if (keys_parse_signer(key, signer, &why) == 0) {
		pruning_trust(opts, signer);
		return 0;
	}
	if (args_count(args, OPT_SEAL_KEY) > 0) {
		*err = why;
		return -1;
	}
	log_step("not known whose archives count: %s", why.msg);
	return 0;
}

int
cmd_prune(const struct args *args, struct err *err)
{
	struct prune_opts opts;
	int rc = pruning_read(args, &opts, err);

	if (rc == 0)
		rc = work_need(args, OPT_REPO,
		    "the folder that archives are kept in", err);
	opts.repo = args_value(args, OPT_REPO);
	opts.name = args_value(args, OPT_NAME);
	if (rc == 0)
		rc = trust_own(args, &opts, err);
	if (rc == 0)
		rc = pruning_run(&opts, args_count(args, OPT_JSON) > 0, err);
	pruning_clear(&opts);
	return rc;
}
