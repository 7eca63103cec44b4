libpgcask_a_SOURCES += \
	include/job/acl.h src/job/acl.c \
	include/job/callers.h src/job/callers.c \
	include/job/digests.h src/job/digests.c \
	include/job/groups.h src/job/groups.c \
	include/job/lobj_entries.h src/job/lobj_entries.c \
	include/job/lobj_records.h src/job/lobj_records.c \
	include/job/lockers.h src/job/lockers.c \
	include/job/naming.h src/job/naming.c \
	include/job/pool.h src/job/pool.c \
	include/job/progress.h src/job/progress.c \
	include/job/rights.h src/job/rights.c \
	include/job/sidecar.h src/job/sidecar.c \
	include/job/statement.h src/job/statement.c \
	include/job/sweep.h src/job/sweep.c
