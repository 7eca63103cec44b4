#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/udiff.h"

struct line {
	const char *at;
	size_t len;
};

struct text {
	struct line *lines;
	size_t count;
};

/* What becomes of the lines of either side: 1 for those that only it has. */
struct script {
	struct text before, after;
	uint8_t *removed;
	uint8_t *added;
};

size_t
udiff_lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; n++) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

static struct text
cut(const char *text)
{
	struct text t = { .count = udiff_lines(text) };
	size_t i;

	t.lines = mem_array(NULL, t.count + 1, sizeof(*t.lines));
	for (i = 0; i < t.count; i++) {
		t.lines[i].at = text;
		t.lines[i].len = strcspn(text, "\n");
		text += t.lines[i].len;
		text += *text == '\n';
	}
	return t;
}

static int
same(const struct script *s, size_t x, size_t y)
{
	const struct line *a = &s->before.lines[x], *b = &s->after.lines[y];

	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* ---- the smallest script ---- */

/* The part of the texts that is looked at, and how far each diagonal k = x - y
 * was reached with d edits: reach[d][k + d], for k from -d to d. */
struct search {
	struct script *script;
	size_t x0, y0; /* where it begins */
	long n, m;     /* how many lines of each */
	long **reach;
};

/* Whether the best way to diagonal ${k} with ${d} edits comes by adding a
 * line, from k + 1, and not by removing one, from k - 1. */
static int
comes_down(const struct search *s, long d, long k)
{
	const long *last = s->reach[d - 1] + (d - 1);

	return k == -d || (k != d && last[k - 1] < last[k + 1]);
}

static long
slide(const struct search *s, long x, long k)
{
	while (x < s->n && x - k < s->m &&
	    same(s->script, s->x0 + (size_t)x, s->y0 + (size_t)(x - k)))
		x++;
	return x;
}

/* Find how many edits it takes; -1 if more than UDIFF_EDITS_MAX. */
static long
search(struct search *s)
{
	long d, k, x;

	for (d = 0; d <= UDIFF_EDITS_MAX; d++) {
		s->reach[d] =
		    mem_array(NULL, 2 * (size_t)d + 1, sizeof(**s->reach));
		for (k = -d; k <= d; k += 2) {
			const long *last =
			    d > 0 ? s->reach[d - 1] + (d - 1) : NULL;

			if (last == NULL)
				x = 0;
			else if (comes_down(s, d, k))
				x = last[k + 1];
			else
				x = last[k - 1] + 1;
			/* Beyond an end there is no way on. */
			if (x <= s->n && x - k <= s->m && x - k >= 0)
				x = slide(s, x, k);
			s->reach[d][k + d] = x;
			if (x == s->n && x - k == s->m)
				return d;
		}
	}
	return -1;
}

/* Go back the way that search() found, and mark its edits. */
static void
mark_edits(const struct search *s, long d)
{
	long x = s->n, y = s->m;

	for (; d > 0; d--) {
		const long *last = s->reach[d - 1] + (d - 1);
		long k = x - y;

		if (comes_down(s, d, k)) {
			x = last[k + 1];
			y = x - (k + 1);
			s->script->added[s->y0 + (size_t)y] = 1;
		} else {
			x = last[k - 1];
			y = x - (k - 1);
			s->script->removed[s->x0 + (size_t)x] = 1;
		}
	}
}

static void
mark_all(const struct search *s)
{
	memset(s->script->removed + s->x0, 1, (size_t)s->n);
	memset(s->script->added + s->y0, 1, (size_t)s->m);
}

static void
compare(struct script *script)
{
	size_t n = script->before.count, m = script->after.count, head = 0, i;
	struct search s = { .script = script };
	long edits;

	while (head < n && head < m && same(script, head, head))
		head++;
	while (n > head && m > head && same(script, n - 1, m - 1)) {
		n--;
		m--;
	}
	s.x0 = s.y0 = head;
	s.n = (long)(n - head);
	s.m = (long)(m - head);
	if (s.n == 0 || s.m == 0) {
		mark_all(&s);
		return;
	}
	s.reach = mem_zalloc((UDIFF_EDITS_MAX + 1) * sizeof(*s.reach));
	edits = search(&s);
	if (edits >= 0)
		mark_edits(&s, edits);
	else
		mark_all(&s);
	for (i = 0; i <= UDIFF_EDITS_MAX; i++)
		free(s.reach[i]);
	free(s.reach);
}

/* ---- hunks ---- */

static void
put_line(struct buf *out, char mark, const struct line *line)
{
	buf_printf(out, "%c%.*s\n", mark, (int)line->len, line->at);
}

static void
put_range(struct buf *out, char mark, size_t at, size_t from, size_t to)
{
	/* An empty range is numbered by the line before it. */
	buf_printf(out, "%c%zu", mark, at + from + (to > from));
	if (to - from != 1)
		buf_printf(out, ",%zu", to - from);
}

/* A run of the script, from (x, y) to before (to_x, to_y). */
struct hunk {
	size_t x, y, to_x, to_y;
};

static void
put_hunk(const struct script *s, const struct hunk *h,
    const struct udiff_opts *opts, struct buf *out)
{
	size_t x = h->x, y = h->y;

	buf_puts(out, "@@ ");
	put_range(out, '-', opts->before_at, h->x, h->to_x);
	buf_puts(out, " ");
	put_range(out, '+', opts->after_at, h->y, h->to_y);
	buf_puts(out, " @@");
	if (opts->name != NULL)
		buf_printf(out, " %s", opts->name);
	buf_puts(out, "\n");
	while (x < h->to_x || y < h->to_y) {
		if (x < h->to_x && s->removed[x])
			put_line(out, '-', &s->before.lines[x++]);
		else if (y < h->to_y && s->added[y])
			put_line(out, '+', &s->after.lines[y++]);
		else {
			put_line(out, ' ', &s->before.lines[x++]);
			y++;
		}
	}
}

/* Go on to the next edit; how many lines are the same until there. */
static size_t
skip_same(const struct script *s, size_t *x, size_t *y)
{
	size_t n = 0;

	while (*x < s->before.count && *y < s->after.count && !s->removed[*x] &&
	    !s->added[*y]) {
		(*x)++;
		(*y)++;
		n++;
	}
	return n;
}

static void
skip_edits(const struct script *s, size_t *x, size_t *y)
{
	while (*x < s->before.count && s->removed[*x])
		(*x)++;
	while (*y < s->after.count && s->added[*y])
		(*y)++;
}

static int
is_end(const struct script *s, size_t x, size_t y)
{
	return x == s->before.count && y == s->after.count;
}

static void
put_hunks(
    const struct script *s, const struct udiff_opts *opts, struct buf *out)
{
	size_t x = 0, y = 0, before = skip_same(s, &x, &y);

	while (!is_end(s, x, y)) {
		size_t lead = before < opts->context ? before : opts->context;
		struct hunk h = { .x = x - lead, .y = y - lead };
		size_t tail;

		/* Edits with little between them are of one hunk. */
		do {
			skip_edits(s, &x, &y);
			h.to_x = x;
			h.to_y = y;
			before = skip_same(s, &x, &y);
		} while (before <= 2 * opts->context && !is_end(s, x, y));
		tail = before < opts->context ? before : opts->context;
		h.to_x += tail;
		h.to_y += tail;
		put_hunk(s, &h, opts, out);
	}
}

void
udiff(const char *before, const char *after, const struct udiff_opts *opts,
    struct buf *out)
{
	struct script s = { .before = cut(before), .after = cut(after) };

	s.removed = mem_zalloc(s.before.count + 1);
	s.added = mem_zalloc(s.after.count + 1);
	compare(&s);
	put_hunks(&s, opts, out);
	free(s.removed);
	free(s.added);
	free(s.before.lines);
	free(s.after.lines);
}
