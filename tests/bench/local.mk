# What make bench needs besides pgcask.
noinst_PROGRAMS = tests/bench/digest_cost
tests_bench_digest_cost_LDADD = libpgcask.a $(DEPS_LIBS)

EXTRA_DIST += tests/bench/README.md tests/bench/data/gb.sql \
	tests/bench/data/large.sql tests/bench/data/many.sql \
	tests/bench/data/small.sql tests/bench/measure.bash \
	tests/bench/peers.bash tests/bench/report.awk tests/bench/run.sh \
	tests/bench/server.bash tests/bench/targets

# Minutes, and 6 GB of disk: not a part of "check".
.PHONY: bench
bench: pgcask$(EXEEXT) tests/bench/digest_cost$(EXEEXT)
	BENCH_DIR="$${BENCH_DIR:-$(abs_builddir)/bench}" \
	    PGCASK="$${PGCASK:-$(abs_builddir)/pgcask$(EXEEXT)}" \
	    $(srcdir)/tests/bench/run.sh
