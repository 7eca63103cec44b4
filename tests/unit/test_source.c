#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"
#include "failing_sink.h"
#include "unit.h"

static void
test_from_mem(void **unused)
{
	struct source *source = source_from_mem("seven..", 7);
	struct err err = ERR_INIT;
	char text[16];

	(void)unused;
	assert_int_equal(source_read(source, text, 3, &err), 3);
	assert_int_equal(source_read(source, text + 3, 13, &err), 4);
	assert_memory_equal(text, "seven..", 7);
	assert_int_equal(source_read(source, text, 1, &err), 0);
	assert_int_equal(source_read(source, text, 1, &err), 0);
	source_free(source);
	source_free(NULL);
	source = source_from_mem(NULL, 0);
	assert_int_equal(source_read(source, text, 1, &err), 0);
	source_free(source);
}

static void
test_read_full(void **unused)
{
	static const size_t steps[] = { 1, 2, 3, 9, 10, 11 };
	struct err err = ERR_INIT;
	char text[16];

	(void)unused;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct source *source =
		    dribbling_source("0123456789", 10, steps[i], 0);

		assert_int_equal(source_read_full(source, text, 4, &err), 4);
		assert_memory_equal(text, "0123", 4);
		assert_int_equal(source_read_full(source, text, 0, &err), 0);
		assert_int_equal(source_read_full(source, text, 16, &err), 6);
		assert_memory_equal(text, "456789", 6);
		assert_int_equal(source_read_full(source, text, 16, &err), 0);
		source_free(source);

		source = dribbling_source("0123456789", 10, steps[i], 1);
		assert_int_equal(source_read_full(source, text, 10, &err), 10);
		refused(
		    (int)source_read_full(source, text, 1, &err), ERR_STORAGE);
		source_free(source);
	}
}

static void
test_read_all(void **unused)
{
	struct err err = ERR_INIT;
	struct source *source;
	struct buf buf = { 0 };

	(void)unused;
	must(buf_add(&buf, "before ", 7, &err));
	source = dribbling_source("0123456789", 10, 3, 0);
	must(source_read_all(source, &buf, 10, &err));
	source_free(source);
	assert_int_equal(buf.len, 17);
	assert_memory_equal(buf.data, "before 0123456789", 17);

	for (size_t step = 1; step <= 11; step++) {
		source = dribbling_source("0123456789", 10, step, 0);
		refused(source_read_all(source, &buf, 9, &err), ERR_DAMAGED);
		source_free(source);
		source = dribbling_source("0123456789", 10, step, 1);
		refused(source_read_all(source, &buf, 10, &err), ERR_STORAGE);
		source_free(source);
	}
	source = source_from_mem("", 0);
	must(source_read_all(source, &buf, 0, &err));
	source_free(source);
	buf_free(&buf);
}

static void
test_from_file(void **unused)
{
	char *folder = unit_folder(), *path = unit_path(folder, "file");
	struct err err = ERR_INIT;
	struct source *source;
	struct buf buf = { 0 };
	uint8_t data[5000];
	int fd;

	(void)unused;
	unit_fill(data, sizeof(data), 1);
	unit_put(path, data, sizeof(data));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	source = source_from_fd(fd, path);
	must(source_read_all(source, &buf, 5000, &err));
	assert_int_equal(buf.len, 5000);
	assert_memory_equal(buf.data, data, 5000);
	source_free(source);
	assert_int_equal(close(fd), 0);
	buf_free(&buf);
	free(path);
	unit_remove(folder);
}

static void
test_from_pipe(void **unused)
{
	struct err err = ERR_INIT;
	struct source *source;
	char text[16];
	int fds[2];

	(void)unused;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	source = source_from_fd(fds[0], "pipe");
	assert_int_equal(write(fds[1], "bytes", 5), 5);
	assert_int_equal(source_read(source, text, 16, &err), 5);
	(void)close(fds[1]);
	assert_int_equal(source_read(source, text, 16, &err), 0);
	source_free(source);
	(void)close(fds[0]);
}

static void
test_not_readable(void **unused)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct source *source = source_from_fd(fd, "standard input");
	struct err err = ERR_INIT;
	char text[16];

	(void)unused;
	refused((int)source_read(source, text, 16, &err), ERR_STORAGE);
	assert_int_equal(err.sysno, EISDIR);
	mentions(err.msg, "standard input");
	source_free(source);
	(void)close(fd);
	source = source_from_fd(fd, "standard input");
	refused((int)source_read(source, text, 16, &err), ERR_STORAGE);
	source_free(source);
}

static int
read_until_stopped(void *arg)
{
	struct err err = ERR_INIT;
	struct source *source;
	char text[16];
	int fds[2];

	(void)arg;
	if (stop_begin(&err) != 0 || pipe(fds) != 0)
		return 1;
	source = source_from_fd(fds[0], "pipe");
	(void)alarm(120);
	(void)kill(getpid(), SIGINT);
	if (source_read(source, text, sizeof(text), &err) != -1)
		return 2;
	return err.kind == ERR_INTERRUPT && err.signo == SIGINT ? 0 : 3;
}

static void
test_silent_writer(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(read_until_stopped, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_mem),
		cmocka_unit_test(test_read_full),
		cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_from_file),
		cmocka_unit_test(test_from_pipe),
		cmocka_unit_test(test_not_readable),
		cmocka_unit_test(test_silent_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
