-- The role at work, which need not be the one that logged in.
SELECT current_user
