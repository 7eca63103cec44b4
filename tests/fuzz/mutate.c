#include <string.h>

#include "fuzz.h"

/*
 * A mutator for inputs that hold JSON or pg_dump's table of contents: it
 * changes whole values of the one and whole strings of the other, so that the
 * rest keeps its meaning and the layers behind the parser are reached.  Half
 * of the time libFuzzer's own does, which knows run.sh's dictionary.  run.sh
 * links it to the fuzzers that have "mutate.c" in their comment.
 */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static const char *const odd[] = { "0", "-1", "1", "null", "true", "false",
	"\"\"", "[]", "{}", "[[]]", "\"\\u0000\"", "\"\\uffff\\u00e9\"",
	"\"\\u001b]0;x\\u0007\"", "2147483648", "4294967295", "4294967296",
	"9223372036854775807", "18446744073709551616", "1e300", "-0.5", "1.0",
	"\"a\\\"b\"", "\"public\"", "\"00000000000000000000000000000000\"" };

static unsigned
draw(unsigned *seed, size_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % (unsigned)below;
}

/* Where the value that begins at ${at} ends. */
static size_t
value_end(const uint8_t *data, size_t size, size_t at)
{
	int depth = 0, quoted = 0;

	for (; at < size; at++) {
		uint8_t c = data[at];

		if (quoted) {
			if (c == '\\')
				at++;
			else if (c == '"')
				quoted = 0;
		} else if (c == '"') {
			quoted = 1;
		} else if (c == '[' || c == '{') {
			depth++;
		} else if (c == ',' || c == ']' || c == '}') {
			if (depth == 0)
				break;
			depth -= c != ',';
		}
	}
	return at < size ? at : size;
}

/* A value of the input: behind a colon, a comma or a bracket. */
static int
find_value(
    const uint8_t *data, size_t size, unsigned *seed, size_t *from, size_t *to)
{
	size_t at = draw(seed, size), tries;

	for (tries = 0; tries < size; tries++, at = (at + 1) % size) {
		if (data[at] == '\0' || strchr(":,[", data[at]) == NULL)
			continue;
		*from = at + 1;
		*to = value_end(data, size, at + 1);
		return *to > *from;
	}
	return 0;
}

/* Put ${len} bytes into the place of those from ${from} to ${to}. */
static size_t
splice(uint8_t *data, size_t size, size_t max, size_t from, size_t to,
    const void *text, size_t len)
{
	if (size - (to - from) + len > max)
		return size;
	memmove(data + from + len, data + to, size - to);
	memcpy(data + from, text, len);
	return size - (to - from) + len;
}

static size_t
change_value(uint8_t *data, size_t size, size_t max, unsigned *seed,
    size_t from, size_t to)
{
	static uint8_t copy[65536 + 1];
	size_t from2 = from, to2 = to;
	const char *word;

	switch (draw(seed, 5)) {
	case 0:
		word = odd[draw(seed, sizeof(odd) / sizeof(odd[0]))];
		return splice(data, size, max, from, to, word, strlen(word));
	case 1: /* take it out, with what parts it from its neighbour */
		if (to < size && data[to] == ',')
			to++;
		return splice(data, size, max, from, to, "", 0);
	case 2: /* one of the others in its place */
		(void)find_value(data, size, seed, &from2, &to2);
		break;
	case 3: /* twice */
		if (to - from + 1 > sizeof(copy))
			return size;
		memcpy(copy, data + from, to - from);
		copy[to - from] = ',';
		return splice(data, size, max, from, from, copy, to - from + 1);
	default:
		break;
	}
	if (to2 - from2 > sizeof(copy))
		return size;
	memcpy(copy, data + from2, to2 - from2);
	to2 -= from2;
	if (from2 == from)
		to2 = LLVMFuzzerMutate(copy, to2, sizeof(copy));
	return splice(data, size, max, from, to, copy, to2);
}

/* A string of a table of contents: a zero, four bytes of length, characters.
 */
static int
find_string(
    const uint8_t *data, size_t size, unsigned *seed, size_t *from, size_t *to)
{
	size_t at = draw(seed, size), tries, len, i;

	for (tries = 0; tries < size; tries++, at = (at + 1) % size) {
		if (size - at < 6 || data[at] != 0 || data[at + 3] != 0 ||
		    data[at + 4] != 0)
			continue;
		len = data[at + 1] | (size_t)data[at + 2] << 8;
		if (len == 0 || len > size - at - 5)
			continue;
		for (i = 0; i < len && data[at + 5 + i] >= '\t'; i++)
			;
		*from = at + 5;
		*to = at + 5 + len;
		if (i == len)
			return 1;
	}
	return 0;
}

static const char *const words[] = { "TABLE", "TABLE DATA", "INDEX",
	"CONSTRAINT", "FK CONSTRAINT", "COMMENT", "ACL", "SECURITY LABEL",
	"SEQUENCE", "SEQUENCE SET", "SEQUENCE OWNED BY", "DEFAULT", "TRIGGER",
	"RULE", "POLICY", "ROW SECURITY", "VIEW", "MATERIALIZED VIEW",
	"MATERIALIZED VIEW DATA", "EVENT TRIGGER", "PUBLICATION",
	"PUBLICATION TABLE", "SUBSCRIPTION", "EXTENSION", "SCHEMA", "DATABASE",
	"DATABASE PROPERTIES", "BLOB", "BLOB METADATA", "BLOBS",
	"STATISTICS DATA", "TABLE ATTACH", "INDEX ATTACH", "DEFAULT ACL",
	"ENCODING", "STDSTRINGS", "SEARCHPATH", "LARGE OBJECT 77", "public",
	"SCHEMA public", "heap", "-1", "0", "1", "2147483647", "'a;b'", "$$;$$",
	"ALTER TABLE ONLY public.a ADD CONSTRAINT b PRIMARY KEY (c);\n",
	"CREATE UNIQUE INDEX \"a\"\"b\" ON public.a USING btree (c);\n" };

/* Another text into its place, and its length before it. */
static size_t
change_string(uint8_t *data, size_t size, size_t max, unsigned *seed,
    size_t from, size_t to)
{
	static uint8_t copy[4096];
	const char *word = words[draw(seed, sizeof(words) / sizeof(words[0]))];
	size_t from2 = from, to2 = to, len, was = size;

	switch (draw(seed, 3)) {
	case 0:
		len = strlen(word);
		memcpy(copy, word, len);
		break;
	case 1:
		(void)find_string(data, size, seed, &from2, &to2);
		/* fall through */
	default:
		len = to2 - from2 < sizeof(copy) ? to2 - from2 : sizeof(copy);
		memcpy(copy, data + from2, len);
		if (from2 == from)
			len = LLVMFuzzerMutate(copy, len, sizeof(copy));
		break;
	}
	size = splice(data, size, max, from, to, copy, len);
	if (size != was || len == to - from) {
		data[from - 4] = (uint8_t)len;
		data[from - 3] = (uint8_t)(len >> 8);
	}
	return size;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	unsigned kind = draw(&seed, 4);
	size_t from, to;

	if (size > 0 && kind == 0 && find_string(data, size, &seed, &from, &to))
		return change_string(data, size, max, &seed, from, to);
	if (size > 0 && kind <= 1 && find_value(data, size, &seed, &from, &to))
		return change_value(data, size, max, &seed, from, to);
	return LLVMFuzzerMutate(data, size, max);
}
