#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "storage/store.h"
#include "unit.h"

static char *folder, *path, *partial;

static int
set_up(void **unused)
{
	(void)unused;
	folder = unit_folder();
	path = unit_path(folder, "a.cask");
	partial = unit_path(folder, ".a.cask.partial");
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	free(path);
	free(partial);
	unit_remove(folder);
	return 0;
}

static int
exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static void
holds(const char *name, const char *text)
{
	size_t len;
	char *found = unit_get(name, &len);

	assert_string_equal(found, text);
	free(found);
}

static struct sink *
create(void)
{
	struct err err = ERR_INIT;
	struct sink *sink = file_create(path, &err);

	if (sink == NULL)
		fail_msg("%s", err.msg);
	return sink;
}

static void
not_created(const char *name, enum err_kind kind, const char *says)
{
	struct err err = ERR_INIT;

	assert_null(file_create(name, &err));
	if (err.kind != kind)
		fail_msg("kind %d: %s", (int)err.kind, err.msg);
	mentions(err.msg, says);
	if (err.hint[0] == '\0')
		fail_msg("no hint: %s", err.msg);
}

static void
test_finish(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();
	struct stat st;
	mode_t before = umask(0);

	(void)unused;
	assert_true(exists(partial));
	assert_false(exists(path));
	must(sink_write(sink, "one ", 4, &err));
	must(sink_write(sink, "", 0, &err));
	must(sink_write(sink, "two", 3, &err));
	assert_false(exists(path));
	must(sink_finish(sink, &err));
	holds(path, "one two");
	sink_free(sink);
	holds(path, "one two");
	assert_int_equal(unit_count(folder), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)umask(before);
}

