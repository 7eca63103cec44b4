#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "job/choose/filter.h"

/* More than this is no list that somebody wrote. */
#define FILE_MAX ((size_t)16 << 20)
#define PIECE 65536

/* The objects that a rule may be about.  Those without a use here are known,
 * so that what is said of them is not that they are misspelt. */
static const struct object {
	const char *word;
	int include; /* possible */
	int exclude;
	enum rule_about about;
	int children;
	const char *why; /* that neither is */
} objects[] = {
	{ "extension", 1, 1, ABOUT_EXTENSION, 0, NULL },
	{ "schema", 1, 1, ABOUT_SCHEMA, 0, NULL },
	{ "table", 1, 1, ABOUT_TABLE, 0, NULL },
	{ "table_and_children", 1, 1, ABOUT_TABLE, 1, NULL },
	{ "table_data", 0, 1, ABOUT_ROWS, 0, NULL },
	{ "table_data_and_children", 0, 1, ABOUT_ROWS, 1, NULL },
	{ "foreign_data", 0, 0, ABOUT_ROWS, 0,
	    "rows of foreign tables are on another server, and not saved" },
	{ "database", 0, 0, ABOUT_ROWS, 0, "an archive holds one database" },
};

struct cursor {
	const char *at;
	const char *end;
	const char *name;
	unsigned line;
};

static int fail(const struct cursor *c, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(const struct cursor *c, struct err *err, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	(void)err_set(
	    err, ERR_USAGE, "%s, line %u: %s", c->name, c->line, text);
	free(text);
	return -1;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && is_blank(*c->at))
		c->at++;
}

/* To the next rule: over empty lines and comments.  0 at the end. */
static int
skip_lines(struct cursor *c)
{
	for (;;) {
		skip_blanks(c);
		if (c->at < c->end && *c->at == '#')
			while (c->at < c->end && *c->at != '\n')
				c->at++;
		if (c->at == c->end)
			return 0;
		if (*c->at != '\n')
			return 1;
		c->at++;
		c->line++;
	}
}

/* One word of letters, digits and "_"; the caller frees. */
static char *
read_word(struct cursor *c)
{
	const char *from;

	skip_blanks(c);
	from = c->at;
	while (c->at < c->end && !is_blank(*c->at) && *c->at != '\n' &&
	    *c->at != '#' && *c->at != '"')
		c->at++;
	return mem_printf("%.*s", (int)(c->at - from), from);
}

/* Within quotes \n is a newline and \\ a backslash.  Of any other pg_dump
 * drops both characters, which nobody can mean. */
static int
read_escape(struct cursor *c, struct buf *out, struct err *err)
{
	char what = c->at + 1 < c->end ? c->at[1] : '\n';

	if (what != 'n' && what != '\\')
		return fail(c, err,
		    "a backslash within quotes begins \\n, a newline, or "
		    "\\\\, a backslash");
	buf_puts(out, what == 'n' ? "\n" : "\\");
	c->at += 2;
	return 0;
}

/* What is quoted, quotes included; it may go on over several lines, whose ends
 * are newlines however they are written. */
static int
read_quoted(struct cursor *c, struct buf *out, struct err *err)
{
	struct cursor start = *c;

	buf_puts(out, "\"");
	for (c->at++; c->at < c->end && *c->at != '"';) {
		if (*c->at == '\\') {
			if (read_escape(c, out, err) != 0)
				return -1;
			continue;
		}
		if (*c->at == '\n')
			c->line++;
		if (*c->at != '\r')
			buf_printf(out, "%c", *c->at);
		c->at++;
	}
	if (c->at == c->end)
		return fail(&start, err, "a double quote is not closed");
	buf_puts(out, "\"");
	c->at++;
	return 0;
}

/* The rest of the line but a comment.  Blanks around dots and at the end are
 * dropped; others count as one, and only within the name. */
