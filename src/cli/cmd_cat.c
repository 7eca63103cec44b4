#include <unistd.h>

#include "cli/commands.h"
#include "cli/unlock.h"
#include "job/view/cat.h"

int
cmd_cat(const struct args *args, struct err *err)
{
	struct reader *reader = unlock_find(args, args->operands[0], err);
	struct sink *out = NULL;
	int failed = -1;

	if (reader == NULL || unlock_reader(args, reader, err))
		goto out;
	out = sink_to_fd(STDOUT_FILENO, "standard output");
	failed = cat_run(reader, args->operands[1], out, isatty(STDOUT_FILENO),
		     err) ||
	    sink_finish(out, err);
out:
	sink_free(out);
	reader_free(reader);
	return failed ? -1 : 0;
}
