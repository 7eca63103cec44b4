#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "archive/header.h"
#include "archive/keyfile.h"
#include "base/doc.h"
#include "base/mem.h"
#include "base/wall.h"

_Static_assert(HEADER_KEY_SIZE == crypto_kdf_KEYBYTES, "archive key");
_Static_assert(HEADER_KEY_SIZE == SEAL_KEY_SIZE, "archive key");
_Static_assert(HEADER_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");

#define CIPHER "xchacha20poly1305-secretstream"
#define KDF_CONTEXT "pgcask_1"
enum { KDF_SEAL = 1, KDF_COMMITMENT = 2, KDF_MAC = 3 };

#define SEALED_RECIPIENT (HEADER_KEY_SIZE + crypto_box_SEALBYTES)
#define SEALED_PASSPHRASE \
	(HEADER_KEY_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)
_Static_assert(SEALED_RECIPIENT == sizeof(((struct slot *)0)->sealed), "slot");

const char *
header_contents_name(enum header_contents contents)
{
	static const char *const names[CONTENTS_KINDS] = { NULL, "most", "part",
		"globals" };

	return names[contents];
}

static struct archive_keys *
derive(
    const uint8_t master[HEADER_KEY_SIZE], uint8_t commitment[HEADER_KEY_SIZE])
{
	struct archive_keys *keys =
	    (struct archive_keys *)(void *)keyfile_secret(sizeof(*keys));

	(void)crypto_kdf_derive_from_key(
	    keys->seal, sizeof(keys->seal), KDF_SEAL, KDF_CONTEXT, master);
	(void)crypto_kdf_derive_from_key(
	    keys->mac, sizeof(keys->mac), KDF_MAC, KDF_CONTEXT, master);
	(void)crypto_kdf_derive_from_key(
	    commitment, HEADER_KEY_SIZE, KDF_COMMITMENT, KDF_CONTEXT, master);
	return keys;
}

void
archive_keys_free(struct archive_keys *keys)
{
	sodium_free(keys);
}

void
header_free(struct header *header)
{
	if (header == NULL)
		return;
	free(header->slots);
	free(header);
}

static struct slot *
add_slot(struct header *h, enum slot_type type)
{
	struct slot *slot;

	h->slots = mem_array(h->slots, h->slot_count + 1, sizeof(*h->slots));
	slot = &h->slots[h->slot_count++];
	memset(slot, 0, sizeof(*slot));
	slot->type = type;
	return slot;
}

static int
add_recipient(struct header *h, const uint8_t key[KEYS_PUBLIC_SIZE],
    const uint8_t *master, struct err *err)
{
	struct slot *slot = add_slot(h, SLOT_RECIPIENT);

	memcpy(slot->recipient, key, KEYS_PUBLIC_SIZE);
	slot->sealed_len = SEALED_RECIPIENT;
	if (crypto_box_seal(slot->sealed, master, HEADER_KEY_SIZE, key) != 0)
		return err_set(err, ERR_KEY,
		    "a recipient's public key is not "
		    "a valid X25519 key");
	return 0;
}

static int
add_passphrase(struct header *h, const struct passphrase *passphrase,
    const uint8_t *master, struct err *err)
{
	struct slot *slot = add_slot(h, SLOT_PASSPHRASE);
	uint8_t *wrap = keyfile_secret(32);
	int rc;

	randombytes_buf(slot->salt, sizeof(slot->salt));
	randombytes_buf(slot->nonce, sizeof(slot->nonce));
	slot->operations = KEYFILE_OPERATIONS;
	slot->memory = KEYFILE_MEMORY;
	slot->sealed_len = SEALED_PASSPHRASE;
	rc = keyfile_stretch(
	    passphrase, slot->salt, slot->operations, slot->memory, wrap, err);
	if (rc == 0)
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot->sealed,
		    NULL, master, HEADER_KEY_SIZE, h->id, FORMAT_ID_SIZE, NULL,
		    slot->nonce, wrap);
	sodium_free(wrap);
	return rc;
}

static int
fill_slots(struct header *h, const struct sealing *sealing,
    const uint8_t *master, struct err *err)
{
	size_t i;

	if (sealing->seal_key != NULL &&
	    add_recipient(h, sealing->seal_key->recipient, master, err) != 0)
		return -1;
	for (i = 0; i < sealing->recipient_count; i++)
		if (add_recipient(h, sealing->recipients + i * KEYS_PUBLIC_SIZE,
			master, err) != 0)
			return -1;
	if (sealing->passphrase != NULL &&
	    add_passphrase(h, sealing->passphrase, master, err) != 0)
		return -1;
	if (h->slot_count == 0)
		return err_set(
		    err, ERR_KEY, "there is no key to seal the archive with");
	return 0;
}

