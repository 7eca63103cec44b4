-- The role at work, which need not be the one that logged in, and whether it is
-- no superuser.
SELECT current_user, pg_catalog.current_setting('is_superuser') = 'off'