/* More than what is flushed to the disk at once. */
static void
test_large(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();
	size_t len = 20u << 20, have;
	uint8_t *data = mem_alloc(len);
	char *found;

	(void)unused;
	unit_fill(data, len, 1);
	for (size_t at = 0; at < len; at += len / 5)
		must(sink_write(sink, data + at, len / 5, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	found = unit_get(path, &have);
	assert_int_equal(have, len);
	assert_true(memcmp(found, data, len) == 0);
	free(found);
	free(data);
}

static void
test_free_discards(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();

	(void)unused;
	must(sink_write(sink, "one", 3, &err));
	sink_free(sink);
	assert_int_equal(unit_count(folder), 0);
	/* And leaves the way free. */
	sink = create();
	must(sink_finish(sink, &err));
	sink_free(sink);
	holds(path, "");
}

static void
test_exists_already(void **unused)
{
	char *link = unit_path(folder, "b.cask");

	(void)unused;
	unit_put(path, "precious", 8);
	not_created(path, ERR_STORAGE, "exists already");
	holds(path, "precious");
	/* A link that leads nowhere is something, too. */
	assert_int_equal(symlink("nowhere", link), 0);
	not_created(link, ERR_STORAGE, "exists already");
	assert_int_equal(unit_count(folder), 2);
	free(link);
}

/* The name is taken while the file is written: nothing is replaced. */
static void
test_name_taken_meanwhile(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();

	(void)unused;
	must(sink_write(sink, "mine", 4, &err));
	unit_put(path, "precious", 8);
	refused(sink_finish(sink, &err), ERR_STORAGE);
	mentions(err.msg, "exists already");
	sink_free(sink);
	holds(path, "precious");
	assert_int_equal(unit_count(folder), 1);
}

static void
test_dead_partial(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink;

	(void)unused;
	unit_put(partial, "left by a run that died", 23);
	sink = create();
	must(sink_write(sink, "new", 3, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	holds(path, "new");
	assert_int_equal(unit_count(folder), 1);
}

static void
test_live_partial(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();

	(void)unused;
	must(sink_write(sink, "mine", 4, &err));
	not_created(path, ERR_LOCKED, "another run");
	must(sink_finish(sink, &err));
	sink_free(sink);
	holds(path, "mine");
}

/* What has the partial name but is no file of ours is not written through. */
static void
test_strange_partial(void **unused)
{
	char *target = unit_path(folder, "target");

	(void)unused;
	unit_put(target, "precious", 8);
	assert_int_equal(symlink(target, partial), 0);
	assert_null(file_create(path, &(struct err)ERR_INIT));
	holds(target, "precious");
	assert_int_equal(unlink(partial), 0);
	assert_int_equal(mkfifo(partial, 0600), 0);
	assert_null(file_create(path, &(struct err)ERR_INIT));
	assert_int_equal(unlink(partial), 0);
	assert_int_equal(mkdir(partial, 0700), 0);
	assert_null(file_create(path, &(struct err)ERR_INIT));
	free(target);
}

/* Somebody else's file that has come to bear the partial name stays. */
static void
test_partial_replaced(void **unused)
{
	struct sink *sink = create();

	(void)unused;
	assert_int_equal(unlink(partial), 0);
	unit_put(partial, "another run's", 13);
	sink_free(sink);
	holds(partial, "another run's");
}

static void
test_bad_paths(void **unused)
{
	char *none = unit_path(folder, "none/a.cask");
	char *under = unit_path(folder, "a.cask/b.cask");
	char *slash = unit_path(folder, "b/");
	char longest[300];

	(void)unused;
	not_created(none, ERR_STORAGE, "No such file");
	unit_put(path, "x", 1);
	assert_null(file_create(under, &(struct err)ERR_INIT));
	not_created(slash, ERR_STORAGE, "not a file's path");
	not_created("", ERR_STORAGE, "not a file's path");
	not_created(".", ERR_STORAGE, "not a file's path");
	not_created("/", ERR_STORAGE, "not a file's path");
	memset(longest, 'n', sizeof(longest) - 1);
	longest[247] = '\0';
	assert_null(file_create(longest, &(struct err)ERR_INIT));
	not_created(folder, ERR_STORAGE, "exists already");
	free(none);
	free(under);
	free(slash);
}

static void
test_in_this_folder(void **unused)
{
	struct err err = ERR_INIT;
	char here[4096];
	struct sink *sink;

	(void)unused;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(folder), 0);
	sink = file_create("a.cask", &err);
	assert_non_null(sink);
	must(sink_finish(sink, &err));
	sink_free(sink);
	/* Named as the user did. */
	assert_null(file_create("a.cask", &err));
	assert_int_equal(strncmp(err.msg, "a.cask exists", 13), 0);
	assert_int_equal(chdir(here), 0);
	assert_true(exists(path));
}

static int
create_as_nobody(void *name)
{
	struct err err = ERR_INIT;

	if (file_create(name, &err) != NULL)
		return 1;
	if (err.kind != ERR_STORAGE || err.sysno != EACCES)
		return 2;
	return err.hint[0] != '\0' ? 0 : 3;
}

static void
test_not_writable(void **unused)
{
	(void)unused;
	assert_int_equal(chmod(folder, 0555), 0);
	assert_int_equal(unit_as_nobody(create_as_nobody, path), 0);
	assert_int_equal(chmod(folder, 0700), 0);
}

/* A file that follows another which it can't be given to is nobody else's. */
static int
follow_as_nobody(void *like)
{
	struct err err = ERR_INIT;
	struct sink *sink = file_create(path, &err);
	struct stat st;
	int rc = 0;

	if (sink == NULL || file_follow(sink, like, &err) != 0 ||
	    sink_finish(sink, &err) != 0)
		rc = 1;
	else if (stat(path, &st) != 0 || (st.st_mode & 07777) != 0600)
		rc = 2;
	sink_free(sink);
	return rc;
}

static void
test_follow(void **unused)
{
	struct err err = ERR_INIT;
	char *like = unit_path(folder, "like");
	struct sink *sink;
	struct stat st;

	(void)unused;
	unit_put(like, "x", 1);
	assert_int_equal(chmod(like, 0666), 0);
	sink = file_create(path, &err);
	assert_non_null(sink);
	must(file_follow(sink, like, &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0) {
		assert_int_equal(unlink(path), 0);
		assert_int_equal(chmod(folder, 0777), 0);
		assert_int_equal(unit_as_nobody(follow_as_nobody, like), 0);
		assert_int_equal(chmod(folder, 0700), 0);
	}
	free(like);
}

/* The disk takes no more, by way of a limit: first in the middle of a write,
 * then from its first byte. */
static int
write_beyond_limit(void *name)
{
	const struct rlimit limit = { 8000, 8000 };
	struct err err = ERR_INIT;
	struct sink *sink;
	char data[5000] = "";

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	sink = file_create(name, &err);
	if (sink == NULL || sink_write(sink, data, sizeof(data), &err) != 0)
		return 2;
	if (sink_write(sink, data, sizeof(data), &err) != -1)
		return 3;
	if (err.kind != ERR_STORAGE || err.sysno != EFBIG ||
	    strstr(err.msg, name) == NULL || err.hint[0] == '\0')
		return 4;
	sink_free(sink);
	return 0;
}

static void
test_disk_takes_no_more(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(write_beyond_limit, path), 0);
	assert_int_equal(unit_count(folder), 0);
}

static int
die_writing(void *name)
{
	struct err err = ERR_INIT;
	struct sink *sink = file_create(name, &err);

	if (sink == NULL || sink_write(sink, "half", 4, &err) != 0)
		return 1;
	(void)kill(getpid(), SIGKILL);
	return 2;
}

static void
test_killed(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink;

	(void)unused;
	assert_int_equal(unit_forked(die_writing, path), 128 + SIGKILL);
	assert_false(exists(path));
	assert_true(exists(partial));
	sink = create();
	must(sink_finish(sink, &err));
	sink_free(sink);
	assert_int_equal(unit_count(folder), 1);
}

/* Of many that want the same name at once, one gets it; the others say why
 * not, and none leaves anything. */
static int
race(void *name)
{
	struct err err = ERR_INIT;
	struct sink *sink = file_create(name, &err);
	char pid[32];

	if (sink == NULL)
		return err.kind == ERR_LOCKED || err.kind == ERR_STORAGE ? 0
									 : 1;
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (sink_write(sink, pid, strlen(pid), &err) != 0)
		return 2;
	/* The winner may have come between: then nothing is replaced. */
	if (sink_finish(sink, &err) != 0 &&
	    strstr(err.msg, "exists already") == NULL)
		return 3;
	sink_free(sink);
	return 0;
}

static int
many_races(void *name)
{
	pid_t pid[8];
	int status, worst = 0;

	for (int i = 0; i < 8; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(race(name));
	}
	for (int i = 0; i < 8; i++) {
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			worst = 1;
	}
	return worst;
}

static void
test_races(void **unused)
{
	char *won;
	size_t len;

	(void)unused;
	for (int round = 0; round < 20; round++) {
		unit_put(partial, "dead", 4);
		assert_int_equal(unit_forked(many_races, path), 0);
		assert_int_equal(unit_count(folder), 1);
		won = unit_get(path, &len);
		assert_true(len > 0);
		free(won);
		assert_int_equal(unlink(path), 0);
	}
}

/* Read before it has its name; what is read is what lies there. */
static void
test_settle(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *sink = create();
	struct blob *blob;
	char found[8] = "";
	int fd;

	(void)unused;
	must(sink_write(sink, "one two", 7, &err));
	blob = file_settle(sink, &err);
	assert_non_null(blob);
	assert_string_equal(blob_name(blob), path);
	assert_int_equal(blob_size(blob), 7);
	assert_false(exists(path));
	fd = open(partial, O_WRONLY);
	assert_int_equal(pwrite(fd, "ONE", 3, 0), 3);
	(void)close(fd);
	must(blob_read(blob, 0, found, 7, &err));
	assert_string_equal(found, "ONE two");
	blob_free(blob);
	must(sink_finish(sink, &err));
	sink_free(sink);
	holds(path, "ONE two");

	/* Somebody took it away. */
	assert_int_equal(unlink(path), 0);
	sink = create();
	must(sink_write(sink, "one", 3, &err));
	assert_int_equal(unlink(partial), 0);
	assert_null(file_settle(sink, &err));
	assert_int_equal(err.kind, ERR_STORAGE);
	mentions(err.msg, "a.cask");
	sink_free(sink);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_finish),
		TEST(test_settle),
		TEST(test_large),
		TEST(test_free_discards),
		TEST(test_exists_already),
		TEST(test_name_taken_meanwhile),
		TEST(test_dead_partial),
		TEST(test_live_partial),
		TEST(test_strange_partial),
		TEST(test_partial_replaced),
		TEST(test_bad_paths),
		TEST(test_in_this_folder),
		TEST(test_not_writable),
		TEST(test_follow),
		TEST(test_disk_takes_no_more),
		TEST(test_killed),
		TEST(test_races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
