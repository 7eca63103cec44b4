#include <ctype.h>
#include <string.h>

#include "job/inert.h"

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

/* A name or a number; a lone "E" makes the literal behind it one with escapes.
 * Letters behind digits are one word to some versions, two to others. */
static const char *
skip_word(const char *p, int escapes)
{
	const char *from = p;
	int number = isdigit((unsigned char)*p) != 0;

	while (is_of_name(*p))
		p++;
	if (*p != '\'')
		return p;
	if (number)
		return NULL;
	if (p == from + 1 && (*from == 'E' || *from == 'e'))
		return skip_quoted(p, 1);
	if (p == from + 1 && strchr("BbXx", *from) != NULL)
		return skip_quoted(p, 0);
	return skip_quoted(p, escapes);
}

int
inert_sql(const char *sql, int escapes)
{
	const char *p = sql;

	while (p != NULL && *p != '\0') {
		if (*p == '\\')
			return 0;
		if (is_of_name(*p) && *p != '$')
			p = skip_word(p, escapes);
		else if (*p == '\'')
			p = skip_quoted(p, escapes);
		else if (*p == '"')
			p = skip_quoted(p, 0);
		else if (*p == '$')
			p = skip_dollars(p);
		else if (strncmp(p, "--", 2) == 0)
			p += strcspn(p, "\r\n");
		else if (strncmp(p, "/*", 2) == 0)
			p = skip_comment(p);
		else
			p++;
	}
	return p != NULL;
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
