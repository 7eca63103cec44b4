#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

static char *folder, *path;
static int stderr_kept = -1;

/* Standard error goes to a file while one of these runs. */
static int
set_up(void **unused)
{
	int fd;

	(void)unused;
	folder = unit_folder();
	path = unit_path(folder, "log");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	stderr_kept = dup(STDERR_FILENO);
	if (fd < 0 || stderr_kept < 0 || dup2(fd, STDERR_FILENO) < 0)
		return -1;
	(void)close(fd);
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	log_set_eraser(NULL);
	log_set_level(LOG_WARNINGS);
	(void)dup2(stderr_kept, STDERR_FILENO);
	(void)close(stderr_kept);
	free(path);
	unit_remove(folder);
	return 0;
}

/* What was logged since the last call. */
static void
logged(const char *expected)
{
	size_t len;
	char *text = unit_get(path, &len), copy[512];

	assert_true(len < sizeof(copy));
	memcpy(copy, text, len + 1);
	free(text);
	assert_int_equal(truncate(path, 0), 0);
	assert_string_equal(copy, expected);
}

static void
say_all(void)
{
	log_warn("w%d", 1);
	log_note("n%d", 1);
	log_step("s%d", 2);
	log_detail("d%d", 3);
}

static void
test_levels(void **unused)
{
	(void)unused;
	assert_int_equal(log_level(), LOG_WARNINGS);
	say_all();
	logged("pgcask: warning: w1\npgcask: n1\n");
	log_set_level(LOG_ERRORS);
	assert_int_equal(log_level(), LOG_ERRORS);
	say_all();
	logged("");
	log_set_level(LOG_STEPS);
	say_all();
	logged("pgcask: warning: w1\npgcask: n1\npgcask: s2\n");
	log_set_level(LOG_DETAILS);
	say_all();
	logged("pgcask: warning: w1\npgcask: n1\npgcask: s2\npgcask: d3\n");
}

/* They count also when they are not shown. */
static void
test_warnings_are_counted(void **unused)
{
	unsigned before = log_warnings();

	(void)unused;
	log_warn("one");
	log_set_level(LOG_ERRORS);
	log_warn("two");
	log_step("no warning");
	log_note("none either");
	assert_int_equal(log_warnings(), before + 2);
}

static void
test_errors(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	log_set_level(LOG_ERRORS);
	(void)err_set(&err, ERR_DB, "100%% of %s", "it %d failed");
	log_err(&err);
	logged("pgcask: 100% of it %d failed\n");
	(void)err_hint(&err, "Try this.");
	log_err(&err);
	logged("pgcask: 100% of it %d failed\npgcask: Try this.\n");
}

/* Messages quote what others wrote. */
static void
test_controls_do_not_pass(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	log_warn("table %s", "a\033[2Jb");
	logged("pgcask: warning: table a?[2Jb\n");
	(void)err_set(&err, ERR_DAMAGED, "one\ntwo\r");
	(void)err_hint(&err, "\x9b");
	log_err(&err);
	logged("pgcask: one\ntwo?\npgcask: ?\n");
}

static unsigned erased;

static void
erase(void)
{
	erased++;
	(void)!write(STDERR_FILENO, "<erased>", 8);
}

static void
test_eraser(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)err_set(&err, ERR_FAIL, "e");
	erased = 0;
	log_set_eraser(erase);
	say_all();
	log_err(&err);
	logged("<erased>pgcask: warning: w1\n<erased>pgcask: n1\n"
	       "<erased>pgcask: e\n");
	assert_int_equal(erased, 3);
	log_set_eraser(NULL);
	log_warn("w");
	logged("pgcask: warning: w\n");
}

#define THREADS 4
#define LINES 200

static void *
say_often(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_step("%s", (const char *)arg);
	return NULL;
}

/* Lines of several threads do not mix. */
static void
test_lines_are_whole(void **unused)
{
	char lines[THREADS][60];
	pthread_t threads[THREADS];
	size_t len, seen = 0;
	char *text, *line, *rest = NULL;

	(void)unused;
	log_set_level(LOG_STEPS);
	for (int i = 0; i < THREADS; i++) {
		memset(lines[i], 'a' + i, sizeof(lines[i]) - 1);
		lines[i][sizeof(lines[i]) - 1] = '\0';
		assert_int_equal(
		    pthread_create(&threads[i], NULL, say_often, lines[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	text = unit_get(path, &len);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest), seen++) {
		assert_int_equal(strncmp(line, "pgcask: ", 8), 0);
		assert_true(line[8] >= 'a' && line[8] < 'a' + THREADS);
		assert_string_equal(line + 8, lines[line[8] - 'a']);
	}
	assert_int_equal(seen, THREADS * LINES);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_levels),
		TEST(test_warnings_are_counted),
		TEST(test_errors),
		TEST(test_controls_do_not_pass),
		TEST(test_eraser),
		TEST(test_lines_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
