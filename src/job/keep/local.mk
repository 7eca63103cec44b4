libpgcask_a_SOURCES += \
	include/job/keep/suspect.h src/job/keep/suspect.c
