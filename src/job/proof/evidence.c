#include "base/doc.h"
#include "base/log.h"
#include "base/wall.h"
#include "job/proof/evidence.h"
#include "job/sidecar.h"

int
evidence_peek(const char *archive, struct evidence_last *last)
{
	struct err err = ERR_INIT;
	json_t *doc = sidecar_load(archive, SIDECAR_DRILL, &err);
	const char *ended;
	int known = 0;

	if (doc != NULL && doc_bool(doc, "passed", &last->passed, &err) == 0 &&
	    doc_str(doc, "ended", &ended, &err) == 0)
		known = wall_parse_iso(ended, &last->ended) == 0;
	if (!known && err.kind != ERR_ABSENT)
		log_warn("the last drill is not remembered: %s",
		    err.msg[0] != '\0' ? err.msg : "its time makes no sense");
	json_decref(doc);
	return known;
}
