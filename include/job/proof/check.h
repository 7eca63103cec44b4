#ifndef JOB_PROOF_CHECK_H
#define JOB_PROOF_CHECK_H

#include "archive/reader.h"
#include "job/progress.h"

/*
 * Is an archive whole and genuine?  At two prices.  Without any secret: its
 * form, its index, the signature over that, and the hash of every entry, which
 * is every byte of the file.  With what opens it, and CHECK_DATA: every part is
 * also decrypted, authenticated, decompressed and cut into rows, which are
 * counted and digested and compared with the manifest, and the saved schema is
 * read.
 */

enum check_depth { CHECK_HASHES, CHECK_DATA };

/* check_depth_name(depth): "hashes" or "data". */
const char *check_depth_name(enum check_depth depth);

struct check_opts {
	enum check_depth depth;
	/* A byte per part, part N's is chosen[N - 1]: which parts to check;
	 * NULL for all.  Everything else is always checked. */
	const uint8_t *chosen;
	unsigned jobs;             /* threads, at least 1 */
	struct progress *progress; /* or NULL */
};

struct check_result {
	uint64_t entries; /* that were checked */
	uint64_t size;    /* their bytes */
	uint64_t parts;   /* that were checked */
	uint64_t all_parts;
	/* What the error is about. */
	uint64_t bad_part; /* or 0 */
	uint64_t bad_entry;
	/* Of the parts that were checked, with CHECK_DATA. */
	uint64_t rows;
	uint64_t bytes; /* of rows and large objects, uncompressed */
	double seconds;
};

/* check_parts(reader): how many parts the file has. */
uint64_t check_parts(const struct reader *reader);

/* check_run(reader, opts, result, err): check an archive in a file, of which
 * reader_trust() or, for CHECK_DATA, reader_unlock() was called.  What is bad
 * is ERR_DAMAGED and names the first bad entry, and its table where the
 * manifest was read. */
int check_run(struct reader *reader, const struct check_opts *opts,
    struct check_result *result, struct err *err);

/* check_fault(reader, result, why): what to remember of ${why}, ERR_DAMAGED of
 * check_run(), where others may read it: names neither the file nor a table.
 * The caller frees. */
char *check_fault(const struct reader *reader,
    const struct check_result *result, const struct err *why);

/* check_holds(reader, part, err): what that part holds by the manifest, "5 of
 * the 10 rows of s.t", of an unlocked archive; the caller frees.  NULL is an
 * error. */
char *check_holds(struct reader *reader, uint64_t part, struct err *err);

#endif
