#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "job/view/inert.h"

static int
begins_name(char c)
{
	return isalpha((unsigned char)c) || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static int
is_of_name(char c)
{
	return begins_name(c) || isdigit((unsigned char)c) || c == '$';
}

/* Where what begins with a quote mark ends, or NULL.  A literal that goes on in
 * the next line keeps its kind there; such a one is refused. */
static const char *
skip_quoted(const char *p, int escapes)
{
	char mark = *p++;
	const char *next;

	for (;; p++) {
		if (*p == '\0')
			return NULL;
		if (escapes && *p == '\\') {
			if (*++p == '\0')
				return NULL;
		} else if (*p == mark && p[1] == mark) {
			p++;
		} else if (*p == mark) {
			break;
		}
	}
	p++;
	next = p + strspn(p, " \t\r\n\f\v");
	return mark == '\'' && next > p && *next == '\'' ? NULL : p;
}

/* From a "$": behind a text in dollar quotes, or behind the sign. */
static const char *
skip_dollars(const char *p)
{
	size_t len = 1;
	const char *end;

	if (begins_name(p[1]))
		while (is_of_name(p[len]) && p[len] != '$')
			len++;
	if (p[len] != '$')
		return p + 1;
	len++;
	for (end = p + len; (end = strchr(end, '$')) != NULL; end++)
		if (strncmp(end, p, len) == 0)
			return end + len;
	return NULL;
}

/* Comments of this kind nest. */
static const char *
skip_comment(const char *p)
{
	int depth = 0;

	do {
		if (*p == '\0')
			return NULL;
		if (strncmp(p, "/*", 2) == 0) {
			depth++;
			p += 2;
		} else if (strncmp(p, "*/", 2) == 0) {
			depth--;
			p += 2;
		} else {
			p++;
		}
	} while (depth > 0);
	return p;
}

/* Behind digits, some versions see one word where others see two, of which the
 * second may begin a text in dollar quotes. */
static const char *
skip_number(const char *p)
{
	while (*p != '$' && (is_of_name(*p) || *p == '.'))
		p++;
	return *p == '$' || *p == '\'' ? NULL : p;
}

/* A name; a lone "E" makes the literal behind it one with escapes. */
static const char *
skip_word(const char *p, int escapes)
{
	const char *from = p;

	if (isdigit((unsigned char)*p))
		return skip_number(p);
	while (is_of_name(*p))
		p++;
	if (*p != '\'')
		return p;
	if (p == from + 1 && (*from == 'E' || *from == 'e'))
		return skip_quoted(p, 1);
	if (p == from + 1 && strchr("BbXx", *from) != NULL)
		return skip_quoted(p, 0);
	return skip_quoted(p, escapes);
}

/* Where a semicolon ends a statement: outside of parentheses, and of the body
 * of CREATE [OR REPLACE] FUNCTION or PROCEDURE, from BEGIN to its END. */
struct nesting {
	int parens;
	int bodies;
	size_t words;
	int makes;   /* begins with CREATE */
	int routine; /* and goes on so */
};

static int
is_word(const char *from, const char *to, const char *word)
{
	size_t len = (size_t)(to - from);

	return strlen(word) == len && strncasecmp(from, word, len) == 0;
}

/* Take a word into account.  -1: rows would follow. */
static int
take_word(struct nesting *n, const char *from, const char *to)
{
	n->words++;
	if (n->words == 1 && is_word(from, to, "copy"))
		return -1;
	if (n->words == 1)
		n->makes = is_word(from, to, "create");
	else if (n->makes && n->words <= 4 &&
	    (is_word(from, to, "function") || is_word(from, to, "procedure")))
		n->routine = 1;
	if (!n->routine || n->parens > 0)
		return 0;
	if (is_word(from, to, "begin") ||
	    (n->bodies > 0 && is_word(from, to, "case")))
		n->bodies++;
	else if (n->bodies > 0 && is_word(from, to, "end"))
		n->bodies--;
	return 0;
}

static const char *
skip_token(const char *p, int escapes, struct nesting *n)
{
	const char *from = p;

	if (*p == '\\')
		return NULL;
	if (is_of_name(*p) && *p != '$') {
		p = skip_word(p, escapes);
		return p != NULL && take_word(n, from, p) != 0 ? NULL : p;
	}
	if (*p == '\'')
		return skip_quoted(p, escapes);
	if (*p == '"')
		return skip_quoted(p, 0);
	if (*p == '$')
		return skip_dollars(p);
	if (strncmp(p, "--", 2) == 0)
		return p + strcspn(p, "\r\n");
	if (strncmp(p, "/*", 2) == 0)
		return skip_comment(p);
	n->parens += (*p == '(') - (*p == ')' && n->parens > 0);
	return p + 1;
}

const char *
inert_next(const char *sql, int escapes)
{
	struct nesting n = { .parens = 0 };
	const char *p = sql;

	while (p != NULL && *p != '\0') {
		if (*p == ';' && n.parens == 0 && n.bodies == 0)
			return p + 1;
		p = skip_token(p, escapes, &n);
	}
	return p;
}

int
inert_is_fixed(const char *sql, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (sql[i] == '\\' || (unsigned char)sql[i] >= 0x80)
			return 0;
	return 1;
}

int
inert_rows_take(struct inert_rows *rows, const void *data, size_t len)
{
	const char *p = data, *end = p + len, *line;

	while (p < end) {
		if (rows->within && rows->backslash && *p == '.')
			return 0;
		if (!rows->within) {
			rows->within = 1;
			rows->backslash = *p == '\\';
			if (rows->backslash) {
				p++;
				continue;
			}
		}
		rows->backslash = 0;
		line = memchr(p, '\n', (size_t)(end - p));
		rows->within = line == NULL;
		p = line != NULL ? line + 1 : end;
	}
	return 1;
}

int
inert_rows_end(const struct inert_rows *rows)
{
	return !rows->within;
}
