#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/keep/gate.h"

#define TABLES_MAX 1000000

void
gate_defaults(struct gate_bounds *bounds)
{
	*bounds = (struct gate_bounds){
		.tables = 0, .rows = 0.5, .size = 0.5, .time = 10
	};
}

void
gate_clear(struct gate_bounds *bounds)
{
	size_t i;

	for (i = 0; i < bounds->except_count; i++)
		pattern_free(bounds->except[i]);
	free(bounds->except);
	gate_defaults(bounds);
}

static int
is_off(const char *text)
{
	return strcmp(text, "off") == 0;
}

/* "50%", or "10x", as a number within bounds; "off" is 0.  Return 0 or -1. */
static int
get_number(
    const char *text, char unit, double above, double most, double *value)
{
	char *end;

	*value = 0;
	if (is_off(text))
		return 0;
	/* Neither "inf" nor " 5" nor a sign. */
	if (text[0] < '0' || text[0] > '9')
		return -1;
	*value = strtod(text, &end);
	return *end == unit && end[1] == '\0' && *value > above &&
		*value <= most
	    ? 0
	    : -1;
}

static int
get_share(const char *text, double *share)
{
	if (get_number(text, '%', 0, 100, share) != 0)
		return -1;
	*share /= 100;
	return 0;
}

static int
get_tables(const char *text, uint64_t *tables)
{
	*tables = UINT64_MAX;
	return is_off(text) ? 0 : text_number(text, TABLES_MAX, tables);
}

static int
add_except(struct gate_bounds *bounds, const char *text, struct err *err)
{
	struct pattern *p = pattern_new(text, PATTERN_RELATION, err);

	if (p == NULL)
		return err_wrap(err, "--gate");
	bounds->except = mem_array(
	    bounds->except, bounds->except_count + 1, sizeof(struct pattern *));
	bounds->except[bounds->except_count++] = p;
	return 0;
}

static int
refuse(const char *word, struct err *err)
{
	(void)err_set(
	    err, ERR_USAGE, "--gate does not know what \"%s\" is", word);
	return err_hint(err,
	    "for example --gate rows=50%%,size=50%%,time=10x,tables=0, or any "
	    "of these; rows=off, or --gate off; except=PATTERN for tables that "
	    "come and go");
}

/* "NAME=VALUE". */
static int
parse_word(char *word, struct gate_bounds *bounds, struct err *err)
{
	char *value = strchr(word, '=');
	char *whole = mem_strdup(word);
	int rc = -1;

	if (value != NULL)
		*value++ = '\0';
	if (value == NULL)
		rc = -1;
	else if (strcmp(word, "tables") == 0)
		rc = get_tables(value, &bounds->tables);
	else if (strcmp(word, "rows") == 0)
		rc = get_share(value, &bounds->rows);
	else if (strcmp(word, "size") == 0)
		rc = get_share(value, &bounds->size);
	else if (strcmp(word, "time") == 0)
		rc = get_number(value, 'x', 1, 1000000, &bounds->time);
	if (value != NULL && strcmp(word, "except") == 0)
		rc = add_except(bounds, value, err);
	else if (rc != 0)
		rc = refuse(whole, err);
	free(whole);
	return rc;
}

int
gate_parse(const char *text, struct gate_bounds *bounds, struct err *err)
{
	char *copy, *rest, *word;
	int rc = 0;

	if (is_off(text)) {
		bounds->off = 1;
		return 0;
	}
	bounds->off = 0;
	copy = rest = mem_strdup(text);
	while (rc == 0 && (word = strsep(&rest, ",")) != NULL)
		rc = parse_word(word, bounds, err);
	free(copy);
	return rc;
}

char *
gate_chosen(
    const struct selection *selection, const char *format, int row_security)
{
	struct buf text = { 0 };
	size_t i;

	buf_puts(&text, "");
	for (i = 0; i < selection->rule_count; i++) {
		selection_rule_text(&selection->rules[i], &text);
		buf_puts(&text, "\n");
	}
	if (selection->schema_only)
		buf_puts(&text, "definitions alone\n");
	if (row_security)
		buf_puts(&text, "rows that row security shows\n");
	/* Of another format the same rows have another size. */
	if (strcmp(format, "auto") != 0)
		buf_printf(&text, "as %s\n", format);
	return (char *)text.data;
}
