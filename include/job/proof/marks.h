#ifndef JOB_PROOF_MARKS_H
#define JOB_PROOF_MARKS_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "job/proof/check.h"

/*
 * What is remembered of an archive's checks: when the last one was, how deep
 * and with what result, which parts have been checked in this round, so that
 * samples cover all of them before any is taken again, and what was ever found
 * bad: a fault is remembered until a check looks at that place again, at least
 * as deep, and finds nothing.
 *
 * It is a JSON file, ARCHIVE.check.json, beside the archive; nothing is proven
 * by it.  Where it is absent or of another archive, no check is remembered.
 * One thread at a time.
 */
struct marks {
	uint8_t root[HASH_SIZE]; /* of the archive's index */
	uint64_t parts;
	int64_t checked; /* when last, or 0 */
	enum check_depth depth;
	char *fault; /* what is bad by all that is known, or NULL */
	/* Of each depth: a byte per part, 1 if it was good in this round. */
	uint8_t *done[CHECK_DATA + 1];
	/* A byte per part: 0, or 1 + the depth at which it was found bad.
	 * ${bad_any}: so, too, of a fault that is in no part that is known. */
	uint8_t *bad;
	uint8_t bad_any;
	/* What there was can't be read: a check of all replaces it, and one of
	 * a sample is not to be saved over it. */
	int unread;
};

/* marks_load(archive, reader): of the archive at that path; never NULL.
 * ${reader} has its index. */
struct marks *marks_load(const char *archive, const struct reader *reader);
/* marks_last(archive, marks, err): the same, without its index: 1, or 0 when
 * there is nothing, or -1 when it can't be read.  Of an archive whose end can't
 * be read it is believed as it stands, but for what it says of parts.
 * marks_peek(archive): that, or NULL. */
int marks_last(const char *archive, struct marks **marks, struct err *err);
struct marks *marks_peek(const char *archive);
void marks_free(struct marks *marks);

/* marks_choose(marks, depth, share): a random ${share} (above 0, to 1) of all
 * parts, at least one, rounded up: first those not yet checked to that depth;
 * and all that are known to be bad.  A byte per part; the caller frees. */
uint8_t *
marks_choose(const struct marks *marks, enum check_depth depth, double share);

/* marks_note(marks, depth, chosen): a check of those parts (NULL: all) ended at
 * this time, and found nothing.  When every part is done, the next round
 * begins. */
void
marks_note(struct marks *marks, enum check_depth depth, const uint8_t *chosen);
/* marks_fault(marks, depth, part, fault): or it found ${fault}, in that part,
 * or elsewhere (0). */
void marks_fault(struct marks *marks, enum check_depth depth, uint64_t part,
    const char *fault);

/* marks_count(marks, depth): how many parts are done in this round. */
uint64_t marks_count(const struct marks *marks, enum check_depth depth);

/* marks_json(marks): a new object that tells of the last check. */
json_t *marks_json(const struct marks *marks);

int marks_save(const struct marks *marks, const char *archive, struct err *err);

#endif
