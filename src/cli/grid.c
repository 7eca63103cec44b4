#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/grid.h"

struct grid {
	const struct grid_column *columns;
	size_t count;
	char **cells; /* row by row */
	size_t rows;
};

struct grid *
grid_new(const struct grid_column *columns, size_t count)
{
	struct grid *grid = mem_zalloc(sizeof(*grid));

	grid->columns = columns;
	grid->count = count;
	return grid;
}

size_t
grid_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
	}
	return n;
}

void
grid_add(struct grid *grid, const char *const *cells)
{
	char **row;
	size_t i;

	grid->cells = mem_array(
	    grid->cells, (grid->rows + 1) * grid->count, sizeof(*grid->cells));
	row = grid->cells + grid->rows++ * grid->count;
	for (i = 0; i < grid->count; i++) {
		row[i] = mem_strdup(cells[i] != NULL ? cells[i] : "");
		text_clean_line(row[i]);
	}
}

/* The width of a column; 0 if nothing is in it. */
static size_t
column_width(const struct grid *grid, size_t column)
{
	size_t i, width = 0;

	for (i = 0; i < grid->rows; i++) {
		size_t w = grid_width(grid->cells[i * grid->count + column]);

		if (w > width)
			width = w;
	}
	if (width > 0 && width < grid_width(grid->columns[column].title))
		width = grid_width(grid->columns[column].title);
	return width;
}

/* One line, without spaces at its end. */
static void
print_row(const struct grid *grid, const size_t *widths,
    const char *const *cells, FILE *out)
{
	size_t i, owed = 0;

	for (i = 0; i < grid->count; i++) {
		size_t width = grid_width(cells[i]);
		size_t fill = widths[i] - width;

		if (widths[i] == 0)
			continue;
		if (grid->columns[i].right)
			owed += fill;
		if (cells[i][0] != '\0') {
			(void)fprintf(out, "%*s%s", (int)owed, "", cells[i]);
			owed = 0;
		} else {
			owed += width;
		}
		owed += (grid->columns[i].right ? 0 : fill) + 2;
	}
	(void)fputc('\n', out);
}

void
grid_print(const struct grid *grid, FILE *out)
{
	size_t *widths = mem_array(NULL, grid->count, sizeof(*widths));
	const char **row = mem_array(NULL, grid->count, sizeof(*row));
	size_t i, r;

	for (i = 0; i < grid->count; i++) {
		widths[i] = column_width(grid, i);
		row[i] = widths[i] > 0 ? grid->columns[i].title : "";
	}
	print_row(grid, widths, row, out);
	for (r = 0; r < grid->rows; r++) {
		for (i = 0; i < grid->count; i++)
			row[i] = grid->cells[r * grid->count + i];
		print_row(grid, widths, row, out);
	}
	free(row);
	free(widths);
}

void
grid_free(struct grid *grid)
{
	size_t i;

	if (grid == NULL)
		return;
	for (i = 0; i < grid->rows * grid->count; i++)
		free(grid->cells[i]);
	free(grid->cells);
	free(grid);
}
