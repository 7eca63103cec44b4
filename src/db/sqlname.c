#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "db/sqlname.h"

/* The text within quotes; return what follows them, or NULL. */
static const char *
read_quoted(const char *p, struct buf *out)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '"' && p[1] != '"')
			return p + 1;
		p += *p == '"';
		buf_printf(out, "%c", *p);
	}
	return NULL;
}

static const char *
read_plain(const char *p, struct buf *out)
{
	const char *from = p;

	while (isalnum((unsigned char)*p) || *p == '_' || *p == '$' ||
	    (unsigned char)*p >= 0x80)
		p++;
	buf_printf(out, "%.*s", (int)(p - from), from);
	return p > from ? p : NULL;
}

static const char *
read_ident(const char *p, char **out)
{
	struct buf text = { 0 };

	p = *p == '"' ? read_quoted(p, &text) : read_plain(p, &text);
	*out = p != NULL ? mem_strdup(buf_text(&text)) : NULL;
	buf_free(&text);
	return p;
}

const char *
sqlname_read(const char *text, struct sqlname *out)
{
	const char *p;

	*out = (struct sqlname){ NULL, NULL };
	p = read_ident(text, &out->name);
	if (p == NULL || *p != '.')
		return p;
	out->schema = out->name;
	p = read_ident(p + 1, &out->name);
	if (p == NULL)
		sqlname_free(out);
	return p;
}

void
sqlname_free(struct sqlname *n)
{
	free(n->schema);
	free(n->name);
	*n = (struct sqlname){ NULL, NULL };
}

static const char *
read_typed(const char *p, char **out)
{
	struct buf text = { 0 };

	*out = NULL;
	if (*p == '"') {
		p = read_quoted(p, &text);
	} else {
		for (; *p != '\0' && *p != '.' && *p != '"'; p++)
			buf_printf(&text, "%c",
			    *p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	}
	if (p != NULL && text.len > 0)
		*out = mem_strdup(buf_text(&text));
	buf_free(&text);
	return p;
}

int
sqlname_typed(const char *text, struct sqlname *out)
{
	const char *p;

	*out = (struct sqlname){ NULL, NULL };
	p = read_typed(text, &out->name);
	if (p != NULL && out->name != NULL && *p == '.') {
		out->schema = out->name;
		p = read_typed(p + 1, &out->name);
	}
	if (p != NULL && out->name != NULL && *p == '\0')
		return 1;
	sqlname_free(out);
	return 0;
}

const char *
sqlname_skip_quoted(const char *p, int backslashes)
{
	char mark = *p++;

	for (; *p != '\0'; p++) {
		if (backslashes && *p == '\\' && p[1] != '\0') {
			p++;
			continue;
		}
		if (*p != mark)
			continue;
		if (p[1] != mark)
			return p + 1;
		p++;
	}
	return p;
}

const char *
sqlname_find(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *p = text;
	int depth = 0;

	while (*p != '\0') {
		if (depth == 0 && strncmp(p, word, len) == 0)
			return p + len;
		if (*p == '\'') {
			p = sqlname_skip_quoted(p, p > text && p[-1] == 'E');
		} else if (*p == '"') {
			p = sqlname_skip_quoted(p, 0);
		} else if (strncmp(p, "--", 2) == 0) {
			p += strcspn(p, "\n");
		} else {
			depth += (*p == '(') - (*p == ')');
			p++;
		}
	}
	return NULL;
}
