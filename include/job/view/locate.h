#ifndef JOB_VIEW_LOCATE_H
#define JOB_VIEW_LOCATE_H

#include <stddef.h>
#include <stdint.h>

#include "archive/header.h"
#include "job/naming.h"

/* Archives in a repository, found by what their headers say. */

/* The first digits of an archive's id, as in its file's name, and a NUL. */
#define LOCATE_ID_SIZE 9

struct found {
	char *key;  /* "NAME/FILE.cask" */
	char *path; /* that can be opened */
	char *name;
	char *label; /* from the file's name, or NULL */
	int renamed; /* the file's name is not one that a backup gives */
	char id[LOCATE_ID_SIZE]; /* by the header, else by the file's name */
	/* When it was made, seconds since 1970: by the header, else by the
	 * file's name, else 0. */
	int64_t made;
	uint64_t size;
	int64_t written;       /* the file's time, in nanoseconds */
	int is_link;           /* a symbolic one */
	struct header *header; /* NULL if it can't be read: */
	struct err err;        /* why */
};

struct located {
	struct found *found; /* oldest first */
	size_t count;
	struct naming closed; /* folders that may not be read, REPO/NAME */
};

/* locate_all(repo, name, all, err): every archive of ${repo} (of the folder
 * ${name} unless NULL), by its header's time, then by its file's.  Call
 * locate_free() in any case.  ERR_USAGE if ${repo} is itself the folder of a
 * repository. */
int locate_all(
    const char *repo, const char *name, struct located *all, struct err *err);
void locate_free(struct located *all);

/* locate_one(repo, spec, err): the path of one archive: "latest" (of the
 * whole repository), "latest:NAME", a unique prefix of an archive id of at
 * least four digits, a label that no other archive has, or a path.  ${repo}
 * may be NULL for a path.  ERR_ABSENT when there is none, ERR_USAGE when there
 * are several or it is "-", ERR_STORAGE when it, or another of that label, may
 * be in a folder that may not be read.  The caller frees. */
char *locate_one(const char *repo, const char *spec, struct err *err);
/* locate_file(repo, spec, unread, err): the same; when the archive is found and
 * only its header can't be read, ${*unread} gets its path, else NULL.  The
 * caller frees that, too. */
char *
locate_file(const char *repo, const char *spec, char **unread, struct err *err);

/* locate_sure(repo, spec, name, err): ERR_USAGE when ${spec} is "latest" and
 * ${repo} has archives under several names, so that it may be of any; ${name},
 * unless NULL, is the one that is most likely meant. */
int locate_sure(
    const char *repo, const char *spec, const char *name, struct err *err);

/* locate_unlabelled(path): the name that the archive's file would have without
 * its label, or NULL if it has none; the caller frees. */
char *locate_unlabelled(const char *path);

/* locate_no_name(repo, name, err): say that ${repo} has no archive of ${name},
 * with the nearest name that it has: ERR_ABSENT.  Return -1. */
int locate_no_name(const char *repo, const char *name, struct err *err);

#endif
