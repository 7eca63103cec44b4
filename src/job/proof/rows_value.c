#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/mem.h"
#include "base/wire.h"
#include "db/encoding.h"
#include "job/proof/diff_rows.h"
#include "rows_value.h"

/* The binary forms are those of the types' send functions (PostgreSQL source,
 * src/backend/utils/adt). */

#define DAYS_TO_2000 10957 /* since 1970 */
#define DAY_MICROS INT64_C(86400000000)

static uint64_t
get_be64(const uint8_t *p)
{
	return (uint64_t)wire_get_be32(p) << 32 | wire_get_be32(p + 4);
}

static unsigned
get_be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void
put_hex(const struct field *f, struct buf *out)
{
	size_t i;

	buf_puts(out, "\\x");
	for (i = 0; i < f->len; i++)
		buf_printf(out, "%02x", f->data[i]);
}

static void
put_bool(const struct field *f, struct buf *out)
{
	buf_puts(out, f->data[0] ? "t" : "f");
}

static void
put_int2(const struct field *f, struct buf *out)
{
	buf_printf(out, "%d", (int)(int16_t)get_be16(f->data));
}

static void
put_int4(const struct field *f, struct buf *out)
{
	buf_printf(out, "%" PRId32, (int32_t)wire_get_be32(f->data));
}

static void
put_int8(const struct field *f, struct buf *out)
{
	buf_printf(out, "%" PRId64, (int64_t)get_be64(f->data));
}

static void
put_oid(const struct field *f, struct buf *out)
{
	buf_printf(out, "%" PRIu32, wire_get_be32(f->data));
}

/* With as few digits as give the same value again. */
static void
put_shortest(double value, int digits, int single, struct buf *out)
{
	char text[40];
	int more;

	if (isnan(value) || isinf(value)) {
		buf_puts(out,
		    isnan(value)    ? "NaN"
			: value > 0 ? "Infinity"
				    : "-Infinity");
		return;
	}
	for (more = 0; more <= 3; more++) {
		(void)snprintf(
		    text, sizeof(text), "%.*g", digits + more, value);
		if (single ? strtof(text, NULL) == (float)value
			   : strtod(text, NULL) == value)
			break;
	}
	buf_puts(out, text);
}

static void
put_float4(const struct field *f, struct buf *out)
{
	uint32_t bits = wire_get_be32(f->data);
	float value;

	memcpy(&value, &bits, sizeof(value));
	put_shortest((double)value, FLT_DIG, 1, out);
}

static void
put_float8(const struct field *f, struct buf *out)
{
	uint64_t bits = get_be64(f->data);
	double value;

	memcpy(&value, &bits, sizeof(value));
	put_shortest(value, DBL_DIG, 0, out);
}

static void
put_uuid(const struct field *f, struct buf *out)
{
	size_t i;

	for (i = 0; i < f->len; i++)
		buf_printf(out, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    f->data[i]);
}

/* Days since 1970 in the Gregorian calendar, by eras of 400 years that begin
 * in March.  Return whether it is before Christ, which is said at the end. */
static int
put_day(int64_t days, struct buf *out)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * month + 2) / 5 + 1;
	int64_t shown;

	month += month < 10 ? 3 : -9;
	shown = year + era * 400 + (month <= 2);
	/* There is no year 0. */
	buf_printf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
	    shown > 0 ? shown : 1 - shown, month, day);
	return shown <= 0;
}

static void
put_time_of_day(int64_t micros, struct buf *out)
{
	int64_t seconds = micros / 1000000;

	buf_printf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64,
	    seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (micros % 1000000 == 0)
		return;
	buf_printf(out, ".%06" PRId64, micros % 1000000);
	while (out->data[out->len - 1] == '0')
		out->data[--out->len] = '\0';
}

static void
put_date(const struct field *f, struct buf *out)
{
	int32_t days = (int32_t)wire_get_be32(f->data);

	if (days == INT32_MAX || days == INT32_MIN)
		buf_puts(out, days > 0 ? "infinity" : "-infinity");
	else if (put_day((int64_t)days + DAYS_TO_2000, out))
		buf_puts(out, " BC");
}

