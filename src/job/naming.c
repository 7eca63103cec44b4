#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/naming.h"

#define ROOM 900

void
naming_add(struct naming *n, const char *what)
{
	char *line = mem_strdup(what);

	text_clean_line(line);
	log_step("%s", line);
	n->count++;
	if (n->text.len > 0 && n->text.len + strlen(line) > ROOM)
		n->left++;
	else
		buf_printf(&n->text, "%s%s",
		    n->text.len > 0 ? n->separator : "", line);
	free(line);
}

const char *
naming_text(struct naming *n)
{
	if (n->left > 0)
		buf_printf(&n->text, " and %zu more", n->left);
	n->left = 0;
	return buf_text(&n->text);
}

void
naming_free(struct naming *n)
{
	buf_free(&n->text);
}
