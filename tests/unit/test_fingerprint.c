#include <string.h>

#include "archive/fingerprint.h"
#include "unit.h"

/* Of two columns, as text or not, with one row. */
struct sample {
	char names[2][8];
	char types[2][8];
	enum copy_format format;
	const char *row;
};

static void
print(const struct sample *s, char out[DIGEST_HEX_SIZE])
{
	struct sample own = *s;
	struct column columns[2] = { { own.names[0], own.types[0] },
		{ own.names[1], own.types[1] } };
	struct table table = {
		.columns = columns, .column_count = 2, .format = own.format
	};
	struct digest rows = { 0 };

	digest_row(&rows, own.row, strlen(own.row));
	fingerprint(&table, &rows, out);
}

/* Rows, columns, types and format: each tells. */
static void
test_what_is_part_of_it(void **state)
{
	static const struct sample all[] = {
		{ { "a", "b" }, { "integer", "text" }, COPY_TEXT, "x" },
		{ { "a", "b" }, { "integer", "text" }, COPY_TEXT, "y" },
		{ { "a", "b" }, { "integer", "text" }, COPY_BINARY, "x" },
		{ { "b", "a" }, { "integer", "text" }, COPY_TEXT, "x" },
		{ { "a", "b" }, { "bigint", "text" }, COPY_TEXT, "x" },
		{ { "a", "bi" }, { "nteger", "text" }, COPY_TEXT, "x" },
		{ { "ai", "b" }, { "nteger", "text" }, COPY_TEXT, "x" },
	};
	char prints[sizeof(all) / sizeof(all[0])][DIGEST_HEX_SIZE];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		print(&all[i], prints[i]);
		for (k = 0; k < i; k++)
			assert_string_not_equal(prints[i], prints[k]);
	}
}

/* As pgcask-format(5) has it. */
static void
test_definition(void **state)
{
	static const char head[] = "text\0a\0integer\0b\0text";
	static const struct sample sample = { { "a", "b" },
		{ "integer", "text" }, COPY_TEXT, "x" };
	char want[DIGEST_HEX_SIZE], have[DIGEST_HEX_SIZE];
	struct digest digest = { 0 };

	(void)state;
	/* The last NUL is the literal's own. */
	digest_row(&digest, head, sizeof(head));
	digest_row(&digest, "x", 1);
	digest_hex(&digest, want);
	print(&sample, have);
	assert_string_equal(want, have);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_part_of_it),
		cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
