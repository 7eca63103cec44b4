libpgcask_a_SOURCES += \
	include/stream/digest.h src/stream/digest.c \
	include/stream/hash.h src/stream/hash.c \
	include/stream/seal.h src/stream/seal.c \
	include/stream/sink.h src/stream/sink.c \
	include/stream/source.h src/stream/source.c \
	include/stream/tar.h src/stream/tar.c \
	include/stream/zstd.h src/stream/zstd.c
