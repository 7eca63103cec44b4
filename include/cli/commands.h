#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

/* The commands, a file each: do what ${args} says and write the result to
 * standard output, which main flushes and checks.  Return 0 or -1, or the exit
 * status of an outcome that is neither. */
int cmd_keygen(const struct args *args, struct err *err);
int cmd_backup(const struct args *args, struct err *err);
int cmd_restore(const struct args *args, struct err *err);
int cmd_list(const struct args *args, struct err *err);
int cmd_show(const struct args *args, struct err *err);
int cmd_cat(const struct args *args, struct err *err);
int cmd_export(const struct args *args, struct err *err);
int cmd_check(const struct args *args, struct err *err);
int cmd_diff(const struct args *args, struct err *err);
int cmd_drill(const struct args *args, struct err *err);
int cmd_salvage(const struct args *args, struct err *err);
int cmd_doctor(const struct args *args, struct err *err);
int cmd_prune(const struct args *args, struct err *err);
int cmd_unlabel(const struct args *args, struct err *err);
int cmd_accept(const struct args *args, struct err *err);

#endif
