libpgcask_a_SOURCES += \
	include/job/salvage/survey.h src/job/salvage/survey.c
