#ifndef DB_PATTERN_H
#define DB_PATTERN_H

#include "base/err.h"

/*
 * Patterns of names, as psql's \d commands and pg_dump's options read them
 * (PostgreSQL documentation, "psql", "Patterns").  Outside of double quotes
 * letters are folded to lower case, "*" is any run of characters, "?" is any
 * one, a dot parts schema and name, and all other notations of regular
 * expressions work but "$", which is itself.  Within quotes everything is
 * itself, and a doubled quote is one.
 *
 * Matching is done here, on names that were read from a server or an archive,
 * so that both are chosen from in one way.  The notation is that of the C
 * library's extended regular expressions, with these of the server's escapes,
 * in brackets too but for \m and \y: \d, \m, \s, \w, \y; \a, \b, \e, \f, \n,
 * \r, \t, \v; \1 to \9; \xHEX and \uHHHH, which number a character of Unicode;
 * and a backslash before what is neither letter nor digit.  Others are errors.
 */
struct pattern;

enum pattern_kind {
	PATTERN_NAME,    /* NAME: an extension, a server */
	PATTERN_SCHEMA,  /* [DATABASE.]SCHEMA */
	PATTERN_RELATION /* [[DATABASE.]SCHEMA.]NAME */
};

/* pattern_new(text, kind, err): ERR_USAGE when there are too many dots, or
 * what is no regular expression, or one that repeats so much that it would take
 * no end of memory.  Free with pattern_free(). */
struct pattern *
pattern_new(const char *text, enum pattern_kind kind, struct err *err);
void pattern_free(struct pattern *p);

const char *pattern_text(const struct pattern *p); /* lent */

/* pattern_check_database(p, dbname, err): ERR_USAGE if it names a database
 * other than ${dbname}. */
int pattern_check_database(
    const struct pattern *p, const char *dbname, struct err *err);

/* pattern_has_schema(p): whether it says anything of the schema. */
int pattern_has_schema(const struct pattern *p);

/* pattern_matches(p, schema, name): all of both, as far as it speaks of them.
 * ${schema} is NULL for what has none. */
int
pattern_matches(const struct pattern *p, const char *schema, const char *name);

/* pattern_quote(name): a new string: a pattern that matches ${name} alone, to
 * be given to pg_dump. */
char *pattern_quote(const char *name);

#endif
