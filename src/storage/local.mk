libpgcask_a_SOURCES += \
	include/storage/store.h src/storage/store.c \
	include/storage/probe.h src/storage/probe.c \
	src/storage/blob.c \
	src/storage/file.h src/storage/file.c
