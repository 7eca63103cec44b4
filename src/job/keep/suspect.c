#include <string.h>

#include "base/doc.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/keep/suspect.h"
#include "job/sidecar.h"

char *
suspect_peek(const char *archive)
{
	struct err err = ERR_INIT;
	json_t *doc = sidecar_load(archive, SIDECAR_SUSPECT, &err);
	const char *reason;
	char *copy = NULL;

	if (doc != NULL && doc_str(doc, "reason", &reason, &err) == 0)
		copy = mem_strdup(reason);
	else if (err.kind != ERR_ABSENT)
		copy = mem_printf("its mark can't be read: %s", err.msg);
	json_decref(doc);
	if (copy != NULL)
		text_clean(copy);
	return copy;
}

int
suspect_mark(const char *archive, const char *reason, const char *against,
    struct err *err)
{
	char marked[WALL_ISO_SIZE];
	json_t *doc;
	int rc;

	wall_iso(wall_now(), marked);
	doc = json_pack("{s:o, s:s, s:o}", "reason", doc_text(reason), "marked",
	    marked, "compared_with", doc_text(against));
	rc = doc != NULL ? sidecar_save(archive, SIDECAR_SUSPECT, doc, err)
			 : err_set(err, ERR_FAIL, "cannot describe the mark");
	json_decref(doc);
	return rc;
}

int
suspect_clear(const char *archive, struct err *err)
{
	return sidecar_remove(archive, SIDECAR_SUSPECT, err);
}
