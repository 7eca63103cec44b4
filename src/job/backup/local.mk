libpgcask_a_SOURCES += \
	include/job/backup/backup.h src/job/backup/backup.c \
	include/job/backup/databases.h src/job/backup/databases.c \
	include/job/backup/dumper.h src/job/backup/dumper.c \
	include/job/backup/narrow.h src/job/backup/narrow.c \
	include/job/backup/plan.h src/job/backup/plan.c \
	include/job/backup/prepare.h src/job/backup/prepare.c \
	include/job/backup/readback.h src/job/backup/readback.c \
	include/job/backup/result.h src/job/backup/result.c \
	include/job/backup/roles.h src/job/backup/roles.c \
	include/job/backup/watch.h src/job/backup/watch.c
