#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "stream/sink.h"
#include "stream/source.h"

/*
 * Where archives lie: a local folder today.  Nothing here knows what the
 * bytes mean.  Keys are "NAME/FILE"; a key never leaves the store's folder.
 * Errors are ERR_STORAGE unless said otherwise.
 *
 * A file under its final key is whole, synced and named in a synced folder.
 * Until then it is ".FILE.partial" in the same folder, which store_create()
 * removes when it finds it left over from a run that died; so does
 * store_lock() of all archives and the small files beside them.
 */
struct store;

/* store_open(path, err): the folder ${path}, which must exist. */
struct store *store_open(const char *path, struct err *err);
void store_free(struct store *store);
/* store_path(store): as it was opened; lent. */
const char *store_path(const struct store *store);

/* store_lock(store, name, err): take the lock that keeps two runs from writing
 * into the folder ${name} at once, making the folder if need be, and remove
 * what a killed run left behind.  ERR_LOCKED when another run has it.  Held
 * until store_unlock() or the process ends, however it ends. */
int store_lock(struct store *store, const char *name, struct err *err);
void store_unlock(struct store *store);
/* store_look_at_lock(store, name, err): fail as store_lock() would for the lock
 * alone, and change nothing. */
int store_look_at_lock(
    const struct store *store, const char *name, struct err *err);

/* store_create(store, key, err): a sink whose finish() puts what was written
 * under ${key}, with mode 0600, and replaces nothing: it fails if ${key} is
 * there, be it before or by then.  ERR_LOCKED when another run is writing the
 * same file. */
struct sink *
store_create(struct store *store, const char *key, struct err *err);

/* store_is_folder(store): whether archives lie in ${store} itself, as they do
 * in a repository's folder NAME. */
int store_is_folder(const struct store *store);

/* store_list(store, visit, arg, err): call visit(key, size, arg, err) for
 * each "NAME/FILE.cask", in no order, until it fails; with size 0 for a link
 * that leads nowhere, or where this user may not go.  Folders that may not
 * be read are left out, and given to closed(name, arg), but for lost+found. */
int store_list(struct store *store,
    int (*visit)(const char *key, uint64_t size, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err);

/* store_list_in(store, name, ...): the same, of the one folder ${name}, which
 * need not be there. */
int store_list_in(struct store *store, const char *name,
    int (*visit)(const char *key, uint64_t size, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err);

/* store_names(store, visit, closed, arg, err): call visit(name, arg, err) for
 * each folder that has an archive in it or was locked once, in no order;
 * closed() as above. */
int store_names(struct store *store,
    int (*visit)(const char *name, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err);

/* store_files(store, name, visit, arg, err): call visit(file, arg, err) for
 * every name in the folder ${name} that is not hidden. */
int store_files(struct store *store, const char *name,
    int (*visit)(const char *file, void *arg, struct err *err), void *arg,
    struct err *err);

/* store_remove(store, name, file, err): it is no error if there is none.
 * store_rename(store, name, from, to, err): replaces nothing: it fails if
 * ${to} is there.  Both last for certain once store_sync(store, name, err)
 * has succeeded. */
int store_remove(
    struct store *store, const char *name, const char *file, struct err *err);
int store_rename(struct store *store, const char *name, const char *from,
    const char *to, struct err *err);
int store_sync(struct store *store, const char *name, struct err *err);

/* file_create(path, err): as store_create(), for a path given by the user. */
struct sink *file_create(const char *path, struct err *err);
/* file_replace(path, err): the same, but what has that name is replaced, at
 * once and for good, when finish() succeeds. */
struct sink *file_replace(const char *path, struct err *err);

/* file_follow(sink, path, err): before finish(), of a sink of one of these: the
 * owner and the group of ${path}, if that is there, may read it as they may
 * read that: it is given to them, as far as this user may give it and the file
 * system knows of owners and modes. */
int file_follow(struct sink *sink, const char *path, struct err *err);

/* A file open for reading at any place, by any number of threads. */
struct blob;

/* file_settle(sink, err): before finish(), of a sink of one of these: make what
 * was written durable, ask the system to forget its copy of it in memory, and
 * open it where it lies, under the name that it has until finish(); messages
 * call it by its final one.  What is forgotten, and whether a disk or a server
 * further off still has it in memory, nobody tells. */
struct blob *file_settle(struct sink *sink, struct err *err);

/* blob_open(path, err): ERR_ABSENT when there is no such file; a folder or a
 * device is ERR_STORAGE. */
struct blob *blob_open(const char *path, struct err *err);
void blob_free(struct blob *blob);
uint64_t blob_size(const struct blob *blob);
const char *blob_name(const struct blob *blob);
/* blob_read(blob, offset, buf, size, err): exactly ${size} bytes; a file that
 * ends before is ERR_DAMAGED. */
int blob_read(struct blob *blob, uint64_t offset, void *buf, size_t size,
    struct err *err);

#endif
