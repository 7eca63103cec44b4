#ifndef JOB_SALVAGE_SURVEY_H
#define JOB_SALVAGE_SURVEY_H

#include <stddef.h>
#include <stdint.h>

#include "archive/reader.h"
#include "archive/wreck.h"
#include "job/progress.h"

/*
 * What can be brought back of a wreck, and what is lost: every part is opened,
 * so that nothing is promised that is not authentic.
 */

/* Of a table, or of the large objects. */
struct survey_table {
	uint64_t parts; /* that are whole */
	uint64_t rows;  /* in these; of large objects, pieces */
	/* Parts that are known to be its, and are lost. */
	uint64_t *lost;
	size_t lost_count;
	uint64_t lost_rows; /* in these */
	/* Parts that it had, if its last one is there to say that, or 0; those
	 * of large objects never do. */
	uint64_t told;
	/* It has all the parts that it ever had, but for those: ${rows} and
	 * ${lost_rows} are all its rows. */
	int is_known;
};

struct survey {
	const struct catalog *cat; /* the reader's; NULL if that is lost */
	struct err catalog;        /* why */
	struct err index;          /* what is lost of these, ERR_NONE if not */
	struct err schema;
	struct err globals;
	int has_manifest;
	struct survey_table *tables; /* the catalog's */
	struct survey_table lobjs;
	uint64_t parts; /* that the archive had, or at least had */
	int knows_parts;
	uint64_t whole;
	uint64_t *nameless; /* lost parts of which nobody knows the table */
	size_t nameless_count;
	/* Sums. */
	uint64_t rows;
	uint64_t lost_rows; /* that are known of */
	size_t maimed;      /* tables that lack rows, or may */
};

/* survey_run(reader, jobs, progress, s, err): read all of a wreck that is
 * unlocked, by so many threads, and settle it (archive/wreck.h).  ERR_DAMAGED,
 * which says what to do, if there is nothing that could be restored because
 * the catalog is lost.  Call survey_free() in any case. */
int survey_run(struct reader *reader, unsigned jobs, struct progress *progress,
    struct survey *s, struct err *err);
/* survey_count(reader, s): count once more, when parts were lost since. */
void survey_count(const struct reader *reader, struct survey *s);
/* survey_lost(s): whether anything is lost. */
int survey_lost(const struct survey *s);
void survey_free(struct survey *s);

#endif
