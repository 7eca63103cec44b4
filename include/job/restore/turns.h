#ifndef JOB_RESTORE_TURNS_H
#define JOB_RESTORE_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "archive/manifest.h"
#include "db/catalog.h"
#include "job/restore/schedule.h"

/* turns_by_cost(manifest, cat, schedule, count): the numbers of a file's parts
 * that hold rows or large objects that ${cat} wants, in the order to load them:
 * tables whose indexes take longest first, so that these build while the others
 * load; late tables behind all others, one after another.  The caller frees. */
uint64_t *turns_by_cost(const struct manifest *manifest,
    const struct catalog *cat, const struct schedule *schedule, size_t *count);

#endif
