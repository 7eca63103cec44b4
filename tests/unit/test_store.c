#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "storage/store.h"
#include "unit.h"

static char *folder;
static struct store *store;

static int
set_up(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	folder = unit_folder();
	store = store_open(folder, &err);
	return store != NULL ? 0 : -1;
}

static int
tear_down(void **unused)
{
	(void)unused;
	store_free(store);
	unit_remove(folder);
	return 0;
}

static int
exists(const char *key)
{
	char *path = unit_path(folder, key);
	struct stat st;
	int found = lstat(path, &st) == 0;

	free(path);
	return found;
}

static void
put(const char *key, const char *text)
{
	char *path = unit_path(folder, key);

	unit_put(path, text, strlen(text));
	free(path);
}

static void
put_folder(const char *key)
{
	char *path = unit_path(folder, key);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

/* Make an archive by the store's own way. */
static void
make(const char *key, const char *text)
{
	struct err err = ERR_INIT;
	struct sink *sink = store_create(store, key, &err);

	if (sink == NULL)
		fail_msg("%s", err.msg);
	must(sink_write(sink, text, strlen(text), &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
}

static void
not_created(const char *key, enum err_kind kind)
{
	struct err err = ERR_INIT;

	assert_null(store_create(store, key, &err));
	if (err.kind != kind)
		fail_msg("%s: kind %d: %s", key, (int)err.kind, err.msg);
}

static void
test_create(void **unused)
{
	struct stat st;
	char *path = unit_path(folder, "shop");

	(void)unused;
	assert_string_equal(store_path(store), folder);
	make("shop/a.cask", "text");
	make("shop/b.cask", "text");
	assert_true(exists("shop/a.cask"));
	assert_int_equal(unit_count(path), 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	not_created("shop/a.cask", ERR_STORAGE);
	free(path);
}

static void
test_keys_stay_inside(void **unused)
{
	static const char *const keys[] = { "", "a", "/a.cask", "a/", "/", "//",
		"../a.cask", "a/..", "a/.", "./a.cask", "a/../b.cask",
		"a/b/c.cask", "/etc/a.cask", "a//b.cask", ".lock/a.cask",
		"a/.lock", "a/.b.cask.partial", "a/b.cask/" };

	(void)unused;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		not_created(keys[i], ERR_STORAGE);
	assert_int_equal(unit_count(folder), 0);
}

static void
not_a_store(const char *path, const char *says, const char *hint)
{
	struct err err = ERR_INIT;

	assert_null(store_open(path, &err));
	assert_int_equal(err.kind, ERR_STORAGE);
	mentions(err.msg, path);
	mentions(err.msg, says);
	mentions(err.hint, hint);
}

static void
test_not_a_repository(void **unused)
{
	char *none = unit_path(folder, "none"), *file = unit_path(folder, "f");

	(void)unused;
	not_a_store(none, "No such file", "mkdir");
	put("f", "x");
	not_a_store(file, "Not a directory", "folder");
	free(none);
	free(file);
	store_free(NULL);
}

static int
use_as_nobody(void *unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	if (store_lock(store, "shop", &err) != -1)
		return 1;
	if (err.kind != ERR_STORAGE || err.sysno != EACCES)
		return 2;
	if (strstr(err.msg, folder) == NULL || err.hint[0] == '\0')
		return 3;
	return store_create(store, "shop/a.cask", &err) == NULL ? 0 : 4;
}

static void
test_not_writable(void **unused)
{
	(void)unused;
	assert_int_equal(chmod(folder, 0555), 0);
	assert_int_equal(unit_as_nobody(use_as_nobody, NULL), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(unit_count(folder), 0);
}

static int
try_lock(void *name)
{
	struct err err = ERR_INIT;
	struct store *other = store_open(folder, &err);
	char pid[32];

	if (other == NULL)
		return 1;
	if (store_lock(other, name, &err) == 0)
		return 50;
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getppid());
	if (err.kind != ERR_LOCKED || strstr(err.msg, name) == NULL ||
	    strstr(err.msg, pid) == NULL || err.hint[0] == '\0')
		return 2;
	return 51;
}

static char shop[] = "shop", other_shop[] = "other";

static void
test_lock(void **unused)
{
	struct err err = ERR_INIT;
	struct store *second;

	(void)unused;
	must(store_lock(store, "shop", &err));
	assert_int_equal(unit_forked(try_lock, shop), 51);
	assert_int_equal(unit_forked(try_lock, other_shop), 50);
	/* A second of this process's own is none the luckier. */
	second = store_open(folder, &err);
	assert_non_null(second);
	refused(store_lock(second, "shop", &err), ERR_LOCKED);
	store_free(second);
	store_unlock(store);
	store_unlock(store);
	assert_int_equal(unit_forked(try_lock, shop), 50);
	/* Locking anew lets go of what was held. */
	must(store_lock(store, "shop", &err));
	must(store_lock(store, "other", &err));
	assert_int_equal(unit_forked(try_lock, shop), 50);
	assert_int_equal(unit_forked(try_lock, other_shop), 51);
}

static int
lock_and_die(void *unused)
{
	struct err err = ERR_INIT;
	struct store *other = store_open(folder, &err);
	struct sink *sink;

	(void)unused;
	if (other == NULL || store_lock(other, "shop", &err) != 0)
		return 1;
	sink = store_create(other, "shop/a.cask", &err);
	if (sink == NULL || sink_write(sink, "half", 4, &err) != 0)
		return 2;
	(void)kill(getpid(), SIGKILL);
	return 3;
}

static void
test_killed_run(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	assert_int_equal(unit_forked(lock_and_die, NULL), 128 + SIGKILL);
	assert_true(exists("shop/.a.cask.partial"));
	must(store_lock(store, "shop", &err));
	assert_false(exists("shop/.a.cask.partial"));
	assert_false(exists("shop/a.cask"));
	make("shop/a.cask", "whole");
}

/* Only what a dead run left behind goes. */
static void
test_cleaning(void **unused)
{
	struct err err = ERR_INIT;
	struct sink *live;

	(void)unused;
	put_folder("shop");
	put_folder("other");
	put("shop/.a.cask.partial", "dead");
	put("shop/.b.cask.partial", "");
	put("shop/a.cask", "an archive");
	put("shop/c.partial", "not hidden");
	put("shop/.partial", "no name");
	put("shop/.note", "a user's");
	put("other/.a.cask.partial", "another folder's");
	put_folder("shop/.d.partial");
	live = store_create(store, "shop/live.cask", &err);
	assert_non_null(live);
	must(store_lock(store, "shop", &err));
	assert_false(exists("shop/.a.cask.partial"));
	assert_false(exists("shop/.b.cask.partial"));
	assert_true(exists("shop/a.cask"));
	assert_true(exists("shop/c.partial"));
	assert_true(exists("shop/.partial"));
	assert_true(exists("shop/.note"));
	assert_true(exists("shop/.d.partial"));
	assert_true(exists("other/.a.cask.partial"));
	assert_true(exists("shop/.live.cask.partial"));
	must(sink_finish(live, &err));
	sink_free(live);
	assert_true(exists("shop/live.cask"));
}

static void
test_lock_names(void **unused)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/etc",
		".hidden" };
	struct err err = ERR_INIT;

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		refused(store_lock(store, names[i], &err), ERR_STORAGE);
	assert_int_equal(unit_count(folder), 0);
	put("file", "x");
	refused(store_lock(store, "file", &err), ERR_STORAGE);
	assert_int_equal(err.sysno, ENOTDIR);
}

struct seen {
	char keys[10][64];
	uint64_t sizes[10];
	int count;
	int stop_after;
	char closed[64]; /* the names of folders, a comma after each */
};

static int
note(const char *key, uint64_t size, void *arg, struct err *err)
{
	struct seen *seen = arg;

	if (seen->count == seen->stop_after)
		return err_set(err, ERR_USAGE, "that is enough");
	(void)snprintf(seen->keys[seen->count], 64, "%s", key);
	seen->sizes[seen->count++] = size;
	return 0;
}

static void
note_closed(const char *name, void *arg)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->closed);

	(void)snprintf(
	    seen->closed + len, sizeof(seen->closed) - len, "%s,", name);
}

