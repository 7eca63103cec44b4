#ifndef PLANES_H
#define PLANES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Values of one size, as they follow one another, and the same bytes in
 * planes: the first byte of every value, then the second of every value, ...
 * Sixteen values are turned at a time.
 */

#define PLANES_SIZE_MAX 16
/* Bytes behind either array that may be read or written as well. */
#define PLANES_SLACK 16

/* planes_put(values, size, count, planes), planes_get(planes, size, count,
 * values): ${count} values of ${size} <= PLANES_SIZE_MAX bytes.  What lies in
 * the slack behind the result is overwritten. */
void
planes_put(const uint8_t *values, size_t size, size_t count, uint8_t *planes);
void
planes_get(const uint8_t *planes, size_t size, size_t count, uint8_t *values);

#endif
