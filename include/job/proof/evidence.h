#ifndef JOB_PROOF_EVIDENCE_H
#define JOB_PROOF_EVIDENCE_H

#include <stdint.h>

/*
 * What is left of a drill: ARCHIVE.drill.json, a JSON file beside the archive
 * (job/sidecar.h).
 */

struct evidence_last {
	int64_t ended; /* when, seconds since 1970 */
	int passed;
};

/* evidence_peek(archive, last): what the file beside the archive at that path
 * says of the last drill, believed as it stands: no signature is checked.
 * Return 1, or 0 where there is none that can be read. */
int evidence_peek(const char *archive, struct evidence_last *last);

#endif