static void
put_time(const struct field *f, struct buf *out)
{
	put_time_of_day((int64_t)get_be64(f->data), out);
}

static void
put_moment(const struct field *f, const char *zone, struct buf *out)
{
	int64_t micros = (int64_t)get_be64(f->data);
	int64_t days = micros / DAY_MICROS, rest = micros % DAY_MICROS;
	int before_christ;

	if (micros == INT64_MAX || micros == INT64_MIN) {
		buf_puts(out, micros > 0 ? "infinity" : "-infinity");
		return;
	}
	if (rest < 0) {
		rest += DAY_MICROS;
		days--;
	}
	before_christ = put_day(days + DAYS_TO_2000, out);
	buf_puts(out, " ");
	put_time_of_day(rest, out);
	buf_printf(out, "%s%s", zone, before_christ ? " BC" : "");
}

static void
put_timestamp(const struct field *f, struct buf *out)
{
	put_moment(f, "", out);
}

static void
put_timestamptz(const struct field *f, struct buf *out)
{
	put_moment(f, "+00", out);
}

static unsigned
numeric_digit(const struct field *f, int at)
{
	int count = (int)get_be16(f->data);

	return at >= 0 && at < count ? get_be16(f->data + 8 + 2 * at) : 0;
}

/* Digits of base 10,000: how many, the first one's weight, the sign, how many
 * decimal digits there are behind the point, and the digits. */
static void
put_numeric(const struct field *f, struct buf *out)
{
	unsigned sign = get_be16(f->data + 4), scale = get_be16(f->data + 6);
	int weight = (int16_t)get_be16(f->data + 2), i;
	unsigned left;

	if (f->len != 8 + 2 * (size_t)get_be16(f->data)) {
		put_hex(f, out);
		return;
	}
	if (sign >= 0xc000) {
		buf_puts(out,
		    sign == 0xc000       ? "NaN"
			: sign == 0xd000 ? "Infinity"
					 : "-Infinity");
		return;
	}
	buf_puts(out, sign == 0x4000 ? "-" : "");
	buf_printf(out, "%u", weight >= 0 ? numeric_digit(f, 0) : 0);
	for (i = 1; i <= weight; i++)
		buf_printf(out, "%04u", numeric_digit(f, i));
	if (scale > 0)
		buf_puts(out, ".");
	for (i = weight + 1, left = scale; left > 0; i++) {
		char digits[8];
		unsigned n = left < 4 ? left : 4;

		(void)snprintf(digits, sizeof(digits), "%04u",
		    numeric_digit(f, i) % 10000);
		buf_printf(out, "%.*s", (int)n, digits);
		left -= n;
	}
}

/* By the first words of a type's name; ${len} is what such a field has, or at
 * least has where it may be longer.  Without a function it is text, of jsonb
 * behind the number of its version. */
static const struct {
	const char *type;
	size_t len;
	int longer;
	void (*put)(const struct field *f, struct buf *out);
} FORMS[] = {
	{ "boolean", 1, 0, put_bool },
	{ "smallint", 2, 0, put_int2 },
	{ "integer", 4, 0, put_int4 },
	{ "bigint", 8, 0, put_int8 },
	{ "oid", 4, 0, put_oid },
	{ "real", 4, 0, put_float4 },
	{ "double precision", 8, 0, put_float8 },
	{ "numeric", 8, 1, put_numeric },
	{ "uuid", 16, 0, put_uuid },
	{ "date", 4, 0, put_date },
	{ "time without time zone", 8, 0, put_time },
	{ "timestamp without time zone", 8, 0, put_timestamp },
	{ "timestamp with time zone", 8, 0, put_timestamptz },
	{ "bytea", 0, 1, put_hex },
	{ "text", 0, 1, NULL },
	{ "character varying", 0, 1, NULL },
	{ "character", 0, 1, NULL },
	{ "\"char\"", 0, 1, NULL },
	{ "name", 0, 1, NULL },
	{ "json", 0, 1, NULL },
	{ "jsonb", 1, 1, NULL },
	/* What may look like text, and is none. */
	{ "macaddr", 0, 1, put_hex },
	{ "macaddr8", 0, 1, put_hex },
	{ "inet", 0, 1, put_hex },
	{ "cidr", 0, 1, put_hex },
	{ "interval", 0, 1, put_hex },
	{ "time with time zone", 0, 1, put_hex },
	{ "point", 0, 1, put_hex },
	{ "line", 0, 1, put_hex },
	{ "lseg", 0, 1, put_hex },
	{ "box", 0, 1, put_hex },
	{ "path", 0, 1, put_hex },
	{ "polygon", 0, 1, put_hex },
	{ "circle", 0, 1, put_hex },
	{ "pg_lsn", 0, 1, put_hex },
};

