libpgcask_a_SOURCES += \
	include/job/restore/absent.h src/job/restore/absent.c \
	include/job/restore/account.h src/job/restore/account.c \
	include/job/restore/beside.h src/job/restore/beside.c \
	include/job/restore/compare.h src/job/restore/compare.c \
	include/job/restore/crew.h src/job/restore/crew.c \
	include/job/restore/ddl.h src/job/restore/ddl.c \
	include/job/restore/denied.h src/job/restore/denied.c \
	include/job/restore/early_keys.h src/job/restore/early_keys.c \
	src/job/restore/fill.c \
	include/job/restore/fit.h src/job/restore/fit.c \
	include/job/restore/globals.h src/job/restore/globals.c \
	include/job/restore/kept.h src/job/restore/kept.c \
	src/job/restore/list.c \
	include/job/restore/look.h src/job/restore/look.c \
	include/job/restore/loader.h src/job/restore/loader.c \
	include/job/restore/plain.h src/job/restore/plain.c \
	include/job/restore/presence.h src/job/restore/presence.c \
	include/job/restore/quiet.h src/job/restore/quiet.c \
	include/job/restore/regroup.h src/job/restore/regroup.c \
	include/job/restore/replace.h src/job/restore/replace.c \
	include/job/restore/restore.h src/job/restore/restore.c \
	include/job/restore/schedule.h src/job/restore/schedule.c \
	src/job/restore/nodes.h src/job/restore/nodes.c \
	include/job/restore/sequences.h src/job/restore/sequences.c \
	include/job/restore/settings.h src/job/restore/settings.c \
	include/job/restore/skips.h src/job/restore/skips.c \
	include/job/restore/statistics.h src/job/restore/statistics.c \
	include/job/restore/target.h src/job/restore/target.c \
	include/job/restore/ties.h src/job/restore/ties.c \
	include/job/restore/turns.h src/job/restore/turns.c \
	src/job/restore/verify.c \
	include/job/restore/views.h src/job/restore/views.c \
	include/job/restore/waves.h src/job/restore/waves.c \
	src/job/restore/restoring.h
