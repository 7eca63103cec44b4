-- Extensions that the server could make, or has: name, default version,
-- whether it is there already, and whether this user may make it by its
-- default version.
SELECT e.name, e.default_version, e.installed_version IS NOT NULL AS there,
       coalesce(pg_catalog.bool_or(
           NOT v.superuser
           OR pg_catalog.current_setting('is_superuser') = 'on'
           OR coalesce((pg_catalog.to_jsonb(v) ->> 'trusted')::boolean, false)),
           false) AS permitted
FROM pg_catalog.pg_available_extensions AS e
LEFT JOIN pg_catalog.pg_available_extension_versions AS v
    ON v.name = e.name AND v.version = e.default_version
GROUP BY 1, 2, 3
