#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdint.h>

#include "base/err.h"

/* Clocks and the two ways a time is written. */

#define WALL_BASIC_SIZE 17 /* "20261120T021500Z" and its NUL */
#define WALL_ISO_SIZE 21   /* "2026-11-20T02:15:00Z" and its NUL */

/* wall_now(): seconds since 1970, UTC. */
int64_t wall_now(void);

/* wall_basic(t, out), wall_iso(t, out): write ${t} as UTC; "" outside of the
 * years 1000 to 9999. */
void wall_basic(int64_t t, char out[WALL_BASIC_SIZE]);
void wall_iso(int64_t t, char out[WALL_ISO_SIZE]);

/* wall_parse_basic(text, t), wall_parse_iso(text, t): read what the others
 * wrote.  Return 0 or -1. */
int wall_parse_basic(const char *text, int64_t *t);
int wall_parse_iso(const char *text, int64_t *t);

/* wall_seconds(): a monotonic clock, for durations. */
double wall_seconds(void);

#endif
