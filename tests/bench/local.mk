EXTRA_DIST += tests/bench/README.md tests/bench/data/gb.sql \
	tests/bench/data/large.sql tests/bench/data/many.sql \
	tests/bench/data/small.sql tests/bench/measure.bash \
	tests/bench/peers.bash tests/bench/report.awk tests/bench/run.sh \
	tests/bench/server.bash tests/bench/targets

# Minutes, and 6 GB of disk: not a part of "check".
.PHONY: bench
bench: pgcask$(EXEEXT)
	BENCH_DIR="$${BENCH_DIR:-$(abs_builddir)/bench}" \
	    PGCASK="$${PGCASK:-$(abs_builddir)/pgcask$(EXEEXT)}" \
	    $(srcdir)/tests/bench/run.sh
