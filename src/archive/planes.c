#include <string.h>

#include "planes.h"

#define SIDE 16

/* A row of a square of bytes; the compiler has instructions for these. */
typedef uint8_t row __attribute__((vector_size(SIDE)));

/* The bytes of two rows in turn: of their first, or their second halves. */
#ifdef __clang__
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MIX(a, b, ...) __builtin_shuffle(a, b, (row){ __VA_ARGS__ })
#endif
#define MIX_FIRST(a, b) \
	MIX(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define MIX_SECOND(a, b) \
	MIX(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/* One step: mixing the upper with the lower half of the rows moves the top
 * bit of a byte's row number to the bottom of its column number. */
static inline void
step(const row from[SIDE], row to[SIDE])
{
	for (size_t i = 0; i < SIDE / 2; i++) {
		to[2 * i] = MIX_FIRST(from[i], from[i + SIDE / 2]);
		to[2 * i + 1] = MIX_SECOND(from[i], from[i + SIDE / 2]);
	}
}

/* Exchange rows and columns: all four bits of each number. */
static inline void
turn(row square[SIDE])
{
	row other[SIDE];

	step(square, other);
	step(other, square);
	step(square, other);
	step(other, square);
}

void
planes_put(const uint8_t *values, size_t size, size_t count, uint8_t *planes)
{
	size_t i, k, whole = count - count % SIDE;
	row square[SIDE];

	for (i = 0; i < whole; i += SIDE) {
		for (k = 0; k < SIDE; k++)
			memcpy(&square[k], values + (i + k) * size, SIDE);
		turn(square);
		for (k = 0; k < size; k++)
			memcpy(planes + k * count + i, &square[k], SIDE);
	}
	for (; i < count; i++) {
		for (k = 0; k < size; k++)
			planes[k * count + i] = values[i * size + k];
	}
}

void
planes_get(const uint8_t *planes, size_t size, size_t count, uint8_t *values)
{
	size_t i, k, whole = count - count % SIDE;
	row square[SIDE] = { 0 };

	for (i = 0; i < whole; i += SIDE) {
		for (k = 0; k < size; k++)
			memcpy(&square[k], planes + k * count + i, SIDE);
		turn(square);
		/* Each value's surplus is overwritten by the next. */
		for (k = 0; k < SIDE; k++)
			memcpy(values + (i + k) * size, &square[k], SIDE);
	}
	for (; i < count; i++) {
		for (k = 0; k < size; k++)
			values[i * size + k] = planes[k * count + i];
	}
}
