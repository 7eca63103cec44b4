EXTRA_DIST += .clang-format .clang-tidy tests/run.sh tests/matrix.sh \
	tests/torture.sh tests/lib tests/lint tests/cli tests/integration \
	tests/tools tests/golden
check_LIBRARIES =
if HAVE_CMOCKA
include tests/unit/local.mk
endif
include tests/fuzz/local.mk
