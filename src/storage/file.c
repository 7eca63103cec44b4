#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "file.h"
#include "storage/store.h"

/*
 * A file that gets its name when it is whole.  It is written as
 * ".NAME.partial" with a lock on it, so that whoever finds such a file knows
 * whether its run is alive: the kernel drops the lock with the process.
 */

#define PARTIAL_SUFFIX ".partial"
#define FLUSH_EVERY (8u << 20) /* bytes between nudges to the disk */
#define RACES 100              /* lost before it is called an error */

struct file_sink {
	struct sink base;
	int dir;
	int fd;
	char *folder; /* for messages, as is path */
	char *path;
	char *name;
	char *partial;
	uint64_t written;
	uint64_t flushed;
	int replaces; /* a file that has the final name */
	int placed;   /* under its final name */
};

int
file_failed(const char *what, const char *folder, struct err *err)
{
	char user[TEXT_USER_SIZE];
	int sysno = errno;

	err_sys(err, ERR_STORAGE, "%s", what);
	switch (sysno) {
	case ENOSPC:
	case EDQUOT:
		return err_hint(err,
		    "free some space (\"df -h %s\" shows how much there is), "
		    "or name a folder on another disk",
		    folder);
	case EFBIG:
		return err_hint(err,
		    "the limit is that of the file system, or of "
		    "\"ulimit -f\"");
	case EACCES:
	case EPERM:
		text_user(user);
		return err_hint(err,
		    "check who may write there (\"ls -ld %s\"); this runs as "
		    "user %s",
		    folder, user);
	case EROFS:
		return err_hint(err,
		    "the file system is mounted read-only; name a folder on "
		    "another one");
	case EIO:
		return err_hint(err,
		    "the disk reports a fault: see the kernel's log, and write "
		    "to another one");
	default:
		return -1;
	}
}

/* The same, of ${verb} and the file that will have the final name. */
static int
sink_failed(const struct file_sink *f, const char *verb, struct err *err)
{
	int sysno = errno;
	char *what = mem_printf("cannot %s %s", verb, f->path);

	errno = sysno;
	(void)file_failed(what, f->folder, err);
	free(what);
	return -1;
}

int
file_is_partial(const char *name)
{
	size_t len = strlen(name), tail = sizeof(PARTIAL_SUFFIX) - 1;

	return name[0] == '.' && len > tail + 1 &&
	    strcmp(name + len - tail, PARTIAL_SUFFIX) == 0;
}

static int
ends_in(const char *name, size_t len, const char *end)
{
	size_t tail = strlen(end);

	return len > tail && memcmp(name + len - tail, end, tail) == 0;
}

int
file_is_ours(const char *name)
{
	size_t len = strlen(name);
	const char *beside;

	if (!file_is_partial(name))
		return 0;
	len -= sizeof(PARTIAL_SUFFIX) - 1;
	beside = strstr(name, ".cask.");
	return ends_in(name + 1, len - 1, ".cask") ||
	    (beside != NULL && beside > name &&
		ends_in(beside, len - (size_t)(beside - name), ".json"));
}

int
file_sync_dir(int dir)
{
	/* Some network file systems have nothing to sync in a folder. */
	if (fsync(dir) != 0 && errno != EINVAL && errno != ENOTSUP)
		return -1;
	return 0;
}

/* Whether ${name} is still the file that is open as ${fd}. */
static int
names_file(int dir, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
file_remove_dead(int dir, const char *name)
{
	struct stat st;
	int fd, rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 1 : -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 1 : -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = errno == EWOULDBLOCK ? 0 : -1;
	else if (!names_file(dir, name, fd))
		rc = 1;
	else
		rc = unlinkat(dir, name, 0) == 0 || errno == ENOENT ? 1 : -1;
	(void)close(fd);
	return rc;
}

int
file_is_alive(int dir, const char *name)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int alive;

	if (fd < 0)
		return 1;
	alive = flock(fd, LOCK_SH | LOCK_NB) != 0 || !names_file(dir, name, fd);
	(void)close(fd);
	return alive;
}

/* Lock the partial file just made.  Return 1, 0 if another run came in
 * between (until it is locked, it looks like a dead run's), or -1. */
