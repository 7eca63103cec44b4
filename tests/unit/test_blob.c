#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store.h"
#include "unit.h"

static char *folder;

static int
set_up(void **unused)
{
	(void)unused;
	folder = unit_folder();
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	unit_remove(folder);
	return 0;
}

static void
not_opened(const char *path, enum err_kind kind, const char *says)
{
	struct err err = ERR_INIT;

	assert_null(blob_open(path, &err));
	assert_int_equal(err.kind, kind);
	mentions(err.msg, path);
	mentions(err.msg, says);
}

static void
test_read(void **unused)
{
	char *path = unit_path(folder, "file");
	struct err err = ERR_INIT;
	uint8_t data[5000], out[5000];
	struct blob *blob;

	(void)unused;
	unit_fill(data, sizeof(data), 1);
	unit_put(path, data, sizeof(data));
	blob = blob_open(path, &err);
	assert_non_null(blob);
	assert_int_equal(blob_size(blob), 5000);
	assert_string_equal(blob_name(blob), path);
	must(blob_read(blob, 0, out, 5000, &err));
	assert_memory_equal(out, data, 5000);
	for (size_t at = 0; at <= 5000; at += 500) {
		size_t len = 5000 - at < 513 ? 5000 - at : 513;

		must(blob_read(blob, at, out, len, &err));
		if (len > 0)
			assert_memory_equal(out, data + at, len);
	}
	refused(blob_read(blob, 0, out, 5001, &err), ERR_DAMAGED);
	refused(blob_read(blob, 4999, out, 2, &err), ERR_DAMAGED);
	refused(blob_read(blob, 5001, out, 0, &err), ERR_DAMAGED);
	refused(blob_read(blob, UINT64_MAX, out, 1, &err), ERR_DAMAGED);
	refused(blob_read(blob, 1, out, SIZE_MAX, &err), ERR_DAMAGED);
	mentions(err.msg, "cut short");
	/* It shrinks while it is open. */
	assert_int_equal(truncate(path, 100), 0);
	refused(blob_read(blob, 50, out, 100, &err), ERR_DAMAGED);
	blob_free(blob);
	blob_free(NULL);
	free(path);
}

static void
test_empty(void **unused)
{
	char *path = unit_path(folder, "file");
	struct err err = ERR_INIT;
	struct blob *blob;

	(void)unused;
	unit_put(path, "", 0);
	blob = blob_open(path, &err);
	assert_non_null(blob);
	assert_int_equal(blob_size(blob), 0);
	blob_free(blob);
	free(path);
}

static void
test_absent(void **unused)
{
	char *path = unit_path(folder, "none");

	(void)unused;
	not_opened(path, ERR_ABSENT, "No such file");
	free(path);
	path = unit_path(folder, "file");
	unit_put(path, "x", 1);
	free(path);
	path = unit_path(folder, "file/none");
	not_opened(path, ERR_ABSENT, "Not a directory");
	free(path);
}

static void
test_not_a_file(void **unused)
{
	char *path = unit_path(folder, "pipe");

	(void)unused;
	not_opened(folder, ERR_STORAGE, "is a folder");
	not_opened("/dev/null", ERR_STORAGE, "device");
	/* Without waiting for somebody to write into it. */
	assert_int_equal(mkfifo(path, 0600), 0);
	not_opened(path, ERR_STORAGE, "pipe");
	free(path);
}

static int
open_secret(void *path)
{
	struct err err = ERR_INIT;

	if (blob_open(path, &err) != NULL)
		return 1;
	return err.kind == ERR_STORAGE && err.hint[0] != '\0' ? 0 : 2;
}

static void
test_not_allowed(void **unused)
{
	char *path = unit_path(folder, "file");

	(void)unused;
	unit_put(path, "x", 1);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(unit_as_nobody(open_secret, path), 0);
	free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_empty),
		TEST(test_absent),
		TEST(test_not_a_file),
		TEST(test_not_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
