libpgcask_a_SOURCES += \
	src/job/doctor/doctoring.h \
	include/job/doctor/doctor.h src/job/doctor/doctor.c \
	src/job/doctor/archives.c \
	src/job/doctor/database.c \
	src/job/doctor/keys.c \
	src/job/doctor/place.c \
	include/job/doctor/report.h src/job/doctor/report.c \
	src/job/doctor/server.c \
	src/job/doctor/supplies.c \
	src/job/doctor/target.c
