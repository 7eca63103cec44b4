#ifndef JOB_PROOF_MARKS_H
#define JOB_PROOF_MARKS_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "job/proof/check.h"

/*
 * What is remembered of an archive's checks: when the last one was, how deep
 * and with what result, and which parts have been checked in this round, so
 * that samples cover all of them before any is taken again.
 *
 * It is a JSON file, ARCHIVE.check.json, beside the archive; nothing is proven
 * by it.  Where it is absent, unreadable or of another archive, no check is
 * remembered.  One thread at a time.
 */
struct marks {
	uint8_t root[HASH_SIZE]; /* of the archive's index */
	uint64_t parts;
	int64_t checked; /* when last, or 0 */
	enum check_depth depth;
	char *fault; /* what was wrong then, or NULL */
	/* Of each depth: a byte per part, 1 if it was good in this round. */
	uint8_t *done[CHECK_DATA + 1];
};

/* marks_load(archive, reader): of the archive at that path; never NULL.
 * ${reader} has its index.  marks_peek(archive): the same, only what it says
 * of the last check, believed as it stands; NULL when there is nothing. */
struct marks *marks_load(const char *archive, const struct reader *reader);
struct marks *marks_peek(const char *archive);
void marks_free(struct marks *marks);

/* marks_choose(marks, depth, share): a random ${share} (above 0, to 1) of all
 * parts, at least one, rounded up: first those not yet checked to that depth.
 * A byte per part; the caller frees. */
uint8_t *
marks_choose(const struct marks *marks, enum check_depth depth, double share);

/* marks_note(marks, depth, chosen, fault): a check of those parts (NULL: all)
 * ended at this time; ${fault} is what was bad, or NULL.  When every part is
 * done, the next round begins. */
void marks_note(struct marks *marks, enum check_depth depth,
    const uint8_t *chosen, const char *fault);

/* marks_count(marks, depth): how many parts are done in this round. */
uint64_t marks_count(const struct marks *marks, enum check_depth depth);

/* marks_json(marks): a new object that tells of the last check. */
json_t *marks_json(const struct marks *marks);

int marks_save(const struct marks *marks, const char *archive, struct err *err);

#endif