/* Whether ${type} is ${name}, but for a modifier in parentheses: "numeric" is
 * "numeric(10,2)", and "timestamp with time zone" has it within. */
static int
is_type(const char *type, const char *name)
{
	while (*type != '\0') {
		if (*type == '(') {
			type += strcspn(type, ")");
			type += *type == ')';
		} else if (*type++ != *name++) {
			return 0;
		}
	}
	return *name == '\0';
}

/* What COPY writes for a byte that would end a field or a row, or that one
 * does not see (PostgreSQL documentation, "COPY", "Text Format"). */
static uint8_t
unescaped(uint8_t c)
{
	static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
	const char *at = c != '\0' ? strchr(letters, c) : NULL;

	return at != NULL ? (uint8_t)bytes[at - letters] : c;
}

/* What COPY wrote in text format; ${room} is as long. */
static struct field
without_escapes(const struct field *f, uint8_t *room)
{
	struct field plain = { room, 0 };
	size_t i;

	for (i = 0; i < f->len; i++) {
		if (f->data[i] == '\\' && i + 1 < f->len)
			room[plain.len++] = unescaped(f->data[++i]);
		else
			room[plain.len++] = f->data[i];
	}
	return plain;
}

/* How a value is to be looked at. */
struct look {
	const char *encoding;
	int cut;   /* it had more */
	int sure;  /* that it is text */
	int bytes; /* it was written as such: a backslash is none of its own */
};

static int
has_controls(const char *utf8)
{
	const unsigned char *p = (const unsigned char *)utf8;

	for (; *p != '\0'; p++)
		if ((*p < 0x20 && strchr("\t\n\r", *p) == NULL) || *p == 0x7F ||
		    (*p == 0xC2 && p[1] < 0xA0))
			return 1;
	return 0;
}

/* What is text in UTF-8, or NULL.  In most encodings any bytes are, so what has
 * characters that nobody writes is taken for something else. */
static char *
text_of(const char *bytes, const struct look *look)
{
	char *utf8 = look->cut ? encoding_start_to_utf8(look->encoding, bytes)
			       : encoding_to_utf8(look->encoding, bytes);
	int utf8_already = text_is_utf8(bytes);

	if (utf8 == NULL && utf8_already)
		return mem_strdup(bytes);
	if (utf8 == NULL || look->sure || utf8_already || !has_controls(utf8))
		return utf8;
	free(utf8);
	return NULL;
}

static void
put_text(const struct field *f, struct look *look, struct buf *out)
{
	char *bytes = mem_printf("%.*s", (int)f->len, (const char *)f->data);
	char *text = strlen(bytes) == f->len ? text_of(bytes, look) : NULL;

	look->bytes = text == NULL;
	if (text != NULL)
		buf_puts(out, text);
	else
		put_hex(f, out);
	free(text);
	free(bytes);
}

static void
put_binary(
    const struct field *f, const char *type, struct look *look, struct buf *out)
{
	struct field text = *f;
	size_t i;

	for (i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
		if (!is_type(type, FORMS[i].type) || f->len < FORMS[i].len ||
		    (f->len > FORMS[i].len && !FORMS[i].longer))
			continue;
		if (FORMS[i].put != NULL) {
			FORMS[i].put(f, out);
			look->bytes = 1;
			return;
		}
		look->sure = 1;
		text.data += FORMS[i].len;
		text.len -= FORMS[i].len;
		break;
	}
	put_text(&text, look, out);
}

