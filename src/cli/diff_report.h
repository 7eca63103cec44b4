#ifndef CLI_DIFF_REPORT_H
#define CLI_DIFF_REPORT_H

#include <jansson.h>

#include "job/proof/diff.h"
#include "job/proof/diff_rows.h"

/* What a comparison found, on standard output: for the terminal, with the
 * tables that are the same if ${all}; as Markdown; as a JSON document that
 * pgcask(1) describes, which the caller json_decref()s. */
void report_text(const struct diff *d, int all);
void report_markdown(const struct diff *d);
json_t *report_json(const struct diff *d);

/* report_word(state): "same", "different", ...
 * report_schema(d): the definitions' difference, its first two lines before it;
 * the caller frees. */
const char *report_word(enum diff_state state);
char *report_schema(const struct diff *d);

/* The same of the rows of one table; never as Markdown. */
void report_rows(const struct diff_rows *r);
json_t *report_rows_json(const struct diff_rows *r);

#endif
