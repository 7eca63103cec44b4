#include <sodium.h>
#include <string.h>

#include "stream/hash.h"
#include "unit.h"

static void
hex_of(const uint8_t hash[HASH_SIZE], char hex[2 * HASH_SIZE + 1])
{
	(void)sodium_bin2hex(hex, 2 * HASH_SIZE + 1, hash, HASH_SIZE);
}

/* The expected values are those of b2sum -l 256. */
static void
test_known_values(void **unused)
{
	char hex[2 * HASH_SIZE + 1];
	uint8_t out[HASH_SIZE];

	(void)unused;
	hash_once("abc", 3, out);
	hex_of(out, hex);
	assert_string_equal(hex,
	    "bddd813c634239723171ef3fee98579b"
	    "94964e3bb1cb3e427262c8c068d52319");
	hash_once("", 0, out);
	hex_of(out, hex);
	assert_string_equal(hex,
	    "0e5751c026e543b2e8ab2eb06099daa1"
	    "d1e5df47778f7787faab45cdf12fe3a8");
}

static void
test_split_is_free(void **unused)
{
	static const size_t steps[] = { 1, 127, 128, 129, 511, 512, 513, 5000 };
	uint8_t data[5000], whole[HASH_SIZE], out[HASH_SIZE];
	struct hash *hash = hash_new();

	(void)unused;
	unit_fill(data, sizeof(data), 1);
	hash_once(data, sizeof(data), whole);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t at, now;

		for (at = 0; at < sizeof(data); at += now) {
			now = sizeof(data) - at;
			if (now > steps[i])
				now = steps[i];
			hash_add(hash, data + at, now);
			hash_add(hash, data + at, 0);
		}
		hash_end(hash, out);
		assert_memory_equal(out, whole, HASH_SIZE);
		hash_reset(hash);
	}
	data[4999] ^= 1;
	hash_once(data, sizeof(data), out);
	assert_memory_not_equal(out, whole, HASH_SIZE);
	hash_free(hash);
	hash_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_split_is_free),
	};

	if (sodium_init() < 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
