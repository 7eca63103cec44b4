#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "archive/keys.h"

/* ask_passphrase(prompt, err): a line from the terminal, not echoed; free
 * with passphrase_free().  ERR_KEY when there is no terminal or nothing was
 * typed, ERR_INTERRUPT on a stop signal. */
struct passphrase *ask_passphrase(const char *prompt, struct err *err);

#endif
