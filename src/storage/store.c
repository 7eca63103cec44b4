#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "file.h"
#include "storage/store.h"

#define ARCHIVE_SUFFIX ".cask"
#define LOCK_FILE ".lock"
#define LOCK_TRIES 5

struct store {
	char *path;
	int dir;
	int lock;        /* the open lock file, or -1 */
	int lock_folder; /* and its folder, or -1 */
};

/* errno's message about ${verb} and the folder ${name} (NULL: the whole
 * repository). */
static int
store_failed(const struct store *store, const char *verb, const char *name,
    struct err *err)
{
	int sysno = errno;
	char *folder = name != NULL ? mem_printf("%s/%s", store->path, name)
				    : mem_strdup(store->path);
	char *what = mem_printf("cannot %s %s", verb, folder);

	errno = sysno;
	/* What is yet to be made is not there to be looked at. */
	(void)file_failed(
	    what, strcmp(verb, "make") == 0 ? store->path : folder, err);
	free(what);
	free(folder);
	return -1;
}

struct store *
store_open(const char *path, struct err *err)
{
	struct store *store = mem_zalloc(sizeof(*store));
	int sysno;

	store->path = mem_strdup(path);
	store->lock = store->lock_folder = -1;
	store->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dir >= 0)
		return store;
	sysno = errno;
	(void)store_failed(store, "open the repository", NULL, err);
	if (sysno == ENOENT)
		(void)err_hint(err,
		    "make it first (mkdir -m 700 %s), or mount the disk that "
		    "holds it",
		    path);
	else if (sysno == ENOTDIR)
		(void)err_hint(err, "a repository is a folder");
	store_free(store);
	return NULL;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	store_unlock(store);
	if (store->dir >= 0)
		(void)close(store->dir);
	free(store->path);
	free(store);
}

const char *
store_path(const struct store *store)
{
	return store->path;
}

/* One step of a path, and no hidden one. */
static int
is_step(const char *step)
{
	return step[0] != '\0' && step[0] != '.' && strchr(step, '/') == NULL;
}

static int
check_name(const char *name, struct err *err)
{
	if (is_step(name))
		return 0;
	return err_set(err, ERR_STORAGE,
	    "\"%s\" can't be a folder's name in a repository", name);
}

