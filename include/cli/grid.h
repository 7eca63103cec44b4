#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stddef.h>
#include <stdio.h>

/* A table of text, its columns as wide as what is in them. */

struct grid_column {
	const char *title;
	int right; /* for numbers */
};

struct grid;

/* grid_new(columns, count): ${columns} is lent until grid_free(). */
struct grid *grid_new(const struct grid_column *columns, size_t count);
/* grid_add(grid, cells): a row of as many strings, which are copied; NULL is
 * an empty one.  Control characters become "?". */
void grid_add(struct grid *grid, const char *const *cells);
/* grid_print(grid, out): the titles and all rows; columns that are empty in
 * every row are left out. */
void grid_print(const struct grid *grid, FILE *out);
void grid_free(struct grid *grid);

/* grid_width(text): the columns that UTF-8 text takes, taking each character
 * for one. */
size_t grid_width(const char *text);

#endif
