/*
 * Faults of memory, codec and disk, for tests: preloaded into pgcask, one byte
 * becomes another on its way, once.
 *
 *	FLIP=write:N	a byte of the Nth write to a file that has no final name
 *	FLIP=pread:N	the Nth read of such a file fails with EIO
 *	FLIP=content:S	the first byte of S in what is to be compressed
 *	FLIP=packed:S	a byte of what comes out, where S went in
 *
 * When it was done, the file that FLIPPED names is made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

static atomic_uint calls;
static atomic_int done;

/* What FLIP says behind "KIND:", or NULL. */
static const char *
asked(const char *kind)
{
	const char *flip = getenv("FLIP");
	size_t len = strlen(kind);

	if (flip == NULL || strncmp(flip, kind, len) != 0 || flip[len] != ':')
		return NULL;
	return flip + len + 1;
}

/* Whether it is to be done now: once. */
static int
now(void)
{
	const char *path = getenv("FLIPPED");

	if (atomic_exchange(&done, 1))
		return 0;
	if (path != NULL)
		(void)close(open(path, O_WRONLY | O_CREAT, 0600));
	return 1;
}

static int
is_partial(int fd)
{
	static const char tail[] = ".partial";
	char link[40], path[4096];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	return len >= (ssize_t)sizeof(tail) &&
	    memcmp(path + len - sizeof(tail) + 1, tail, sizeof(tail) - 1) == 0;
}

/* Whether this is the call of a partial file that FLIP means. */
static int
is_it(const char *kind, int fd)
{
	const char *nth = asked(kind);

	return nth != NULL && is_partial(fd) &&
	    atomic_fetch_add(&calls, 1) + 1 == strtoul(nth, NULL, 10) && now();
}

ssize_t
write(int fd, const void *data, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);
	unsigned char *copy;
	ssize_t rc;

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "write");
	if (len == 0 || !is_it("write", fd) || (copy = malloc(len)) == NULL)
		return real(fd, data, len);
	memcpy(copy, data, len);
	copy[len / 2] ^= 1;
	rc = real(fd, copy, len);
	free(copy);
	return rc;
}

ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	static ssize_t (*real)(int, void *, size_t, off_t);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "pread");
	if (!is_it("pread", fd))
		return real(fd, data, len, at);
	errno = EIO;
	return -1;
}

size_t
ZSTD_compress2(
    ZSTD_CCtx *ctx, void *out, size_t size, const void *in, size_t len)
{
	static size_t (*real)(
	    ZSTD_CCtx *, void *, size_t, const void *, size_t);
	const char *content = asked("content"), *packed = asked("packed");
	const char *mark = content != NULL ? content : packed, *at = NULL;
	char *copy = NULL;
	size_t rc;

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "ZSTD_compress2");
	if (mark != NULL)
		at = memmem(in, len, mark, strlen(mark));
	if (at == NULL || (copy = malloc(len)) == NULL || !now()) {
		free(copy);
		return real(ctx, out, size, in, len);
	}
	memcpy(copy, in, len);
	if (content != NULL)
		copy[at - (const char *)in] ^= 1;
	rc = real(ctx, out, size, copy, len);
	if (packed != NULL)
		((char *)out)[rc / 2] ^= 1;
	free(copy);
	return rc;
}
