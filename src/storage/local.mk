libpgcask_a_SOURCES += \
	include/storage/store.h src/storage/store.c \
	src/storage/blob.c \
	src/storage/file.h src/storage/file.c
