#ifndef SALVAGE_REPORT_H
#define SALVAGE_REPORT_H

#include "job/restore/restore.h"
#include "job/salvage/survey.h"

/* What a salvage tells: a line for each table, and what is lost. */
struct salvage_report {
	const struct reader *reader;
	const struct survey *survey;
	const struct restore_result *result; /* NULL: nothing was restored */
};

/* salvage_print(r): to standard output, unless that is to be quiet. */
void salvage_print(const struct salvage_report *r);
/* salvage_print_json(r, err): the same as JSON. */
int salvage_print_json(const struct salvage_report *r, struct err *err);
/* salvage_warn(r): a warning for each kind of loss. */
void salvage_warn(const struct salvage_report *r);

#endif
