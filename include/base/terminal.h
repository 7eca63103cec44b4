#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stddef.h>

#include "base/err.h"

/* The terminal that the process belongs to, whatever its standard streams
 * are. */

/* terminal_there(): whether there is one. */
int terminal_there(void);

/* terminal_ask(prompt, line, size, len, err): print ${prompt} and read one
 * line of less than ${size} bytes, which is not shown.  It goes to ${line}
 * without its newline and without a NUL, its length, which may be 0, to
 * ${*len}.  What was typed before the prompt was shown by the terminal, so it
 * is not taken for an answer.  Return 0; or 1, with nothing said, if there is
 * no terminal; or -1: ERR_INTERRUPT on a stop signal, even on one that came
 * before the call, else ERR_KEY.  The terminal is left as it was. */
int terminal_ask(
    const char *prompt, char *line, size_t size, size_t *len, struct err *err);

#endif
