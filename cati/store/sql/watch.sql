-- Sessions that are ended: of whoever keeps others waiting, and of whoever may not sign in any more. These belong to @watch,
-- a role by which nobody signs in; it is a member of every member's role, as the server lets nobody else end a session.

-- End the sessions of members that keep others waiting: a transaction that lasts longer than any of the program's does
-- (a statement of it takes a minute at most; lists, keys and mixing take supervisors and research leads longer), or a
-- lock held without one. Called by a window that waited for a lock in vain. Whoever waits for the stand-in is left
-- alone. Each leaves an entry. Returns how many.
CREATE FUNCTION public.cati_end_stuck() RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  stuck record;
  ended int := 0;
BEGIN
  PERFORM public.cati_demand(0);
  FOR stuck IN
    SELECT a.pid, a.usename::text AS name FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename ~ '^@prefix_[0-9a-f]{16}$'
      AND a.wait_event IS DISTINCT FROM 'SyncRep'
      AND (
        a.xact_start < clock_timestamp() - CASE
          WHEN pg_has_role(a.usesysid, '@lead', 'MEMBER') THEN interval '4 hours'
          WHEN pg_has_role(a.usesysid, '@supervisor', 'MEMBER') THEN interval '30 minutes'
          ELSE interval '90 seconds' END
        OR a.xact_start IS NULL
          AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)
      )
  LOOP
    IF pg_terminate_backend(stuck.pid) THEN
      PERFORM public.cati_write('session_ended', '', 0, '{"login":"' || right(stuck.name, 16) || '"}');
      ended := ended + 1;
    END IF;
  END LOOP;
  RETURN ended;
END
$$;

-- End all sessions of a member whose password was set anew, or who is let go by this transaction; by a research lead.
CREATE FUNCTION public.cati_end_sessions(role_name text) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ended int;
BEGIN
  PERFORM public.cati_demand(2);
  IF role_name !~ '^@prefix_[0-9a-f]{16}$' THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid, 2000)) INTO ended FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename::text = role_name;
  IF ended > 0 THEN
    PERFORM public.cati_write('session_ended', '', 0, '{"login":"' || right(role_name, 16) || '"}');
  END IF;
  RETURN ended;
END
$$;

-- Take away what a member's role may own here, which is large objects alone: with them it could not be dropped. Nobody may
-- call this one but the gate.
CREATE FUNCTION public.cati_drop_owned(role_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF role_name !~ '^@prefix_[0-9a-f]{16}$' THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('DROP OWNED BY %I', role_name);
END
$$;
