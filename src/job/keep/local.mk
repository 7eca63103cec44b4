libpgcask_a_SOURCES += \
	include/job/keep/policy.h src/job/keep/policy.c \
	include/job/keep/prune.h src/job/keep/prune.c \
	include/job/keep/suspect.h src/job/keep/suspect.c \
	include/job/keep/unlabel.h src/job/keep/unlabel.c
