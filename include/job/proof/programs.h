#ifndef JOB_PROOF_PROGRAMS_H
#define JOB_PROOF_PROGRAMS_H

#include "base/err.h"

/* programs_find(version, bindir, newer, major, err): the folder that holds
 * initdb and postgres of the major version of ${version} (150004) or, with
 * ${newer}, failing that of the nearest newer one; ${*major} is which.  Looks
 * in ${bindir} alone if not NULL, else where distributions keep them, in PATH
 * and where pg_config says.  ERR_USAGE, naming what there is, if there is none.
 * The caller frees. */
char *programs_find(
    int version, const char *bindir, int newer, int *major, struct err *err);

#endif
