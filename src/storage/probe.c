#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "file.h"
#include "storage/probe.h"

/* No archive, whatever becomes of it: it is hidden. */
#define PROBE_NAME ".pgcask-doctor"
/* Seconds after which one that was named is no other run's that is at work. */
#define PROBE_DEAD 3600
/* So much that a full disk shows. */
#define PROBE_SIZE 65536

static int
probe_failed(const char *verb, const char *path, struct err *err)
{
	int sysno = errno;
	char *what = mem_printf("cannot %s %s", verb, path);

	errno = sysno;
	(void)file_failed(what, path, err);
	free(what);
	return -1;
}

int
probe_space(const char *path, struct probe_space *space, struct err *err)
{
	struct statvfs vfs;

	if (statvfs(path, &vfs) != 0)
		return probe_failed("ask for the free space of", path, err);
	space->free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	space->size = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	space->files_free = vfs.f_files > 0 ? vfs.f_favail : UINT64_MAX;
	return 0;
}

static double
seconds_of(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return seconds_of(&t);
}

static int
write_file(int dir, const char *path, const char *name, struct err *err)
{
	uint8_t *zeros = mem_zalloc(PROBE_SIZE);
	/* It takes the descriptor. */
	struct sink *sink =
	    file_create_at(fcntl(dir, F_DUPFD_CLOEXEC, 0), path, name, 1, err);
	int rc = -1;

	if (sink != NULL && sink_write(sink, zeros, PROBE_SIZE, err) == 0)
		rc = sink_finish(sink, err);
	sink_free(sink);
	free(zeros);
	return rc;
}

int
probe_write(const char *path, double *ahead, struct err *err)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	char *name = mem_printf(PROBE_NAME ".%ld", (long)getpid());
	double before = now(), after, made;
	struct stat st;

	if (dir < 0) {
		free(name);
		return probe_failed("write into", path, err);
	}
	rc = write_file(dir, path, name, err);
	after = now();
	if (rc == 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = probe_failed("read a file back in", path, err);
	if (rc == 0) {
		made = seconds_of(&st.st_mtim);
		*ahead = made > after ? made - after
		    : made < before   ? made - before
				      : 0;
	}
	if (unlinkat(dir, name, 0) != 0 && errno != ENOENT && rc == 0)
		rc = probe_failed("remove a file from", path, err);
	if (rc == 0 && file_sync_dir(dir) != 0)
		rc = probe_failed("sync", path, err);
	(void)close(dir);
	free(name);
	return rc;
}

/* ---- what runs that died left ---- */

struct search {
	void (*look)(int dir, const char *folder, const char *file,
	    const struct search *s);
	void (*visit)(const struct probe_litter *litter, void *arg);
	void *arg;
};

static int
is_probe(const char *file)
{
	return strncmp(file, "." PROBE_NAME ".", sizeof(PROBE_NAME) + 1) == 0 ||
	    strncmp(file, PROBE_NAME ".", sizeof(PROBE_NAME)) == 0;
}

/* Of those that look for what probes left. */
static void
remove_probe(
    int dir, const char *folder, const char *file, const struct search *s)
{
	struct stat st;

	(void)folder;
	(void)s;
	if (!is_probe(file))
		return;
	if (file_is_partial(file) ||
	    (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		now() - seconds_of(&st.st_mtim) > PROBE_DEAD))
		(void)file_remove_dead(dir, file);
}

static void
look_at(int dir, const char *folder, const char *file, const struct search *s)
{
	struct probe_litter litter = { .folder = folder, .file = file };
	struct stat st;

	if (!file_is_ours(file) || file_is_alive(dir, file) ||
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	litter.size = (uint64_t)st.st_size;
	s->visit(&litter, s->arg);
}

static DIR *
open_names(int dir, const char *folder)
{
	int fd = openat(dir, folder[0] != '\0' ? folder : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *names = fd >= 0 ? fdopendir(fd) : NULL;

	if (names == NULL && fd >= 0)
		(void)close(fd);
	return names;
}

/* Of one folder; what is none, or may not be read, has nothing to tell. */
static void
search_folder(int dir, const char *folder, const struct search *s)
{
	DIR *names = open_names(dir, folder);
	struct dirent *e;

	if (names == NULL)
		return;
	while ((e = readdir(names)) != NULL)
		if (e->d_name[0] == '.')
			s->look(dirfd(names), folder, e->d_name, s);
	(void)closedir(names);
}

/* The store, and all folders in it. */
static int
search_store(const struct store *store, const struct search *s, struct err *err)
{
	const char *path = store_path(store);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = dir >= 0 ? open_names(dir, "") : NULL;
	struct dirent *e;

	if (names == NULL) {
		(void)probe_failed("read", path, err);
		if (dir >= 0)
			(void)close(dir);
		return -1;
	}
	search_folder(dir, "", s);
	while ((e = readdir(names)) != NULL)
		if (e->d_name[0] != '.')
			search_folder(dir, e->d_name, s);
	(void)closedir(names);
	(void)close(dir);
	return 0;
}

int
probe_litter(const struct store *store,
    void (*visit)(const struct probe_litter *litter, void *arg), void *arg,
    struct err *err)
{
	struct search s = { look_at, visit, arg };

	return search_store(store, &s, err);
}

void
probe_clean(const struct store *store)
{
	struct search s = { remove_probe, NULL, NULL };
	struct err err = ERR_INIT;

	/* Whoever looks for litter learns why it can't be read. */
	(void)search_store(store, &s, &err);
}
