#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit.h"

#define NOBODY 65534

/* With a sanitizer, a request that is too large shall fail as malloc() does:
 * the tests make one. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *
__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

char *
unit_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder =
	    mem_printf("%s/pgcask-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(folder) == NULL)
		fail_msg("%s: %s", folder, strerror(errno));
	return folder;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
unit_remove(char *folder)
{
	if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		fail_msg("%s: %s", folder, strerror(errno));
	free(folder);
}

char *
unit_path(const char *folder, const char *name)
{
	return mem_printf("%s/%s", folder, name);
}

void
unit_put(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	if (len > 0)
		assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

char *
unit_get(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	struct stat st;
	char *data;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	data = mem_zalloc((size_t)st.st_size + 1);
	*len = fread(data, 1, (size_t)st.st_size, file);
	assert_int_equal(*len, st.st_size);
	assert_int_equal(fclose(file), 0);
	return data;
}

char *
unit_data(const char *name, size_t *len)
{
	const char *top = getenv("srcdir");
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/unit/%s",
	    top != NULL ? top : ".", name);
	return unit_get(path, len);
}

int
unit_count(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	int count = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		count +=
		    strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(dir);
	return count;
}

void
unit_fill(uint8_t *data, size_t len, uint64_t seed)
{
	/* A linear congruence modulo 2^64, its high byte. */
	for (size_t i = 0; i < len; i++) {
		seed = seed * UINT64_C(6364136223846793005) +
		    UINT64_C(1442695040888963407);
		data[i] = (uint8_t)(seed >> 56);
	}
}

static int
forked(int (*run)(void *), void *arg, int drop)
{
	pid_t pid;
	int status;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (drop && geteuid() == 0 &&
		    (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(99);
		_exit(run(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int
unit_forked(int (*run)(void *), void *arg)
{
	return forked(run, arg, 0);
}

int
unit_as_nobody(int (*run)(void *), void *arg)
{
	return forked(run, arg, 1);
}
