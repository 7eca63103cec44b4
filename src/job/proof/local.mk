libpgcask_a_SOURCES += \
	include/job/proof/check.h src/job/proof/check.c \
	include/job/proof/evidence.h src/job/proof/evidence.c \
	include/job/proof/marks.h src/job/proof/marks.c
