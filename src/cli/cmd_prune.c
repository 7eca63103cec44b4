#include "cli/commands.h"
#include "cli/pruning.h"
#include "cli/work.h"

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
		rc = pruning_run(&opts, args_count(args, OPT_JSON) > 0, err);
	pruning_clear(&opts);
	return rc;
}
