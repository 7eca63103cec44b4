libpgcask_a_SOURCES += \
	include/job/proof/assertions.h src/job/proof/assertions.c \
	include/job/proof/check.h src/job/proof/check.c \
	include/job/proof/drill.h src/job/proof/drill.c \
	include/job/proof/evidence.h src/job/proof/evidence.c \
	include/job/proof/diff.h src/job/proof/diff.c \
	include/job/proof/diff_rows.h src/job/proof/diff_rows.c \
	src/job/proof/rows_foreign.h src/job/proof/rows_foreign.c \
	src/job/proof/rows_scan.h src/job/proof/rows_scan.c \
	src/job/proof/rows_value.h src/job/proof/rows_value.c \
	src/job/proof/diff_side.h src/job/proof/diff_side.c \
	src/job/proof/diff_schema.c src/job/proof/diff_tables.c \
	src/job/proof/diff_steps.h \
	include/job/proof/marks.h src/job/proof/marks.c \
	include/job/proof/page.h src/job/proof/page.c \
	include/job/proof/programs.h src/job/proof/programs.c \
	include/job/proof/scratch.h src/job/proof/scratch.c \
	include/job/proof/throwaway.h src/job/proof/throwaway.c \
	include/job/proof/venue.h src/job/proof/venue.c \
	src/job/proof/words.h src/job/proof/words.c