static uint64_t
size_of(const struct seen *seen, const char *key)
{
	for (int i = 0; i < seen->count; i++)
		if (strcmp(seen->keys[i], key) == 0)
			return seen->sizes[i];
	fail_msg("%s was not listed", key);
	return 0;
}

static void
test_list(void **unused)
{
	struct seen seen = { .stop_after = 10 };
	struct err err = ERR_INIT;

	(void)unused;
	must(store_list(store, note, note_closed, &seen, &err));
	assert_int_equal(seen.count, 0);
	must(store_lock(store, "shop", &err));
	make("shop/a.cask", "a");
	make("shop/b.cask", "bb");
	make("m\xC3\xBCnster/a.cask", "ccc");
	put("top.cask", "not in a folder");
	put("shop/notes.txt", "not an archive");
	put("shop/.cask", "no name");
	put("shop/.hidden.cask", "hidden");
	put("shop/.c.cask.partial", "unfinished");
	put_folder("shop/folder.cask");
	put_folder(".hidden");
	put(".hidden/a.cask", "hidden");
	put_folder("empty");
	must(store_list(store, note, note_closed, &seen, &err));
	assert_int_equal(seen.count, 3);
	assert_int_equal(size_of(&seen, "shop/a.cask"), 1);
	assert_int_equal(size_of(&seen, "shop/b.cask"), 2);
	assert_int_equal(size_of(&seen, "m\xC3\xBCnster/a.cask"), 3);
	/* The visitor's own error is what comes back. */
	seen = (struct seen){ .stop_after = 1 };
	refused(store_list(store, note, note_closed, &seen, &err), ERR_USAGE);
	assert_int_equal(seen.count, 1);
}

static int
list_as_nobody(void *unused)
{
	struct seen seen = { .stop_after = 10 };
	struct err err = ERR_INIT;

	(void)unused;
	if (store_list(store, note, note_closed, &seen, &err) != 0)
		return 1;
	if (seen.count != 1 || strcmp(seen.keys[0], "open/a.cask") != 0)
		return 2;
	return strcmp(seen.closed, "closed,") == 0 ? 0 : 3;
}