void
header_sign(const struct sealing *sealing, const struct archive_keys *keys,
    const void *text, size_t len, uint8_t signature[HEADER_SIGNATURE_SIZE])
{
	memset(signature, 0, HEADER_SIGNATURE_SIZE);
	if (sealing->seal_key != NULL)
		(void)crypto_sign_detached(
		    signature, NULL, text, len, sealing->seal_key->sign_secret);
	else
		(void)crypto_generichash(signature, HASH_SIZE, text, len,
		    keys->mac, sizeof(keys->mac));
}

int
header_verify(const struct header *header, const struct archive_keys *keys,
    const void *text, size_t len,
    const uint8_t signature[HEADER_SIGNATURE_SIZE], struct err *err)
{
	uint8_t expected[HEADER_SIGNATURE_SIZE] = { 0 };
	int same;

	if (header->is_signed) {
		same = crypto_sign_verify_detached(
			   signature, text, len, header->signer) == 0;
	} else if (keys == NULL) {
		return err_set(err, ERR_KEY,
		    "this archive has no signer: "
		    "checking it takes its passphrase or open key");
	} else {
		(void)crypto_generichash(expected, HASH_SIZE, text, len,
		    keys->mac, sizeof(keys->mac));
		same =
		    sodium_memcmp(signature, expected, sizeof(expected)) == 0;
	}
	return same ? 0
		    : err_set(err, ERR_DAMAGED, "the signature does not fit");
}

static json_t *
slot_doc(const struct slot *slot)
{
	if (slot->type == SLOT_RECIPIENT)
		return json_pack("{s:s, s:o, s:o}", "type", "x25519",
		    "recipient",
		    doc_hex_text(slot->recipient, sizeof(slot->recipient)),
		    "sealed", doc_hex_text(slot->sealed, slot->sealed_len));
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:o}", "type", "passphrase",
	    "salt", doc_hex_text(slot->salt, sizeof(slot->salt)), "nonce",
	    doc_hex_text(slot->nonce, sizeof(slot->nonce)), "operations",
	    (json_int_t)slot->operations, "memory", (json_int_t)slot->memory,
	    "sealed", doc_hex_text(slot->sealed, slot->sealed_len));
}

/* The header as a document, without its signature. */
static json_t *
unsigned_doc(const struct header *h)
{
	char created[WALL_ISO_SIZE], id[FORMAT_UUID_SIZE];
	json_t *slots = json_array();
	size_t i;

	wall_iso(h->created, created);
	format_uuid(h->id, id);
	for (i = 0; i < h->slot_count; i++)
		json_array_append_new(slots, slot_doc(&h->slots[i]));
	return json_pack("{s:i, s:s, s:s*, s:s, s:s, s:s, s:o, s:o, s:o}",
	    "format", FORMAT_NUMBER, "archive", id, "contents",
	    header_contents_name(h->contents), "created", created, "tool",
	    h->tool, "cipher", CIPHER, "slots", slots, "commitment",
	    doc_hex_text(h->commitment, sizeof(h->commitment)), "signer",
	    h->is_signed ? doc_hex_text(h->signer, sizeof(h->signer))
			 : json_null());
}

/* What the signature is over: a context, NUL, the text without it. */
static int
signed_text(const struct header *h, struct buf *out, struct err *err)
{
	static const char context[] = "pgcask header 1";
	json_t *doc = unsigned_doc(h);
	int rc = buf_add(out, context, sizeof(context), err);

	if (rc == 0)
		rc = doc_dump(doc, out, err);
	json_decref(doc);
	return rc;
}

