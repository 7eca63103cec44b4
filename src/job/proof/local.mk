libpgcask_a_SOURCES += \
	include/job/proof/check.h src/job/proof/check.c \
	include/job/proof/evidence.h src/job/proof/evidence.c \
	include/job/proof/diff.h src/job/proof/diff.c \
	include/job/proof/diff_rows.h src/job/proof/diff_rows.c \
	src/job/proof/rows_scan.h src/job/proof/rows_scan.c \
	src/job/proof/rows_value.h src/job/proof/rows_value.c \
	src/job/proof/diff_side.h src/job/proof/diff_side.c \
	src/job/proof/diff_schema.c src/job/proof/diff_tables.c \
	src/job/proof/diff_steps.h \
	include/job/proof/marks.h src/job/proof/marks.c
