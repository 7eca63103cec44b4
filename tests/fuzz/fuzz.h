#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What the fuzzers have in common.  Each is one file with this function, which
 * is given any bytes at all.  It is linked with libFuzzer by run.sh, and with
 * replay.c by "make check".
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* insist(fact): what has to be true of every input. */
#define insist(fact)                                                   \
	do {                                                           \
		if (!(fact)) {                                         \
			(void)fprintf(stderr, "%s:%d: not true: %s\n", \
			    __FILE__, __LINE__, #fact);                \
			abort();                                       \
		}                                                      \
	} while (0)

#endif
