#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "doctoring.h"

/* keygen's names */
#define SEAL_END "-seal.key"
#define OPEN_END "-open.key"

int
doctor_has_keys(const struct doctor *d)
{
	const struct doctor_keys *k = &d->opts->keys;

	return k->seal_key != NULL || k->passphrase_file != NULL ||
	    k->recipient_count > 0;
}

size_t
doctor_count_keys(const struct doctor *d)
{
	const uint8_t *own =
	    d->seal_key != NULL ? d->seal_key->recipient : NULL;
	size_t i, k, n = own != NULL;

	for (i = 0; i < d->recipient_count; i++) {
		const uint8_t *r = d->recipients + i * KEYS_PUBLIC_SIZE;

		for (k = 0; k < i; k++)
			if (memcmp(r, d->recipients + k * KEYS_PUBLIC_SIZE,
				KEYS_PUBLIC_SIZE) == 0)
				break;
		n += k == i &&
		    (own == NULL || memcmp(r, own, KEYS_PUBLIC_SIZE) != 0);
	}
	return n + (d->opts->keys.passphrase_file != NULL);
}

/* Whose file it is; its mode was looked at when it was read. */
static void
add_secret(
    struct report *r, const char *check, const char *what, const char *path)
{
	struct stat st;
	char *word;

	if (stat(path, &st) != 0 || st.st_uid == geteuid() || st.st_uid == 0) {
		report_ok(r, check, "the %s %s is readable, and by nobody else",
		    what, path);
		return;
	}
	report_warn(r, check,
	    "the %s %s belongs to user %lu, who may change it", what, path,
	    (unsigned long)st.st_uid);
	word = text_shell(path);
	report_remedy(r, "chown %lu %s", (unsigned long)geteuid(), word);
	free(word);
}

/* The other of the pair, left where keygen made it. */
static void
check_left_behind(struct doctor *d, const char *seal_key)
{
	size_t len = strlen(seal_key), tail = strlen(SEAL_END);
	char *other, *word;

	if (len < tail || strcmp(seal_key + len - tail, SEAL_END) != 0)
		return;
	other = mem_printf("%.*s" OPEN_END, (int)(len - tail), seal_key);
	if (access(other, F_OK) == 0) {
		report_warn(d->report, "open-key-away",
		    "the open key %s lies beside the seal key: whoever takes "
		    "this host can open all archives",
		    other);
		word = text_shell(other);
		report_remedy(d->report,
		    "copy it to two safe places elsewhere, try a restore with "
		    "a copy, then: shred -u %s",
		    word);
		free(word);
	}
	free(other);
}

static void
check_seal_key(struct doctor *d)
{
	const char *path = d->opts->keys.seal_key;
	struct err err = ERR_INIT;

	d->seal_key = keys_load_seal(path, &err);
	if (d->seal_key == NULL) {
		report_err(d->report, "seal-key", LEVEL_BAD, &err);
		return;
	}
	add_secret(d->report, "seal-key", "seal key", path);
	check_left_behind(d, path);
}

static void
check_passphrase(struct doctor *d)
{
	const char *path = d->opts->keys.passphrase_file;
	struct err err = ERR_INIT;
	struct passphrase *p = keys_load_passphrase(path, &err);

	if (p == NULL)
		report_err(d->report, "passphrase", LEVEL_BAD, &err);
	else
		add_secret(d->report, "passphrase", "passphrase file", path);
	passphrase_free(p);
}

static uint8_t *
recipient_at(const struct doctor *d, size_t i)
{
	return d->recipients + i * KEYS_PUBLIC_SIZE;
}

static int
is_recipient(const struct doctor *d, const uint8_t *key)
{
	size_t i;

	for (i = 0; i < d->recipient_count; i++)
		if (memcmp(recipient_at(d, i), key, KEYS_PUBLIC_SIZE) == 0)
			return 1;
	return d->seal_key != NULL &&
	    memcmp(d->seal_key->recipient, key, KEYS_PUBLIC_SIZE) == 0;
}

static void
check_recipients(struct doctor *d)
{
	const struct doctor_keys *k = &d->opts->keys;
	size_t i, bad = 0;

	if (k->recipient_count > KEYS_RECIPIENTS_MAX) {
		report_bad(d->report, "recipients", ERR_USAGE,
		    "--recipient was given more than %d times",
		    KEYS_RECIPIENTS_MAX);
		return;
	}
	d->recipients =
	    mem_array(NULL, k->recipient_count + 1, KEYS_PUBLIC_SIZE);
	for (i = 0; i < k->recipient_count; i++) {
		struct err err = ERR_INIT;

		if (keys_parse_recipient(k->recipients[i],
			recipient_at(d, d->recipient_count), &err) == 0) {
			d->recipient_count++;
			continue;
		}
		report_err(d->report, "recipients", LEVEL_BAD, &err);
		bad++;
	}
	if (k->recipient_count > 0 && bad == 0)
		report_ok(d->report, "recipients",
		    "%zu further recipient%s, each a public key",
		    d->recipient_count, d->recipient_count > 1 ? "s" : "");
}

/* Whether the open key opens what is sealed here, and trusts it. */
static void
check_pair(struct doctor *d)
{
	const struct open_key *open = d->opts->keys.opening->open_key;
	const char *path = d->opts->keys.open_key;
	char text[KEYS_TEXT_SIZE];

	if (open == NULL || !doctor_has_keys(d))
		return;
	if (!is_recipient(d, open->recipient)) {
		report_bad(d->report, "pair", ERR_KEY,
		    "the open key %s would not open what is sealed here", path);
		keys_recipient_text(open->recipient, text);
		report_remedy(d->report,
		    "give the seal key of the same pair, or add --recipient=%s",
		    text);
	} else if (d->seal_key != NULL &&
	    memcmp(open->signer, d->seal_key->signer, KEYS_PUBLIC_SIZE) != 0) {
		report_warn(d->report, "pair",
		    "the open key %s does not trust this seal key's signature",
		    path);
		keys_signer_text(d->seal_key->signer, text);
		report_remedy(d->report, "restore with --signer=%s", text);
	} else {
		report_ok(d->report, "pair",
		    "the open key %s opens what is sealed here", path);
	}
}

void
doctor_check_keys(struct doctor *d)
{
	const struct doctor_keys *k = &d->opts->keys;

	report_group(d->report, "keys");
	if (!doctor_has_keys(d) && d->opts->asks_server) {
		report_bad(d->report, "seal-key", ERR_USAGE,
		    "no key to seal by was given, and there are no unencrypted "
		    "archives");
		report_remedy(d->report,
		    "give --seal-key FILE (\"pgcask keygen -o PREFIX\" makes "
		    "one), or --passphrase-file FILE");
	}
	if (k->seal_key != NULL)
		check_seal_key(d);
	if (k->passphrase_file != NULL)
		check_passphrase(d);
	if (k->recipient_count > 0)
		check_recipients(d);
	if (k->opening != NULL)
		check_pair(d);
	if (doctor_has_keys(d) && k->seal_key == NULL &&
	    k->passphrase_file == NULL) {
		report_warn(d->report, "signed",
		    "without a seal key nobody signs the archives: they can be "
		    "restored with --signer=none only");
		report_remedy(d->report, "give --seal-key FILE");
	}
}