static int
lock_created(struct file_sink *f, struct err *err)
{
	int locked = flock(f->fd, LOCK_EX | LOCK_NB) == 0;

	if (locked && names_file(f->dir, f->partial, f->fd))
		return 1;
	if (!locked && errno != EWOULDBLOCK) {
		(void)sink_failed(f, "lock", err);
		(void)unlinkat(f->dir, f->partial, 0);
		return -1;
	}
	(void)close(f->fd);
	f->fd = -1;
	return 0;
}

/* Try once to make the partial file and lock it; results as above. */
static int
try_create(struct file_sink *f, struct err *err)
{
	f->fd = openat(f->dir, f->partial,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->fd >= 0)
		return lock_created(f, err);
	if (errno != EEXIST)
		return sink_failed(f, "create", err);
	switch (file_remove_dead(f->dir, f->partial)) {
	case 1:
		return 0;
	case 0:
		err_set(err, ERR_LOCKED,
		    "another run is writing %s at this moment", f->path);
		return err_hint(err, "wait for it to end, or stop it");
	default:
		return sink_failed(f, "replace the unfinished", err);
	}
}

static int
refuse_existing(const struct file_sink *f, struct err *err)
{
	err_set(
	    err, ERR_STORAGE, "%s exists already, and stays as it is", f->path);
	return err_hint(err, "choose another name, or move that file away");
}

static int
create(struct file_sink *f, struct err *err)
{
	struct stat st;
	int i, rc = 0;

	if (fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			return sink_failed(f, "create", err);
	} else if (!f->replaces || !S_ISREG(st.st_mode)) {
		return refuse_existing(f, err);
	}
	for (i = 0; i < RACES && rc == 0; i++)
		rc = try_create(f, err);
	if (rc == 0)
		return err_set(err, ERR_STORAGE,
		    "cannot create %s: other runs keep removing it", f->path);
	return rc > 0 ? 0 : -1;
}

