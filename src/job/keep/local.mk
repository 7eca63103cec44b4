libpgcask_a_SOURCES += \
	src/job/keep/bounds.c \
	include/job/keep/figures.h src/job/keep/figures.c \
	include/job/keep/gate.h src/job/keep/gate.c \
	include/job/keep/ledger.h src/job/keep/ledger.c \
	include/job/keep/suspect.h src/job/keep/suspect.c
