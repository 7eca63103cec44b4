#ifndef JOB_RESTORING_SRC_H
#define JOB_RESTORING_SRC_H

#include "archive/wreck.h"
#include "db/toc.h"
#include "job/restore/absent.h"
#include "job/restore/beside.h"
#include "job/choose/choice.h"
#include "job/restore/crew.h"
#include "job/restore/ddl.h"
#include "job/restore/early_keys.h"
#include "job/restore/regroup.h"
#include "job/restore/restore.h"
#include "job/restore/target.h"
#include "job/restore/ties.h"

/* A restore under way; of restore.c and its parts alone. */

/* Everything a restore holds while it runs. */
struct restore {
	struct reader *reader;
	const struct restore_opts *opts;
	const struct catalog *cat;       /* as chosen, then as grouped */
	const struct manifest *manifest; /* the reader's, at the end */
	struct toc *toc;
	struct choice *choice;
	int is_plain;          /* the schema is lost */
	struct beside *beside; /* the new table for one's rows, or NULL */
	enum pass *passes;
	struct target *target;
	struct conn *leader; /* the target's */
	struct conn **conns;
	unsigned jobs;
	struct absent *absent; /* what the server lacks */
	struct ddl *ddl;
	struct buf globals;
	struct tally *tallies;
	struct early_keys *keys;
	uint8_t *replaced; /* of each entry: was there, and is made again */
	struct ties *ties; /* of what is replaced, or NULL */
	uint8_t *unset_sequences; /* of each: may not, or can't, be set */
	struct regroup *groups;   /* once the tables are made */
	uint64_t other_lobjs;     /* that the target had before */
	uint32_t *other_oids;     /* theirs, if that is to be verified */
	int touched;              /* the target is no longer as it was */
	int kept;                 /* and is to stay so */
	double began;
};

/* restoring_read(r, err): what the archive has before its rows, and what is
 * chosen of it; the target is not asked.  restoring_free(r): in any case. */
int restoring_read(struct restore *r, struct err *err);
void restoring_free(struct restore *r);

/* restoring_fills_there(r): whether rows go into tables that are there. */
int restoring_fills_there(const struct restore *r);

/* restoring_is_part(r): whether anything was left out, here or when the archive
 * was made. */
int restoring_is_part(const struct restore *r);

/* restoring_open_target(r, looks, err): the target, and the leader's session;
 * ${looks}: as target_opts has it.
 * restoring_find_absent(r, quiet, err): what the target lacks. */
int restoring_open_target(struct restore *r, int looks, struct err *err);
int restoring_find_absent(struct restore *r, int quiet, struct err *err);

/* restoring_fill(r, err): make what is to be made, and load what is to be
 * loaded, in a target that is ready for it. */
int restoring_fill(struct restore *r, struct err *err);

/* restoring_note_lobjs(r, err): which large objects the target has before any
 * is restored. */
int restoring_note_lobjs(struct restore *r, struct err *err);

/* restoring_verify(r, result, err): compare what was restored, if that is
 * wanted, with what the archive says. */
int restoring_verify(
    struct restore *r, struct restore_result *result, struct err *err);

#endif
