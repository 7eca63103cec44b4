-- Refuse to read views and foreign tables of users, where the server can.
SELECT pg_catalog.set_config(name, 'view, foreign-table', false)
FROM pg_catalog.pg_settings
WHERE name = 'restrict_nonsystem_relation_kind'
