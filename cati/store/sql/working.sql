-- What crosses the one case in hand, one function an act: handing out, placing, erasing, withdrawing, undoing, the pool.

-- One case by its id, which nobody can guess: where it stands. There is nothing of the person in it.
CREATE FUNCTION public.cati_case(of text) RETURNS SETOF public."case"
LANGUAGE plpgsql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  RETURN QUERY SELECT c.* FROM public."case" c WHERE c.id = of;
END
$$;

-- The appointment of one case by its id; the sealed words in it only for whom the policies of that table let read it.
CREATE FUNCTION public.cati_appointment(of text) RETURNS SETOF public.appointment
LANGUAGE plpgsql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  one public.appointment;
BEGIN
  SELECT a.* INTO one FROM public.appointment a WHERE a."case" = of;
  IF FOUND THEN
    IF NOT (one.interviewer = me OR public.cati_mine(of) OR public.cati_is(1)) THEN
      one.reason := NULL;
      one.name := NULL;
    END IF;
    RETURN NEXT one;
  END IF;
END
$$;

-- Whether the member signed in did this to this case within so many seconds, by their own log; kept, not only written.
CREATE FUNCTION public.cati_did(what text[], of text, under int, within int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_me();
  since bigint := public.cati_now() - within;
BEGIN
  RETURN EXISTS (
    SELECT FROM (
      SELECT l.act, l."case", l.fence, l.at, l.xmin AS number FROM public.log l
      WHERE l.who = me AND l.n > 0 ORDER BY l.n DESC
      LIMIT CASE WHEN under IS NULL THEN 500 ELSE 60 END  -- what was leased is near the end
    ) mine
    WHERE mine.act = ANY (what) AND mine."case" = of AND (under IS NULL OR mine.fence = under)
      AND mine.at >= since AND public.cati_kept(mine.number)
  );
END
$$;

-- Lease a case that was seen under this fence number to the member signed in, and write that into the log: whoever
-- gets a contact leaves an entry. ``why``: "call_back" (looked up by its number within the hour), "appointment" (their
-- own, due within a quarter of an hour, at an hour when people may be called). Returns the new fence number; no row when
-- the case changed since or there are enough interviews of its kind.
CREATE FUNCTION public.cati_lease(of text, seen int, why text, minutes int) RETURNS TABLE (fence int, until bigint)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  now bigint := public.cati_now();
  found_case public."case";
BEGIN
  IF why NOT IN ('', 'call_back', 'appointment') THEN  -- it stands in the log
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT c.* INTO found_case FROM public."case" c
    WHERE c.id = of AND c.fence = seen AND c.status NOT IN (3, 4)
      AND (c.lease_holder IS NULL OR c.lease_holder = me OR c.lease_until <= now);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF found_case.lease_holder IS DISTINCT FROM me THEN
    PERFORM public.cati_may_view();  -- from here on nothing else is handed to this member until the transaction ends
    IF EXISTS (SELECT FROM public."case" c WHERE c.lease_holder = me AND c.lease_until > now AND c.id <> of) THEN
      RETURN;
    END IF;
    IF NOT (
      (why = 'call_back' AND public.cati_did('{case_looked_up}', of, NULL, 3600))
      OR (why = 'appointment' AND EXISTS (
        SELECT FROM public.appointment a WHERE a."case" = of AND a.interviewer = me AND a.at <= now + 900))
    ) THEN
      RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF why = 'appointment' AND NOT EXISTS (
      SELECT FROM public.calling_time o JOIN public.cell l ON l.site = o.site
      WHERE l.id = found_case.cell AND o.opens <= now AND o.closes > now
    ) THEN
      RETURN;
    END IF;
  END IF;
  SELECT c.* INTO found_case FROM public."case" c  -- locked only now: nobody keeps what is not theirs from others
    WHERE c.id = of AND c.fence = seen AND c.status NOT IN (3, 4)
      AND (c.lease_holder IS NULL OR c.lease_holder = me OR c.lease_until <= now) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF found_case.lease_holder IS DISTINCT FROM me
     AND public.cati_room_for(of, EXISTS (SELECT FROM public.draft_event d WHERE d."case" = of)) <> '' THEN
    RETURN;
  END IF;
  fence := seen + 1;
  until := now + 60 * least(greatest(minutes, 1), 60);
  IF found_case.status = 1 OR (found_case.status = 0 AND found_case.turns_at IS NOT NULL) THEN
    INSERT INTO public.turn ("case", at, status, tier, rank, due_at, turns_at, avoid, final_code)
      VALUES (of, 0, found_case.status, found_case.tier, found_case.rank, found_case.due_at, found_case.turns_at,
        found_case.avoid, found_case.final_code);  -- what becomes of it when the lease runs out
  END IF;
  UPDATE public."case" c
    SET status = 2, lease_holder = me, lease_until = until, turns_at = until, fence = seen + 1 WHERE c.id = of;
  PERFORM set_config('cati.fence', fence::text, true);
  PERFORM public.cati_write(
    CASE WHEN why = '' THEN 'case_handed_out' ELSE 'case_looked_up' END, of, fence,
    CASE WHEN why = '' THEN '' ELSE '{"reason":"' || why || '"}' END);
  RETURN NEXT;
END
$$;

-- Move the end of one's lease.
CREATE FUNCTION public.cati_renew_lease(of text, under int, minutes int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  until bigint := public.cati_now() + 60 * least(greatest(minutes, 1), 60);
BEGIN
  PERFORM set_config('cati.fence', under::text, true);
  UPDATE public."case" c SET lease_until = until, turns_at = until
    WHERE c.id = of AND c.fence = under AND c.lease_holder = me;
  RETURN CASE WHEN FOUND THEN until END;
END
$$;

-- The sealed contact of a case in hand, or of one looked up by its number within the hour. An earlier transaction must
-- have kept the log's entry of the lease or the look-up: nobody sees anything and then takes the entry back.
CREATE FUNCTION public.cati_contact(of text) RETURNS SETOF public.contact
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  under int;
BEGIN
  SELECT c.fence INTO under FROM public."case" c WHERE c.id = of AND c.lease_holder = me;
  IF under IS NOT NULL AND public.cati_did('{case_handed_out, case_looked_up, outcome_undone}', of, under, 1000000)
     OR public.cati_did('{case_looked_up}', of, NULL, 3600) THEN
    RETURN QUERY SELECT c.* FROM public.contact c WHERE c."case" = of;
  END IF;
END
$$;

-- All that is kept of one case beside its row, a row for each of its calls and one at least: whether its interview was
-- begun and not finished, its contact as cati_contact shows it, its appointment (as the policies of that table say: in
-- hand, one's own, or supervisors) and its calls (in hand, or supervisors).
CREATE FUNCTION public.cati_case_file(
  of text, OUT begun boolean, OUT contact public.contact, OUT appointment public.appointment, OUT attempt public.attempt
) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE ROWS 4 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  sees boolean := public.cati_mine(of) OR public.cati_is(1);
BEGIN
  SELECT c.* INTO contact FROM public.cati_contact(of) c;
  begun := EXISTS (SELECT FROM public.draft_event d WHERE d."case" = of);
  SELECT a.* INTO appointment FROM public.appointment a WHERE a."case" = of AND (sees OR a.interviewer = me);
  FOR attempt IN SELECT a.* FROM public.attempt a WHERE a."case" = of AND sees ORDER BY a.started, a.id LOOP
    RETURN NEXT;
  END LOOP;
  IF NOT FOUND THEN
    RETURN NEXT;
  END IF;
END
$$;

-- Say in the log that contacts are read, many at once: to search, or to work out when they are called. For supervisors;
-- once that is kept they may, for ten minutes.
CREATE FUNCTION public.cati_announce(what_for text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(1);
  IF what_for NOT IN ('search', 'replan', 'import')
     AND NOT (what_for IN ('renew', 'drill', 'erase', 'questionnaire') AND public.cati_is(2)) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM public.cati_write('contacts_read', '', 0, '{"for":"' || what_for || '"}');
  IF what_for = 'search' THEN  -- which counts as a look at one contact, like one by number
    PERFORM public.cati_may_view();
    PERFORM public.cati_write('case_looked_up', '', 0, '{"by":"name"}');
  END IF;
END
$$;

-- Refuse whoever did not say within so many seconds that they read many contacts for this; kept, not only written. Nobody
-- may call this one but the functions here.
CREATE FUNCTION public.cati_announced(what_for text[], within int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(1);
BEGIN
  IF NOT EXISTS (
    SELECT FROM (
      SELECT l.act, l.at, l.details, l.xmin AS number FROM public.log l
      WHERE l.who = me AND l.n > 0 ORDER BY l.n DESC LIMIT 500
    ) mine
    WHERE mine.act = 'contacts_read' AND mine.details = ANY (
        SELECT '{"for":"' || w || '"}' FROM unnest(what_for) w)
      AND mine.at >= public.cati_now() - within AND public.cati_kept(mine.number)
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;

-- The next sealed contacts behind a case, in the order of their cases' ids: to seal them anew, to try keys on one, or to
-- know at the end what to look for when all are gone.
CREATE FUNCTION public.cati_contacts_after(last text, most int) RETURNS SETOF public.contact
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew, drill, erase}', 14400);  -- so long may it take to seal a large study anew
  RETURN QUERY SELECT c.* FROM public.contact c WHERE c."case" > last ORDER BY c."case" LIMIT most;
END
$$;

-- Put contacts that were sealed under the key of the next epoch in place of the old ones. Returns how many.
CREATE FUNCTION public.cati_reseal(cases text[], new_keys bytea[], new_details bytea[], new_epoch int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE done int;
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  IF new_epoch <> (SELECT s.epoch + 1 FROM public.study s)
     OR EXISTS (SELECT FROM unnest(new_keys) k WHERE length(k) > 4096)
     OR EXISTS (SELECT FROM unnest(new_details) d WHERE length(d) > 65536) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.contact c SET sealed_key = new.sealed_key, sealed_details = new.sealed_details, epoch = new_epoch
    FROM unnest(cases, new_keys, new_details) AS new (of, sealed_key, sealed_details)
    WHERE c."case" = new.of;
  GET DIAGNOSTICS done = ROW_COUNT;
  RETURN done;
END
$$;

-- Delete the keyed hashes of all numbers, to be written anew with another key.
CREATE FUNCTION public.cati_forget_hashes() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  DELETE FROM public.contact_index;
END
$$;

-- Put the hashes of those who are never called again in place of the old ones: not fewer. That they are of the same
-- people only the key could tell.
CREATE FUNCTION public.cati_rehash_never(hashes bytea[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  IF (SELECT count(DISTINCT h) FROM unnest(hashes) h) <> (SELECT count(*) FROM public.never_again) THEN
    RAISE EXCEPTION 'another number of hashes' USING ERRCODE = 'check_violation';
  END IF;
  DELETE FROM public.never_again;
  INSERT INTO public.never_again (hash) SELECT DISTINCT h FROM unnest(hashes) h;
END
$$;

-- Put events of an open interview, sealed anew, in place of the old: what was answered is another key's, none is added.
CREATE FUNCTION public.cati_reseal_drafts(of text, ns int[], new_sealed bytea[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  IF EXISTS (SELECT FROM unnest(new_sealed) e WHERE length(e) > 1048576) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.draft_event d SET sealed = new.sealed
    FROM unnest(ns, new_sealed) AS new (n, sealed) WHERE d."case" = of AND d.n = new.n;
END
$$;

-- All words that were typed and not answered, sealed.
CREATE FUNCTION public.cati_texts() RETURNS SETOF public.draft_text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  RETURN QUERY SELECT d.* FROM public.draft_text d;
END
$$;

-- Put them, sealed anew, in place of the old, under another hash of their question.
CREATE FUNCTION public.cati_reseal_text(of text, old_address text, new_address text, new_sealed bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  UPDATE public.draft_text d SET address = new_address, sealed = new_sealed
    WHERE d."case" = of AND d.address = old_address AND length(new_sealed) <= 1048576;
END
$$;

-- Put a finished interview that waits in the pool, sealed anew under another tag, in place of the old.
CREATE FUNCTION public.cati_reseal_pending(of text, new_tag text, new_sealed bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  UPDATE public.pending p SET sealed = new_sealed, tag = CASE WHEN p.tag IS NOT NULL THEN new_tag END
    WHERE p.id = of AND length(new_sealed) <= 8388608;
END
$$;

-- Put reason and name of an appointment, sealed anew, in place of the old; what was not said stays so.
CREATE FUNCTION public.cati_reseal_reason(of text, new_reason bytea, new_name bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  UPDATE public.appointment a SET
    reason = CASE WHEN a.reason IS NOT NULL THEN coalesce(new_reason, a.reason) END,
    name = CASE WHEN a.name IS NOT NULL THEN coalesce(new_name, a.name) END
    WHERE a."case" = of AND coalesce(length(new_reason), 0) <= 65536 AND coalesce(length(new_name), 0) <= 65536;
END
$$;

-- End the lease that a member has running, as if its time had run out now: one's own or, for research leads, that of
-- somebody who leaves. The open call ends with it. Tells whether there was one.
CREATE FUNCTION public.cati_give_back(whose text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  now bigint := public.cati_now();
  held text;
BEGIN
  IF whose IS DISTINCT FROM me THEN
    PERFORM public.cati_demand(2);
  END IF;
  SELECT c.id INTO held FROM public."case" c WHERE c.lease_holder = whose AND c.lease_until > now
    ORDER BY c.lease_until DESC LIMIT 1 FOR UPDATE;
  IF held IS NULL THEN
    RETURN false;
  END IF;
  UPDATE public."case" c SET lease_until = now, turns_at = now WHERE c.id = held;
  PERFORM public.cati_move(ARRAY[held], now);
  RETURN true;
END
$$;

-- The sealed contacts of these cases, for supervisors, whose windows work out when they are called: of those alone that
-- are marked for it, or every window's daily work would be a search that nobody notices.
CREATE FUNCTION public.cati_contacts_of(cases text[]) RETURNS SETOF public.contact
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_announced('{replan}', 600);
  RETURN QUERY SELECT c.* FROM public.contact c JOIN public."case" k ON k.id = c."case"
    WHERE c."case" = ANY (cases) AND k.replan IS NOT NULL;
END
$$;

-- Which of these keyed hashes are those of a person in the study, or (never) of one who is never called again. For
-- supervisors who bring a list in: whoever has the key makes the hash of every number there is, so that nobody reads the
-- hashes themselves.
CREATE FUNCTION public.cati_known(digests bytea[]) RETURNS TABLE (hash bytea, never boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_announced('{import}', 3600);
  RETURN QUERY
    SELECT DISTINCT i.hash, false FROM public.contact_index i WHERE i.hash = ANY (digests)
    UNION ALL SELECT v.hash, true FROM public.never_again v WHERE v.hash = ANY (digests);
END
$$;

-- The hashes of those who are never called again, to be written anew with another key.
CREATE FUNCTION public.cati_never() RETURNS SETOF bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  RETURN QUERY SELECT v.hash FROM public.never_again v;
END
$$;

-- Whether hashes may be written for this case: it came in by this transaction, or the keys are renewed. For another one
-- the refusal of what is there already would tell what is.
CREATE FUNCTION public.cati_fresh(of text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM public."case" c WHERE c.id = of AND c.xmin = pg_current_xact_id()::xid) THEN
    RETURN public.cati_is(1);
  END IF;
  PERFORM public.cati_demand(2);
  PERFORM public.cati_announced('{renew}', 14400);
  RETURN true;
END
$$;

-- Every sealed contact, for supervisors who search by name.
CREATE FUNCTION public.cati_all_contacts() RETURNS SETOF public.contact
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_announced('{search}', 600);
  RETURN QUERY SELECT c.* FROM public.contact c;
END
$$;

-- Cases that are to be worked out anew, locked, the urgent tiers first; those that somebody else has locked are left.
CREATE FUNCTION public.cati_marked(most int) RETURNS SETOF public."case"
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(1);
  FOR tier_now IN 0..3 LOOP
    RETURN QUERY
      SELECT c.* FROM public."case" c WHERE c.tier = tier_now AND c.replan IS NOT NULL AND c.status <> 2
      ORDER BY c.replan LIMIT least(most, 250) FOR NO KEY UPDATE SKIP LOCKED;
  END LOOP;
END
$$;

-- Say in the log that a number is tried, by what is left of its keyed hash when it fits a great many numbers.
CREATE FUNCTION public.cati_try(digest bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  PERFORM public.cati_may_view();
  PERFORM public.cati_write('number_tried', '', 0, '{"of":"' || left(encode(sha256(digest), 'hex'), 4) || '"}');
END
$$;

-- The cases that have the number with this keyed hash: who calls back. Each is an entry in the log, and so is a number
-- that nobody has. An earlier transaction must have kept, within a minute, that it is tried, and is good for one look:
-- nobody learns whether a person is in the study and then takes the entry back.
CREATE FUNCTION public.cati_look_up(digest bytea) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  since bigint := public.cati_now() - 60;
  one text;
BEGIN
  IF NOT EXISTS (
    SELECT FROM (
      SELECT l.n, l.act, l.at, l.details, l.xmin AS number FROM public.log l
      WHERE l.who = me AND l.n > 0 ORDER BY l.n DESC LIMIT 20
    ) mine
    WHERE mine.act = 'number_tried' AND mine.at >= since AND public.cati_kept(mine.number)
      AND mine.details = '{"of":"' || left(encode(sha256(digest), 'hex'), 4) || '"}'
      AND NOT EXISTS (SELECT FROM public.log e WHERE e.who = me AND e.n > mine.n AND e.act = 'case_looked_up')
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR one IN SELECT i."case" FROM public.contact_index i WHERE i.hash = digest ORDER BY i."case" LIMIT 20 LOOP
    PERFORM public.cati_write('case_looked_up', one, 0, '{"by":"number"}');
    RETURN NEXT one;
  END LOOP;
  IF one IS NULL THEN  -- whoever tries numbers leaves a trace, too
    PERFORM public.cati_write('case_looked_up', '', 0, '{"by":"number","found":0}');
  END IF;
END
$$;

-- The keyed hashes of the numbers of the case in hand.
CREATE FUNCTION public.cati_hashes(of text) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT i.hash FROM public.contact_index i WHERE i."case" = of AND public.cati_mine(of) $$;

-- Put the newly sealed contact of the case in hand in place of the old (what the person wished was added to it).
CREATE FUNCTION public.cati_replace_contact(of text, new_key bytea, new_details bytea, new_epoch int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE done int;
BEGIN
  PERFORM public.cati_demand(0);
  IF NOT public.cati_holds(of) OR length(new_key) > 4096 OR length(new_details) > 65536 THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.contact c SET sealed_key = new_key, sealed_details = new_details, epoch = new_epoch WHERE c."case" = of;
  GET DIAGNOSTICS done = ROW_COUNT;
  RETURN done;
END
$$;

-- Give back a case, in hand or (supervisors) in nobody's, and the steps it takes by the passing of time. ``steps``: JSON
-- list of [at, status, tier, rank, due_at, turns_at, avoid, final_code]. An interview is counted as complete only when
-- its answers came into the pool under this fence number.
CREATE FUNCTION public.cati_put(
  of text, to_status int, to_tier int, to_rank bigint, to_due_at bigint, to_turns_at bigint, to_avoid text,
  to_final_code text, steps json
) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  now_there public."case";
BEGIN
  SELECT c.* INTO now_there FROM public."case" c WHERE c.id = of FOR NO KEY UPDATE;
  IF NOT FOUND OR NOT (
    public.cati_holds(of)
    OR (public.cati_is(1) AND now_there.lease_holder IS NULL AND now_there.status NOT IN (3, 4))
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Nothing comes to be leased or complete by itself.
  IF coalesce(to_status, 2) NOT IN (0, 1, 3, 4) OR EXISTS (SELECT FROM json_array_elements(steps) s WHERE s->>7 = '1.1') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_final_code = '1.1' AND NOT EXISTS (
    SELECT FROM public.log l
    WHERE l.who = me AND l.act = 'answers_pooled' AND l."case" = of AND l.fence = now_there.fence
      AND l.n > (SELECT max(e.n) - 20 FROM public.log e WHERE e.who = me)
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.turn t WHERE t."case" = of;
  INSERT INTO public.turn ("case", at, status, tier, rank, due_at, turns_at, avoid, final_code)
    SELECT of, (s->>0)::bigint, (s->>1)::smallint, (s->>2)::smallint, (s->>3)::bigint, (s->>4)::bigint,
      (s->>5)::bigint, s->>6, s->>7
    FROM json_array_elements(steps) WITH ORDINALITY AS listed (s, k) WHERE k <= 16;
  UPDATE public."case" c SET
    status = to_status, tier = to_tier, rank = to_rank, due_at = to_due_at, turns_at = to_turns_at, avoid = to_avoid,
    final_code = to_final_code, lease_holder = NULL, lease_until = NULL, replan = NULL
    WHERE c.id = of;
  RETURN 1;
END
$$;

-- Erase contact and numbers of the case in hand; the keyed hashes stay among those who are never called again.
CREATE FUNCTION public.cati_erase(of text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  IF NOT public.cati_holds(of) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM public.cati_erase_contact(of);
END
$$;

-- Nobody may call this one but the functions here.
CREATE FUNCTION public.cati_erase_contact(of text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_me();
  now bigint := public.cati_now();
BEGIN
  UPDATE public.never_again v SET who = NULL, since = NULL WHERE v.since < now - 60;
  INSERT INTO public.never_again (hash, who, since)
    SELECT DISTINCT i.hash, me, now FROM public.contact_index i WHERE i."case" = of ON CONFLICT DO NOTHING;
  DELETE FROM public.contact_index i WHERE i."case" = of;
  DELETE FROM public.contact c WHERE c."case" = of;
  DELETE FROM public.draft_event d WHERE d."case" = of;
  DELETE FROM public.draft_text d WHERE d."case" = of;
  DELETE FROM public.appointment a WHERE a."case" = of;
END
$$;

-- A person withdraws: erased at once, whoever has the case open. By who holds it, looked it up within the hour, had it
-- when its lease ran out, or is a supervisor; once more by anybody. ``its_tag`` names the finished interview while it
-- waits in the pool: that it is this case's nobody can tell here, so one goes only where one was finished, and once.
-- Returns the log's entry.
CREATE FUNCTION public.cati_withdraw(of text, its_tag text) RETURNS TABLE (entry int, at bigint)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pooled int := 0;
  under int;
  finished int;
BEGIN
  PERFORM public.cati_demand(0);
  IF NOT (public.cati_mine(of) OR public.cati_did('{case_looked_up}', of, NULL, 3600)
          OR public.cati_is(1) OR public.cati_left_open(of, NULL)
          OR EXISTS (SELECT FROM public."case" c WHERE c.id = of AND c.status = 4)) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT c.fence INTO under FROM public."case" c WHERE c.id = of FOR UPDATE;
  IF FOUND THEN
    UPDATE public.attempt a SET ended = public.cati_now(), outcome = 'withdrawn' WHERE a."case" = of AND a.ended IS NULL;
    PERFORM public.cati_erase_contact(of);
    SELECT count(*) FILTER (WHERE l.act = 'answers_pooled') - count(*) FILTER (WHERE l.act = 'interview_deleted')
      INTO finished FROM public.log l WHERE l.act IN ('answers_pooled', 'interview_deleted') AND l."case" = of;
    IF finished > 0 THEN
      DELETE FROM public.pending p WHERE p.tag = its_tag;
      GET DIAGNOSTICS pooled = ROW_COUNT;
    END IF;
    DELETE FROM public.turn t WHERE t."case" = of;
    UPDATE public."case" c SET
      status = 4, turns_at = NULL, avoid = NULL, final_code = '2.112', lease_holder = NULL, lease_until = NULL,
      replan = NULL, fence = c.fence + 1
      WHERE c.id = of;
    IF pooled > 0 THEN
      PERFORM public.cati_write('interview_deleted', of, 0, '');
    END IF;
    SELECT w.n, w.at INTO entry, at FROM public.cati_write('consent_withdrawn', of, under, '') w;
    RETURN NEXT;
  END IF;
END
$$;

-- Take an outcome back within its ten seconds (fifteen, for the way to here): the case is in hand again, its call open,
-- its contact there as it was. Returns the new fence number; no row when it is too late, or the place that its interview
-- would have taken is taken by now.
CREATE FUNCTION public.cati_undo(
  of text, under int, call text, minutes int, old_key bytea, old_details bytea, old_epoch int, hashes bytea[],
  old_tier int, old_rank bigint, old_due_at bigint, old_avoid text, old_appointment json
) RETURNS TABLE (fence int, until bigint)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  now bigint := public.cati_now();
BEGIN
  PERFORM FROM public.member m WHERE m.id = me FOR NO KEY UPDATE;  -- nothing else is handed to this member meanwhile
  IF EXISTS (SELECT FROM public."case" c WHERE c.lease_holder = me AND c.lease_until > now AND c.id <> of)
     OR NOT EXISTS (
       SELECT FROM public.attempt a WHERE a.id = call AND a."case" = of AND a.interviewer = me AND a.ended >= now - 15
     ) THEN
    RETURN;
  END IF;
  PERFORM FROM public."case" c WHERE c.id = of AND c.fence = under AND c.lease_holder IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND OR public.cati_room_for(of, true) <> '' THEN
    RETURN;
  END IF;
  UPDATE public.attempt a SET ended = NULL, outcome = NULL, sub_reason = '', note_code = ''
    WHERE a.id = call AND a."case" = of AND a.interviewer = me AND a.ended >= now - 15
      AND a.outcome IS DISTINCT FROM 'complete'
      AND NOT EXISTS (
        SELECT FROM public.log l
        WHERE l.who = me AND l.act = 'answers_pooled' AND l."case" = of AND l.fence = under
      );
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF old_key IS NOT NULL THEN
    IF length(old_key) > 4096 OR length(old_details) > 65536 OR cardinality(hashes) > 20 THEN
      RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM public.never_again v WHERE v.hash = ANY (hashes) AND v.who = me AND v.since >= now - 15;
    INSERT INTO public.contact_index (hash, "case") SELECT h, of FROM unnest(hashes) h ON CONFLICT DO NOTHING;
    INSERT INTO public.contact ("case", sealed_key, sealed_details, epoch)
      VALUES (of, old_key, old_details, old_epoch)
      ON CONFLICT ON CONSTRAINT pk_contact
      DO UPDATE SET sealed_key = old_key, sealed_details = old_details, epoch = old_epoch;
  END IF;
  DELETE FROM public.appointment a WHERE a."case" = of;
  IF old_appointment IS NOT NULL THEN
    INSERT INTO public.appointment ("case", kind, at, until, wall, zone, reason, interviewer, site, name)
      SELECT of, j.kind, j.at, j.until, j.wall, j.zone, decode(j.reason, 'hex'), j.interviewer, j.site,
        decode(j.name, 'hex')
      FROM json_to_record(old_appointment)
        AS j (kind text, at bigint, until bigint, wall text, zone text, reason text, interviewer text, site text,
              name text);
  END IF;
  fence := under + 1;
  until := now + 60 * least(greatest(minutes, 1), 60);
  DELETE FROM public.turn t WHERE t."case" = of;
  UPDATE public."case" c SET
    status = 2, tier = old_tier, rank = old_rank, due_at = old_due_at, avoid = old_avoid, final_code = NULL,
    replan = NULL, lease_holder = me, lease_until = until, turns_at = until, fence = under + 1
    WHERE c.id = of;
  PERFORM set_config('cati.fence', fence::text, true);
  PERFORM public.cati_write('outcome_undone', of, fence, '');
  RETURN NEXT;
END
$$;

-- The answers of the case in hand come into the pool, once under one fence number.
CREATE FUNCTION public.cati_put_into_pool(of text, under int, row_id text, its_tag text, answers bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(0);
BEGIN
  PERFORM FROM public."case" c WHERE c.id = of AND c.fence = under AND c.lease_holder = me FOR NO KEY UPDATE;
  IF NOT public.cati_holds(of) OR current_setting('cati.fence', true) IS DISTINCT FROM under::text
     OR length(answers) > 8388608
     OR EXISTS (
       SELECT FROM public.log l
       WHERE l.who = me AND l.act = 'answers_pooled' AND l."case" = of AND l.fence = under
     ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.pending (id, tag, sealed) VALUES (row_id, its_tag, answers);
  PERFORM public.cati_write('answers_pooled', of, under, '');
END
$$;

-- Whether a finished interview waits in the pool under this tag.
CREATE FUNCTION public.cati_is_pooled(its_tag text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT public.cati_is(0) AND EXISTS (SELECT FROM public.pending WHERE tag = its_tag) $$;

-- The pool comes into the stock: every interview there under a new random id, all rows written anew in the order of
-- those ids, by one transaction. ``anew``: these are all, sealed anew (research leads); else they are those of the pool.
CREATE FUNCTION public.cati_mix(answers bytea[], anew boolean) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kept bytea[];
  waiting int;
BEGIN
  PERFORM public.cati_demand(CASE WHEN anew THEN 2 ELSE 1 END);
  LOCK TABLE public.pending, public.stock IN ACCESS EXCLUSIVE MODE;
  SELECT count(*) INTO waiting FROM public.pending;
  SELECT coalesce(array_agg(s.sealed), '{}') INTO kept FROM public.stock s;
  IF coalesce(cardinality(answers), 0) <> waiting + (CASE WHEN anew THEN cardinality(kept) ELSE 0 END) THEN
    RAISE EXCEPTION 'another number of interviews' USING ERRCODE = 'serialization_failure';
  END IF;
  IF NOT anew THEN
    answers := answers || kept;
  END IF;
  TRUNCATE public.pending, public.stock;
  INSERT INTO public.stock (id, sealed)
    SELECT mixed.id, mixed.sealed
    FROM (SELECT replace(gen_random_uuid()::text, '-', '') AS id, a AS sealed FROM unnest(answers) a) mixed
    ORDER BY mixed.id;
  DELETE FROM public.draft_event d USING public."case" c WHERE c.id = d."case" AND c.status IN (3, 4);
  DELETE FROM public.draft_text d USING public."case" c WHERE c.id = d."case" AND c.status IN (3, 4);
  PERFORM public.cati_write('answers_mixed', '', 0, '{"moved":' || waiting || '}');
  RETURN waiting;
END
$$;

-- How many interviews wait in the pool, and how many are in the stock.
CREATE FUNCTION public.cati_pool(OUT waiting bigint, OUT mixed bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT (SELECT count(*) FROM public.pending WHERE public.cati_is(0)),
    (SELECT count(*) FROM public.stock WHERE public.cati_is(0))
$$;

-- How many rows the tables have that a supervisor is told of.
CREATE FUNCTION public.cati_sizes() RETURNS TABLE (what text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT counted.what, counted.n FROM (
    SELECT 'cases' AS what, count(*) AS n FROM public."case"
    UNION ALL SELECT 'contacts', count(*) FROM public.contact
    UNION ALL SELECT 'attempts', count(*) FROM public.attempt
    UNION ALL SELECT 'appointments', count(*) FROM public.appointment
    UNION ALL SELECT 'never_again', count(*) FROM public.never_again
    UNION ALL SELECT 'pending', count(*) FROM public.pending
    UNION ALL SELECT 'stock', count(*) FROM public.stock
  ) counted
  WHERE public.cati_is(1)
$$;

-- In which of these cases an interview was begun; for supervisors.
CREATE FUNCTION public.cati_begun(cases text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT d."case" FROM public.draft_event d WHERE d."case" = ANY (cases) AND d.n = 0 AND public.cati_is(1) $$;

-- Whether an interview was begun in this case, and not finished.
CREATE FUNCTION public.cati_was_begun(of text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN public.cati_is(0) AND EXISTS (SELECT FROM public.draft_event d WHERE d."case" = of);
END
$$;

-- How many appointments begin in a span of time.
CREATE FUNCTION public.cati_appointments(since bigint, before bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT count(*) FROM public.appointment a WHERE a.at >= since AND a.at < before AND public.cati_is(0) $$;

-- How many calls and complete interviews of the member signed in ended since then.
CREATE FUNCTION public.cati_my_calls(since bigint, OUT calls bigint, OUT complete bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT count(*), count(*) FILTER (WHERE a.outcome = 'complete') FROM public.attempt a
  WHERE a.ended >= since AND a.interviewer = public.cati_me()
$$;
