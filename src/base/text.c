#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

int
text_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		unsigned digit = (unsigned char)*text - (unsigned)'0';

		if (digit > 9 || digit > max || n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	*value = n;
	return 0;
}

int
text_is_one_of(const char *text, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return 1;
	return 0;
}

/* Edits between two words, of which swapping two neighbours is one: by
 * Levenshtein's table, of which the last three rows are kept.  Words are
 * options and commands, so short. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), width = lb + 1, i, j, result;
	size_t *rows = mem_array(NULL, 3 * width, sizeof(*rows));

	for (j = 0; j <= lb; j++)
		rows[j] = j;
	for (i = 1; i <= la; i++) {
		size_t *row = rows + i % 3 * width;
		const size_t *above = rows + (i - 1) % 3 * width;
		const size_t *before = rows + (i + 1) % 3 * width;

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	result = rows[la % 3 * width + lb];
	free(rows);
	return result;
}

const char *
text_nearest(const char *word, const char *const *words, size_t count)
{
	const char *best = NULL;
	size_t i, least = SIZE_MAX, len = strlen(word);

	for (i = 0; i < count; i++) {
		size_t d = distance(word, words[i]);

		if (len >= 3 && strncmp(word, words[i], len) == 0)
			d = 1;
		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	/* Beyond a third of the word it is a guess, not a correction. */
	return least <= 1 + len / 3 ? best : NULL;
}

void
text_bytes(char *out, size_t size, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB",
		"PB" };
	size_t u = 0;

	while (bytes >= 999.5 && u + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		u++;
	}
	(void)snprintf(out, size,
	    u > 0 && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

void
text_count(char *out, size_t size, uint64_t n)
{
	char digits[24];
	size_t len, i, o = 0;

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	len = strlen(digits);
	for (i = 0; i < len && o + 1 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		if (o + 1 < size)
			out[o++] = digits[i];
	}
	if (size > 0)
		out[o] = '\0';
}

void
text_duration(char *out, size_t size, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;

	if (seconds < 9.95)
		(void)snprintf(out, size, "%.1f s", seconds > 0 ? seconds : 0);
	else if (s < 60)
		(void)snprintf(out, size, "%lu s", s);
	else if (s < 3600)
		(void)snprintf(out, size, "%lu m %02lu s", s / 60, s % 60);
	else if (s < (unsigned long)72 * 3600)
		(void)snprintf(
		    out, size, "%lu h %02lu m", s / 3600, s / 60 % 60);
	else
		(void)snprintf(
		    out, size, "%lu d %02lu h", s / 86400, s / 3600 % 24);
}

int
text_span(const char *text, int64_t *seconds)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = { { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	const uint64_t most = (uint64_t)36525 * 86400;
	size_t i, len = strlen(text);
	char digits[24];
	uint64_t n;

	if (len < 2 || len > sizeof(digits))
		return -1;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[len - 1] != units[i].letter ||
		    text_number(digits, most / units[i].seconds, &n) != 0 ||
		    n == 0)
			continue;
		*seconds = (int64_t)(n * units[i].seconds);
		return 0;
	}
	return -1;
}

/* The bytes of the UTF-8 character at ${p}, or 0 if there is none (RFC 3629).
 */
static size_t
character(const unsigned char *p)
{
	size_t len = *p < 0x80 ? 1
	    : *p < 0xC2        ? 0
	    : *p < 0xE0        ? 2
	    : *p < 0xF0        ? 3
	    : *p < 0xF5        ? 4
			       : 0;
	size_t i;

	for (i = 1; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
	if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) ||
	    (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F))
		return 0;
	return len;
}

char *
text_shell(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=:,./@%";
	char *quoted, *to;

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
		return mem_strdup(word);
	/* Each quote of its own takes four. */
	quoted = to = mem_alloc(4 * strlen(word) + 3);
	*to++ = '\'';
	for (; *word != '\0'; word++) {
		if (*word == '\'') {
			memcpy(to, "'\\''", 4);
			to += 4;
		} else {
			*to++ = *word;
		}
	}
	*to++ = '\'';
	*to = '\0';
	return quoted;
}

int
text_is_utf8(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len;

	for (; *p != '\0'; p += len)
		if ((len = character(p)) == 0)
			return 0;
	return 1;
}

void
text_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (*p != '\0') {
		size_t len = character(p);
		int control = (*p < 0x20 && *p != '\n' && *p != '\t') ||
		    *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0);

		if (len > 0 && !control) {
			p += len;
			continue;
		}
		for (len += len == 0; len > 0; len--)
			*p++ = '?';
	}
}

void
text_clean_line(char *text)
{
	text_clean(text);
	for (; *text != '\0'; text++)
		if (*text == '\n' || *text == '\t')
			*text = '?';
}

char *
text_escape(const char *text)
{
	static const char letters[] = "tnr\\", bytes[] = "\t\n\r\\";
	const unsigned char *p = (const unsigned char *)text;
	struct buf out = { 0 };
	char *escaped;

	for (; *p != '\0'; p++) {
		const char *at = strchr(bytes, *p);

		if (at != NULL)
			buf_printf(&out, "\\%c", letters[at - bytes]);
		else if (*p < 0x20 || *p == 0x7F)
			buf_printf(&out, "\\x%02x", *p);
		else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
			buf_printf(&out, "\\u%04x", *++p);
		else
			buf_printf(&out, "%c", *p);
	}
	escaped = mem_strdup(buf_text(&out));
	buf_free(&out);
	return escaped;
}

int
text_is_name(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = strlen(text);

	if (len == 0 || len > TEXT_NAME_MAX || *p == '.' || *p == '-')
		return 0;
	for (; *p != '\0'; p++) {
		int letter = (*p >= 'a' && *p <= 'z') ||
		    (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

		if (!letter && *p < 0x80 && strchr("_-.", *p) == NULL)
			return 0;
	}
	return 1;
}

void
text_user(char out[TEXT_USER_SIZE])
{
	struct passwd user, *found = NULL;
	char names[4096];

	if (getpwuid_r(geteuid(), &user, names, sizeof(names), &found) == 0 &&
	    found != NULL && strlen(user.pw_name) < TEXT_USER_SIZE)
		(void)snprintf(out, TEXT_USER_SIZE, "%s", user.pw_name);
	else
		(void)snprintf(
		    out, TEXT_USER_SIZE, "%lu", (unsigned long)geteuid());
}
