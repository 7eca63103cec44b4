SQL_FILES = \
	$(srcdir)/src/db/sql/absent-names.sql \
	$(srcdir)/src/db/sql/adopt-setting.sql \
	$(srcdir)/src/db/sql/available-extensions.sql \
	$(srcdir)/src/db/sql/type-ties.sql \
	$(srcdir)/src/db/sql/child-settings.sql \
	$(srcdir)/src/db/sql/collations.sql \
	$(srcdir)/src/db/sql/columns.sql \
	$(srcdir)/src/db/sql/connections-left.sql \
	$(srcdir)/src/db/sql/current-role.sql \
	$(srcdir)/src/db/sql/data-directory.sql \
	$(srcdir)/src/db/sql/database-labels.sql \
	$(srcdir)/src/db/sql/database-mark.sql \
	$(srcdir)/src/db/sql/database.sql \
	$(srcdir)/src/db/sql/database-size.sql \
	$(srcdir)/src/db/sql/databases.sql \
	$(srcdir)/src/db/sql/drill-lock.sql \
	$(srcdir)/src/db/sql/early-keys.sql \
	$(srcdir)/src/db/sql/end-sessions.sql \
	$(srcdir)/src/db/sql/extension-names.sql \
	$(srcdir)/src/db/sql/extension-rows.sql \
	$(srcdir)/src/db/sql/extensions.sql \
	$(srcdir)/src/db/sql/filled.sql \
	$(srcdir)/src/db/sql/hashed-by-oid.sql \
	$(srcdir)/src/db/sql/heap-pages.sql \
	$(srcdir)/src/db/sql/heritage.sql \
	$(srcdir)/src/db/sql/kept-extensions.sql \
	$(srcdir)/src/db/sql/keys-between.sql \
	$(srcdir)/src/db/sql/lock-replaced.sql \
	$(srcdir)/src/db/sql/large-object-count.sql \
	$(srcdir)/src/db/sql/large-object-groups.sql \
	$(srcdir)/src/db/sql/large-object-make.sql \
	$(srcdir)/src/db/sql/large-object-notes.sql \
	$(srcdir)/src/db/sql/large-object-read.sql \
	$(srcdir)/src/db/sql/large-object-write.sql \
	$(srcdir)/src/db/sql/large-objects.sql \
	$(srcdir)/src/db/sql/lock-capacity.sql \
	$(srcdir)/src/db/sql/lock-holders.sql \
	$(srcdir)/src/db/sql/lockers.sql \
	$(srcdir)/src/db/sql/loud-triggers.sql \
	$(srcdir)/src/db/sql/maintenance-workers.sql \
	$(srcdir)/src/db/sql/marked-databases.sql \
	$(srcdir)/src/db/sql/name-length.sql \
	$(srcdir)/src/db/sql/name-lock.sql \
	$(srcdir)/src/db/sql/object-counts.sql \
	$(srcdir)/src/db/sql/objects.sql \
	$(srcdir)/src/db/sql/own-defaults.sql \
	$(srcdir)/src/db/sql/owner-roles.sql \
	$(srcdir)/src/db/sql/partitions.sql \
	$(srcdir)/src/db/sql/populated-views.sql \
	$(srcdir)/src/db/sql/publications-of.sql \
	$(srcdir)/src/db/sql/global-names.sql \
	$(srcdir)/src/db/sql/reads-passwords.sql \
	$(srcdir)/src/db/sql/references.sql \
	$(srcdir)/src/db/sql/relation-absent.sql \
	$(srcdir)/src/db/sql/relations.sql \
	$(srcdir)/src/db/sql/roles.sql \
	$(srcdir)/src/db/sql/schema-grantees.sql \
	$(srcdir)/src/db/sql/schema-may-go.sql \
	$(srcdir)/src/db/sql/schemas.sql \
	$(srcdir)/src/db/sql/sequence-rights.sql \
	$(srcdir)/src/db/sql/sequences.sql \
	$(srcdir)/src/db/sql/server-clock.sql \
	$(srcdir)/src/db/sql/session-facts.sql \
	$(srcdir)/src/db/sql/settings.sql \
	$(srcdir)/src/db/sql/severed.sql \
	$(srcdir)/src/db/sql/shun-views.sql \
	$(srcdir)/src/db/sql/snapshot-export.sql \
	$(srcdir)/src/db/sql/table-shapes.sql \
	$(srcdir)/src/db/sql/table-sizes.sql \
	$(srcdir)/src/db/sql/tables.sql \
	$(srcdir)/src/db/sql/tablespaces.sql \
	$(srcdir)/src/db/sql/target-columns.sql \
	$(srcdir)/src/db/sql/target-rights.sql \
	$(srcdir)/src/db/sql/timing-settings.sql \
	$(srcdir)/src/db/sql/transaction-id.sql \
	$(srcdir)/src/db/sql/unlink-lobjs.sql \
	$(srcdir)/src/db/sql/unreadable-lobjs.sql \
	$(srcdir)/src/db/sql/unsound.sql \
	$(srcdir)/src/db/sql/untold.sql \
	$(srcdir)/src/db/sql/unverifiable.sql \
	$(srcdir)/src/db/sql/unwritable.sql \
	$(srcdir)/src/db/sql/user-objects.sql \
	$(srcdir)/src/db/sql/visible-relations.sql \
	$(srcdir)/src/db/sql/waiting.sql
EXTRA_DIST += $(SQL_FILES)

src/db/queries.c: $(SQL_FILES) $(srcdir)/build-aux/embed-sql.sh
	$(AM_V_GEN)$(MKDIR_P) src/db && \
	    $(srcdir)/build-aux/embed-sql.sh $(SQL_FILES) >$@-t && mv $@-t $@
CLEANFILES += src/db/queries.c
nodist_libpgcask_a_SOURCES = src/db/queries.c
BUILT_SOURCES += src/db/queries.c

libpgcask_a_SOURCES += \
	include/db/queries.h \
	include/db/catalog.h src/db/catalog.c \
	include/db/conn.h src/db/conn.c src/db/child_env.c \
	include/db/copy.h src/db/copy.c \
	include/db/script.h src/db/script.c \
	include/db/encoding.h src/db/encoding.c \
	include/db/inventory.h src/db/inventory.c src/db/inventory_toc.c \
	include/db/lobj.h src/db/lobj.c \
	include/db/named.h src/db/named.c \
	include/db/pattern.h src/db/pattern.c \
	include/db/repeats.h src/db/repeats.c \
	include/db/pgdump.h src/db/pgdump.c \
	src/db/dial.h src/db/dial.c \
	src/db/oids.h src/db/oids.c \
	src/db/place.h src/db/place.c \
	src/db/session.h src/db/session.c \
	include/db/snapshot.h src/db/snapshot.c \
	include/db/sqlname.h src/db/sqlname.c \
	include/db/toc.h src/db/toc.c \
	include/db/toc_tree.h src/db/toc_tree.c
