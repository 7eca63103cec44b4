#include <string.h>
#include <time.h>

#include "base/wall.h"
#include "base/wire.h"
#include "unit.h"

static const struct {
	int64_t t;
	const char *basic, *iso;
} times[] = {
	{ 0, "19700101T000000Z", "1970-01-01T00:00:00Z" },
	{ 1795140900, "20261120T021500Z", "2026-11-20T02:15:00Z" },
	{ 951782400, "20000229T000000Z", "2000-02-29T00:00:00Z" },
	{ 2147483648, "20380119T031408Z", "2038-01-19T03:14:08Z" },
	{ -1, "19691231T235959Z", "1969-12-31T23:59:59Z" },
	{ INT64_C(253402300799), "99991231T235959Z", "9999-12-31T23:59:59Z" },
};

static void
test_write_and_read(void **unused)
{
	char basic[WALL_BASIC_SIZE], iso[WALL_ISO_SIZE];

	(void)unused;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t t = 7;

		wall_basic(times[i].t, basic);
		wall_iso(times[i].t, iso);
		assert_string_equal(basic, times[i].basic);
		assert_string_equal(iso, times[i].iso);
		assert_int_equal(wall_parse_iso(iso, &t), 0);
		assert_true(t == times[i].t);
	}
}

static void
test_out_of_range(void **unused)
{
	static const int64_t far[] = { INT64_C(253402300800),
		INT64_C(-30610224001), INT64_MAX, INT64_MIN };
	char basic[WALL_BASIC_SIZE], iso[WALL_ISO_SIZE];

	(void)unused;
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		wall_basic(far[i], basic);
		wall_iso(far[i], iso);
		assert_string_equal(basic, "");
		assert_string_equal(iso, "");
	}
}

static void
test_refused(void **unused)
{
	static const char *const bad[] = { "", "2026-11-20",
		"2026-11-20T02:15:00", "2026-11-20T02:15:00Zx",
		"2026-11-20 02:15:00Z", "2026-02-30T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z",
		"2026-11-20T02:15:60Z", "26-11-20T02:15:00Z",
		" 2026-11-20T02:15:00Z", "2026-11-20T2:15:00Z",
		"12026-11-20T02:15:00Z" };
	int64_t t;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (wall_parse_iso(bad[i], &t) != -1)
			fail_msg("%s was taken", bad[i]);
}

static void
test_clocks(void **unused)
{
	double before = wall_seconds();
	struct timespec pause = { 0, 2000000 };

	(void)unused;
	assert_true(wall_now() > 1700000000);
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_true(wall_seconds() - before >= 0.002);
	assert_true(wall_seconds() - before < 600);
}

static void
test_wire(void **unused)
{
	static const uint8_t le32[] = { 4, 3, 2, 0x81 };
	static const uint8_t be32[] = { 0x81, 2, 3, 4 };
	static const uint8_t le64[] = { 8, 7, 6, 5, 4, 3, 2, 0x81 };
	uint8_t out[8];

	(void)unused;
	assert_true(wire_get_le32(le32) == UINT32_C(0x81020304));
	assert_true(wire_get_be32(be32) == UINT32_C(0x81020304));
	assert_true(wire_get_le64(le64) == UINT64_C(0x8102030405060708));
	wire_put_le32(out, UINT32_C(0x81020304));
	assert_memory_equal(out, le32, 4);
	wire_put_be32(out, UINT32_C(0x81020304));
	assert_memory_equal(out, be32, 4);
	wire_put_le64(out, UINT64_C(0x8102030405060708));
	assert_memory_equal(out, le64, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
