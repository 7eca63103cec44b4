#ifndef JOB_STATEMENT_H
#define JOB_STATEMENT_H

#include <stddef.h>

#include "base/buf.h"
#include "db/toc.h"

/*
 * What the entries of a table of contents mean as SQL: which of them run and
 * when, and what is run for each.  The rules are pg_restore's
 * (pg_backup_archiver.c), so that a database comes back the same either way.
 * No connection is needed here.
 */

/* When an entry runs. */
enum pass {
	PASS_NONE, /* never: it describes the dump, or is ours to do */
	PASS_PRE,  /* before the rows, in the file's order */
	PASS_POST, /* after its tables' rows, as its dependencies permit */
	/* Privileges and row security, after all of those; on schemas first,
	 * for who is to own something in a schema needs them. */
	PASS_SCHEMA_ACL,
	PASS_ACL,
	PASS_REFRESH, /* materialized views' rows, for which those count */
	PASS_LAST     /* event triggers, which would fire on the others */
};

/* statement_passes(toc, passes): one for each entry. */
void statement_passes(const struct toc *toc, enum pass *passes);

/* Names of roles or tablespaces, sorted; they are lent. */
struct names {
	const char **names;
	size_t count;
};
int names_have(const struct names *names, const char *name);

/* Whom the statements are for. */
struct session {
	const char *user; /* the role that runs them, or NULL for unknown */
	const struct names *absent;    /* roles that the target lacks */
	const struct names *foreign;   /* roles that can't be made owners */
	const struct names *no_spaces; /* tablespaces that it lacks */
	int no_owner;                  /* all belongs to whoever runs them */
	int no_tablespaces;            /* all goes to the default one */
	int limited;                   /* the user is no superuser */
};

/* statement_definition(toc, e, session, out): append the definition of entry
 * ${e}, with the settings it asks for.  The session is to have
 * default_tablespace '' and default_table_access_method heap, and has them
 * again afterwards. statement_owner(e, session, out): append what gives the
 * object its owner, unless it has that already or the role is absent or
 * foreign. */
void statement_definition(const struct toc *toc, const struct toc_entry *e,
    const struct session *session, struct buf *out);
void statement_owner(
    const struct toc_entry *e, const struct session *session, struct buf *out);

/* statement_set(e, session, out), statement_unset(): append those settings
 * alone, and the way back. */
void statement_set(
    const struct toc_entry *e, const struct session *session, struct buf *out);
void statement_unset(
    const struct toc_entry *e, const struct session *session, struct buf *out);

/* statement_next(text): where the statement after the first one of ${text}
 * begins; quotes, dollar quotes and comments are respected. */
const char *statement_next(const char *text);

/* statement_name(e, out): append "KIND schema.name", for messages. */
void statement_name(const struct toc_entry *e, struct buf *out);

/*
 * A primary key or unique constraint that can be made in two steps with the
 * same outcome: a unique index, which other index builds on the table need
 * not wait for, then the constraint on top of it.
 *
 * statement_split_key(e, index, constraint): append both statements and
 * return 1; return 0 if ${e} is not of that simple form.
 */
int statement_split_key(
    const struct toc_entry *e, struct buf *index, struct buf *constraint);

/* statement_only_indexes(e): whether ${e} does nothing but create an index,
 * so that a share lock on its table is all that it takes. */
int statement_only_indexes(const struct toc_entry *e);

#endif
