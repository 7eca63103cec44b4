#ifndef JOB_PROOF_PAGE_H
#define JOB_PROOF_PAGE_H

#include <jansson.h>

#include "base/buf.h"

/* page_make(evidence, out): append a drill's evidence (job/proof/evidence.h) as
 * one HTML page that loads nothing: for people, on any screen. */
void page_make(const json_t *evidence, struct buf *out);

#endif
