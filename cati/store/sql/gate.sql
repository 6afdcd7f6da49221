-- Who may sign in. These belong to @gate, a role by which nobody signs in and which alone may make roles. Whoever calls
-- one leaves an entry: a research lead who gives somebody else's role a password could come in as them.

-- Let a member's role have no more sessions than two windows need, and @watch end them. Nobody may call this one but the
-- functions here, and whoever lays them down.
CREATE FUNCTION public.cati_tie(role_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF role_name !~ '^@prefix_[0-9a-f]{16}$' THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 20', role_name);
  IF NOT pg_has_role('@watch', role_name, 'USAGE') THEN
    -- From 16 on it can be said that @watch may not act as the member.
    EXECUTE format('GRANT %I TO @watch', role_name)
      || CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET FALSE' ELSE '' END;
  END IF;
END
$$;

-- Let somebody sign in with this password (its SCRAM verifier), as an interviewer, a supervisor or a research lead; by
-- a research lead. A role that is there already gets this password and this group.
CREATE FUNCTION public.cati_admit(role_name text, kind text, verifier text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted text := CASE kind
    WHEN 'interviewer' THEN '@interviewer' WHEN 'supervisor' THEN '@supervisor' WHEN 'research_lead' THEN '@lead' END;
  one text;
BEGIN
  PERFORM public.cati_demand(2);
  IF wanted IS NULL OR role_name !~ '^@prefix_[0-9a-f]{16}$' OR verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=:$]+$'
  THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
    -- From 16 on whoever asks could have it say that the gate may then act as the role, which nobody may.
    IF current_setting('createrole_self_grant', true) <> '' THEN
      PERFORM set_config('createrole_self_grant', '', true);
    END IF;
    EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role_name);
  END IF;
  PERFORM public.cati_tie(role_name);
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', role_name, verifier);
  FOREACH one IN ARRAY ARRAY['@interviewer', '@supervisor', '@lead'] LOOP
    IF one = wanted THEN
      EXECUTE format('GRANT %I TO %I', one, role_name);
    ELSE
      EXECUTE format('REVOKE %I FROM %I', one, role_name);
    END IF;
  END LOOP;
  PERFORM public.cati_write('login_set', '', 0, '{"login":"' || right(role_name, 16) || '","to":"' || kind || '"}');
END
$$;

-- Give somebody who may sign in another password; by a research lead.
CREATE FUNCTION public.cati_renew(role_name text, verifier text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  IF role_name !~ '^@prefix_[0-9a-f]{16}$' OR verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=:$]+$' THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', role_name, verifier);
  PERFORM public.cati_write('login_set', '', 0, '{"login":"' || right(role_name, 16) || '","to":"password"}');
END
$$;

-- Take somebody's role away; by a research lead.
CREATE FUNCTION public.cati_dismiss(role_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  IF role_name !~ '^@prefix_[0-9a-f]{16}$' OR role_name = session_user THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
    PERFORM public.cati_end_sessions(role_name);
    PERFORM public.cati_drop_owned(role_name);
    EXECUTE format('DROP ROLE %I', role_name);
  END IF;
  PERFORM public.cati_write('login_set', '', 0, '{"login":"' || right(role_name, 16) || '","to":"gone"}');
END
$$;
