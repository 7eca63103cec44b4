-- Where the server keeps its files, for who may know.
SELECT s.setting FROM pg_catalog.pg_settings AS s
WHERE s.name = 'data_directory'
