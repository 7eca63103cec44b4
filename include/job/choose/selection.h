#ifndef JOB_CHOOSE_SELECTION_H
#define JOB_CHOOSE_SELECTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/inventory.h"
#include "db/pattern.h"

/*
 * What the user chose of a database or of an archive: the same for backup and
 * restore, and by pg_dump's rules (selectDumpableTable() and its kin in
 * pg_dump.c):
 *
 * - Where tables are included, these alone are taken, and schemas do not
 *   matter.  Else, where schemas are included, all that is in them is.  Else
 *   everything is, also what is in no schema.
 * - What is excluded is not taken, though included.
 * - A sequence that a table owns comes with the table.
 * - What is an extension's is the extension's; rows of its that it marked for
 *   dumps come with it, or with their table or schema.
 */

enum rule_about { ABOUT_SCHEMA, ABOUT_TABLE, ABOUT_ROWS, ABOUT_EXTENSION };

struct rule {
	enum rule_about about;
	int include;
	int children; /* and those that inherit from it, partitions too */
	struct pattern *pattern;
	char *origin; /* "--table", "choice.txt, line 3": for messages */
};

struct selection {
	struct rule *rules;
	size_t rule_count;
	int lenient; /* rules may match nothing, and no warning is given */
	int schema_only;
	int data_only;
	int no_owner;
	int no_privileges;
	int no_comments;
	int no_publications;
	int no_subscriptions;
	int no_tablespaces;
};

/* selection_add(sel, rule, text, err): add a rule for the pattern ${text};
 * ${rule->origin} is copied.  ERR_USAGE as pattern_new(). */
int selection_add(struct selection *sel, const struct rule *rule,
    const char *text, struct err *err);
/* selection_clear(sel): free the rules, and forget all. */
void selection_clear(struct selection *sel);

/* selection_option(sel, name): the member that the option of that name sets
 * ("schema-only"), or NULL. */
int *selection_option(struct selection *sel, const char *name);
/* selection_option_name(i): the names of all of them, NULL at the end. */
const char *selection_option_name(size_t i);

/* selection_is_all(sel): whether every object is taken, though perhaps not
 * all of each.  selection_is_empty(sel): whether nothing at all was said. */
int selection_is_all(const struct selection *sel);
int selection_is_empty(const struct selection *sel);

/* selection_rule_text(rule, out): append it as a line of --filter's. */
void selection_rule_text(const struct rule *rule, struct buf *out);

/* What of an inventory is chosen, by its indexes. */
#define PICK_DEFINITION 1
#define PICK_ROWS 2 /* of a sequence: its value */

struct picks {
	uint8_t *schemas; /* whether all that is in it is, but relations */
	uint8_t *extensions;
	uint8_t *relations; /* PICK_... */
	int rest;           /* whether what is in no schema is */
	int lobjs;          /* whether large objects are */
};

/* selection_pick(sel, inv, err): ERR_USAGE for a rule that nothing of ${inv}
 * matches; the nearest names are in the message; and for one that matches but
 * sequences of identity columns whose tables are not chosen.  Warns of tables
 * that were chosen without their partitions.  Free with picks_free(). */
struct picks *selection_pick(
    const struct selection *sel, const struct inventory *inv, struct err *err);
void picks_free(struct picks *picks);

#endif
