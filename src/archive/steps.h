#ifndef STEPS_H
#define STEPS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Copying short values, of which there are many: in whole steps, since a
 * branch on the length costs more than the bytes.  Up to STEP - 1 bytes behind
 * either end are read or written as well: both arrays have STEP to spare.
 */
#define STEP 16

static inline void
copy_steps(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t done = 0;

	do {
		memcpy(to + done, from + done, STEP);
		done += STEP;
	} while (done < len);
}

#endif
