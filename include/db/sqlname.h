#ifndef DB_SQLNAME_H
#define DB_SQLNAME_H

/*
 * Names within SQL text, as pg_dump writes it: identifiers are quoted where
 * they need to be, and mean what they say.
 */

/* An identifier with the schema before it, if any. */
struct sqlname {
	char *schema; /* or NULL */
	char *name;
};

/* sqlname_read(text, out): read "name" or "schema.name" from the beginning of
 * ${text}.  Return what follows, or NULL if there is none; free with
 * sqlname_free(). */
const char *sqlname_read(const char *text, struct sqlname *out);
void sqlname_free(struct sqlname *n);

/* sqlname_typed(text, out): read all of ${text} as somebody types a name: what
 * is not quoted may have any character but dots and quotes, and becomes
 * lower-case.  Return whether it is one; then sqlname_free() it. */
int sqlname_typed(const char *text, struct sqlname *out);

/* sqlname_skip_quoted(p, backslashes): what follows the string or the quoted
 * name that begins at ${p}; a doubled mark is one, and so is what a backslash
 * stands before, if ${backslashes}. */
const char *sqlname_skip_quoted(const char *p, int backslashes);

/* sqlname_find(text, word): the first ${word} of ${text} that is within no
 * quotes, no parentheses and no comment; what follows it, or NULL. */
const char *sqlname_find(const char *text, const char *word);

#endif
