#include <stdlib.h>
#include <string.h>

#include "job/proof/evidence.h"
#include "job/sidecar.h"
#include "unit.h"

static int
set_up(void **state)
{
	*state = unit_folder();
	return 0;
}

static int
tear_down(void **state)
{
	unit_remove(*state);
	return 0;
}

static void
test_peek(void **state)
{
	static const struct {
		const char *text;
		int known, passed;
	} cases[] = {
		{ "{\"passed\":true,\"ended\":\"1970-01-01T00:01:40Z\"}", 1,
		    1 },
		{ "{\"ended\":\"1970-01-01T00:01:40Z\",\"passed\":false}", 1,
		    0 },
		{ "{\"passed\":1,\"ended\":\"1970-01-01T00:01:40Z\"}", 0, 0 },
		{ "{\"passed\":true,\"ended\":\"yesterday\"}", 0, 0 },
		{ "{\"passed\":true}", 0, 0 },
		{ "[]", 0, 0 },
		{ "", 0, 0 },
	};
	char *archive = unit_path(*state, "a.cask");
	char *path = sidecar_path(archive, SIDECAR_DRILL);
	struct evidence_last last;
	size_t i;

	assert_int_equal(evidence_peek(archive, &last), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unit_put(path, cases[i].text, strlen(cases[i].text));
		assert_int_equal(evidence_peek(archive, &last), cases[i].known);
		if (!cases[i].known)
			continue;
		assert_int_equal(last.ended, 100);
		assert_int_equal(last.passed, cases[i].passed);
	}
	free(path);
	free(archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_peek, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
