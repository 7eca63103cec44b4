# One program per module.  Each is tests/unit/NAME.c alone, automake's default,
# linked with what is common to all.
check_LIBRARIES += tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = \
	tests/unit/failing_sink.h tests/unit/failing_sink.c \
	tests/unit/small_archive.h tests/unit/small_archive.c \
	tests/unit/toc_made.h tests/unit/toc_made.c \
	tests/unit/unit.h tests/unit/unit.c
AM_CPPFLAGS += -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
LDADD = tests/unit/libunit.a libpgcask.a $(DEPS_LIBS) $(CMOCKA_LIBS)

unit_tests = \
	tests/unit/test_archive \
	tests/unit/test_bar \
	tests/unit/test_blob \
	tests/unit/test_buf \
	tests/unit/test_callers \
	tests/unit/test_cat \
	tests/unit/test_check \
	tests/unit/test_child \
	tests/unit/test_choice \
	tests/unit/test_columns \
	tests/unit/test_digest \
	tests/unit/test_doc \
	tests/unit/test_documents \
	tests/unit/test_encoding \
	tests/unit/test_err \
	tests/unit/test_evidence \
	tests/unit/test_file \
	tests/unit/test_filter \
	tests/unit/test_fingerprint \
	tests/unit/test_fit \
	tests/unit/test_gate \
	tests/unit/test_globals \
	tests/unit/test_grid \
	tests/unit/test_groups \
	tests/unit/test_hash \
	tests/unit/test_inert \
	tests/unit/test_keys \
	tests/unit/test_lobj_entries \
	tests/unit/test_log \
	tests/unit/test_marks \
	tests/unit/test_mem \
	tests/unit/test_named \
	tests/unit/test_narrow \
	tests/unit/test_options \
	tests/unit/test_pattern \
	tests/unit/test_plan \
	tests/unit/test_policy \
	tests/unit/test_replace \
	tests/unit/test_rows \
	tests/unit/test_schedule \
	tests/unit/test_seal \
	tests/unit/test_selection \
	tests/unit/test_sink \
	tests/unit/test_source \
	tests/unit/test_statement \
	tests/unit/test_statistics \
	tests/unit/test_stop \
	tests/unit/test_store \
	tests/unit/test_tar \
	tests/unit/test_terminal \
	tests/unit/test_text \
	tests/unit/test_toc \
	tests/unit/test_toc_tree \
	tests/unit/test_udiff \
	tests/unit/test_wall \
	tests/unit/test_wreck \
	tests/unit/test_writer \
	tests/unit/test_zstd
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
EXTRA_DIST += tests/unit/schema-1.14.dump tests/unit/schema-1.16.dump