static int
file_sink_write(
    struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct file_sink *f = (struct file_sink *)sink;
	const char *p = data;

	while (len > 0) {
		ssize_t done = write(f->fd, p, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return sink_failed(f, "write", err);
		p += done;
		len -= (size_t)done;
		f->written += (uint64_t)done;
	}
	/* Have the disk begin now, so that fsync() finds little to do.  Only
	 * a nudge: its failure shows in fsync(). */
	if (f->written - f->flushed >= FLUSH_EVERY) {
		(void)sync_file_range(f->fd, (off_t)f->flushed,
		    (off_t)(f->written - f->flushed), SYNC_FILE_RANGE_WRITE);
		f->flushed = f->written;
	}
	return 0;
}

int
file_rename(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* Not every file system can; a link does not replace either. */
	if (linkat(dir, from, dir, to, 0) != 0)
		return -1;
	return unlinkat(dir, from, 0);
}

/* Give the partial file its name, which nothing else may have unless it is to
 * be replaced.  Return 0, or -1 with errno set. */
static int
place(struct file_sink *f)
{
	int sysno;

	if (f->replaces)
		return renameat(f->dir, f->partial, f->dir, f->name);
	if (file_rename(f->dir, f->partial, f->name) == 0)
		return 0;
	/* A partial name that stays beside the other is no loss: the next run
	 * removes it. */
	sysno = errno;
	if (names_file(f->dir, f->name, f->fd))
		return 0;
	errno = sysno;
	return -1;
}

static int
file_sink_finish(struct sink *sink, struct err *err)
{
	struct file_sink *f = (struct file_sink *)sink;

	if (fsync(f->fd) != 0)
		return sink_failed(f, "write", err);
	if (place(f) != 0) {
		if (errno == EEXIST)
			return refuse_existing(f, err);
		return sink_failed(f, "give the final name to", err);
	}
	if (file_sync_dir(f->dir) != 0) {
		(void)sink_failed(f, "sync the folder of", err);
		if (!f->replaces)
			(void)unlinkat(f->dir, f->name, 0);
		f->placed = 1;
		return -1;
	}
	f->placed = 1;
	return 0;
}

struct blob *
file_settle(struct sink *sink, struct err *err)
{
	struct file_sink *f = (struct file_sink *)sink;
	int fd;

	if (fsync(f->fd) != 0) {
		(void)sink_failed(f, "write", err);
		return NULL;
	}
	/* Only a request, and only of what is on the disk by now. */
	(void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
	fd = openat(f->dir, f->partial, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && !names_file(f->dir, f->partial, f->fd)) {
		(void)close(fd);
		fd = -1;
		errno = ENOENT;
	}
	if (fd < 0) {
		(void)sink_failed(f, "read back", err);
		return NULL;
	}
	return blob_take(fd, f->path, err);
}

int
file_follow(struct sink *sink, const char *path, struct err *err)
{
	struct file_sink *f = (struct file_sink *)sink;
	struct stat like, own;

	if (stat(path, &like) != 0 || fstat(f->fd, &own) != 0)
		return 0;
	/* While it is ours.  Its mode is 0600 as it was made: where there are
	 * no modes, or they are somebody else's, nothing is given away. */
	if (fchmod(f->fd, 0600 | (like.st_mode & 0040)) != 0 &&
	    errno != EPERM && errno != ENOTSUP && errno != EINVAL)
		return sink_failed(f, "set the mode of", err);
	/* Only root can give a file away, and others need not; but then it is
	 * not for another group. */
	if ((like.st_uid != own.st_uid || like.st_gid != own.st_gid) &&
	    fchown(f->fd, like.st_uid, like.st_gid) != 0 &&
	    fchown(f->fd, (uid_t)-1, like.st_gid) != 0)
		(void)fchmod(f->fd, 0600);
	return 0;
}

static void
file_sink_free(struct sink *sink)
{
	struct file_sink *f = (struct file_sink *)sink;

	if (f->fd >= 0) {
		if (!f->placed && names_file(f->dir, f->partial, f->fd))
			(void)unlinkat(f->dir, f->partial, 0);
		/* After a successful fsync(), close() has no news. */
		(void)close(f->fd);
	}
	(void)close(f->dir);
	free(f->folder);
	free(f->path);
	free(f->name);
	free(f->partial);
	free(f);
}

/* A path as the user would write it. */
static char *
path_of(const char *folder, const char *name)
{
	if (strcmp(folder, ".") == 0)
		return mem_strdup(name);
	if (folder[strlen(folder) - 1] == '/')
		return mem_printf("%s%s", folder, name);
	return mem_printf("%s/%s", folder, name);
}

struct sink *
file_create_at(int dir, const char *folder, const char *name, int replaces,
    struct err *err)
{
	static const struct sink_ops ops = { file_sink_write, file_sink_finish,
		file_sink_free };
	struct file_sink *f = mem_zalloc(sizeof(*f));

	f->base.ops = &ops;
	f->dir = dir;
	f->fd = -1;
	f->replaces = replaces;
	f->folder = mem_strdup(folder);
	f->name = mem_strdup(name);
	f->path = path_of(folder, name);
	f->partial = mem_printf(".%s" PARTIAL_SUFFIX, name);
	if (strlen(f->partial) > NAME_MAX) {
		err_set(err, ERR_STORAGE, "the name %s is too long", name);
		goto failed;
	}
	if (create(f, err) != 0)
		goto failed;
	return &f->base;
failed:
	file_sink_free(&f->base);
	return NULL;
}

/* The folder of ${path} and the name in it. */
static char *
split_path(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL) {
		*name = path;
		return mem_strdup(".");
	}
	*name = slash + 1;
	if (slash == path)
		return mem_strdup("/");
	return mem_printf("%.*s", (int)(slash - path), path);
}

static struct sink *
create_path(const char *path, int replaces, struct err *err)
{
	const char *name;
	char *folder = split_path(path, &name), *what;
	struct sink *sink = NULL;
	int dir;

	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		err_set(err, ERR_STORAGE, "%s is not a file's path", path);
		(void)err_hint(err, "name the file to write, not a folder");
		goto out;
	}
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		int sysno = errno;

		what = mem_printf("cannot write into the folder %s", folder);
		errno = sysno;
		(void)file_failed(what, folder, err);
		free(what);
		if (sysno == ENOENT)
			(void)err_hint(
			    err, "make it first: mkdir -p %s", folder);
		goto out;
	}
	sink = file_create_at(dir, folder, name, replaces, err);
out:
	free(folder);
	return sink;
}

struct sink *
file_create(const char *path, struct err *err)
{
	return create_path(path, 0, err);
}

struct sink *
file_replace(const char *path, struct err *err)
{
	return create_path(path, 1, err);
}
