#include <sodium.h>

#include "base/terminal.h"
#include "cli/ask.h"

#define LINE_MAX_SIZE 1024

struct passphrase *
ask_passphrase(const char *prompt, struct err *err)
{
	struct passphrase *result = NULL;
	char *line = sodium_malloc(LINE_MAX_SIZE);
	size_t len;
	int rc;

	if (line == NULL) {
		err_sys(err, ERR_FAIL, "no memory for a passphrase");
		return NULL;
	}
	rc = terminal_ask(prompt, line, LINE_MAX_SIZE, &len, err);
	if (rc == 1) {
		err_set(err, ERR_KEY,
		    "a passphrase is needed, and there is no terminal to ask "
		    "for it on");
		err_hint(err, "give it with --passphrase-file FILE");
	} else if (rc == 0 && len == 0) {
		err_set(err, ERR_KEY, "no passphrase was typed");
	} else if (rc == 0) {
		result = passphrase_new(line, len);
	}
	sodium_free(line);
	return result;
}
