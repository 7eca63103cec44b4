libpgcask_a_SOURCES += \
	include/base/buf.h src/base/buf.c \
	include/base/child.h src/base/child.c \
	include/base/doc.h src/base/doc.c \
	include/base/err.h src/base/err.c \
	include/base/log.h src/base/log.c \
	include/base/mem.h src/base/mem.c \
	include/base/service.h src/base/service.c \
	include/base/stop.h src/base/stop.c \
	include/base/terminal.h src/base/terminal.c \
	include/base/text.h src/base/text.c \
	include/base/udiff.h src/base/udiff.c \
	include/base/wall.h src/base/wall.c \
	include/base/wire.h
