#ifndef JOB_KEEP_SUSPECT_H
#define JOB_KEEP_SUSPECT_H

#include <stdint.h>

#include "base/err.h"

/*
 * The mark of an archive whose backup looked abnormal (job/keep/gate.h): a JSON
 * file, ARCHIVE.suspect.json, beside it, that stays until somebody accepts the
 * archive.  It is there before the archive has its name.  Whoever can write
 * there can make and remove one: it warns, and proves nothing.  It lies in the
 * repository, so it names no table and no number of rows.
 */

/* suspect_peek(archive): why the archive at that path is marked, in a few
 * words for people, or NULL if it is not; the caller frees.  A mark that can't
 * be read is one. */
char *suspect_peek(const char *archive);

/* suspect_mark(archive, reason, against, err): mark it; ${against} is the id of
 * the archive that it was compared with. */
int suspect_mark(const char *archive, const char *reason, const char *against,
    struct err *err);

/* suspect_clear(archive, err): take the mark away; no mark is no error. */
int suspect_clear(const char *archive, struct err *err);

/* suspect_clean(repo, name): remove the marks in the folder ${name}, which is
 * locked, of archives that are not there: of a backup that was killed when it
 * had marked what it was about to name.  What fails is a warning. */
void suspect_clean(const char *repo, const char *name);

#endif
