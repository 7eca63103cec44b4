# The options' part is made from their definition.
EXTRA_DIST += man/pgcask.1.in
dist_man_MANS += man/pgcask-format.5
nodist_man_MANS = man/pgcask.1
CLEANFILES += man/pgcask.1

man/pgcask.1: $(srcdir)/man/pgcask.1.in $(OPTIONS) $(OPTIONS_AWK)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(AWK) -v make=man -f $(OPTIONS_AWK) $(OPTIONS) > $@.opt && \
	$(AWK) -v make=env -f $(OPTIONS_AWK) $(OPTIONS) > $@.env && \
	sed -e '/^@OPTIONS@$$/{' -e 'r $@.opt' -e 'd' -e '}' \
		-e '/^@ENVIRONMENT@$$/{' -e 'r $@.env' -e 'd' -e '}' \
		$(srcdir)/man/pgcask.1.in > $@.tmp && \
	mv -f $@.tmp $@ && rm -f $@.opt $@.env
