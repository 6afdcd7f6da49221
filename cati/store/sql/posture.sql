-- What the server says of rights in this study's database, a line each, from its catalogue; for cati.store.rights. The
-- study's own roles stand as ~owner, ~lead and so on, everybody who signs in as ~member. It is the same on every version
-- of PostgreSQL: what only some of them have stands where it differs from what it is without being asked for.
WITH names (role, said) AS (
  SELECT rolname, CASE WHEN rolname ~ ('^' || '@prefix' || '_[0-9a-f]{16}$') THEN '~member'
    ELSE replace(rolname, '@prefix' || '_', '~') END
  FROM pg_roles
), of (oid, said) AS (
  SELECT r.oid, n.said FROM pg_roles r JOIN names n ON n.role = r.rolname UNION ALL SELECT 0, 'public'
), here AS (
  SELECT c.* FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
), memberships AS (
  -- Before 16 there are no options of a membership but ADMIN. From then on a role that makes another is a member of it
  -- that may change and drop it, and not act as it: which is what the gate can do on 15 without being a member.
  SELECT DISTINCT o.*, r.rolname, r.rolinherit
  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member CROSS JOIN LATERAL (
    SELECT m.roleid, m.member, g.said, m.admin_option AS further,
      coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit) AS inheriting,
      coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) AS acting
    FROM of g WHERE g.oid = m.roleid) o
  WHERE NOT (r.rolname = '@gate' AND o.said = '~member' AND o.further AND NOT o.inheriting AND NOT o.acting)
    -- As many as there are members, each of whom is said to be watched.
    AND NOT (r.rolname = '@watch' AND o.said = '~member' AND NOT o.further AND o.inheriting
      AND o.acting = (current_setting('server_version_num')::int < 160000))
), found AS (
  SELECT format('relation %s %s of %s, rows %s %s', c.oid::regclass, c.relkind, o.said, c.relrowsecurity,
    c.relforcerowsecurity) AS line
  FROM here c JOIN of o ON o.oid = c.relowner WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT format('grant %s on %s to %s%s', a.privilege_type, c.oid::regclass, o.said,
    CASE WHEN a.is_grantable THEN ' further' ELSE '' END)
  FROM here c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN of o ON o.oid = a.grantee WHERE a.grantee <> c.relowner
  UNION ALL
  SELECT format('grant %s on %s (%s) to %s%s', a.privilege_type, c.oid::regclass, t.attname, o.said,
    CASE WHEN a.is_grantable THEN ' further' ELSE '' END)
  FROM here c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped CROSS JOIN LATERAL aclexplode(t.attacl) a
  JOIN of o ON o.oid = a.grantee
  UNION ALL
  SELECT format('policy %s on %s: %s %s for %s using %s check %s', p.polname, p.polrelid::regclass,
    p.polpermissive, p.polcmd, (SELECT string_agg(o.said, ', ' ORDER BY o.said) FROM of o WHERE o.oid = ANY (p.polroles)),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p
  UNION ALL
  SELECT format('function %s returns %s of %s: %s %s %s %s %s %s', p.oid::regprocedure,
    pg_get_function_result(p.oid), o.said, l.lanname, p.prosecdef, p.provolatile, p.proleakproof,
    array_to_string(p.proconfig, ' '), md5(replace(p.prosrc, '@prefix', '~')))
  FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace JOIN of o ON o.oid = p.proowner
  JOIN pg_language l ON l.oid = p.prolang
  WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
  UNION ALL
  SELECT format('grant %s on %s to %s%s', a.privilege_type, p.oid::regprocedure, o.said,
    CASE WHEN a.is_grantable THEN ' further' ELSE '' END)
  FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a JOIN of o ON o.oid = a.grantee
  WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema' AND a.grantee <> p.proowner
  UNION ALL
  SELECT format('schema %s', s.nspname) FROM pg_namespace s
  WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
  UNION ALL
  SELECT format('grant %s on schema %s to %s', a.privilege_type, s.nspname, o.said)
  FROM pg_namespace s CROSS JOIN LATERAL aclexplode(s.nspacl) a JOIN of o ON o.oid = a.grantee
  WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema' AND o.said NOT IN ('pg_database_owner', '~owner')
  UNION ALL
  SELECT format('grant %s on the database to %s', a.privilege_type, o.said)
  FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  JOIN of o ON o.oid = a.grantee
  WHERE d.datname = current_database() AND a.grantee <> d.datdba
  UNION ALL
  SELECT format('database of %s', o.said) FROM pg_database d JOIN of o ON o.oid = d.datdba
  WHERE d.datname = current_database()
  UNION ALL
  SELECT format('trigger %s on %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t WHERE NOT t.tgisinternal
  UNION ALL
  SELECT format('rule %s on %s', r.rulename, r.ev_class::regclass) FROM pg_rewrite r JOIN here c ON c.oid = r.ev_class
  UNION ALL
  SELECT format('event trigger %s', e.evtname) FROM pg_event_trigger e
  UNION ALL
  SELECT format('role %s: in %s%s%s%s%s%s%s%s%s', o.said,
    coalesce((SELECT string_agg(m.said || CASE WHEN m.further THEN ' further' ELSE '' END
      || CASE WHEN m.inheriting <> r.rolinherit THEN ' inheriting ' || m.inheriting ELSE '' END
      || CASE WHEN m.acting THEN '' ELSE ' not acting' END, ', ' ORDER BY m.said) FROM memberships m
      WHERE m.member = r.oid), 'nothing'),
    CASE WHEN r.rolsuper THEN ' superuser' END, CASE WHEN r.rolcreaterole THEN ' makes roles' END,
    CASE WHEN r.rolcreatedb THEN ' makes databases' END, CASE WHEN r.rolreplication THEN ' replicates' END,
    CASE WHEN r.rolbypassrls THEN ' passes by rows' END, CASE WHEN r.rolcanlogin THEN ' signs in' WHEN NOT r.rolinherit THEN ' by SET ROLE' END,
    CASE WHEN r.rolconnlimit >= 0 THEN ' ' || r.rolconnlimit || ' times' END,
    CASE WHEN EXISTS (SELECT FROM pg_auth_members w JOIN pg_roles k ON k.oid = w.member
      WHERE w.roleid = r.oid AND k.rolname = '@watch') THEN ' watched' END)
  FROM pg_roles r JOIN of o ON o.oid = r.oid WHERE starts_with(r.rolname, '@prefix' || '_')
  UNION ALL
  SELECT format('role %s in %s', m.member::regrole, o.said) FROM pg_auth_members m JOIN of o ON o.oid = m.roleid
  JOIN pg_roles r ON r.oid = m.member
  WHERE left(o.said, 1) = '~' AND NOT starts_with(r.rolname, '@prefix' || '_') AND NOT r.rolsuper
    AND NOT r.rolcreaterole
  UNION ALL
  SELECT format('grant %s on the parameter %s to %s', a.privilege_type, p.parname, o.said)
  FROM pg_parameter_acl p CROSS JOIN LATERAL aclexplode(p.paracl) a JOIN of o ON o.oid = a.grantee
  WHERE left(o.said, 1) = '~' OR a.grantee = 0
  UNION ALL
  SELECT format('setting %s', setting) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
  CROSS JOIN LATERAL unnest(s.setconfig) setting WHERE d.datname = current_database() AND s.setrole = 0
  UNION ALL
  SELECT format('setting of role %s: %s', o.said, setting) FROM pg_db_role_setting s JOIN of o ON o.oid = s.setrole
  CROSS JOIN LATERAL unnest(s.setconfig) setting WHERE s.setrole <> 0 AND left(o.said, 1) = '~' AND o.said <> '~member'
)
SELECT DISTINCT line FROM found;
