#ifndef ARCHIVE_HEADER_H
#define ARCHIVE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "archive/format.h"
#include "archive/keys.h"
#include "base/buf.h"

/*
 * The plaintext header, pgcask.json: which archive this is, who can open it,
 * and who made it.  It names no database, table or user.
 *
 * The archive key is random per archive.  From it come (crypto_kdf, context
 * "pgcask_1") 1: the sealing key, 2: the commitment that the header states,
 * 3: the key of the keyed hashes that take the signatures' place in an
 * archive without a signer.
 */

#define HEADER_KEY_SIZE 32
#define HEADER_SIGNATURE_SIZE 64

enum slot_type { SLOT_RECIPIENT, SLOT_PASSPHRASE };

struct slot {
	enum slot_type type;
	uint8_t recipient[KEYS_PUBLIC_SIZE];  /* SLOT_RECIPIENT */
	uint8_t salt[16];                     /* SLOT_PASSPHRASE */
	uint8_t nonce[24];                    /* SLOT_PASSPHRASE */
	uint64_t operations;                  /* Argon2id passes */
	uint64_t memory;                      /* Argon2id bytes */
	uint8_t sealed[HEADER_KEY_SIZE + 48]; /* the archive key */
	size_t sealed_len;
};

/* What an archive is of, so that one of a table takes no place of one of all:
 * the whole database, all but what was excluded, what was asked for of it, or
 * roles and tablespaces alone. */
enum header_contents {
	CONTENTS_WHOLE,
	CONTENTS_MOST,
	CONTENTS_PART,
	CONTENTS_GLOBALS,
	CONTENTS_KINDS
};

/* header_contents_name(contents): "part" and the like; NULL for the whole. */
const char *header_contents_name(enum header_contents contents);

struct header {
	uint8_t id[FORMAT_ID_SIZE];
	int64_t created; /* the snapshot's time, seconds since 1970 */
	enum header_contents contents;
	char tool[64]; /* "pgcask 0.1.0" */
	struct slot *slots;
	size_t slot_count;
	uint8_t commitment[HEADER_KEY_SIZE];
	int is_signed;                    /* by a signer, not a keyed hash */
	uint8_t signer[KEYS_PUBLIC_SIZE]; /* if signed */
	uint8_t signature[HEADER_SIGNATURE_SIZE]; /* keyed hash: 32 and zeros */
};

/* The keys of one archive, derived from its archive key; sodium_malloc. */
struct archive_keys {
	uint8_t seal[SEAL_KEY_SIZE];
	uint8_t mac[HEADER_KEY_SIZE];
};

/* Who may open a new archive and who signs it.  At least a seal key, a
 * recipient or a passphrase. */
struct sealing {
	const struct seal_key *seal_key; /* or NULL */
	const uint8_t *recipients;       /* KEYS_PUBLIC_SIZE bytes each */
	size_t recipient_count;
	const struct passphrase *passphrase; /* or NULL */
};

/* header_make(sealing, contents, created, keys, err): a new header with a
 * random id and archive key, signed.  Free both results. */
struct header *
header_make(const struct sealing *sealing, enum header_contents contents,
    int64_t created, struct archive_keys **keys, struct err *err);
/* header_dump(header, out, err): append its text. */
int header_dump(const struct header *header, struct buf *out, struct err *err);
/* header_load(data, len, err): parse; the text must be exactly as
 * header_dump() writes it.  A format of another number is ERR_DAMAGED and
 * says which. */
struct header *header_load(const void *data, size_t len, struct err *err);
void header_free(struct header *header);
void archive_keys_free(struct archive_keys *keys);

/* What opens an archive. */
struct opening {
	const struct open_key *open_key;     /* or NULL */
	const struct passphrase *passphrase; /* or NULL */
	const uint8_t *signer; /* trust this signer instead of the key's own */
	int allow_unsigned;    /* accept an archive that nobody signed */
};

/* header_open(header, opening, err): the keys of the archive, after checking
 * commitment and signature.  ERR_KEY when no slot opens; ERR_DAMAGED when the
 * header is forged, or signed by somebody else. */
struct archive_keys *header_open(const struct header *header,
    const struct opening *opening, struct err *err);

/* header_trust(header, signer, err): check the signature without any secret;
 * ${signer} is whose it has to be, or NULL for the one that the header names.
 * ERR_DAMAGED when it is another's, or nobody's; without ${signer}, ERR_KEY
 * when nobody signed it. */
int header_trust(
    const struct header *header, const uint8_t *signer, struct err *err);

/* header_trust_own(header, keys, err): the same for who made the archive and
 * has its keys, signed or not. */
int header_trust_own(const struct header *header,
    const struct archive_keys *keys, struct err *err);

/* header_sign(sealing, keys, text, len, signature),
 * header_verify(header, keys, text, len, signature, err): the archive's
 * signature, or keyed hash, over ${text}.  ${keys} may be NULL if the archive
 * has a signer. */
void header_sign(const struct sealing *sealing, const struct archive_keys *keys,
    const void *text, size_t len, uint8_t signature[HEADER_SIGNATURE_SIZE]);
int header_verify(const struct header *header, const struct archive_keys *keys,
    const void *text, size_t len,
    const uint8_t signature[HEADER_SIGNATURE_SIZE], struct err *err);

#endif
