#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "file.h"
#include "storage/store.h"

struct blob {
	int fd;
	uint64_t size;
	char *name;
};

static int
open_failed(const char *path, struct err *err)
{
	char user[TEXT_USER_SIZE];
	int sysno = errno;

	if (sysno == ENOENT || sysno == ENOTDIR)
		return err_sys(err, ERR_ABSENT, "cannot open %s", path);
	err_sys(err, ERR_STORAGE, "cannot open %s", path);
	if (sysno != EACCES)
		return -1;
	text_user(user);
	return err_hint(err,
	    "run as the user who owns the file, or let user %s read it", user);
}

static int
check_kind(const struct blob *blob, const struct stat *st, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (S_ISDIR(st->st_mode)) {
		err_set(err, ERR_STORAGE, "%s is a folder, not an archive",
		    blob->name);
		return err_hint(err,
		    "name an archive in it, or pass a repository with --repo "
		    "and say \"latest\"");
	}
	err_set(err, ERR_STORAGE, "%s is a device or a pipe, not a file",
	    blob->name);
	return err_hint(err, "to read an archive from a pipe, name it \"-\"");
}

struct blob *
blob_open(const char *path, struct err *err)
{
	/* A pipe without a writer must be refused, not waited for. */
	return blob_take(
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), path,
	    err);
}

struct blob *
blob_take(int fd, const char *path, struct err *err)
{
	struct blob *blob = mem_zalloc(sizeof(*blob));
	struct stat st;

	blob->name = mem_strdup(path);
	blob->fd = fd;
	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)open_failed(path, err);
		goto failed;
	}
	if (check_kind(blob, &st, err) != 0)
		goto failed;
	blob->size = (uint64_t)st.st_size;
	return blob;
failed:
	blob_free(blob);
	return NULL;
}

void
blob_free(struct blob *blob)
{
	if (blob == NULL)
		return;
	if (blob->fd >= 0)
		(void)close(blob->fd);
	free(blob->name);
	free(blob);
}

uint64_t
blob_size(const struct blob *blob)
{
	return blob->size;
}

const char *
blob_name(const struct blob *blob)
{
	return blob->name;
}

static int
ends_early(const struct blob *blob, struct err *err)
{
	return err_set(err, ERR_DAMAGED, "%s is cut short", blob->name);
}

int
blob_read(
    struct blob *blob, uint64_t offset, void *buf, size_t size, struct err *err)
{
	char *p = buf;

	if (offset > blob->size || size > blob->size - offset)
		return ends_early(blob, err);
	while (size > 0) {
		ssize_t got = pread(blob->fd, p, size, (off_t)offset);

		if (got == 0)
			return ends_early(blob, err);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(
			    err, ERR_STORAGE, "cannot read %s", blob->name);
		p += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}
