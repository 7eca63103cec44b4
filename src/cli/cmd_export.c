#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/unlock.h"
#include "job/view/export.h"
#include "storage/store.h"

int
cmd_export(const struct args *args, struct err *err)
{
	const char *path = args_value(args, OPT_OUTPUT);
	struct export_opts opts = {
		.without_binary = args_count(args, OPT_WITHOUT_BINARY) > 0,
	};
	struct reader *reader = unlock_find(args, args->operands[0], err);
	struct export *export = NULL;
	struct sink *out = NULL;
	int failed = -1;

	if (reader == NULL || unlock_reader(args, reader, err))
		goto done;
	export = export_new(reader, &opts, err);
	if (export == NULL)
		goto done;
	out = path == NULL || strcmp(path, "-") == 0
	    ? sink_to_fd(STDOUT_FILENO, "standard output")
	    : file_create(path, err);
	if (out == NULL)
		goto done;
	failed = export_write(export, out, err) || sink_finish(out, err);
done:
	sink_free(out);
	export_free(export);
	reader_free(reader);
	return failed ? -1 : 0;
}
