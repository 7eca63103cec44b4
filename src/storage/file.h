#ifndef STORAGE_FILE_H
#define STORAGE_FILE_H

#include "base/err.h"
#include "storage/store.h"
#include "stream/sink.h"

/* What the parts of storage/ share. */

/* file_create_at(dir, folder, name, replaces, err): a sink for the file ${name}
 * in the folder that is open as ${dir}, which is taken, whatever the outcome,
 * and called ${folder} in messages.  ${replaces}: a file of that name. */
struct sink *file_create_at(int dir, const char *folder, const char *name,
    int replaces, struct err *err);

/* file_is_partial(name): whether it is such a file's name while it is not
 * finished. */
int file_is_partial(const char *name);

/* file_is_ours(name): whether it is that of an archive, or of a small file
 * beside one: others may call their own unfinished files alike. */
int file_is_ours(const char *name);

/* file_remove_dead(dir, name): remove the unfinished file ${name} unless a
 * live run writes it.  Return 1 if it was removed or is gone, 0 if it lives or
 * is no regular file, -1 with errno set. */
int file_remove_dead(int dir, const char *name);

/* file_rename(dir, from, to): replaces nothing; where the file system can't do
 * so at once, both names may be there for a moment.  Return 0, or -1 with errno
 * set: EEXIST if ${to} is there. */
int file_rename(int dir, const char *from, const char *to);

/* file_is_alive(dir, name): whether a live run writes the unfinished file
 * ${name}, as far as this user may know: if not, it is a dead one's. */
int file_is_alive(int dir, const char *name);

/* file_sync_dir(dir): make the names in an open folder durable.  Return 0, or
 * -1 with errno set. */
int file_sync_dir(int dir);

/* blob_take(fd, path, err): the open file ${fd}, which is taken, whatever the
 * outcome (-1: errno is why there is none); ${path} is what messages call it.
 */
struct blob *blob_take(int fd, const char *path, struct err *err);

/* file_failed(what, folder, err): errno's message, "${what}: reason", with a
 * hint on what to do about it in ${folder}; returns -1. */
int file_failed(const char *what, const char *folder, struct err *err);

#endif
