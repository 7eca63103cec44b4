libpgcask_a_SOURCES += \
	include/archive/catalog_doc.h src/archive/catalog_doc.c \
	include/archive/columns.h src/archive/columnizer.c \
	src/archive/planes.h src/archive/planes.c \
	src/archive/steps.h src/archive/source_rows.c \
	include/archive/entries.h src/archive/file_entries.c \
	src/archive/stream_entries.c \
	include/archive/fingerprint.h src/archive/fingerprint.c \
	include/archive/format.h src/archive/format.c \
	include/archive/header.h src/archive/header.c \
	include/archive/index.h src/archive/index.c \
	include/archive/keyfile.h src/archive/keyfile.c \
	include/archive/keys.h src/archive/keys.c \
	include/archive/manifest.h src/archive/manifest.c \
	include/archive/reader.h src/archive/reader.c \
	include/archive/rows.h src/archive/rows.c \
	include/archive/scan.h src/archive/scan.c \
	include/archive/wreck.h src/archive/wreck.c \
	src/archive/wreck_read.c src/archive/wrecked.h \
	include/archive/writer.h src/archive/writer.c
