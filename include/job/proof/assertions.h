#ifndef JOB_PROOF_ASSERTIONS_H
#define JOB_PROOF_ASSERTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/*
 * What the user knows to be true of his database, as SQL: a file of queries.
 * One whose result is a single column of type boolean holds if every row is
 * true; any other holds if it gives no row.  They can't change anything.
 */

enum assertion_result {
	ASSERTION_NOT_RUN,
	ASSERTION_HOLDS,
	ASSERTION_VIOLATED,
	/* The server refused it, or it took too long, or is no query. */
	ASSERTION_BROKEN
};

struct assertion {
	char *file;
	unsigned line; /* that it begins in */
	char *title;   /* the comment before it, or how it begins; UTF-8 */
	char *sql;
	enum assertion_result result;
	uint64_t rows; /* that are not as they should be */
	char *detail;  /* some of them, or why it is broken; or NULL: for
			  the user's eyes, not for a file */
	char *reason;  /* why it is broken, without anything of the rows; or
			  NULL */
	double seconds;
};

struct assertions {
	struct assertion *at;
	size_t count;
};

/* assertions_read(a, path, err): add those of a file; ERR_USAGE if it can't be
 * read, is not UTF-8 or holds none. */
int assertions_read(struct assertions *a, const char *path, struct err *err);
/* assertions_parse(a, file, text): add those of ${text}; how many. */
size_t
assertions_parse(struct assertions *a, const char *file, const char *text);
void assertions_free(struct assertions *a);

/* assertions_run(a, conn, timeout, err): run each, for at most so many seconds
 * (0: any).  One that ends its session is broken, and ${*conn} becomes another;
 * it is asked once more before, if somebody else may have ended that.  An error
 * is that there is none to be had, that the server lacks room or memory
 * (SQLSTATE class 53), or a stop signal. */
int assertions_run(struct assertions *a, struct conn **conn, unsigned timeout,
    struct err *err);
/* assertions_failed(a): how many do not hold. */
size_t assertions_failed(const struct assertions *a);

#endif
