#include <string.h>

#include "db/sqlname.h"
#include "fuzz.h"
#include "job/acl.h"
#include "job/restore/globals.h"
#include "job/restore/statistics.h"
#include "job/statement.h"
#include "job/view/inert.h"

/* Every step goes on within the text, and comes to its end. */
static void
walk(const char *text)
{
	const char *end = text + strlen(text), *at, *next;

	for (at = text; *at != '\0'; at = next) {
		next = statement_next(at);
		insist(next > at && next <= end);
	}
	for (at = text; *at != '\0'; at = next) {
		next = inert_next(at, end - text > 9);
		if (next == NULL)
			break;
		insist(next > at && next <= end);
	}
}

static void
take_apart(const char *text, char *(*take)(const char **script))
{
	const char *at = text, *before = text;
	char *statement, *name;
	struct sqlname about;

	while ((statement = take(&at)) != NULL) {
		insist(at > before && at <= text + strlen(text));
		before = at;
		name = globals_name(statement);
		insist(name != NULL);
		free(name);
		if (statistics_of(statement, &about) == 1)
			sqlname_free(&about);
		free(statement);
	}
}

static void
read_names(const char *text)
{
	struct sqlname name;
	const char *next = sqlname_read(text, &name);
	struct err err = ERR_INIT;
	struct acl acl;

	if (next != NULL) {
		insist(next > text && next <= text + strlen(text));
		sqlname_free(&name);
	}
	if (sqlname_typed(text, &name))
		sqlname_free(&name);
	next = sqlname_find(text, "REFERENCES");
	insist(next == NULL || next <= text + strlen(text));
	if (acl_parse(text, &acl, &err) != 0)
		insist(err.kind == ERR_DAMAGED);
	acl_free(&acl);
}

/* Rows of text COPY: however they are cut, the answer is the same. */
static void
read_rows(const uint8_t *data, size_t size)
{
	struct inert_rows once = { 0 }, twice = { 0 };
	size_t i;
	int good = inert_rows_take(&once, data, size), also = 1;

	for (i = 0; i < size && also; i++)
		also = inert_rows_take(&twice, data + i, 1);
	insist(!good == !also);
	if (good)
		insist(!inert_rows_end(&once) == !inert_rows_end(&twice));
}

/* The texts of an archive that are SQL: globals, statistics, statements of the
 * table of contents, privileges; and rows. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	insist(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	walk(text);
	take_apart(text, globals_next);
	take_apart(text, statistics_next);
	read_names(text);
	(void)inert_is_fixed(text, strlen(text));
	read_rows(data, size);
	free(text);
	return 0;
}
