libpgcask_a_SOURCES += \
	include/job/choose/choice.h src/job/choose/choice.c \
	include/job/choose/filter.h src/job/choose/filter.c \
	include/job/choose/selection.h src/job/choose/selection.c
