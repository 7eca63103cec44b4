#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/udiff.h"
#include "unit.h"

#define LINES_MAX 40

static char *
difference(const char *before, const char *after, size_t context)
{
	const struct udiff_opts opts = { .context = context };
	struct buf out = { 0 };
	char *text;

	udiff(before, after, &opts, &out);
	text = mem_strdup(buf_text(&out));
	buf_free(&out);
	return text;
}

static void
expect(const char *before, const char *after, const char *want)
{
	char *got = difference(before, after, 3);

	assert_string_equal(got, want);
	free(got);
}

static void
test_hunks(void **unused)
{
	(void)unused;
	expect("", "", "");
	expect("a\nb\n", "a\nb\n", "");
	expect("a\nb", "a\nb\n", "");
	expect("", "a\n", "@@ -0,0 +1 @@\n+a\n");
	expect("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
	expect("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
	/* Far enough apart, each has its own. */
	expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n2\n3\n4\n5\n6\n7\n8\n0\n",
	    "@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n"
	    "@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+0\n");
	expect("1\n2\n3\n4\n5\n6\n7\n8\n", "0\n2\n3\n4\n5\n6\n7\n0\n",
	    "@@ -1,8 +1,8 @@\n-1\n+0\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+0\n");
}

static void
test_place(void **unused)
{
	const struct udiff_opts opts = { .context = 1,
		.name = "TABLE a.b",
		.before_at = 10,
		.after_at = 12 };
	struct buf out = { 0 };

	(void)unused;
	udiff("x\ny\n", "x\nz\n", &opts, &out);
	udiff("", "n\n", &opts, &out);
	assert_string_equal(buf_text(&out),
	    "@@ -11,2 +13,2 @@ TABLE a.b\n x\n-y\n+z\n"
	    "@@ -10,0 +13 @@ TABLE a.b\n+n\n");
	buf_free(&out);
}

/* ---- against what is computed in another way ---- */

/* The longest common subsequence of two strings of one letter a line. */
static size_t
common(const char *a, const char *b)
{
	size_t best[LINES_MAX + 1][LINES_MAX + 1] = { { 0 } };
	size_t i, j;

	for (i = 1; i <= strlen(a); i++)
		for (j = 1; j <= strlen(b); j++)
			if (a[i - 1] == b[j - 1])
				best[i][j] = best[i - 1][j - 1] + 1;
			else
				best[i][j] = best[i - 1][j] > best[i][j - 1]
				    ? best[i - 1][j]
				    : best[i][j - 1];
	return best[strlen(a)][strlen(b)];
}

static void
spell(const char *letters, char *lines)
{
	for (; *letters != '\0'; letters++) {
		*lines++ = *letters;
		*lines++ = '\n';
	}
	*lines = '\0';
}

/* Follow the hunks from the one to the other; how many lines they edit. */
static size_t
follow(const char *diff, const char *before, char *after)
{
	size_t at = 0, edits = 0;
	unsigned long from, count;

	while (*diff != '\0') {
		count = 1;
		assert_true(sscanf(diff, "@@ -%lu,%lu", &from, &count) >= 1);
		/* An empty range names the line before it. */
		if (count > 0)
			from--;
		while (at < from)
			*after++ = before[at++];
		diff += strcspn(diff, "\n") + 1;
		for (; *diff == ' ' || *diff == '-' || *diff == '+';
		     diff += 3) {
			if (*diff != '+')
				assert_int_equal(before[at++], diff[1]);
			if (*diff != '-')
				*after++ = diff[1];
			edits += *diff != ' ';
		}
	}
	while ((*after++ = before[at]) != '\0')
		at++;
	return edits;
}

static void
test_random(void **unused)
{
	unsigned round, seed = 1;

	(void)unused;
	for (round = 0; round < 3000; round++) {
		char word[2][LINES_MAX + 1] = { { 0 } };
		char text[2][2 * LINES_MAX + 1] = { { 0 } };
		char made[2 * LINES_MAX + 1], *diff;
		size_t edits;

		for (int side = 0; side < 2; side++) {
			size_t i, len = (size_t)rand_r(&seed) % LINES_MAX;

			for (i = 0; i < len; i++)
				word[side][i] = (char)('a' + rand_r(&seed) % 4);
			word[side][len] = '\0';
			spell(word[side], text[side]);
		}
		diff = difference(text[0], text[1], round % 4);
		edits = follow(diff, word[0], made);
		assert_string_equal(made, word[1]);
		assert_int_equal(edits,
		    strlen(word[0]) + strlen(word[1]) -
			2 * common(word[0], word[1]));
		free(diff);
	}
}

/* Beyond the bound it is no longer the smallest, but right. */
static void
test_bound(void **unused)
{
	struct buf a = { 0 }, b = { 0 };
	size_t i, n = UDIFF_EDITS_MAX;
	char *diff;

	(void)unused;
	buf_puts(&a, "same\n");
	buf_puts(&b, "same\n");
	for (i = 0; i < n; i++) {
		buf_printf(&a, "a%zu\n", i);
		buf_printf(&b, "b%zu\n", i);
	}
	diff = difference(buf_text(&a), buf_text(&b), 1);
	mentions(diff, "@@ -1,2001 +1,2001 @@\n same\n-a0\n");
	assert_int_equal(udiff_lines(diff), 2 + 2 * n);
	free(diff);
	buf_free(&a);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hunks),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
