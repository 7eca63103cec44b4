#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "failing_sink.h"
#include "unit.h"

#define LARGE 1000000 /* more than a pipe holds */

static void
test_to_buf(void **unused)
{
	struct err err = ERR_INIT;
	struct buf buf = { 0 };
	struct sink *sink = sink_to_buf(&buf);

	(void)unused;
	must(sink_write(sink, "one ", 4, &err));
	must(sink_write(sink, NULL, 0, &err));
	must(sink_write(sink, "two", 3, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	sink_free(NULL);
	assert_int_equal(buf.len, 7);
	assert_memory_equal(buf.data, "one two", 7);
	buf_free(&buf);
}

static void
test_to_file(void **unused)
{
	char *folder = unit_folder(), *path = unit_path(folder, "file"), *text;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct sink *sink = sink_to_fd(fd, path);
	struct err err = ERR_INIT;
	size_t len;

	(void)unused;
	assert_true(fd >= 0);
	must(sink_write(sink, "one ", 4, &err));
	must(sink_write(sink, "two", 3, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	/* The descriptor was lent. */
	assert_int_equal(close(fd), 0);
	text = unit_get(path, &len);
	assert_string_equal(text, "one two");
	free(text);
	free(path);
	unit_remove(folder);
}

static void
test_full_disk(void **unused)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct sink *sink = sink_to_fd(fd, "the output");
	struct err err = ERR_INIT;

	(void)unused;
	assert_true(fd >= 0);
	refused(sink_write(sink, "bytes", 5, &err), ERR_STORAGE);
	assert_int_equal(err.sysno, ENOSPC);
	mentions(err.msg, "the output");
	mentions(err.msg, "No space left");
	mentions(err.hint, "space");
	sink_free(sink);
	(void)close(fd);
}

static void
test_not_open(void **unused)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sink *sink = sink_to_fd(fd, "x");
	struct err err = ERR_INIT;

	(void)unused;
	refused(sink_write(sink, "bytes", 5, &err), ERR_STORAGE);
	assert_int_equal(err.sysno, EBADF);
	sink_free(sink);
	(void)close(fd);
	sink = sink_to_fd(fd, "x");
	refused(sink_finish(sink, &err), ERR_STORAGE);
	sink_free(sink);
}

static void
test_reader_is_gone(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink;
	int fds[2];

	(void)unused;
	assert_int_equal(pipe(fds), 0);
	sink = sink_to_fd(fds[1], "standard output");
	must(sink_write(sink, "bytes", 5, &err));
	(void)close(fds[0]);
	refused(sink_write(sink, "bytes", 5, &err), ERR_STORAGE);
	assert_int_equal(err.sysno, EPIPE);
	mentions(err.hint, "ended");
	sink_free(sink);
	(void)close(fds[1]);
}

struct slow_reader {
	int fd;
	uint8_t *data;
	size_t len;
};

static void *
read_slowly(void *arg)
{
	struct slow_reader *r = arg;
	ssize_t got;

	do {
		(void)usleep(500);
		got = read(r->fd, r->data + r->len, 70001);
		if (got > 0)
			r->len += (size_t)got;
	} while (got > 0);
	return NULL;
}

/* A pipe that is full again and again, blocking or not: nothing is lost. */
static void
slow_pipe(int flags)
{
	uint8_t *data = mem_alloc(LARGE);
	struct slow_reader reader = { -1, mem_alloc(LARGE + 70001), 0 };
	struct err err = ERR_INIT;
	struct sink *sink;
	pthread_t thread;
	int fds[2];

	unit_fill(data, LARGE, 1);
	assert_int_equal(pipe2(fds, flags), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, 0), 0);
	reader.fd = fds[0];
	assert_int_equal(
	    pthread_create(&thread, NULL, read_slowly, &reader), 0);
	sink = sink_to_fd(fds[1], "pipe");
	must(sink_write(sink, data, LARGE - 1, &err));
	must(sink_write(sink, data + LARGE - 1, 1, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	/* Others who share the descriptor find it as it was. */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, flags);
	(void)close(fds[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.len, LARGE);
	assert_memory_equal(reader.data, data, LARGE);
	(void)close(fds[0]);
	free(reader.data);
	free(data);
}

static void
test_slow_reader(void **unused)
{
	(void)unused;
	slow_pipe(0);
	slow_pipe(O_NONBLOCK);
}

static int
write_until_stopped(void *arg)
{
	static uint8_t data[LARGE];
	struct err err = ERR_INIT;
	struct sink *sink;
	int fds[2];

	(void)arg;
	if (stop_begin(&err) != 0 || pipe(fds) != 0)
		return 1;
	sink = sink_to_fd(fds[1], "pipe");
	/* The hook of last resort, should the write hang. */
	(void)alarm(120);
	(void)kill(getpid(), SIGTERM);
	if (sink_write(sink, data, sizeof(data), &err) != -1)
		return 2;
	return err.kind == ERR_INTERRUPT && err.signo == SIGTERM ? 0 : 3;
}

/* A reader that stalls does not keep a stop signal waiting. */
static void
test_stalled_reader(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(write_until_stopped, NULL), 0);
}

/* The tests' own tool. */
static void
test_failing_sink(void **unused)
{
	struct sink *sink = failing_sink(5);
	struct err err = ERR_INIT;

	(void)unused;
	must(sink_write(sink, "four", 4, &err));
	must(sink_finish(sink, &err));
	refused(sink_write(sink, "two", 2, &err), ERR_STORAGE);
	must(sink_write(sink, "1", 1, &err));
	refused(sink_finish(sink, &err), ERR_STORAGE);
	sink_free(sink);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_buf),
		cmocka_unit_test(test_to_file),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_not_open),
		cmocka_unit_test(test_reader_is_gone),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_stalled_reader),
		cmocka_unit_test(test_failing_sink),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
