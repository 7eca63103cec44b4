-- What came with version 16.
CREATE COLLATION code.ruled (provider = icu, locale = 'de',
	rules = '&v < w');
CREATE TABLE data.chosen_storage (a text STORAGE EXTERNAL, b text STORAGE DEFAULT);
CREATE SUBSCRIPTION origin_none CONNECTION 'host=/nonexistent' PUBLICATION one
	WITH (connect = false, slot_name = NONE, origin = none,
	password_required = false, run_as_owner = true, streaming = parallel);
CREATE STATISTICS ON late, also FROM data.ordinary;
