#ifndef JOB_RESTORE_RESTORE_H
#define JOB_RESTORE_RESTORE_H

#include "archive/reader.h"
#include "db/conn.h"
#include "job/progress.h"
#include "job/choose/selection.h"

/*
 * Bringing an archive back into a database.
 *
 * The target must be empty of user objects, or is made (--create) under
 * another name and renamed when it is whole; where only parts of the archive
 * are chosen, it may hold anything but these.  A schema statement that the
 * server refuses is a warning that names its object, and the rest goes on;
 * a row that it refuses is an error, as is a count that differs at the end.
 * A table that can't be made, or can't take rows because a function that they
 * call finds nothing without a search_path, is left without them, with a
 * warning.
 *
 * What is chosen and there can be replaced: it is dropped and made again within
 * one transaction, which an object that was there and can't be made again, or a
 * table that can't be filled, ends.
 *
 * Rows alone go into tables that are there; or those of one table into a new,
 * plain one.
 */

/* A table, or one through which several were loaded, as it was compared. */
struct restore_compared {
	const struct table *table; /* lent; names are in its own encoding */
	int missing; /* it could not be made or filled, and not be compared */
	int unread; /* nor could it be: not all of it may be read back, or it is
		       loaded together with one whose rows are not saved */
	uint64_t bytes; /* of rows, as they were saved */
	struct digest saved;
	struct digest found;
};

/* All large objects that came back, which are as many as were saved. */
struct restore_lobjs {
	uint64_t count;
	uint64_t bytes;
	struct digest saved;
	struct digest found;
};

struct restore_sequence {
	const struct sequence *saved; /* lent, as a table is */
	int missing;   /* it could not be made, or not be set, or is gone */
	int unread;    /* it may not be read back */
	int64_t value; /* where it stands */
	int called;
};

/* A materialized view that was populated when it was saved. */
struct restore_view {
	const char *schema; /* lent, as a table is */
	const char *name;
	int populated;
};

/* Why something did not come back as it was. */
enum restore_lack {
	LACK_REFUSED, /* the server refused it, or what it needs */
	LACK_DENIED, /* its user has not the right to it, or to what it needs */
	/* No more than an owner, a privilege, a comment, a setting or the
	 * planner's statistics of what is there, or rows and values: of these
	 * the others tell. */
	LACK_BESIDE
};

/* Whoever hears what was compared, and judges it himself. */
struct restore_listener {
	void (*table)(void *arg, const struct restore_compared *one);
	void (*lobjs)(void *arg, const struct restore_lobjs *all);
	void (*sequence)(void *arg, const struct restore_sequence *one);
	void (*view)(void *arg, const struct restore_view *one);
	/* Of each thing once, the worse before those that are beside it;
	 * ${what} is its kind and name, in the archive's encoding. */
	void (*lacks)(void *arg, enum restore_lack why, const char *what);
	void *arg;
};

struct restore_opts {
	struct conn_opts conn; /* dbname: the target */
	const struct selection *selection;
	int create;
	int fleeting; /* with create: the server is thrown away in any case, and
			 nothing has to be dropped if this fails */
	int globals;  /* make roles and tablespaces, too */
	/* Compare digests, of large objects too, where sequences stand, and
	 * which materialized views are populated. */
	int verify;
	/* With verify: hears of each that was restored, and a difference is no
	 * error; or NULL. */
	const struct restore_listener *listener;
	int single; /* all in one transaction, by one worker */
	int clean;  /* drop what is there of it, in that transaction */
	unsigned lock_timeout; /* seconds to wait for each of these */
	int disable_triggers;
	const char
	    *as; /* the new table, SCHEMA.TABLE, for one's rows, or NULL */
	unsigned jobs;
	struct progress *progress; /* or NULL */
};

struct restore_result {
	char *dbname;  /* of the target */
	int rows_only; /* into tables that were there, or by themselves */
	size_t tables;
	uint64_t rows;
	uint64_t *table_rows; /* of each of the archive's */
	uint64_t bytes;       /* of rows */
	size_t indexes;
	size_t constraints;
	size_t verified; /* tables whose digests were compared */
	uint64_t verified_lobjs;
	size_t verified_sequences;
	size_t verified_views;
	size_t lost;     /* tables that lack rows */
	unsigned failed; /* statements that the server refused */
	double seconds;
};

/* restore_run(reader, opts, result, err): ${reader} is unlocked.  Call
 * restore_result_clear(result) in any case.  If it is a wreck
 * (archive/wreck.h), settled, what is whole is restored: where the schema is
 * lost into plain tables (job/restore/plain.h). */
int restore_run(struct reader *reader, const struct restore_opts *opts,
    struct restore_result *result, struct err *err);
void restore_result_clear(struct restore_result *result);

/* What a restore would do, a line for each step, in its order. */
struct restore_step {
	const char *phase;
	const char *what; /* in UTF-8 */
	int has_rows;     /* the rest is known */
	uint64_t rows;
	uint64_t bytes;
};

/* restore_list(reader, opts, each, arg, err): call each(arg, step) for every
 * step of a restore.  No server is asked, so what the target has or lacks is
 * not looked at.  ${reader} is unlocked, and no stream. */
int restore_list(struct reader *reader, const struct restore_opts *opts,
    void (*each)(void *arg, const struct restore_step *step), void *arg,
    struct err *err);

#endif
