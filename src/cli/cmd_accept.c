#include <stdio.h>
#include <stdlib.h>

#include "archive/reader.h"
#include "base/log.h"
#include "cli/commands.h"
#include "job/keep/gate.h"
#include "job/keep/suspect.h"
#include "job/view/locate.h"

static int
accept_one(const struct args *args, const char *path, struct err *err)
{
	struct reader *reader = reader_open_file(path, err);
	char id[FORMAT_UUID_SIZE], *reason;
	int rc;

	if (reader == NULL)
		return -1;
	format_uuid(reader_header(reader)->id, id);
	reader_free(reader);
	reason = suspect_peek(path);
	rc = gate_accept(args_value(args, OPT_STATE), path, id, err);
	if (rc >= 0 && log_level() != LOG_ERRORS)
		(void)printf("%s: %s%s%s%s\n", path,
		    reason != NULL ? "accepted; was marked for: "
				   : "was not marked suspect",
		    reason != NULL ? reason : "", rc > 0 ? "; " : "",
		    rc > 0 ? "the next backup is compared with it" : "");
	free(reason);
	return rc >= 0 ? 0 : -1;
}

int
cmd_accept(const struct args *args, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < args->operand_count && rc == 0; i++) {
		char *path = locate_one(
		    args_value(args, OPT_REPO), args->operands[i], err);

		rc = path != NULL ? accept_one(args, path, err) : -1;
		free(path);
	}
	return rc;
}
