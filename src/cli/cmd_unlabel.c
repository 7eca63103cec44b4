#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/commands.h"
#include "job/keep/unlabel.h"
#include "job/view/locate.h"

int
cmd_unlabel(const struct args *args, struct err *err)
{
	char *path =
	    locate_one(args_value(args, OPT_REPO), args->operands[0], err);
	char *renamed = NULL;
	int rc = path != NULL ? unlabel_run(path, &renamed, err) : -1;

	if (rc == 0 && log_level() != LOG_ERRORS)
		(void)printf("%s is now %s\n", path, renamed);
	free(path);
	free(renamed);
	return rc;
}
