#ifndef JOB_PROOF_DIFF_SIDE_H
#define JOB_PROOF_DIFF_SIDE_H

#include "archive/reader.h"
#include "db/conn.h"
#include "db/snapshot.h"
#include "db/toc.h"
#include "db/toc_tree.h"
#include "job/choose/selection.h"
#include "job/proof/diff.h"

/* One side of a comparison: what there is, and what of it is to be compared. */

/* Of a table, sequence or entry. */
#define SIDE_CHOSEN 1
#define SIDE_ROWS 2 /* of a table: its rows, too */

struct side {
	struct reader *reader; /* of an archive, lent; else NULL */
	const struct catalog *cat;
	const struct manifest *manifest; /* of an archive */
	const struct toc *toc;           /* empty where there is none */
	struct toc *own_toc;
	struct toc no_toc;
	int has_rows;   /* it may have rows at all */
	int has_schema; /* definitions */

	/* What is chosen: a byte for each. */
	struct toc_tree *tree;
	uint8_t *entries;
	uint8_t *tables;
	uint8_t *sequences;
	int lobjs;
	struct selection said; /* its switches, of both sides; no rules */

	/* Of a live database alone. */
	const struct diff_live *live;
	struct catalog *own; /* the catalog */
	struct conn *leader; /* has the snapshot */
	struct conn *other;  /* in no transaction */
	char snapshot[SNAPSHOT_ID_MAX];
	struct conn **conns; /* of the workers */
	unsigned jobs;
	char **recoded; /* names that were */
	size_t recoded_count;
	uint32_t *lobj_oids;
	size_t lobj_count;
	int lobjs_unreadable;
};

/* side_open_archive(side, reader, err): ${side} is zero before; side_close() it
 * in any case. */
int
side_open_archive(struct side *side, struct reader *reader, struct err *err);
/* side_open_live(side, live, err): connect, take the snapshot and read the
 * catalog.  side_read_schema(side, err): its definitions, by pg_dump, but for
 * tables that may not be read. */
int side_open_live(
    struct side *side, const struct diff_live *live, struct err *err);
int side_read_schema(struct side *side, struct err *err);
/* side_open_workers(side, encoding, err): the workers' connections, which give
 * rows and take names in ${encoding}; those that were open are closed.
 * side_set_workers(side, encoding, err): in another one from now on.
 * side_recode(side, table, encoding): name the table of the catalog, or a copy
 * of one, so; the names are lent by ${side}. -1 where the encoding has not
 * their characters. */
int side_open_workers(struct side *side, const char *encoding, struct err *err);
int side_set_workers(struct side *side, const char *encoding, struct err *err);
int side_recode(struct side *side, struct table *table, const char *encoding);
/* side_end(side, err): of a live one: ERR_DB if a table was altered, truncated
 * or dropped while it was read. */
int side_end(struct side *side, struct err *err);
void side_close(struct side *side);

/* sides_choose(sides, sel, err): settle for both what is to be compared: what
 * ${sel} says, within what was chosen when the archives were made.  ERR_USAGE
 * for a rule that matches nothing on either. */
int sides_choose(
    struct side sides[2], const struct selection *sel, struct err *err);

/* side_title(side, title): what is on it. */
void side_title(const struct side *side, struct diff_title *title);

/* side_utf8(side, text): a new string, for people and to compare by. */
char *side_utf8(const struct side *side, const char *text);

#endif
