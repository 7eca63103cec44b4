EXTRA_DIST += packaging/deps.sh packaging/quickstart.sh packaging/sample.sql \
	packaging/server.bash
