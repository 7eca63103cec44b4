#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/keyfile.h"
#include "archive/keys.h"
#include "base/mem.h"
#include "base/stop.h"
#include "unit.h"

static char *folder, *prefix, *seal_path, *open_path;
static char recipient[KEYS_TEXT_SIZE], signer[KEYS_TEXT_SIZE];

static int
set_up(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	folder = unit_folder();
	prefix = unit_path(folder, "k");
	seal_path = unit_path(folder, "k-seal.key");
	open_path = unit_path(folder, "k-open.key");
	return keys_init(&err);
}

static int
tear_down(void **state)
{
	(void)state;
	free(prefix);
	free(seal_path);
	free(open_path);
	unit_remove(folder);
	return 0;
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_pair(void **state)
{
	struct err err = ERR_INIT;
	struct seal_key *seal;
	struct open_key *open;
	uint8_t key[KEYS_PUBLIC_SIZE];

	(void)state;
	must(keys_generate(prefix, NULL, recipient, signer, &err));
	assert_int_equal(mode_of(seal_path), 0600);
	assert_int_equal(mode_of(open_path), 0600);
	seal = keys_load_seal(seal_path, &err);
	open = keys_load_open(open_path, NULL, NULL, &err);
	assert_non_null(seal);
	assert_non_null(open);
	assert_memory_equal(seal->recipient, open->recipient, 32);
	assert_memory_equal(seal->signer, open->signer, 32);
	/* As text, from a key file, and from a file with the text alone. */
	must(keys_parse_recipient(recipient, key, &err));
	assert_memory_equal(key, open->recipient, 32);
	must(keys_parse_recipient(open_path, key, &err));
	assert_memory_equal(key, open->recipient, 32);
	must(keys_parse_signer(seal_path, key, &err));
	assert_memory_equal(key, seal->signer, 32);
	refused(keys_parse_recipient(signer, key, &err), ERR_KEY);
	refused(keys_parse_recipient("cask-recipient-12", key, &err), ERR_KEY);
	seal_key_free(seal);
	open_key_free(open);
}

static void
test_never_overwrites(void **state)
{
	struct err err = ERR_INIT;
	char *before, *after;
	size_t len;

	(void)state;
	before = unit_get(open_path, &len);
	refused(keys_generate(prefix, NULL, recipient, signer, &err), ERR_KEY);
	/* With only one of the two there, neither is made. */
	assert_int_equal(unlink(open_path), 0);
	refused(keys_generate(prefix, NULL, recipient, signer, &err), ERR_KEY);
	assert_int_equal(access(open_path, F_OK), -1);
	unit_put(open_path, before, len);
	assert_int_equal(chmod(open_path, 0600), 0);
	after = unit_get(open_path, &len);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* In a folder that may be written and not opened. */
static int
generate_there(void *arg)
{
	struct err err = ERR_INIT;

	if (keys_generate(arg, NULL, recipient, signer, &err) == 0)
		return 1;
	return err.kind == ERR_STORAGE && strstr(err.msg, "sync") != NULL ? 0
									  : 2;
}

/* Keys whose names could be lost are none. */
static void
test_folder_is_synced(void **state)
{
	char *closed = unit_path(folder, "closed");
	char *where = unit_path(closed, "k");

	(void)state;
	assert_int_equal(chmod(folder, 0711), 0);
	assert_int_equal(mkdir(closed, 0700), 0);
	assert_int_equal(chmod(closed, 0333), 0);
	assert_int_equal(unit_as_nobody(generate_there, where), 0);
	assert_int_equal(chmod(closed, 0700), 0);
	assert_int_equal(unit_count(closed), 0);
	free(where);
	free(closed);
}

static void
test_mode_and_kind(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(chmod(seal_path, 0640), 0);
	assert_null(keys_load_seal(seal_path, &err));
	assert_int_equal(err.kind, ERR_KEY);
	mentions(err.msg, "0640");
	mentions(err.hint, "chmod 600");
	assert_int_equal(chmod(seal_path, 0600), 0);
	err = (struct err)ERR_INIT;
	assert_null(keys_load_seal(open_path, &err));
	assert_int_equal(err.kind, ERR_KEY);
	err = (struct err)ERR_INIT;
	assert_null(keys_load_open(seal_path, NULL, NULL, &err));
	assert_int_equal(err.kind, ERR_KEY);
	err = (struct err)ERR_INIT;
	assert_null(keys_load_seal("/nonexistent/key", &err));
	assert_int_equal(err.kind, ERR_KEY);
}

static struct passphrase *
say(void *arg, struct err *err)
{
	const char *text = arg;

	(void)err;
	return passphrase_new(text, strlen(text));
}

static void
test_protected(void **state)
{
	struct passphrase *p = passphrase_new("a passphrase", 12);
	char *where = unit_path(folder, "p"), *text, *more, *flip;
	char *path = unit_path(folder, "p-open.key");
	struct err err = ERR_INIT;
	struct open_key *open;
	size_t len;

	(void)state;
	must(keys_generate(where, p, recipient, signer, &err));
	open = keys_load_open(path, say, (char[]){ "a passphrase" }, &err);
	assert_non_null(open);
	open_key_free(open);
	assert_null(keys_load_open(path, say, (char[]){ "another" }, &err));
	assert_int_equal(err.kind, ERR_KEY);
	mentions(err.msg, "wrong passphrase");
	err = (struct err)ERR_INIT;
	assert_null(keys_load_open(path, NULL, NULL, &err));
	assert_int_equal(err.kind, ERR_KEY);
	/* A signer that somebody put into the file is noticed. */
	text = unit_get(path, &len);
	flip = strstr(text, signer + 20);
	*flip ^= 1;
	unit_put(path, text, len);
	err = (struct err)ERR_INIT;
	assert_null(
	    keys_load_open(path, say, (char[]){ "a passphrase" }, &err));
	assert_int_equal(err.kind, ERR_KEY);
	/* So is what stands behind the sealed secret. */
	*flip ^= 1;
	more = mem_printf("%.*s more\n", (int)len - 1, text);
	unit_put(path, more, strlen(more));
	err = (struct err)ERR_INIT;
	assert_null(
	    keys_load_open(path, say, (char[]){ "a passphrase" }, &err));
	mentions(err.msg, "damaged");
	free(more);
	free(text);
	free(where);
	free(path);
	passphrase_free(p);
}

static int
generate_stopped(void *arg)
{
	struct passphrase *p = passphrase_new("a passphrase", 12);
	struct err err = ERR_INIT;

	if (stop_begin(&err) != 0)
		return 1;
	(void)kill(getpid(), SIGTERM);
	while (stop_signal() == 0)
		(void)usleep(1000);
	if (keys_generate(arg, p, recipient, signer, &err) != -1)
		return 2;
	passphrase_free(p);
	return err_status(&err) == 128 + SIGTERM ? 0 : 3;
}

/* Who stops it while the passphrase is stretched gets no keys. */
static void
test_stopped(void **state)
{
	char *empty = unit_path(folder, "empty"), *where;

	(void)state;
	assert_int_equal(mkdir(empty, 0700), 0);
	where = unit_path(empty, "k");
	assert_int_equal(unit_forked(generate_stopped, where), 0);
	assert_int_equal(unit_count(empty), 0);
	free(where);
	free(empty);
}

/* Every line of a key file cut or changed: an error, never a key. */
static void
test_damaged_files(void **state)
{
	char *path = unit_path(folder, "damaged");
	size_t len, first = strlen(KEYFILE_SEAL) + 1;
	char *text = unit_get(seal_path, &len);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t cut = 0; cut < len - 1; cut += 13) {
		unit_put(path, text, cut);
		assert_int_equal(chmod(path, 0600), 0);
		assert_null(keys_load_seal(path, &err));
		assert_int_equal(err.kind, ERR_KEY);
	}
	for (char *p = strstr(text + first, "recipient:"); *p != '\0'; p++) {
		char was = *p;
		struct seal_key *key;

		*p = 'z';
		unit_put(path, text, len);
		assert_int_equal(chmod(path, 0600), 0);
		key = keys_load_seal(path, &err);
		if (key != NULL)
			fail_msg("byte %zu may be changed", (size_t)(p - text));
		seal_key_free(key);
		*p = was;
	}
	free(text);
	free(path);
}

static void
test_passphrase_file(void **state)
{
	char *path = unit_path(folder, "phrase");
	struct err err = ERR_INIT;
	struct passphrase *p;

	(void)state;
	unit_put(path, "first line\r\nsecond\n", 19);
	assert_int_equal(chmod(path, 0600), 0);
	p = keys_load_passphrase(path, &err);
	assert_non_null(p);
	assert_string_equal(p->text, "first line");
	passphrase_free(p);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(keys_load_passphrase(path, &err));
	assert_int_equal(err.kind, ERR_KEY);
	assert_int_equal(chmod(path, 0600), 0);
	unit_put(path, "\n", 1);
	assert_null(keys_load_passphrase(path, &err));
	mentions(err.msg, "empty");
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_never_overwrites),
		cmocka_unit_test(test_folder_is_synced),
		cmocka_unit_test(test_mode_and_kind),
		cmocka_unit_test(test_protected),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_passphrase_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
