#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/mem.h"

/* U+FFFF in UTF-8: a noncharacter, so no name of a UTF-8 database has it. */
static const char RAW_MARK[] = "\xEF\xBF\xBF";

void
doc_begin(void)
{
	json_set_alloc_funcs(mem_alloc, free);
}

json_t *
doc_parse(const void *data, size_t len, const char *what, struct err *err)
{
	json_error_t detail;
	json_t *doc;

	doc = json_loadb(data, len, JSON_REJECT_DUPLICATES, &detail);
	if (doc == NULL) {
		err_set(err, ERR_DAMAGED, "%s is not valid JSON (byte %d: %s)",
		    what, detail.position, detail.text);
		return NULL;
	}
	if (!json_is_object(doc)) {
		err_set(err, ERR_DAMAGED, "%s is not a JSON object", what);
		json_decref(doc);
		return NULL;
	}
	return doc;
}

struct dumping {
	struct buf *out;
	struct err *err;
	int failed;
};

/* jansson does not look at what becomes of a member's name: a document would
 * lack what did not fit.  So nothing comes after it. */
static int
dump_chunk(const char *data, size_t len, void *arg)
{
	struct dumping *d = arg;

	if (!d->failed && buf_add(d->out, data, len, d->err) != 0)
		d->failed = 1;
	return d->failed ? -1 : 0;
}

int
doc_dump(const json_t *doc, struct buf *out, struct err *err)
{
	struct dumping d = { .out = out, .err = err };
	int rc = json_dump_callback(doc, dump_chunk, &d,
	    JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

	if (d.failed)
		return -1;
	if (rc != 0)
		return err_set(
		    err, ERR_FAIL, "cannot write JSON: %zu bytes", out->len);
	return 0;
}

static int
missing(const char *name, const char *type, struct err *err)
{
	return err_set(
	    err, ERR_DAMAGED, "the member \"%s\" is not %s", name, type);
}

int
doc_str(
    const json_t *doc, const char *name, const char **value, struct err *err)
{
	const json_t *v = json_object_get(doc, name);

	if (!json_is_string(v))
		return missing(name, "a string", err);
	*value = json_string_value(v);
	return 0;
}

int
doc_uint(const json_t *doc, const char *name, uint64_t max, uint64_t *value,
    struct err *err)
{
	const json_t *v = json_object_get(doc, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max)
		return missing(name, "a number within bounds", err);
	*value = (uint64_t)json_integer_value(v);
	return 0;
}

int
doc_bool(const json_t *doc, const char *name, int *value, struct err *err)
{
	const json_t *v = json_object_get(doc, name);

	if (!json_is_boolean(v))
		return missing(name, "true or false", err);
	*value = json_is_true(v);
	return 0;
}

int
doc_array(
    const json_t *doc, const char *name, const json_t **value, struct err *err)
{
	*value = json_object_get(doc, name);
	if (!json_is_array(*value))
		return missing(name, "an array", err);
	return 0;
}

int
doc_object(
    const json_t *doc, const char *name, const json_t **value, struct err *err)
{
	*value = json_object_get(doc, name);
	if (!json_is_object(*value))
		return missing(name, "an object", err);
	return 0;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
doc_hex(const json_t *doc, const char *name, uint8_t *out, size_t size,
    struct err *err)
{
	const char *text = NULL;
	size_t i;

	if (doc_str(doc, name, &text, err) != 0)
		return -1;
	if (strlen(text) != size * 2)
		return missing(name, "hexadecimal of the right length", err);
	for (i = 0; i < size; i++) {
		int hi = nibble(text[2 * i]), lo = nibble(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return missing(name, "hexadecimal", err);
		out[i] = (uint8_t)(hi * 16 + lo);
	}
	return 0;
}

json_t *
doc_hex_text(const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *text = mem_alloc(size * 2 + 1);
	json_t *value;
	size_t i;

	for (i = 0; i < size; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	value = json_stringn(text, size * 2);
	free(text);
	return value;
}

json_t *
doc_text(const char *value)
{
	size_t len = strlen(value), i, o;
	json_t *text = json_stringn(value, len);
	char *raw;

	if (text != NULL && strncmp(value, RAW_MARK, 3) != 0)
		return text;
	json_decref(text);

	raw = mem_alloc(3 + len * 2 + 1);
	memcpy(raw, RAW_MARK, 3);
	for (i = 0, o = 3; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x80) {
			raw[o++] = (char)c;
		} else {
			raw[o++] = (char)(0xC0 | (c >> 6));
			raw[o++] = (char)(0x80 | (c & 0x3F));
		}
	}
	text = json_stringn(raw, o);
	free(raw);
	return text;
}

char *
doc_bytes(const char *value)
{
	size_t len = strlen(value), i, o;
	char *raw;

	if (strncmp(value, RAW_MARK, 3) != 0)
		return mem_strdup(value);
	raw = mem_alloc(len + 1);
	for (i = 3, o = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c >= 0xC0 && i + 1 < len) {
			unsigned char d = (unsigned char)value[++i];

			c = (unsigned char)((c << 6) | (d & 0x3F));
		}
		raw[o++] = (char)c;
	}
	raw[o] = '\0';
	return raw;
}
