# One program per fuzzer: tests/fuzz/fuzz_NAME.c.  Here each replays its corpus;
# tests/fuzz/run.sh builds the same with libFuzzer.
fuzz_tests = \
	tests/fuzz/fuzz_catalog \
	tests/fuzz/fuzz_columns \
	tests/fuzz/fuzz_filter \
	tests/fuzz/fuzz_header \
	tests/fuzz/fuzz_index \
	tests/fuzz/fuzz_keyfile \
	tests/fuzz/fuzz_manifest \
	tests/fuzz/fuzz_marks \
	tests/fuzz/fuzz_reader \
	tests/fuzz/fuzz_rows \
	tests/fuzz/fuzz_salvage \
	tests/fuzz/fuzz_script \
	tests/fuzz/fuzz_seal \
	tests/fuzz/fuzz_sealed \
	tests/fuzz/fuzz_tar \
	tests/fuzz/fuzz_toc \
	tests/fuzz/fuzz_zstd
golden = tests/fuzz/golden.h tests/fuzz/golden.c
fuzz_libs = tests/fuzz/libreplay.a libpgcask.a $(DEPS_LIBS)
check_PROGRAMS += $(fuzz_tests)
TESTS += $(fuzz_tests)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.sh tests/fuzz/corpus.sh \
	tests/fuzz/mutate.c tests/fuzz/mutate_archive.c tests/fuzz/json.dict \
	tests/fuzz/README.md
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_fuzz_catalog_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_columns_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_filter_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_header_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_index_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_keyfile_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_manifest_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_marks_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_reader_SOURCES = tests/fuzz/fuzz_reader.c $(golden)
tests_fuzz_fuzz_reader_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_rows_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_salvage_SOURCES = tests/fuzz/fuzz_salvage.c $(golden)
tests_fuzz_fuzz_salvage_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_script_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_seal_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_sealed_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_tar_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_toc_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_zstd_LDADD = $(fuzz_libs)
