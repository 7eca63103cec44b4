#ifndef JOB_KEEP_UNLABEL_H
#define JOB_KEEP_UNLABEL_H

#include "base/err.h"

/* unlabel_run(path, renamed, err): rename an archive of a repository so that it
 * has no label any more, and what is known of it with it; ${renamed} is its new
 * path, which the caller frees.  ERR_USAGE if it has none.  Whoever is killed
 * meanwhile leaves the archive under one of its names, with all that is known
 * of it. */
int unlabel_run(const char *path, char **renamed, struct err *err);

#endif
