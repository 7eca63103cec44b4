#include <string.h>

#include "fuzz.h"
#include "job/choose/filter.h"

/* A file of rules: what is taken is written as lines, and those mean the
 * same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "public", "a", "Odd \"name\"",
		"o\xC3\xA4.b", "" };
	struct selection sel = { 0 }, same = { 0 };
	struct err err = ERR_INIT;
	struct buf text = { 0 };
	size_t i, j, k;

	if (filter_parse((const char *)data, size, "rules", &sel, &err) != 0) {
		insist(err.kind == ERR_USAGE);
		insist(strncmp(err.msg, "rules", 5) == 0);
		goto out;
	}
	for (i = 0; i < sel.rule_count; i++) {
		selection_rule_text(&sel.rules[i], &text);
		buf_puts(&text, "\n");
	}
	insist(
	    filter_parse(buf_text(&text), text.len, "rules", &same, &err) == 0);
	insist(same.rule_count == sel.rule_count);
	for (i = 0; i < sel.rule_count; i++) {
		const struct rule *a = &sel.rules[i], *b = &same.rules[i];

		insist(a->about == b->about && a->include == b->include &&
		    a->children == b->children);
		for (j = 0; j < 5; j++)
			for (k = 0; k < 5; k++)
				insist(!pattern_matches(
					   a->pattern, names[j], names[k]) ==
				    !pattern_matches(
					b->pattern, names[j], names[k]));
	}
out:
	buf_free(&text);
	selection_clear(&sel);
	selection_clear(&same);
	return 0;
}
