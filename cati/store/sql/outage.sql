-- What is asked and done after an outage, for a case that is not in hand any more.

-- How a call of the member signed in ended; nothing while it lasts. Asked when no answer came to its end.
CREATE FUNCTION public.cati_end_of(of text) RETURNS TABLE (ended bigint, outcome text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT a.ended::bigint, a.outcome::text FROM public.attempt a
  WHERE a.id = of AND a.interviewer = public.cati_me() AND a.ended IS NOT NULL
$$;

-- Whether a case was handed to the member signed in (under this fence number, if one is given) who did not give it back
-- themselves, as their own log says.
CREATE FUNCTION public.cati_left_open(of text, under int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(0);
BEGIN
  RETURN EXISTS (
    SELECT FROM public.log l
    WHERE l.who = me AND l.n > 0 AND l."case" = of AND (under IS NULL OR l.fence = under)
      AND l.act IN ('case_handed_out', 'case_looked_up', 'outcome_undone') AND l.fence > 0 AND public.cati_kept(l.xmin)
      AND NOT EXISTS (
        SELECT FROM public.log e WHERE e.who = me AND e.n > l.n AND e."case" = of AND e.fence = l.fence
          AND (e.act IN ('outcome_noted', 'consent_withdrawn')
               OR (e.act = 'case_put_back' AND strpos(e.details, '"lapsed"') = 0)))
  );
END
$$;

-- Lease a case again whose lease ran out in an outage and that nobody took since, its call open as before. Only by whom
-- it was handed to under this very fence number and from whom nothing but the end of the lease took it. Nothing when it
-- is somebody else's by now, or over. Given again (its answer did not come), the same comes back. Also while another case
-- is in hand: what waits at one workstation is not lost because its member went on at another.
CREATE FUNCTION public.cati_take_up_again(of text, under int, its_call text, minutes int)
RETURNS TABLE (fence int, until bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  found_case public."case";
  last_call public.attempt;
BEGIN
  IF NOT (public.cati_mine(of) OR public.cati_left_open(of, under)) THEN
    RETURN;  -- before it is locked: nobody keeps what is not theirs from others
  END IF;
  SELECT c.* INTO found_case FROM public."case" c WHERE c.id = of FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT a.* INTO last_call FROM public.attempt a WHERE a."case" = of ORDER BY a.started DESC, a.id DESC LIMIT 1;
  IF found_case.lease_holder = me AND found_case.fence = under + 1 AND EXISTS (
    SELECT FROM public.log l WHERE l.who = me AND l.n > 0 AND l.act = 'case_handed_out' AND l."case" = of
      AND l.fence = under + 1 AND l.details = '{"reason":"outage"}'
  ) THEN
    fence := found_case.fence;
    until := found_case.lease_until;
    PERFORM set_config('cati.fence', fence::text, true);
    RETURN NEXT;
    RETURN;
  END IF;
  IF found_case.fence <> under OR found_case.lease_holder IS NOT NULL OR found_case.status NOT IN (0, 1)
     OR NOT public.cati_left_open(of, under) OR NOT EXISTS (  -- the end of the lease, which cati_turn alone writes
       SELECT FROM public.log l WHERE l.act = 'case_put_back' AND l."case" = of AND l.fence = under
         AND l.details = '{"lapsed":"' || me || '"}') THEN
    RETURN;
  END IF;
  IF last_call.id = its_call AND last_call.interviewer = me THEN
    UPDATE public.attempt a SET ended = NULL, outcome = NULL, sub_reason = '', note_code = '' WHERE a.id = its_call;
  END IF;
  fence := under + 1;
  until := public.cati_now() + 60 * least(greatest(minutes, 1), 60);
  IF found_case.status = 1 OR found_case.turns_at IS NOT NULL THEN  -- where it goes when this lease runs out, too
    INSERT INTO public.turn ("case", at, status, tier, rank, due_at, turns_at, avoid, final_code)
      VALUES (of, 0, found_case.status, found_case.tier, found_case.rank, found_case.due_at, found_case.turns_at,
        found_case.avoid, found_case.final_code)
      ON CONFLICT DO NOTHING;
  END IF;
  UPDATE public."case" c
    SET status = 2, lease_holder = me, lease_until = until, turns_at = until, fence = under + 1 WHERE c.id = of;
  PERFORM set_config('cati.fence', fence::text, true);
  PERFORM public.cati_write('case_handed_out', of, fence, '{"reason":"outage"}');
  RETURN NEXT;
END
$$;
