-- The roles that rich.sql names.
CREATE ROLE rich_owner;
CREATE ROLE rich_reader LOGIN;
