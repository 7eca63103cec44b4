#ifndef JOB_PROOF_DIFF_H
#define JOB_PROOF_DIFF_H

#include "archive/reader.h"
#include "base/buf.h"
#include "job/choose/selection.h"
#include "job/progress.h"

/*
 * What is different between an archive and another one, or a live database.
 *
 * Of two archives the manifests tell: no row is read.  A live database is read
 * within one snapshot, as a backup reads it, table by table the columns of the
 * archive in the archive's format, so that its digests compare with those of
 * the manifest whatever the server's version is.
 *
 * Tables are matched by name.  Those whose rows are loaded through one
 * partitioned table (job/groups.h) are one, under that table's name.  What was
 * chosen when an archive was made is chosen of the other side as well.
 */

enum diff_state {
	DIFF_SAME,
	DIFF_CHANGED,
	DIFF_ADDED,   /* the right side alone has it */
	DIFF_REMOVED, /* the left side alone has it */
	DIFF_UNKNOWN, /* it can't be told */
	DIFF_LEFT_OUT /* its rows are not wanted, or not in an archive */
};

/* A column that only one side has, or that is not the same on both. */
struct diff_column {
	char *name;
	char *type[2]; /* NULL where there is none */
	int foreign;   /* it has characters that the archive's encoding has not
			*/
};

/* A table; [0] is the left side, [1] the right one. */
struct diff_table {
	char *schema;
	char *name;
	enum diff_state state; /* of its rows */
	char *note;            /* why, or NULL */
	int has[2];
	int read[2]; /* whether what follows is known */
	uint64_t rows[2];
	struct digest digest[2];         /* of the rows alone */
	char digits[2][DIGEST_HEX_SIZE]; /* archive/fingerprint.h */
	struct diff_column *columns;
	size_t column_count;
};

struct diff_sequence {
	char *schema;
	char *name;
	enum diff_state state;
	int has[2];
	int64_t value[2];
	int called[2];
};

struct diff_lobjs {
	enum diff_state state;
	int compared;
	uint64_t count[2];
	struct digest digest[2];
};

/* What is on a side, for people and for JSON. */
struct diff_title {
	char *database;
	int server_version;
	const struct header *header; /* of an archive, lent; NULL: live */
};

/* Names and texts are in UTF-8 as far as that is possible. */
struct diff {
	struct diff_title titles[2];
	int has_rows;              /* whether rows and values were compared */
	int has_schema;            /* whether definitions were */
	struct diff_table *tables; /* by name */
	size_t table_count;
	struct diff_sequence *sequences; /* by name */
	size_t sequence_count;
	struct diff_lobjs lobjs;
	/* The definitions' unified difference, its first two lines left to
	 * whoever prints it; empty if they are the same. */
	struct buf schema;
	double seconds;
};

/* A live database. */
struct diff_live {
	struct conn_opts conn;
	const char *pg_bindir; /* or NULL */
	unsigned lock_timeout; /* seconds to wait for a table, from 1 */
	unsigned jobs;
};

struct diff_opts {
	struct reader *left;  /* unlocked, a file */
	struct reader *right; /* the same, or NULL for: */
	const struct diff_live *live;
	/* What to compare; its rules are about partitions, too. */
	const struct selection *selection;
	struct progress *progress; /* or NULL */
};

/* diff_run(opts, diff, err): free ${diff} with diff_free() in any case. */
int diff_run(const struct diff_opts *opts, struct diff *diff, struct err *err);
void diff_free(struct diff *diff);

/* diff_table_is_same(t): whether neither rows nor columns are different, as far
 * as is known. */
int diff_table_is_same(const struct diff_table *t);
/* diff_is_same(diff): whether nothing is known to be different.
 * diff_unknown(diff): of how much it can't be told. */
int diff_is_same(const struct diff *diff);
size_t diff_unknown(const struct diff *diff);

#endif
