libpgcask_a_SOURCES += \
	include/job/view/cat.h src/job/view/cat.c \
	include/job/view/export.h src/job/view/export.c \
	include/job/view/inert.h src/job/view/inert.c \
	include/job/view/locate.h src/job/view/locate.c \
	include/job/view/show.h src/job/view/show.c