static void
put_value(const struct field *f, const char *type, enum copy_format format,
    struct look *look, struct buf *out)
{
	uint8_t *room;
	struct field plain;

	if (format == COPY_BINARY) {
		put_binary(f, type, look, out);
		return;
	}
	room = mem_alloc(f->len + 1);
	plain = without_escapes(f, room);
	look->sure = 1;
	put_text(&plain, look, out);
	look->bytes |= is_type(type, "bytea");
	free(room);
}

/* Of a value beyond any that is shown whole the beginning will do, but for a
 * part of a character in UTF-8. */
static struct field
beginning(const struct field *field)
{
	struct field f = *field;
	int i;

	if (f.len > 8 * DIFF_VALUE_MAX) {
		f.len = 8 * DIFF_VALUE_MAX;
		for (i = 0; i < 3 && (f.data[f.len] & 0xc0) == 0x80; i++)
			f.len--;
	}
	return f;
}

/* Cut it to so many characters; whether anything was lost. */
static int
cut_characters(char *text, size_t most)
{
	size_t i, characters = 0;

	for (i = 0; text[i] != '\0'; i++) {
		characters += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (characters > most) {
			text[i] = '\0';
			return 1;
		}
	}
	return 0;
}

struct diff_text
rows_value(const struct field *field, const struct column *column,
    enum copy_format format, const char *encoding)
{
	struct field f = beginning(field);
	struct look look = { .encoding = encoding, .cut = f.len < field->len };
	struct diff_text shown = { NULL, NULL };
	struct buf text = { 0 };
	const char *more;
	char *start, *line;

	if (field->data == NULL)
		return shown;
	put_value(&f, column->type, format, &look, &text);
	start = mem_strdup(buf_text(&text));
	buf_free(&text);
	look.cut |= cut_characters(start, DIFF_VALUE_MAX);
	line = look.bytes ? mem_strdup(start) : text_escape(start);
	more = look.cut ? "..." : "";
	shown.plain = mem_printf("%s%s", start, more);
	shown.line = mem_printf("%s%s", line, more);
	free(start);
	free(line);
	return shown;
}

/* ---- a row ---- */

static int
cut_text(const uint8_t *p, size_t len, struct field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const uint8_t *tab = memchr(p, '\t', len);
		size_t n = tab != NULL ? (size_t)(tab - p) : len;
		int null = n == 2 && p[0] == '\\' && p[1] == 'N';

		fields[i] = (struct field){ null ? NULL : p, null ? 0 : n };
		if ((tab == NULL) != (i + 1 == count))
			return -1;
		p += n + (tab != NULL);
		len -= n + (tab != NULL);
	}
	return 0;
}

static int
cut_binary(const uint8_t *p, size_t len, struct field *fields, size_t count)
{
	size_t i, at = 2;

	if (len < 2 || ((size_t)p[0] << 8 | p[1]) != count)
		return -1;
	for (i = 0; i < count; i++) {
		uint32_t n;

		if (len - at < 4)
			return -1;
		n = wire_get_be32(p + at);
		at += 4;
		fields[i] = (struct field){ NULL, 0 };
		if (n == UINT32_MAX)
			continue;
		if (len - at < n)
			return -1;
		fields[i] = (struct field){ p + at, n };
		at += n;
	}
	return at == len ? 0 : -1;
}

int
rows_fields(enum copy_format format, const void *row, size_t len,
    struct field *fields, size_t count)
{
	return format == COPY_BINARY ? cut_binary(row, len, fields, count)
				     : cut_text(row, len, fields, count);
}

int
rows_field_bytes(struct buf *out, const struct field *f, struct err *err)
{
	uint8_t size[4];

	wire_put_be32(size, f->data != NULL ? (uint32_t)f->len : UINT32_MAX);
	if (buf_add(out, size, sizeof(size), err) != 0)
		return -1;
	return f->data != NULL ? buf_add(out, f->data, f->len, err) : 0;
}