struct header *
header_make(const struct sealing *sealing, enum header_contents contents,
    int64_t created, struct archive_keys **keys, struct err *err)
{
	struct header *h = mem_zalloc(sizeof(*h));
	uint8_t *master = keyfile_secret(HEADER_KEY_SIZE);
	struct buf text = { 0 };

	*keys = NULL;
	randombytes_buf(h->id, sizeof(h->id));
	/* RFC 9562, version 4. */
	h->id[6] = (uint8_t)((h->id[6] & 0x0F) | 0x40);
	h->id[8] = (uint8_t)((h->id[8] & 0x3F) | 0x80);
	h->created = created;
	h->contents = contents;
	(void)snprintf(h->tool, sizeof(h->tool), "pgcask %s", PACKAGE_VERSION);
	randombytes_buf(master, HEADER_KEY_SIZE);
	*keys = derive(master, h->commitment);
	if (sealing->seal_key != NULL) {
		h->is_signed = 1;
		memcpy(h->signer, sealing->seal_key->signer, sizeof(h->signer));
	}
	if (fill_slots(h, sealing, master, err) != 0 ||
	    signed_text(h, &text, err) != 0) {
		header_free(h);
		archive_keys_free(*keys);
		*keys = NULL;
		h = NULL;
	} else {
		header_sign(sealing, *keys, text.data, text.len, h->signature);
	}
	sodium_free(master);
	buf_free(&text);
	return h;
}

int
header_dump(const struct header *h, struct buf *out, struct err *err)
{
	json_t *doc = unsigned_doc(h);
	int rc;

	json_object_set_new(
	    doc, "signature", doc_hex_text(h->signature, sizeof(h->signature)));
	rc = doc_dump(doc, out, err);
	json_decref(doc);
	return rc == 0 ? buf_add(out, "\n", 1, err) : -1;
}

static int
has_passphrase(const struct header *h)
{
	size_t i;

	for (i = 0; i < h->slot_count; i++)
		if (h->slots[i].type == SLOT_PASSPHRASE)
			return 1;
	return 0;
}

static int
load_slot(struct header *h, const json_t *doc, struct err *err)
{
	const char *type;
	struct slot *slot;

	if (doc_str(doc, "type", &type, err) != 0)
		return -1;
	if (strcmp(type, "x25519") == 0) {
		slot = add_slot(h, SLOT_RECIPIENT);
		slot->sealed_len = SEALED_RECIPIENT;
		return doc_hex(doc, "recipient", slot->recipient,
			   sizeof(slot->recipient), err) != 0
		    ? -1
		    : doc_hex(
			  doc, "sealed", slot->sealed, slot->sealed_len, err);
	}
	if (strcmp(type, "passphrase") != 0)
		return err_set(err, ERR_DAMAGED,
		    "a key slot of type \"%s\" is "
		    "unknown in format %d",
		    type, FORMAT_NUMBER);
	/* Trying one may take a gigabyte and half a minute, before anything
	 * is known to be authentic. */
	if (has_passphrase(h))
		return err_set(
		    err, ERR_DAMAGED, "there are several passphrase slots");
	slot = add_slot(h, SLOT_PASSPHRASE);
	slot->sealed_len = SEALED_PASSPHRASE;
	if (doc_hex(doc, "salt", slot->salt, sizeof(slot->salt), err) != 0 ||
	    doc_hex(doc, "nonce", slot->nonce, sizeof(slot->nonce), err) != 0 ||
	    doc_uint(doc, "operations", KEYFILE_OPERATIONS_MAX,
		&slot->operations, err) != 0 ||
	    doc_uint(doc, "memory", KEYFILE_MEMORY_MAX, &slot->memory, err) !=
		0)
		return -1;
	return doc_hex(doc, "sealed", slot->sealed, slot->sealed_len, err);
}

static int
load_slots(struct header *h, const json_t *doc, struct err *err)
{
	const json_t *slots;
	size_t i;

	if (doc_array(doc, "slots", &slots, err) != 0)
		return -1;
	if (json_array_size(slots) > KEYS_RECIPIENTS_MAX + 2)
		return err_set(err, ERR_DAMAGED, "too many key slots");
	for (i = 0; i < json_array_size(slots); i++)
		if (load_slot(h, json_array_get(slots, i), err) != 0)
			return -1;
	return 0;
}

static int
check_format(const json_t *doc, struct err *err)
{
	uint64_t format;

	if (doc_uint(doc, "format", 1000000, &format, err) != 0)
		return -1;
	if (format == FORMAT_NUMBER)
		return 0;
	(void)err_set(err, ERR_DAMAGED,
	    "the archive has format %llu, this "
	    "pgcask reads format %d",
	    (unsigned long long)format, FORMAT_NUMBER);
	return err_hint(err, "use the pgcask that made it, or a newer one");
}

