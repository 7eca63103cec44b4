#include "db/named.h"
#include "unit.h"

#define MANY 1000

static void
test_finds_each(void **state)
{
	struct table tables[MANY] = { 0 };
	struct sequence sequences[2] = { 0 };
	struct catalog cat = { .tables = tables,
		.table_count = MANY,
		.sequences = sequences,
		.sequence_count = 2 };
	char names[MANY][8], a[] = "a", b[] = "b", s[] = "s";
	struct named *n;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		/* Two of each name, in two schemas. */
		(void)snprintf(
		    names[i], sizeof(names[i]), "t%d", (i / 2 * 7919) % MANY);
		tables[i].name = names[i];
		tables[i].schema = i % 2 == 0 ? a : b;
	}
	sequences[0].name = sequences[1].name = s;
	sequences[0].schema = b;
	sequences[1].schema = a;
	n = named_new(&cat);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(
		    named_table(n, tables[i].schema, tables[i].name), i);
	assert_int_equal(named_table(n, "a", "s"), -1);
	assert_int_equal(named_table(n, "", "t0"), -1);
	assert_int_equal(named_sequence(n, "b", "s"), 0);
	assert_int_equal(named_sequence(n, "a", "s"), 1);
	assert_int_equal(named_sequence(n, "a", "t0"), -1);
	named_free(n);
}

static void
test_finds_nothing_in_nothing(void **state)
{
	struct catalog cat = { .table_count = 0 };
	struct named *n = named_new(&cat);

	(void)state;
	assert_int_equal(named_table(n, "a", "t"), -1);
	assert_int_equal(named_sequence(n, "a", "t"), -1);
	named_free(n);
	named_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_each),
		cmocka_unit_test(test_finds_nothing_in_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
