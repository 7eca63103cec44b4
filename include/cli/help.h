#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* help_print(command, out): explain a command, or the program if NULL, from
 * the definition of the options, in lines of at most 79 columns. */
void help_print(const struct command_def *command, FILE *out);

/* help_version(out): name and version, and those of the libraries. */
void help_version(FILE *out);

#endif