static int
load_contents(struct header *h, const json_t *doc, struct err *err)
{
	const char *contents;
	int kind;

	if (json_object_get(doc, "contents") == NULL)
		return 0;
	if (doc_str(doc, "contents", &contents, err) != 0)
		return -1;
	for (kind = CONTENTS_WHOLE + 1; kind < CONTENTS_KINDS; kind++) {
		h->contents = (enum header_contents)kind;
		if (strcmp(contents, header_contents_name(h->contents)) == 0)
			return 0;
	}
	return err_set(err, ERR_DAMAGED,
	    "contents of \"%s\" are unknown in format %d", contents,
	    FORMAT_NUMBER);
}

static int
load_fields(struct header *h, const json_t *doc, struct err *err)
{
	const char *id, *created, *tool, *cipher;

	if (check_format(doc, err) != 0 ||
	    doc_str(doc, "archive", &id, err) != 0 ||
	    doc_str(doc, "created", &created, err) != 0 ||
	    doc_str(doc, "tool", &tool, err) != 0 ||
	    doc_str(doc, "cipher", &cipher, err) != 0 ||
	    doc_hex(doc, "commitment", h->commitment, sizeof(h->commitment),
		err) != 0 ||
	    doc_hex(
		doc, "signature", h->signature, sizeof(h->signature), err) != 0)
		return -1;
	if (format_parse_uuid(id, h->id) != 0 ||
	    wall_parse_iso(created, &h->created) != 0 ||
	    strlen(tool) >= sizeof(h->tool) || strcmp(cipher, CIPHER) != 0)
		return err_set(err, ERR_DAMAGED,
		    "a member has a value that format %d does not know",
		    FORMAT_NUMBER);
	(void)snprintf(h->tool, sizeof(h->tool), "%s", tool);
	h->is_signed = !json_is_null(json_object_get(doc, "signer"));
	if (h->is_signed &&
	    doc_hex(doc, "signer", h->signer, sizeof(h->signer), err) != 0)
		return -1;
	return load_contents(h, doc, err) == 0 ? load_slots(h, doc, err) : -1;
}

struct header *
header_load(const void *data, size_t len, struct err *err)
{
	json_t *doc = doc_parse(data, len, FORMAT_HEADER, err);
	struct header *h;
	struct buf again = { 0 };
	int rc;

	if (doc == NULL)
		return NULL;
	h = mem_zalloc(sizeof(*h));
	rc = load_fields(h, doc, err);
	/* One text for one meaning: no byte may differ unnoticed. */
	if (rc == 0)
		rc = header_dump(h, &again, err);
	if (rc == 0 && (again.len != len || memcmp(again.data, data, len) != 0))
		rc = err_set(err, ERR_DAMAGED,
		    "it is not written as format %d writes it", FORMAT_NUMBER);
	if (rc != 0) {
		(void)err_wrap(err, FORMAT_HEADER);
		header_free(h);
		h = NULL;
	}
	json_decref(doc);
	buf_free(&again);
	return h;
}

/* Try one slot: 1 opened, 0 not ours, -1 error. */
static int
try_slot(const struct header *h, const struct slot *slot,
    const struct opening *opening, uint8_t *master, struct err *err)
{
	uint8_t *wrap;
	int rc;

	if (slot->type == SLOT_RECIPIENT)
		return opening->open_key != NULL &&
		    memcmp(slot->recipient, opening->open_key->recipient,
			KEYS_PUBLIC_SIZE) == 0 &&
		    crypto_box_seal_open(master, slot->sealed, slot->sealed_len,
			slot->recipient, opening->open_key->secret) == 0;
	if (opening->passphrase == NULL)
		return 0;
	wrap = keyfile_secret(32);
	rc = keyfile_stretch(opening->passphrase, slot->salt, slot->operations,
	    slot->memory, wrap, err);
	if (rc == 0)
		rc = crypto_aead_xchacha20poly1305_ietf_decrypt(master, NULL,
			 NULL, slot->sealed, slot->sealed_len, h->id,
			 FORMAT_ID_SIZE, slot->nonce, wrap) == 0;
	sodium_free(wrap);
	return rc;
}

