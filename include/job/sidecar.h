#ifndef JOB_SIDECAR_H
#define JOB_SIDECAR_H

#include <jansson.h>

#include "base/err.h"

/*
 * What is known of an archive and is not in it: small JSON files beside it,
 * "ARCHIVE.check.json" and the like, which follow it when it is renamed or
 * removed.  They can be lost or changed by whoever can write there: nothing is
 * proven by one unless it is signed.  Any thread, not two for one file.
 */
enum sidecar {
	SIDECAR_CHECK,   /* the checks so far: job/proof/marks.h */
	SIDECAR_DRILL,   /* the last drill and its evidence */
	SIDECAR_SUSPECT, /* why its backup looked abnormal */
	SIDECAR_KINDS
};

/* sidecar_path(archive, kind): the caller frees. */
char *sidecar_path(const char *archive, enum sidecar kind);

/* sidecar_load(archive, kind, err): the document, which the caller
 * json_decref()s; NULL on error, which is ERR_ABSENT when there is none, and
 * names the file. */
json_t *sidecar_load(const char *archive, enum sidecar kind, struct err *err);
/* sidecar_save(archive, kind, doc, err): write it, synced, in the place of
 * one that is there: at no time is there half of one.  The archive's owner and
 * group may read it as they may read that. */
int sidecar_save(
    const char *archive, enum sidecar kind, const json_t *doc, struct err *err);

/* sidecar_remove(archive, kind, err): it is no error if there is none. */
int sidecar_remove(const char *archive, enum sidecar kind, struct err *err);
/* sidecar_remove_all(archive, err): all kinds. */
int sidecar_remove_all(const char *archive, struct err *err);
/* sidecar_link_all(from, to, err): give all that there are beside ${from} a
 * second name, beside ${to}, where nothing of value is: first of all when an
 * archive is to be renamed, so that it is at no time without them.  Both are
 * in one folder. */
int sidecar_link_all(const char *from, const char *to, struct err *err);

/* sidecar_archive(path): of which archive this is the path of a small file, or
 * NULL if it is none; the caller frees. */
char *sidecar_archive(const char *path);

#endif
