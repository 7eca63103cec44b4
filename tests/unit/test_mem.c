#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "unit.h"

static void
test_alloc(void **unused)
{
	char *p = mem_zalloc(1000), *q = mem_alloc(0);
	int *list;

	(void)unused;
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	assert_non_null(q);
	list = mem_array(NULL, 10, sizeof(*list));
	list[9] = 9;
	list = mem_array(list, 20, sizeof(*list));
	assert_int_equal(list[9], 9);
	free(mem_array(list, 0, sizeof(*list)));
	free(p);
	free(q);
}

static void
test_aligned(void **unused)
{
	(void)unused;
	for (size_t align = 16; align <= 4096; align *= 2) {
		void *p = mem_aligned(align, 2 * align);

		assert_int_equal((uintptr_t)p % align, 0);
		memset(p, 1, 2 * align);
		free(p);
	}
}

static void
test_text(void **unused)
{
	char *a = mem_strdup("text"), *b = mem_strdup("");
	char *c = mem_printf("%s-%d", a, 7), *d = mem_printf("%s", "");

	(void)unused;
	assert_string_equal(a, "text");
	assert_string_equal(b, "");
	assert_string_equal(c, "text-7");
	assert_string_equal(d, "");
	free(a);
	free(b);
	free(c);
	free(d);
}

/* A product that overflows ends the process instead of giving too little. */
static int
overflow(void *unused)
{
	volatile size_t count = SIZE_MAX / 4 + 2;

	(void)unused;
	return mem_array(NULL, count, 4) != NULL ? 50 : 51;
}

static void
test_overflow(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(overflow, NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
