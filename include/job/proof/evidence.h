#ifndef JOB_PROOF_EVIDENCE_H
#define JOB_PROOF_EVIDENCE_H

#include <jansson.h>
#include <stdint.h>

#include "archive/keys.h"
#include "job/proof/drill.h"

/*
 * What is left of a drill: ARCHIVE.drill.json, a JSON file beside the archive
 * (job/sidecar.h), whose members pgcask(1) names under "JSON OUTPUT".
 *
 * Its member "signature" is an Ed25519 signature, in hexadecimal, by the key
 * in "signer", over EVIDENCE_CONTEXT, a NUL, and the canonical text
 * (doc_dump()) of the document without that member: byte by byte the file
 * without "signature":"...", and the comma behind it.
 */
#define EVIDENCE_CONTEXT "pgcask drill 1"

struct evidence_opts {
	const struct reader *reader;
	const char *archive; /* its path */
	const struct drilled *drilled;
	const struct assertions *assertions;
	unsigned warnings; /* that were given meanwhile */
};

/* evidence_new(opts): a document, not signed; the caller json_decref()s. */
json_t *evidence_new(const struct evidence_opts *opts);
/* evidence_sign(doc, key, err): sign it, or say that nobody did if ${key} is
 * NULL. */
int evidence_sign(json_t *doc, const struct seal_key *key, struct err *err);

struct evidence_last {
	int64_t ended; /* when, seconds since 1970 */
	int passed;
};

/* evidence_last(archive, id, last, err): what the file beside the archive at
 * that path says of the last drill, believed as it stands: no signature is
 * checked.  Return 1, 0 where there is none, or it is of another archive than
 * that of ${id} (NULL: of any), or -1 if it can't be read.
 * evidence_peek(archive, last): the same, by the archive's own id, with a
 * warning in the place of an error. */
int evidence_last(const char *archive, const uint8_t id[FORMAT_ID_SIZE],
    struct evidence_last *last, struct err *err);
int evidence_peek(const char *archive, struct evidence_last *last);

#endif