static int
open_folder(const struct store *store, const char *name)
{
	return openat(store->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The folder ${name}, made if need be.  Return its descriptor or -1. */
static int
make_folder(const struct store *store, const char *name, struct err *err)
{
	int dir;

	if (mkdirat(store->dir, name, 0700) == 0) {
		if (file_sync_dir(store->dir) != 0)
			return store_failed(store, "make", name, err);
	} else if (errno != EEXIST) {
		return store_failed(store, "make", name, err);
	}
	dir = open_folder(store, name);
	if (dir < 0)
		return store_failed(store, "open", name, err);
	return dir;
}

static int
is_locked(const struct store *store, const char *name, int fd, struct err *err)
{
	char pid[24] = "";
	ssize_t got = fd >= 0 ? pread(fd, pid, sizeof(pid) - 1, 0) : 0;

	pid[got > 0 ? got : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	(void)err_set(err, ERR_LOCKED, "another run is writing into %s/%s%s%s",
	    store->path, name, pid[0] != '\0' ? ", process " : "", pid);
	return err_hint(err,
	    "wait for it to end; the lock goes away with the process, and "
	    "there is no file to remove");
}

/* The same when it is the folder that is locked.  Only if the lock file, which
 * is open as ${fd} or -1, is locked too, it tells by whom; else a run of long
 * ago is named in it. */
static int
is_folder_locked(
    const struct store *store, const char *name, int fd, struct err *err)
{
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 &&
	    errno == EWOULDBLOCK)
		return is_locked(store, name, fd, err);
	(void)err_set(err, ERR_LOCKED,
	    "something has locked the folder %s/%s (flock(1)?)", store->path,
	    name);
	return err_hint(err,
	    "\"fuser -v %s/%s\" shows what; a run that finds the disk full has "
	    "no other lock",
	    store->path, name);
}

/* Who only looks whether the lock is free has it for a moment. */
static int
try_lock(int fd)
{
	static const struct timespec pause = { 0, 20000000 };
	int tries = 0, rc;

	while ((rc = flock(fd, LOCK_EX | LOCK_NB)) != 0 &&
	    errno == EWOULDBLOCK && ++tries < LOCK_TRIES)
		(void)nanosleep(&pause, NULL);
	return rc;
}

/* Take the lock file, and say in it who has it.  On a full disk there may be
 * none, nor a word in it: the folder's own lock is enough for those who come
 * then, and what frees space must be able to work. */
static int
take_lock_file(struct store *store, const char *name, int dir, struct err *err)
{
	char pid[24];
	int len;

	store->lock = openat(
	    dir, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0 && store->lock_folder >= 0 &&
	    (errno == ENOSPC || errno == EDQUOT))
		return 0;
	if (store->lock < 0)
		return store_failed(store, "write into", name, err);
	if (try_lock(store->lock) != 0)
		return errno == EWOULDBLOCK
		    ? is_locked(store, name, store->lock, err)
		    : store_failed(store, "lock", name, err);
	len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	errno = ENOSPC; /* what a short write means */
	if ((ftruncate(store->lock, 0) != 0 ||
		pwrite(store->lock, pid, (size_t)len, 0) != (ssize_t)len) &&
	    errno != ENOSPC && errno != EDQUOT)
		return store_failed(store, "write into", name, err);
	return 0;
}

/* Lock the open folder itself; file systems that can't lock one have the
 * lock file alone. */
static int
take_lock_folder(struct store *store, const char *name, struct err *err)
{
	int fd;

	if (try_lock(store->lock_folder) == 0)
		return 0;
	if (errno != EWOULDBLOCK) {
		(void)close(store->lock_folder);
		store->lock_folder = -1;
		return 0;
	}
	fd = openat(
	    store->lock_folder, LOCK_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	(void)is_folder_locked(store, name, fd, err);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Take the lock in the open folder ${dir}. */
static int
take_lock(struct store *store, const char *name, int dir, struct err *err)
{
	store->lock_folder =
	    openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->lock_folder < 0)
		return store_failed(store, "open", name, err);
	if (take_lock_folder(store, name, err) == 0 &&
	    take_lock_file(store, name, dir, err) == 0)
		return 0;
	store_unlock(store);
	return -1;
}

/* Open a folder for reading its names; ${dir} stays the caller's. */
static DIR *
read_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names;

	if (fd < 0)
		return NULL;
	names = fdopendir(fd);
	if (names == NULL)
		(void)close(fd);
	return names;
}

/* The next name in a folder; NULL at its end, with errno 0, or on error. */
static struct dirent *
next_name(DIR *names)
{
	errno = 0;
	/* POSIX.1-2024 and every libc in use make it safe on a stream that
	 * no other thread has. */
	/* cppcheck-suppress readdirCalled */
	return readdir(names);
}

/* Remove what a killed run left under ${file}.  Litter that can't be removed
 * is no reason not to make a backup. */
static void
clean_file(
    const struct store *store, const char *name, int dir, const char *file)
{
	int rc = file_remove_dead(dir, file);

	if (rc > 0)
		log_step("removed %s/%s/%s, left by a run that died",
		    store->path, name, file);
	else if (rc < 0)
		log_warn("cannot remove %s/%s/%s, left by a run that died: %s",
		    store->path, name, file, strerror(errno));
}

static int
clean(const struct store *store, const char *name, int dir, struct err *err)
{
	DIR *names = read_folder(dir);
	struct dirent *e;
	int rc = 0;

	if (names == NULL)
		return store_failed(store, "read", name, err);
	while ((e = next_name(names)) != NULL)
		if (file_is_ours(e->d_name))
			clean_file(store, name, dir, e->d_name);
	if (errno != 0)
		rc = store_failed(store, "read", name, err);
	(void)closedir(names);
	return rc;
}

int
store_lock(struct store *store, const char *name, struct err *err)
{
	int dir, rc;

	if (check_name(name, err) != 0)
		return -1;
	store_unlock(store);
	dir = make_folder(store, name, err);
	if (dir < 0)
		return -1;
	rc = take_lock(store, name, dir, err);
	if (rc == 0)
		rc = clean(store, name, dir, err);
	if (rc != 0)
		store_unlock(store);
	(void)close(dir);
	return rc;
}

void
store_unlock(struct store *store)
{
	if (store->lock >= 0)
		(void)close(store->lock);
	if (store->lock_folder >= 0)
		(void)close(store->lock_folder);
	store->lock = store->lock_folder = -1;
}

int
store_look_at_lock(const struct store *store, const char *name, struct err *err)
{
	int dir, fd, rc = 0;

	if (check_name(name, err) != 0)
		return -1;
	dir = open_folder(store, name);
	if (dir < 0)
		return errno == ENOENT ? 0
				       : store_failed(store, "open", name, err);
	fd = openat(dir, LOCK_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		rc = store_failed(store, "write into", name, err);
	else if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0)
		rc = errno == EWOULDBLOCK
		    ? is_locked(store, name, fd, err)
		    : store_failed(store, "lock", name, err);
	else if (flock(dir, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		rc = is_folder_locked(store, name, fd, err);
	if (fd >= 0)
		(void)close(fd);
	(void)close(dir);
	return rc;
}

struct sink *
store_create(struct store *store, const char *key, struct err *err)
{
	const char *slash = strchr(key, '/');
	char *name = NULL, *folder = NULL;
	struct sink *sink = NULL;
	int dir;

	if (slash != NULL)
		name = mem_printf("%.*s", (int)(slash - key), key);
	if (name == NULL || !is_step(name) || !is_step(slash + 1)) {
		err_set(err, ERR_STORAGE,
		    "\"%s\" can't be an archive's place in a repository", key);
		goto out;
	}
	dir = make_folder(store, name, err);
	if (dir < 0)
		goto out;
	folder = mem_printf("%s/%s", store->path, name);
	sink = file_create_at(dir, folder, slash + 1, 0, err);
out:
	free(folder);
	free(name);
	return sink;
}

static int
is_archive(const char *file)
{
	size_t len = strlen(file), tail = sizeof(ARCHIVE_SUFFIX) - 1;

	return file[0] != '.' && len > tail &&
	    strcmp(file + len - tail, ARCHIVE_SUFFIX) == 0;
}

int
store_is_folder(const struct store *store)
{
	DIR *names = read_folder(store->dir);
	struct dirent *e;
	int found = 0;

	if (names == NULL)
		return 0;
	while (!found && (e = next_name(names)) != NULL)
		found = is_archive(e->d_name);
	(void)closedir(names);
	return found;
}

struct visitor {
	int (*visit)(
	    const char *key, uint64_t size, void *arg, struct err *err);
	void (*closed)(const char *name, void *arg);
	void *arg;
};

static int
visit_file(const char *name, int dir, const char *file, const struct visitor *v,
    struct err *err)
{
	struct stat st = { 0 };
	char *key;
	int rc;

	/* A link that leads nowhere, and what a disk's fault has hit, is no
	 * fault of the archives beside it: who reads it hears why. */
	if (fstatat(dir, file, &st, 0) != 0) {
		if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
		    errno == ENOENT)
			return 0; /* deleted since its name was read */
		st.st_size = 0;
	} else if (!S_ISREG(st.st_mode)) {
		return 0;
	}
	key = mem_printf("%s/%s", name, file);
	rc = v->visit(key, (uint64_t)st.st_size, v->arg, err);
	free(key);
	return rc;
}

static int
visit_folder(const struct store *store, const char *name,
    const struct visitor *v, struct err *err)
{
	int dir = open_folder(store, name), rc = 0;
	DIR *names = NULL;
	struct dirent *e;

	if (dir < 0) {
		if (errno == ENOTDIR || errno == ENOENT)
			return 0;
		/* Another user's: no fault of the archives beside it. */
		if (errno == EACCES) {
			if (strcmp(name, "lost+found") != 0)
				v->closed(name, v->arg);
			return 0;
		}
		return store_failed(store, "open", name, err);
	}
	names = read_folder(dir);
	if (names == NULL) {
		rc = store_failed(store, "read", name, err);
		goto out;
	}
	while (rc == 0 && (e = next_name(names)) != NULL)
		if (is_archive(e->d_name))
			rc = visit_file(name, dir, e->d_name, v, err);
	if (rc == 0 && errno != 0)
		rc = store_failed(store, "read", name, err);
out:
	if (names != NULL)
		(void)closedir(names);
	(void)close(dir);
	return rc;
}

int
store_list_in(struct store *store, const char *name,
    int (*visit)(const char *key, uint64_t size, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err)
{
	struct visitor v = { visit, closed, arg };

	/* No other name is a folder's in a repository. */
	return is_step(name) ? visit_folder(store, name, &v, err) : 0;
}

/* Call visit(name, arg, err) for each name in the open folder ${dir}, called
 * ${folder}, that is not hidden. */
static int
each_name(const struct store *store, int dir, const char *folder,
    int (*visit)(const char *name, void *arg, struct err *err), void *arg,
    struct err *err)
{
	DIR *names = read_folder(dir);
	struct dirent *e;
	int rc = 0;

	if (names == NULL)
		return store_failed(store, "read", folder, err);
	while (rc == 0 && (e = next_name(names)) != NULL)
		if (e->d_name[0] != '.')
			rc = visit(e->d_name, arg, err);
	if (rc == 0 && errno != 0)
		rc = store_failed(store, "read", folder, err);
	(void)closedir(names);
	return rc;
}

struct listing {
	const struct store *store;
	const struct visitor *visitor;
};

static int
list_folder(const char *name, void *arg, struct err *err)
{
	const struct listing *l = arg;

	return visit_folder(l->store, name, l->visitor, err);
}

int
store_list(struct store *store,
    int (*visit)(const char *key, uint64_t size, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err)
{
	struct visitor v = { visit, closed, arg };
	struct listing l = { store, &v };

	return each_name(store, store->dir, NULL, list_folder, &l, err);
}

/* ---- folders that are written into ---- */

struct naming_folders {
	const struct store *store;
	int (*visit)(const char *name, void *arg, struct err *err);
	void (*closed)(const char *name, void *arg);
	void *arg;
	int has_archive; /* the folder at hand */
};

static int
note_archive(const char *key, uint64_t size, void *arg, struct err *err)
{
	struct naming_folders *n = arg;

	(void)key;
	(void)size;
	(void)err;
	n->has_archive = 1;
	return 1; /* enough is known */
}

static void
note_closed(const char *name, void *arg)
{
	struct naming_folders *n = arg;

	n->closed(name, n->arg);
}

static int
name_folder(const char *name, void *arg, struct err *err)
{
	struct naming_folders *n = arg;
	struct visitor v = { note_archive, note_closed, n };
	char *lock = mem_printf("%s/" LOCK_FILE, name);
	struct stat st;
	int rc;

	n->has_archive =
	    fstatat(n->store->dir, lock, &st, AT_SYMLINK_NOFOLLOW) == 0;
	free(lock);
	rc = n->has_archive ? 0 : visit_folder(n->store, name, &v, err);
	if (rc == -1)
		return -1;
	return n->has_archive ? n->visit(name, n->arg, err) : 0;
}

int
store_names(struct store *store,
    int (*visit)(const char *name, void *arg, struct err *err),
    void (*closed)(const char *name, void *arg), void *arg, struct err *err)
{
	struct naming_folders n = { store, visit, closed, arg, 0 };

	return each_name(store, store->dir, NULL, name_folder, &n, err);
}

/* The folder ${name}, which must be there, or -1. */
static int
need_folder(const struct store *store, const char *name, struct err *err)
{
	int dir;

	if (check_name(name, err) != 0)
		return -1;
	dir = open_folder(store, name);
	return dir >= 0 ? dir : store_failed(store, "open", name, err);
}

int
store_files(struct store *store, const char *name,
    int (*visit)(const char *file, void *arg, struct err *err), void *arg,
    struct err *err)
{
	int dir = need_folder(store, name, err), rc;

	if (dir < 0)
		return -1;
	rc = each_name(store, dir, name, visit, arg, err);
	(void)close(dir);
	return rc;
}

/* errno's message about ${verb} and a file of the folder ${name}. */
static int
change_failed(const struct store *store, const char *verb, const char *name,
    const char *file, struct err *err)
{
	int sysno = errno;
	char *folder = mem_printf("%s/%s", store->path, name);
	char *what = mem_printf("cannot %s %s/%s", verb, folder, file);

	errno = sysno;
	(void)file_failed(what, folder, err);
	free(what);
	free(folder);
	return -1;
}

int
store_remove(
    struct store *store, const char *name, const char *file, struct err *err)
{
	int dir = need_folder(store, name, err), rc = 0;

	if (dir < 0)
		return -1;
	if (unlinkat(dir, file, 0) != 0 && errno != ENOENT)
		rc = change_failed(store, "remove", name, file, err);
	(void)close(dir);
	return rc;
}

int
store_rename(struct store *store, const char *name, const char *from,
    const char *to, struct err *err)
{
	int dir = need_folder(store, name, err), rc = 0;

	if (dir < 0)
		return -1;
	if (file_rename(dir, from, to) != 0) {
		if (errno == EEXIST)
			rc = err_set(err, ERR_STORAGE,
			    "%s/%s/%s exists already, and stays as it is",
			    store->path, name, to);
		else
			rc = change_failed(store, "rename", name, from, err);
	}
	(void)close(dir);
	return rc;
}

int
store_sync(struct store *store, const char *name, struct err *err)
{
	int dir = need_folder(store, name, err), rc = 0;

	if (dir < 0)
		return -1;
	if (file_sync_dir(dir) != 0)
		rc = store_failed(store, "sync the folder", name, err);
	(void)close(dir);
	return rc;
}
