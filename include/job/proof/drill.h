#ifndef JOB_PROOF_DRILL_H
#define JOB_PROOF_DRILL_H

#include "archive/reader.h"
#include "job/progress.h"
#include "job/proof/assertions.h"
#include "job/restore/restore.h"

/*
 * Does an archive come back?  It is restored, into a server that is made for
 * that or into a database of one that runs, every table's rows are counted and
 * digested again and compared with what was saved, and so are large objects and
 * the places where sequences stand; what the server holds for valid, or for
 * populated, is compared with what was so, and the user's assertions are asked.
 * Then all of it is thrown away.
 */

struct drill_opts {
	const char *server; /* a conninfo string; NULL: make one */
	/* Of one that is made: see job/proof/throwaway.h and programs.h. */
	const char *folder;
	const char *bindir;
	int newer;
	const char *const *settings;
	size_t setting_count;
	unsigned jobs;
	struct assertions *assertions;
	unsigned timeout; /* of each, in seconds; 0: none */
	struct progress *progress;
};

/* No digest of what little there may be in a table, or of a large object, is
 * kept: whoever sees one can try which rows have it. */
struct drilled_table {
	char *name; /* SCHEMA.TABLE, in UTF-8 where that can be told */
	int missing;
	int unread; /* not compared: not all of it may be read back */
	int same;
	uint64_t bytes;
	uint64_t rows;
	uint64_t rows_found;
};

struct drilled_lobjs {
	int compared;
	int same;
	uint64_t count;
	uint64_t bytes;
};

struct drilled_sequence {
	char *name; /* as a table's */
	int missing;
	int unread;
	int same;
	int64_t value;
	int called;
	int64_t value_found;
	int called_found;
};

/* A materialized view that was populated. */
struct drilled_view {
	char *name;
	int populated;
};

struct drilled_names {
	char **at;
	size_t count;
};

struct drilled_phase {
	char name[32];
	double seconds;
};

/* What a drill found.  Start it as {0}; free with drilled_clear(). */
struct drilled {
	int64_t began;
	int64_t ended;
	int64_t age;    /* of the snapshot when the drill began, seconds: RPO */
	double seconds; /* of the whole drill, but for tidying up */
	double usable;  /* until the database could have been used: RTO */
	int made;       /* the server was made for it */
	char *server;   /* its version, "15.18" */
	char *database; /* that was saved, in UTF-8 */
	int source_version; /* 150018 */
	/* What was chosen when the archive was made, where that was not
	 * everything, as struct catalog has it; and the tables whose rows are
	 * not in it. */
	struct drilled_names rules;
	struct drilled_names options;
	struct drilled_names left_out;
	/* What the backup warned of, or was told to leave out. */
	struct drilled_names warned;
	/* What is not there, or not as it was: kinds and names, up to a
	 * hundred. */
	struct drilled_names not_restored;
	struct restore_result restored;
	uint64_t size; /* of the copy on the server's disk */
	struct drilled_table *tables;
	size_t table_count;
	struct drilled_lobjs lobjs;
	struct drilled_sequence *sequences;
	size_t sequence_count;
	struct drilled_view *views;
	size_t view_count;
	struct drilled_phase phases[PROGRESS_PHASES];
	size_t phase_count;
	uint64_t unsound;  /* indexes and constraints that are not valid */
	uint64_t as_saved; /* constraints that were NOT VALID when saved */
	char **faults;     /* what is not as it should be; none: passed */
	size_t fault_count;
	struct err failure; /* that ended it before all was asked, or ERR_NONE;
			       also among the faults */
};

void drilled_clear(struct drilled *d);

/* drill_run(reader, opts, d, err): ${reader} is unlocked, and no stream.
 * Faults are no error, and neither is a restore that fails: see
 * ${d->faults}.  An error is whatever kept the drill from being held, or
 * stopped it. */
int drill_run(struct reader *reader, const struct drill_opts *opts,
    struct drilled *d, struct err *err);

#endif