static int
no_slot_opens(
    const struct header *h, const struct opening *opening, struct err *err)
{
	size_t i, recipients = 0;

	for (i = 0; i < h->slot_count; i++)
		recipients += h->slots[i].type == SLOT_RECIPIENT;
	if (opening->open_key != NULL && recipients > 0) {
		(void)err_set(err, ERR_KEY,
		    "this open key does not open the "
		    "archive: it is sealed for others");
		return err_hint(err,
		    "pgcask show names its recipients; the "
		    "recipient line of an open key file names its own");
	}
	if (opening->passphrase != NULL && recipients < h->slot_count)
		return err_set(err, ERR_KEY, "wrong passphrase");
	if (recipients > 0) {
		(void)err_set(err, ERR_KEY, "the archive takes an open key");
		return err_hint(err, "give it with --open-key");
	}
	(void)err_set(err, ERR_KEY, "the archive takes a passphrase");
	return err_hint(err, "give it with --passphrase-file");
}

/* Is the signer the one that is trusted, by ${whom}? */
static int
compare_signer(const struct header *h, const uint8_t *trusted, const char *whom,
    struct err *err)
{
	char text[KEYS_TEXT_SIZE];

	if (memcmp(trusted, h->signer, sizeof(h->signer)) == 0)
		return 0;
	keys_signer_text(h->signer, text);
	(void)err_set(err, ERR_DAMAGED,
	    "the archive is signed by somebody else than the signer that %s",
	    whom);
	return err_hint(
	    err, "if you know this signer and trust it, say --signer %s", text);
}

static int
fail_unsigned(struct err *err)
{
	return err_set(err, ERR_DAMAGED,
	    "nobody signed this archive, and it was to be signed by the signer "
	    "that was named");
}

/* Is the signer, or the lack of one, what the opener trusts? */
static int
check_signer(const struct header *h, const struct opening *opening,
    enum slot_type opened_by, struct err *err)
{
	const uint8_t *trusted = opening->signer;

	if (trusted == NULL && opening->open_key != NULL)
		trusted = opening->open_key->signer;
	if (!h->is_signed) {
		if (opening->signer != NULL)
			return fail_unsigned(err);
		/* Whoever knows the passphrase made it. */
		if (opened_by == SLOT_PASSPHRASE || opening->allow_unsigned)
			return 0;
		(void)err_set(err, ERR_DAMAGED,
		    "nobody signed this archive: "
		    "anyone who knows the recipient could have made it");
		return err_hint(err,
		    "if you trust where it comes from, say "
		    "--signer none");
	}
	return trusted == NULL
	    ? 0
	    : compare_signer(h, trusted,
		  opening->signer != NULL ? "was named" : "the open key trusts",
		  err);
}

int
header_trust(
    const struct header *header, const uint8_t *signer, struct err *err)
{
	if (signer != NULL && !header->is_signed)
		return fail_unsigned(err);
	if (signer != NULL &&
	    compare_signer(header, signer, "was named", err) != 0)
		return err_wrap(err, FORMAT_HEADER);
	return header_trust_own(header, NULL, err);
}

int
header_trust_own(const struct header *header, const struct archive_keys *keys,
    struct err *err)
{
	struct buf text = { 0 };
	int rc = signed_text(header, &text, err);

	if (rc == 0)
		rc = header_verify(
		    header, keys, text.data, text.len, header->signature, err);
	buf_free(&text);
	return rc == 0 ? 0 : err_wrap(err, FORMAT_HEADER);
}

struct archive_keys *
header_open(
    const struct header *header, const struct opening *opening, struct err *err)
{
	uint8_t *master = keyfile_secret(HEADER_KEY_SIZE);
	uint8_t commitment[HEADER_KEY_SIZE];
	struct archive_keys *keys = NULL;
	struct buf text = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < header->slot_count && rc == 0; i++)
		rc = try_slot(header, &header->slots[i], opening, master, err);
	if (rc == 0)
		rc = no_slot_opens(header, opening, err);
	if (rc < 0)
		goto out;
	keys = derive(master, commitment);
	if (memcmp(commitment, header->commitment, sizeof(commitment)) != 0)
		rc = err_set(err, ERR_DAMAGED,
		    "the archive key is not the one the header commits to");
	else if (check_signer(
		     header, opening, header->slots[i - 1].type, err) != 0 ||
	    signed_text(header, &text, err) != 0 ||
	    header_verify(
		header, keys, text.data, text.len, header->signature, err) != 0)
		rc = -1;
	if (rc < 0) {
		(void)err_wrap(err, FORMAT_HEADER);
		archive_keys_free(keys);
		keys = NULL;
	}
out:
	sodium_free(master);
	buf_free(&text);
	return keys;
}
