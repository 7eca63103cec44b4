# All but main() is in the library, so that the unit tests can link it.
libpgcask_a_SOURCES += \
	include/cli/ask.h src/cli/ask.c \
	include/cli/bar.h src/cli/bar.c \
	include/cli/commands.h \
	src/cli/cmd_accept.c \
	src/cli/cmd_backup.c \
	src/cli/cmd_cat.c \
	src/cli/cmd_check.c \
	src/cli/cmd_diff.c \
	src/cli/cmd_doctor.c \
	src/cli/cmd_export.c \
	src/cli/cmd_keygen.c \
	src/cli/cmd_list.c \
	src/cli/cmd_prune.c \
	src/cli/cmd_restore.c \
	src/cli/cmd_salvage.c \
	src/cli/cmd_show.c \
	src/cli/cmd_unlabel.c \
	src/cli/diff_report.h src/cli/diff_report.c src/cli/diff_json.c \
	include/cli/grid.h src/cli/grid.c \
	include/cli/help.h src/cli/help.c \
	include/cli/options.h src/cli/options.c \
	include/cli/pruning.h src/cli/pruning.c \
	src/cli/salvage_report.h src/cli/salvage_report.c \
	include/cli/unlock.h src/cli/unlock.c \
	include/cli/work.h src/cli/work.c
nodist_libpgcask_a_SOURCES += src/cli/options_tables.c

OPTIONS = $(srcdir)/src/cli/options.txt
OPTIONS_AWK = $(srcdir)/src/cli/options.awk
EXTRA_DIST += src/cli/options.txt src/cli/options.awk \
	src/cli/complete.bash src/cli/complete.zsh
CLEANFILES += src/cli/options_tables.c

src/cli/options_tables.c: $(OPTIONS) $(OPTIONS_AWK)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(AWK) -v make=c -f $(OPTIONS_AWK) $(OPTIONS) > $@.tmp && \
		mv -f $@.tmp $@

bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
nodist_bash_DATA = completions/bash/pgcask
nodist_zsh_DATA = completions/zsh/_pgcask
CLEANFILES += $(nodist_bash_DATA) $(nodist_zsh_DATA)

completions/bash/pgcask: $(OPTIONS) $(OPTIONS_AWK) $(srcdir)/src/cli/complete.bash
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(AWK) -v make=bash -f $(OPTIONS_AWK) $(OPTIONS) > $@.tmp && \
		cat $(srcdir)/src/cli/complete.bash >> $@.tmp && mv -f $@.tmp $@

completions/zsh/_pgcask: $(OPTIONS) $(OPTIONS_AWK) $(srcdir)/src/cli/complete.zsh
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(AWK) -v make=zsh -f $(OPTIONS_AWK) $(OPTIONS) > $@.tmp && \
		cat $(srcdir)/src/cli/complete.zsh >> $@.tmp && mv -f $@.tmp $@
