#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"
#include "cli/ask.h"
#include "cli/unlock.h"
#include "job/keep/suspect.h"
#include "job/view/locate.h"

/* Where the passphrase of a protected key comes from. */
static struct passphrase *
key_passphrase(void *arg, struct err *err)
{
	const struct unlock *unlock = arg;

	if (unlock->passphrase != NULL)
		return passphrase_new(
		    unlock->passphrase->text, unlock->passphrase->len);
	return ask_passphrase("Passphrase of the open key: ", err);
}

static int
load_signer(const struct args *args, struct unlock *unlock, struct err *err)
{
	const char *signer = args_value(args, OPT_SIGNER);

	if (signer == NULL)
		return 0;
	if (strcmp(signer, "none") == 0) {
		unlock->opening.allow_unsigned = 1;
		return 0;
	}
	if (keys_parse_signer(signer, unlock->signer, err))
		return -1;
	unlock->opening.signer = unlock->signer;
	return 0;
}

int
unlock_load(const struct args *args, struct unlock *unlock, struct err *err)
{
	const char *key = args_value(args, OPT_OPEN_KEY);
	const char *file = args_value(args, OPT_PASSPHRASE_FILE);

	*unlock = (struct unlock){ 0 };
	if (load_signer(args, unlock, err))
		return -1;
	if (file != NULL) {
		unlock->passphrase = keys_load_passphrase(file, err);
		if (unlock->passphrase == NULL)
			return -1;
		unlock->opening.passphrase = unlock->passphrase;
	}
	if (key != NULL) {
		unlock->open_key =
		    keys_load_open(key, key_passphrase, unlock, err);
		if (unlock->open_key == NULL)
			return -1;
		unlock->opening.open_key = unlock->open_key;
	}
	return key != NULL || file != NULL;
}

void
unlock_free(struct unlock *unlock)
{
	open_key_free(unlock->open_key);
	passphrase_free(unlock->passphrase);
	*unlock = (struct unlock){ 0 };
}

struct reader *
unlock_open(const char *path, struct err *err)
{
	struct reader *reader = reader_open_file(path, err);
	char *reason = reader != NULL ? suspect_peek(path) : NULL;

	if (reason != NULL)
		log_warn("%s is marked suspect: %s; an older one may be what "
			 "you want (pgcask list), and \"pgcask accept\" takes "
			 "the mark away",
		    path, reason);
	free(reason);
	return reader;
}

struct reader *
unlock_find(const struct args *args, const char *spec, struct err *err)
{
	struct reader *reader;
	char *path;

	if (strcmp(spec, "-") == 0) {
		if (isatty(STDIN_FILENO)) {
			err_set(err, ERR_USAGE,
			    "the archive is to come from "
			    "standard input, which is a terminal");
			return NULL;
		}
		return reader_open_stream(
		    source_from_fd(STDIN_FILENO, "standard input"), err);
	}
	path = locate_one(args_value(args, OPT_REPO), spec, err);
	if (path == NULL)
		return NULL;
	reader = unlock_open(path, err);
	free(path);
	return reader;
}

static int
opens_by(const struct header *header, enum slot_type type)
{
	size_t i;

	for (i = 0; i < header->slot_count; i++) {
		if (header->slots[i].type == type)
			return 1;
	}
	return 0;
}

/* No key was given. */
static int
ask_or_fail(struct unlock *unlock, struct reader *reader, struct err *err)
{
	if (opens_by(reader_header(reader), SLOT_PASSPHRASE) &&
	    terminal_there()) {
		unlock->passphrase =
		    ask_passphrase("Passphrase of the archive: ", err);
		unlock->opening.passphrase = unlock->passphrase;
		return unlock->passphrase != NULL ? 0 : -1;
	}
	err_set(err, ERR_USAGE, "the archive is sealed, and no key was given");
	if (opens_by(reader_header(reader), SLOT_RECIPIENT))
		return err_hint(
		    err, "give --open-key FILE, or set PGCASK_OPEN_KEY");
	return err_hint(
	    err, "give --passphrase-file FILE, or set PGCASK_PASSPHRASE_FILE");
}

/* With ${signer}, unless NULL, in the place of any other. */
static int
unlock_all(const struct args *args, struct reader *const *readers, size_t count,
    const uint8_t *signer, struct err *err)
{
	struct unlock unlock;
	int found = unlock_load(args, &unlock, err);
	int failed = found == -1;
	size_t i;

	if (signer != NULL)
		unlock.opening.signer = signer;
	if (found == 0)
		failed = ask_or_fail(&unlock, readers[0], err);
	for (i = 0; i < count && !failed; i++)
		failed = reader_unlock(readers[i], &unlock.opening, err);
	unlock_free(&unlock);
	return failed ? -1 : 0;
}

int
unlock_readers(const struct args *args, struct reader *const *readers,
    size_t count, struct err *err)
{
	return unlock_all(args, readers, count, NULL, err);
}

int
unlock_reader(const struct args *args, struct reader *reader, struct err *err)
{
	return unlock_all(args, &reader, 1, NULL, err);
}

int
unlock_signed(const struct args *args, struct reader *reader,
    const uint8_t *signer, struct err *err)
{
	return unlock_all(args, &reader, 1, signer, err);
}
