-- What is asked and done after an outage, for a case that is not in hand any more. Needs cati_demand, cati_me, cati_now
-- and cati_note of the rights.

-- How a call of the member signed in ended; nothing while it lasts. Asked when no answer came to its end.
CREATE OR REPLACE FUNCTION public.cati_end_of(of text) RETURNS TABLE (ended bigint, outcome text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT a.ended::bigint, a.outcome::text FROM public.attempt a
  WHERE a.id = of AND a.interviewer = public.cati_me() AND a.ended IS NOT NULL
$$;

-- Lease a case again whose lease ran out in an outage and that nobody took since, its call open as before. Only by whom
-- it was handed to under this very fence number and who did not give it back themselves, as their own log says.
-- Nothing when it is somebody else's by now, or over. Given again (its answer did not come), the same comes back.
CREATE OR REPLACE FUNCTION public.cati_take_up_again(of text, under int, its_call text, minutes int)
RETURNS TABLE (fence int, until bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  found_case public."case";
  last_call public.attempt;
BEGIN
  SELECT c.* INTO found_case FROM public."case" c WHERE c.id = of FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT a.* INTO last_call FROM public.attempt a WHERE a."case" = of ORDER BY a.started DESC, a.id DESC LIMIT 1;
  IF found_case.lease_holder = me AND found_case.fence = under + 1
     AND last_call.id = its_call AND last_call.ended IS NULL THEN
    fence := found_case.fence;
    until := found_case.lease_until;
    PERFORM set_config('cati.fence', fence::text, true);
    RETURN NEXT;
    RETURN;
  END IF;
  IF found_case.fence <> under OR found_case.lease_holder IS NOT NULL OR found_case.status NOT IN (0, 1)
     OR NOT EXISTS (
       SELECT FROM public.log l WHERE l.who = me AND l.n > 0 AND l."case" = of AND l.fence = under
         AND l.act IN ('case_handed_out', 'case_looked_up', 'outcome_undone'))
     OR EXISTS (
       SELECT FROM public.log l WHERE l.who = me AND l.n > 0 AND l."case" = of AND l.fence = under
         AND (l.act IN ('outcome_noted', 'consent_withdrawn')
              OR (l.act = 'case_put_back' AND strpos(l.details, '"lapsed"') = 0))) THEN
    RETURN;
  END IF;
  IF last_call.id = its_call THEN
    UPDATE public.attempt a SET ended = NULL, outcome = NULL, sub_reason = '', note_code = '' WHERE a.id = its_call;
  END IF;
  fence := under + 1;
  until := public.cati_now() + 60 * least(greatest(minutes, 1), 60);
  UPDATE public."case" c
    SET status = 2, lease_holder = me, lease_until = until, turns_at = until, fence = under + 1 WHERE c.id = of;
  PERFORM set_config('cati.fence', fence::text, true);
  PERFORM public.cati_note('case_handed_out', of, fence, '{"reason":"outage"}');
  RETURN NEXT;
END
$$;