static int
read_pattern(struct cursor *c, struct buf *out, struct err *err)
{
	int gap = 0;

	skip_blanks(c);
	while (c->at < c->end && *c->at != '\n' && *c->at != '#') {
		if (is_blank(*c->at)) {
			gap = 1;
			c->at++;
			continue;
		}
		if (gap && *c->at != '.' && out->len > 0 &&
		    out->data[out->len - 1] != '.')
			buf_puts(out, " ");
		gap = 0;
		if (*c->at != '"')
			buf_printf(out, "%c", *c->at++);
		else if (read_quoted(c, out, err) != 0)
			return -1;
	}
	return out->len > 0 ? 0 : fail(c, err, "the pattern is missing");
}

static const struct object *
find_object(
    const struct cursor *c, const char *word, int include, struct err *err)
{
	const struct object *o = NULL;
	size_t i;

	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (strcasecmp(objects[i].word, word) == 0)
			o = &objects[i];
	if (o == NULL)
		(void)fail(c, err,
		    "\"%s\" is not extension, schema, table, "
		    "table_and_children, table_data or "
		    "table_data_and_children",
		    word);
	else if (o->why != NULL)
		(void)fail(c, err, "%s: %s", word, o->why);
	else if (!(include ? o->include : o->exclude))
		(void)fail(c, err, "\"%s\" can only be %s", word,
		    include ? "excluded" : "included");
	else
		return o;
	return NULL;
}

/* One rule, of which something is there. */
static int
read_rule(struct cursor *c, struct selection *sel, struct err *err)
{
	char *origin = mem_printf("%s, line %u", c->name, c->line);
	char *verb = read_word(c), *word = read_word(c);
	struct rule rule = { .include = strcasecmp(verb, "include") == 0,
		.origin = origin };
	const struct object *o = NULL;
	struct buf text = { 0 };
	int rc = -1;

	if (!rule.include && strcasecmp(verb, "exclude") != 0)
		(void)fail(c, err,
		    "a rule begins with include or exclude, not \"%s\"", verb);
	else if (word[0] == '\0')
		(void)fail(c, err, "what to %s is missing", verb);
	else
		o = find_object(c, word, rule.include, err);
	if (o != NULL && read_pattern(c, &text, err) == 0) {
		rule.about = o->about;
		rule.children = o->children;
		rc = selection_add(sel, &rule, buf_text(&text), err);
	}
	buf_free(&text);
	free(verb);
	free(word);
	free(origin);
	return rc;
}

int
filter_parse(const char *text, size_t len, const char *name,
    struct selection *sel, struct err *err)
{
	struct cursor c = {
		.at = text, .end = text + len, .name = name, .line = 1
	};

	if (len == 0)
		return 0;
	if (memchr(text, '\0', len) != NULL)
		return err_set(err, ERR_USAGE, "%s is not a text file", name);
	while (skip_lines(&c))
		if (read_rule(&c, sel, err) != 0)
			return -1;
	return 0;
}

static int
read_all(int fd, const char *name, struct buf *out, struct err *err)
{
	ssize_t got;

	do {
		if (buf_reserve(out, PIECE, err) != 0)
			return -1;
		got = read(fd, out->data + out->len, PIECE);
		if (got < 0 && errno != EINTR)
			return err_sys(err, ERR_USAGE, "cannot read %s", name);
		out->len += got > 0 ? (size_t)got : 0;
		if (out->len > FILE_MAX)
			return err_set(err, ERR_USAGE,
			    "%s is too long to be a list of rules", name);
	} while (got != 0);
	return 0;
}

int
filter_read(const char *path, struct selection *sel, struct err *err)
{
	int is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };
	int rc;

	if (fd < 0)
		return err_sys(err, ERR_USAGE, "cannot open %s", name);
	rc = read_all(fd, name, &text, err);
	if (rc == 0)
		rc = filter_parse(
		    (const char *)text.data, text.len, name, sel, err);
	if (!is_stdin)
		(void)close(fd);
	buf_free(&text);
	return rc;
}
