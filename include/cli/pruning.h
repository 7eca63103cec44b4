#ifndef CLI_PRUNING_H
#define CLI_PRUNING_H

#include "cli/options.h"
#include "job/keep/prune.h"

/* What "prune" and "backup --prune" have in common. */

/* pruning_read(args, opts, err): what the options ask for, but for repository
 * and name.  ERR_USAGE where no rule would keep anything.  Call
 * pruning_clear() in any case. */
int
pruning_read(const struct args *args, struct prune_opts *opts, struct err *err);
void pruning_clear(struct prune_opts *opts);
/* pruning_trust(opts, signer): archives of that signer count, too, and those of
 * others that are not named do not. */
void
pruning_trust(struct prune_opts *opts, const uint8_t signer[KEYS_PUBLIC_SIZE]);

/* pruning_run(opts, json, err): do it, and tell what was done: as text, or as
 * JSON if ${json}.  ERR_ABNORMAL when something was refused. */
int pruning_run(const struct prune_opts *opts, int json, struct err *err);

#endif
