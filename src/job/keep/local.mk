libpgcask_a_SOURCES += \
	include/job/keep/appraise.h src/job/keep/appraise.c \
	src/job/keep/bounds.c \
	include/job/keep/figures.h src/job/keep/figures.c \
	include/job/keep/gate.h src/job/keep/gate.c \
	include/job/keep/ledger.h src/job/keep/ledger.c \
	include/job/keep/policy.h src/job/keep/policy.c \
	include/job/keep/prune.h src/job/keep/prune.c \
	include/job/keep/suspect.h src/job/keep/suspect.c \
	include/job/keep/unlabel.h src/job/keep/unlabel.c \
	include/job/keep/unmarked.h src/job/keep/unmarked.c \
	include/job/keep/vouch.h src/job/keep/vouch.c