/* Another user's are told, but lost+found on a disk of its own is not. */
static void
test_list_leaves_out_what_is_closed(void **unused)
{
	char *open = unit_path(folder, "open");
	char *closed = unit_path(folder, "closed");
	char *lost = unit_path(folder, "lost+found");

	(void)unused;
	make("closed/a.cask", "a");
	make("open/a.cask", "a");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(open, 0755), 0);
	assert_int_equal(chmod(closed, 0), 0);
	put_folder("lost+found");
	assert_int_equal(chmod(lost, 0), 0);
	assert_int_equal(unit_as_nobody(list_as_nobody, NULL), 0);
	assert_int_equal(chmod(closed, 0700), 0);
	assert_int_equal(chmod(lost, 0700), 0);
	free(open);
	free(lost);
	free(closed);
}

static int
note_name(const char *name, void *arg, struct err *err)
{
	return note(name, 0, arg, err);
}

/* Folders of ours, though nothing be in them any more. */
static void
test_names(void **unused)
{
	struct seen seen = { .stop_after = 10 };
	struct err err = ERR_INIT;

	(void)unused;
	must(store_lock(store, "locked", &err));
	store_unlock(store);
	make("shop/a.cask", "a");
	make("shop/b.cask", "b");
	put_folder("other");
	put("other/notes.txt", "not ours");
	put_folder(".hidden");
	put(".hidden/a.cask", "hidden");
	put("top.cask", "not in a folder");
	must(store_names(store, note_name, note_closed, &seen, &err));
	assert_int_equal(seen.count, 2);
	(void)size_of(&seen, "shop");
	(void)size_of(&seen, "locked");
	assert_string_equal(seen.closed, "");
	seen = (struct seen){ .stop_after = 1 };
	refused(
	    store_names(store, note_name, note_closed, &seen, &err), ERR_USAGE);
}

static void
test_list_in(void **unused)
{
	static const char *const none[] = { "nowhere", "..", "../x", "shop/..",
		".hidden", "", "/" };
	struct seen seen = { .stop_after = 10 };
	struct err err = ERR_INIT;
	size_t i;

	(void)unused;
	make("shop/a.cask", "a");
	make("erp/a.cask", "a");
	put_folder(".hidden");
	put(".hidden/a.cask", "hidden");
	must(store_list_in(store, "shop", note, note_closed, &seen, &err));
	assert_int_equal(seen.count, 1);
	assert_int_equal(size_of(&seen, "shop/a.cask"), 1);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		must(store_list_in(
		    store, none[i], note, note_closed, &seen, &err));
	assert_int_equal(seen.count, 1);
}

static void
test_files(void **unused)
{
	struct seen seen = { .stop_after = 10 };
	struct err err = ERR_INIT;

	(void)unused;
	make("shop/a.cask", "a");
	put("shop/a.cask.check.json", "{}");
	put("shop/.b.cask.partial", "");
	must(store_files(store, "shop", note_name, &seen, &err));
	assert_int_equal(seen.count, 2);
	(void)size_of(&seen, "a.cask");
	(void)size_of(&seen, "a.cask.check.json");
	refused(
	    store_files(store, "nowhere", note_name, &seen, &err), ERR_STORAGE);
	refused(store_files(store, "..", note_name, &seen, &err), ERR_STORAGE);
}

static void
test_remove_and_rename(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	make("shop/a.cask", "a");
	make("shop/b.cask", "b");
	refused(
	    store_rename(store, "shop", "a.cask", "b.cask", &err), ERR_STORAGE);
	mentions(err.msg, "shop/b.cask exists already");
	assert_true(exists("shop/a.cask"));
	must(store_rename(store, "shop", "a.cask", "c.cask", &err));
	assert_false(exists("shop/a.cask"));
	assert_true(exists("shop/c.cask"));
	refused(
	    store_rename(store, "shop", "a.cask", "d.cask", &err), ERR_STORAGE);
	must(store_remove(store, "shop", "c.cask", &err));
	assert_false(exists("shop/c.cask"));
	must(store_remove(store, "shop", "c.cask", &err));
	must(store_sync(store, "shop", &err));
	put_folder("shop/folder.cask");
	refused(store_remove(store, "shop", "folder.cask", &err), ERR_STORAGE);
	mentions(err.msg, "shop/folder.cask");
	refused(store_remove(store, "..", "x", &err), ERR_STORAGE);
	refused(store_sync(store, "nowhere", &err), ERR_STORAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_keys_stay_inside),
		TEST(test_not_a_repository),
		TEST(test_not_writable),
		TEST(test_names),
		TEST(test_list_in),
		TEST(test_files),
		TEST(test_remove_and_rename),
		TEST(test_lock),
		TEST(test_killed_run),
		TEST(test_cleaning),
		TEST(test_lock_names),
		TEST(test_list),
		TEST(test_list_leaves_out_what_is_closed),
	};

	log_set_level(LOG_ERRORS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
