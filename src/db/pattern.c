#include <errno.h>
#include <ctype.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "db/pattern.h"
#include "db/repeats.h"

#define PARTS_MAX 3
#define NUMBER_DIGITS 8 /* of a character's number */

/* One name's expression, for names that are UTF-8 and for others, whose
 * characters are taken for bytes. */
struct part {
	regex_t utf8;
	regex_t bytes;
	int is_set;
};

struct pattern {
	char *text;
	char *database; /* or NULL; as it is */
	struct part schema;
	struct part name;
	locale_t utf8_locale; /* 0: the system has none */
	locale_t bytes_locale;
};

/* The text of a pattern cut at its dots, as expressions and, for the part
 * that names a database, as it is. */
struct parts {
	struct buf expression[PARTS_MAX];
	struct buf literal[PARTS_MAX];
	size_t count;
	int in_brackets; /* [...] is open */
};

/* --- from a pattern's notation to expressions --- */

static void
add(struct parts *parts, const char *expression, char literal)
{
	char one[2] = { literal, '\0' };

	buf_puts(&parts->expression[parts->count - 1], expression);
	buf_puts(&parts->literal[parts->count - 1], one);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A character that stands for itself.  In brackets a backslash is one. */
static void
add_plain(struct parts *parts, char c)
{
	char escaped[3] = { '\\', c, '\0' }, alone[2] = { c, '\0' };
	char bracketed[6] = { '[', '.', c, '.', ']', '\0' };

	if (parts->in_brackets)
		add(parts, strchr("[]^-\\", c) ? bracketed : alone, c);
	else
		add(parts, strchr("|*+?()[]{}.^$\\", c) ? escaped : alone, c);
}

/* A character by its number: in UTF-8. */
static void
add_number(struct parts *parts, unsigned long code)
{
	static const unsigned char leads[] = { 0x00, 0xc0, 0xe0, 0xf0 };
	size_t more = code < 0x80 ? 0
	    : code < 0x800        ? 1
	    : code < 0x10000      ? 2
				  : 3;

	add_plain(parts, (char)(leads[more] | code >> 6 * more));
	while (more-- > 0)
		add_plain(parts, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

/* Escapes for classes and places, which the C library writes in another way,
 * alone and in brackets, where places are not known. */
static int
add_class(struct parts *parts, char c)
{
	static const struct {
		char is;
		const char *alone;
		const char *bracketed;
	} classes[] = { { 'd', "[[:digit:]]", "[:digit:]" },
		{ 's', "[[:space:]]", "[:space:]" },
		{ 'w', "[[:alnum:]_]", "[:alnum:]_" }, { 'm', "\\<", NULL },
		{ 'y', "\\b", NULL } };
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *text = parts->in_brackets ? classes[i].bracketed
						      : classes[i].alone;

		if (classes[i].is != c || text == NULL)
			continue;
		add(parts, text, '\\');
		return 1;
	}
	return 0;
}

/* Escapes for characters that are awkward to type. */
static int
add_control(struct parts *parts, char c)
{
	static const char names[] = "abefnrtv", are[] = "\a\b\033\f\n\r\t\v";
	const char *at = strchr(names, c);

	if (c == '\0' || at == NULL)
		return 0;
	add_plain(parts, are[at - names]);
	return 1;
}

/* The hexadecimal number after \x, of any length, and \u, of four digits.
 * Return how much of ${p} that is, the backslash included, or 0. */
static size_t
add_hexadecimal(struct parts *parts, const char *p)
{
	size_t max = lower(p[1]) == 'u' ? 4 : NUMBER_DIGITS;
	size_t len = strspn(p + 2, "0123456789abcdefABCDEF");
	char digits[NUMBER_DIGITS + 1];
	unsigned long code;

	if (len == 0 || (max == 4 ? len < max : len > max))
		return 0;
	len = len > max ? max : len;
	memcpy(digits, p + 2, len);
	digits[len] = '\0';
	code = strtoul(digits, NULL, 16);
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	add_number(parts, code);
	return 2 + len;
}

/* What a backslash begins; return how much of ${p} that is, or 0 for what is
 * no escape.  Letters are folded before the server sees them. */
static size_t
add_escape(struct parts *parts, const char *p)
{
	char c = lower(p[1]), text[3] = { '\\', c, '\0' };

	if (c == 'x' || c == 'u')
		return add_hexadecimal(parts, p);
	if (c >= '1' && c <= '9' && !parts->in_brackets)
		add(parts, text, '\\'); /* what a parenthesis matched */
	else if (c != '\0' && !isalnum((unsigned char)c))
		add_plain(parts, c);
	else if (!add_class(parts, c) && !add_control(parts, c))
		return 0;
	return 2;
}

/* Where brackets begin and end.  The first character in them may be the one
 * that ends them otherwise, and may come after a circumflex. */
static size_t
add_bracket(struct parts *parts, const char *p)
{
	size_t len = 1, i;

	if (*p == '[' && !parts->in_brackets) {
		parts->in_brackets = 1;
		len += p[len] == '^';
		len += p[len] == ']';
	} else if (*p == '[' && (p[1] == ':' || p[1] == '=')) {
		/* A class of characters: as it is, to its own end. */
		const char end[3] = { p[1], ']', '\0' };
		const char *close = strstr(p + 2, end);

		len = close != NULL ? (size_t)(close + 2 - p) : 1;
	} else if (*p == ']') {
		parts->in_brackets = 0;
	}
	for (i = 0; i < len; i++) {
		char text[2] = { lower(p[i]), '\0' };

		add(parts, text, text[0]);
	}
	return len;
}

/* What stands outside of quotes, but for the dot; return how much of it, or 0
 * for what is no notation. */
static size_t
add_notation(struct parts *parts, const char *p)
{
	char text[2] = { lower(*p), '\0' };

	if (*p == '*')
		add(parts, ".*", '*');
	else if (*p == '?')
		add(parts, ".", '?');
	else if (*p == '$' || (*p == '[' && p[1] == ']'))
		add_plain(parts, *p);
	else if (*p == '\\')
		return add_escape(parts, p);
	else if (*p == '[' || (*p == ']' && parts->in_brackets))
		return add_bracket(parts, p);
	else
		add(parts, text, text[0]);
	return 1;
}

static int
cut(const char *text, size_t max, struct parts *parts, struct err *err)
{
	const char *p = text;
	int quoted = 0;

	parts->count = 1;
	while (*p != '\0') {
		if (*p == '"' && quoted && p[1] == '"') {
			add_plain(parts, '"');
			p += 2;
		} else if (*p == '"') {
			quoted = !quoted;
			p++;
		} else if (quoted) {
			add_plain(parts, *p++);
		} else if (*p == '.') {
			if (parts->count == max)
				return err_set(err, ERR_USAGE,
				    "the pattern \"%s\" has too many dots: "
				    "names that hold one need double quotes",
				    text);
			parts->count++;
			parts->in_brackets = 0;
			p++;
		} else {
			size_t len = add_notation(parts, p);

			if (len == 0)
				return err_set(err, ERR_USAGE,
				    "the pattern \"%s\": there is no escape "
				    "\"%.2s\" in it",
				    text, p);
			p += len;
		}
	}
	if (quoted)
		return err_set(err, ERR_USAGE,
		    "the pattern \"%s\" lacks a closing double quote", text);
	return 0;
}

/* --- expressions --- */

/* Compile ${text} under ${locale}.  Return 0 or regcomp()'s error. */
static int
compile_under(locale_t locale, const char *text, regex_t *out)
{
	locale_t before = uselocale(locale);
	int rc = regcomp(out, text, REG_EXTENDED | REG_NOSUB);

	(void)uselocale(before);
	return rc;
}

static int
compile(const struct pattern *p, struct part *part, const struct buf *text,
    struct err *err)
{
	char *whole = mem_printf("^(%s)$", buf_text(text)), why[200];
	const char *refused = repeats_refuse(whole);
	int rc;

	if (refused != NULL) {
		free(whole);
		return err_set(
		    err, ERR_USAGE, "the pattern \"%s\" %s", p->text, refused);
	}
	rc = compile_under(p->bytes_locale, whole, &part->bytes);
	if (rc == 0 && p->utf8_locale != (locale_t)0) {
		rc = compile_under(p->utf8_locale, whole, &part->utf8);
		if (rc != 0)
			regfree(&part->bytes);
	}
	free(whole);
	if (rc == 0) {
		part->is_set = 1;
		return 0;
	}
	(void)regerror(rc, &part->bytes, why, sizeof(why));
	return err_set(err, ERR_USAGE, "the pattern \"%s\": %s", p->text, why);
}

static void
part_free(const struct pattern *p, struct part *part)
{
	if (!part->is_set)
		return;
	regfree(&part->bytes);
	if (p->utf8_locale != (locale_t)0)
		regfree(&part->utf8);
}

static int
part_matches(const struct pattern *p, const struct part *part, const char *name)
{
	locale_t before;
	int rc;

	if (!part->is_set)
		return 1;
	before = uselocale(p->bytes_locale);
	if (p->utf8_locale != (locale_t)0)
		(void)uselocale(p->utf8_locale);
	if (p->utf8_locale != (locale_t)0 &&
	    mbstowcs(NULL, name, 0) != (size_t)-1) {
		rc = regexec(&part->utf8, name, 0, NULL, 0);
	} else {
		(void)uselocale(p->bytes_locale);
		rc = regexec(&part->bytes, name, 0, NULL, 0);
	}
	(void)uselocale(before);
	/* That it ran out of memory is no word on the name. */
	if (rc == REG_ESPACE)
		mem_exhausted();
	return rc == 0;
}

/* --- what there is to call --- */

static int
set_parts(struct pattern *p, enum pattern_kind kind, struct parts *parts,
    struct err *err)
{
	size_t last = parts->count - 1;
	size_t with_schema = kind == PATTERN_RELATION ? 1 : 0;

	if (compile(p, &p->name, &parts->expression[last], err) != 0)
		return -1;
	if (with_schema && last >= 1 &&
	    compile(p, &p->schema, &parts->expression[last - 1], err) != 0)
		return -1;
	if (last > with_schema)
		p->database = mem_strdup(buf_text(&parts->literal[0]));
	return 0;
}

struct pattern *
pattern_new(const char *text, enum pattern_kind kind, struct err *err)
{
	struct pattern *p = mem_zalloc(sizeof(*p));
	struct parts parts = { .count = 0 };
	size_t max = kind == PATTERN_RELATION ? 3
	    : kind == PATTERN_SCHEMA          ? 2
					      : 1;
	size_t i;
	int rc;

	p->text = mem_strdup(text);
	errno = 0;
	p->utf8_locale = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
	if (p->utf8_locale == (locale_t)0 && errno == ENOMEM)
		mem_exhausted();
	p->bytes_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (p->bytes_locale == (locale_t)0)
		mem_exhausted();
	rc = cut(text, max, &parts, err);
	if (rc == 0)
		rc = set_parts(p, kind, &parts, err);
	for (i = 0; i < PARTS_MAX; i++) {
		buf_free(&parts.expression[i]);
		buf_free(&parts.literal[i]);
	}
	if (rc == 0)
		return p;
	pattern_free(p);
	return NULL;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	part_free(p, &p->schema);
	part_free(p, &p->name);
	if (p->utf8_locale != (locale_t)0)
		freelocale(p->utf8_locale);
	if (p->bytes_locale != (locale_t)0)
		freelocale(p->bytes_locale);
	free(p->database);
	free(p->text);
	free(p);
}

const char *
pattern_text(const struct pattern *p)
{
	return p->text;
}

int
pattern_check_database(
    const struct pattern *p, const char *dbname, struct err *err)
{
	if (p->database == NULL || strcmp(p->database, dbname) == 0)
		return 0;
	return err_set(err, ERR_USAGE,
	    "the pattern \"%s\" names the database \"%s\", and this is "
	    "\"%s\"",
	    p->text, p->database, dbname);
}

int
pattern_has_schema(const struct pattern *p)
{
	return p->schema.is_set;
}

int
pattern_matches(const struct pattern *p, const char *schema, const char *name)
{
	return part_matches(p, &p->name, name) &&
	    (schema == NULL || part_matches(p, &p->schema, schema));
}

char *
pattern_quote(const char *name)
{
	struct buf out = { 0 };
	char *result;

	buf_puts(&out, "\"");
	for (; *name != '\0'; name++)
		buf_printf(&out, "%s%c", *name == '"' ? "\"" : "", *name);
	buf_puts(&out, "\"");
	result = mem_strdup(buf_text(&out));
	buf_free(&out);
	return result;
}
