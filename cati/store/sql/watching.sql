-- Whether anything changed, and how much waits: numbers alone, asked by every window every second or so.

-- How many entries everybody's log has: one index probe a member. For supervisors.
CREATE FUNCTION public.cati_all_acts() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(1);
  RETURN (
    SELECT coalesce(sum(e.n), 0) FROM public.member m
    CROSS JOIN LATERAL (SELECT max(l.n) AS n FROM public.log l WHERE l.who = m.id AND l.n > 0) e
  );
END
$$;

-- How many cases wait until a supervisor's window has worked out when they are called.
CREATE FUNCTION public.cati_count_marked() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  RETURN (SELECT count(*) FROM public."case" c WHERE c.replan IS NOT NULL AND c.status <> 2);
END
$$;
