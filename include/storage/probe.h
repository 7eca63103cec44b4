#ifndef STORAGE_PROBE_H
#define STORAGE_PROBE_H

#include <stdint.h>

#include "storage/store.h"

/* What a folder of archives has room for, and whether it takes any: for
 * whoever wants to know before it matters.  Errors are ERR_STORAGE. */

struct probe_space {
	uint64_t free;       /* bytes that this user may still fill */
	uint64_t size;       /* of the file system, in bytes */
	uint64_t files_free; /* UINT64_MAX where there is no limit to them */
};

/* probe_space(path, space, err): of the file system that ${path} is on. */
int probe_space(const char *path, struct probe_space *space, struct err *err);

/* probe_write(path, ahead, err): make a file in the folder ${path} just as an
 * archive is made, locked, written, synced and named, and remove it again.
 * ${*ahead} is how many seconds the file system's clock is ahead of this
 * host's, negative if it is behind. */
int probe_write(const char *path, double *ahead, struct err *err);

/* probe_clean(store): remove what a probe_write() that was killed left in any
 * folder, wherever that can be. */
void probe_clean(const struct store *store);

/* A file that a run which died left half-written. */
struct probe_litter {
	const char *folder; /* a NAME of the store, or "" */
	const char *file;
	uint64_t size;
};

/* probe_litter(store, visit, arg, err): call visit(litter, arg) for each of
 * all folders that may be read. */
int probe_litter(const struct store *store,
    void (*visit)(const struct probe_litter *litter, void *arg), void *arg,
    struct err *err);

#endif
