#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/encoding.h"

/* What iconv calls the encodings that a server can have (PostgreSQL
 * documentation, "Character Set Support"). */
static const char *const CHARSETS[][2] = {
	{ "EUC_CN", "EUC-CN" },
	{ "EUC_JIS_2004", "EUC-JISX0213" },
	{ "EUC_JP", "EUC-JP" },
	{ "EUC_KR", "EUC-KR" },
	{ "EUC_TW", "EUC-TW" },
	{ "ISO_8859_5", "ISO-8859-5" },
	{ "ISO_8859_6", "ISO-8859-6" },
	{ "ISO_8859_7", "ISO-8859-7" },
	{ "ISO_8859_8", "ISO-8859-8" },
	{ "KOI8R", "KOI8-R" },
	{ "KOI8U", "KOI8-U" },
	{ "LATIN1", "ISO-8859-1" },
	{ "LATIN2", "ISO-8859-2" },
	{ "LATIN3", "ISO-8859-3" },
	{ "LATIN4", "ISO-8859-4" },
	{ "LATIN5", "ISO-8859-9" },
	{ "LATIN6", "ISO-8859-10" },
	{ "LATIN7", "ISO-8859-13" },
	{ "LATIN8", "ISO-8859-14" },
	{ "LATIN9", "ISO-8859-15" },
	{ "LATIN10", "ISO-8859-16" },
	{ "WIN866", "CP866" },
	{ "WIN874", "CP874" },
	{ "WIN1250", "CP1250" },
	{ "WIN1251", "CP1251" },
	{ "WIN1252", "CP1252" },
	{ "WIN1253", "CP1253" },
	{ "WIN1254", "CP1254" },
	{ "WIN1255", "CP1255" },
	{ "WIN1256", "CP1256" },
	{ "WIN1257", "CP1257" },
	{ "WIN1258", "CP1258" },
};

/* No character of those above takes more bytes in UTF-8 for each of its own;
 * some that are written as one become two. */
#define GROWTH 6

/* What iconv calls it, or NULL. */
static const char *
charset(const char *encoding)
{
	size_t i;

	for (i = 0; i < sizeof(CHARSETS) / sizeof(CHARSETS[0]); i++)
		if (strcmp(CHARSETS[i][0], encoding) == 0)
			return CHARSETS[i][1];
	return NULL;
}

static iconv_t
open_charsets(const char *to, const char *from)
{
	iconv_t cd = (iconv_t)-1;

	errno = EINVAL;
	if (to != NULL && from != NULL)
		cd = iconv_open(to, from);
	/* That is no word on the encoding. */
	if (cd == (iconv_t)-1 && errno == ENOMEM)
		mem_exhausted();
	return cd;
}

static iconv_t
open_encoding(const char *encoding)
{
	return open_charsets("UTF-8", charset(encoding));
}

/* ${start}: what is not whole at the end of ${text} is dropped. */
static char *
convert_start(iconv_t cd, const char *text, int start)
{
	size_t left = strlen(text), room = left * GROWTH;
	char *copy = mem_strdup(text), *in = copy;
	char *result = mem_alloc(room + 1), *out = result;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	if ((iconv(cd, &in, &left, &out, &room) == (size_t)-1 &&
		(!start || errno != EINVAL)) ||
	    iconv(cd, NULL, NULL, &out, &room) == (size_t)-1) {
		free(result);
		result = NULL;
	} else {
		*out = '\0';
	}
	free(copy);
	return result;
}

static char *
convert(iconv_t cd, const char *text)
{
	return convert_start(cd, text, 0);
}

static char *
convert_once(iconv_t cd, const char *text, int start)
{
	char *result;

	if (cd == (iconv_t)-1)
		return NULL;
	result = convert_start(cd, text, start);
	(void)iconv_close(cd);
	return result;
}

char *
encoding_to_utf8(const char *encoding, const char *text)
{
	return convert_once(open_encoding(encoding), text, 0);
}

char *
encoding_start_to_utf8(const char *encoding, const char *text)
{
	return convert_once(open_encoding(encoding), text, 1);
}

static const char *
charset_or_utf8(const char *encoding)
{
	return strcmp(encoding, "UTF8") == 0 ? "UTF-8" : charset(encoding);
}

static int
is_ascii(const char *text)
{
	while (*text != '\0')
		if ((unsigned char)*text++ >= 0x80)
			return 0;
	return 1;
}

char *
encoding_recode(const char *text, const char *from, const char *to)
{
	static const char none[] = "SQL_ASCII";

	/* ASCII is in each that a server can have. */
	if (strcmp(from, to) == 0 || strcmp(from, none) == 0 ||
	    strcmp(to, none) == 0 || is_ascii(text))
		return mem_strdup(text);
	return convert_once(
	    open_charsets(charset_or_utf8(to), charset_or_utf8(from)), text, 0);
}

static void
show_name(iconv_t cd, char **name)
{
	char *utf8 = *name != NULL ? convert(cd, *name) : NULL;

	if (utf8 == NULL)
		return;
	free(*name);
	*name = utf8;
}

static void
show_shared(iconv_t cd, char **name)
{
	if (*name != NULL && !text_is_utf8(*name))
		show_name(cd, name);
}

static void
show_table(iconv_t cd, struct table *t)
{
	size_t i;

	show_name(cd, &t->schema);
	show_name(cd, &t->name);
	show_name(cd, &t->condition);
	for (i = 0; i < t->column_count; i++) {
		show_name(cd, &t->columns[i].name);
		show_name(cd, &t->columns[i].type);
	}
}

void
encoding_show(struct catalog *cat)
{
	iconv_t cd = open_encoding(cat->encoding);
	size_t i;

	if (cd == (iconv_t)-1)
		return;
	show_shared(cd, &cat->dbname);
	show_shared(cd, &cat->owner);
	show_shared(cd, &cat->comment);
	show_shared(cd, &cat->acl);
	for (i = 0; i < cat->table_count; i++)
		show_table(cd, &cat->tables[i]);
	for (i = 0; i < cat->sequence_count; i++) {
		show_name(cd, &cat->sequences[i].schema);
		show_name(cd, &cat->sequences[i].name);
	}
	for (i = 0; i < cat->setting_count; i++) {
		show_shared(cd, &cat->settings[i].role);
		show_shared(cd, &cat->settings[i].value);
	}
	for (i = 0; i < cat->extension_count; i++)
		show_name(cd, &cat->extensions[i]);
	for (i = 0; i < cat->role_count; i++)
		show_shared(cd, &cat->roles[i]);
	for (i = 0; i < cat->lobj_group_count; i++)
		show_shared(cd, &cat->lobj_groups[i].owner);
	(void)iconv_close(cd);
}
