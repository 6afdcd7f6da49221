-- Who may read and write which rows. Row-level security is forced on every table, so that what is not named here is
-- forbidden: to members by having no grant or no row, to the owner's functions by the one policy that names the owner.
-- A supervisor has what an interviewer has and more, a research lead what a supervisor has and more.

GRANT USAGE ON SCHEMA public TO @interviewer, @gate, @watch;

-- The study, its questionnaires, cells and version: everybody of the staff reads them, research leads write them.
GRANT SELECT ON public.study, public.questionnaire, public.cell, public.alembic_version, public.purge_step
  TO @interviewer;
GRANT UPDATE (questionnaire, epoch) ON public.study TO @lead;  -- the settings by a function, which says what changed
GRANT INSERT ON public.questionnaire TO @lead;
GRANT INSERT ON public.cell TO @supervisor;
GRANT USAGE ON SEQUENCE public.cell_id_seq TO @supervisor;
GRANT SELECT, INSERT, DELETE ON public.calling_time, public.target TO @lead;
CREATE POLICY read ON public.calling_time FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.calling_time FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
CREATE POLICY remove ON public.calling_time FOR DELETE TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY read ON public.target FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.target FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
CREATE POLICY remove ON public.target FOR DELETE TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY read ON public.study FOR SELECT TO @interviewer USING ((SELECT public.cati_is(0)));
CREATE POLICY change ON public.study FOR UPDATE TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY read ON public.questionnaire FOR SELECT TO @interviewer USING ((SELECT public.cati_is(0)));
CREATE POLICY add ON public.questionnaire FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
CREATE POLICY read ON public.cell FOR SELECT TO @interviewer USING ((SELECT public.cati_is(0)));
CREATE POLICY add ON public.cell FOR INSERT TO @supervisor WITH CHECK (public.cati_is(1));
CREATE POLICY read ON public.alembic_version FOR SELECT TO @interviewer USING ((SELECT public.cati_is(0)));
CREATE POLICY read ON public.purge_step FOR SELECT TO @interviewer USING ((SELECT public.cati_is(0)));

-- The staff: everybody sees themselves (the others: cati_members) and may put their own keys under another password.
GRANT SELECT, UPDATE (record, start_password) ON public.member TO @interviewer;
GRANT INSERT, UPDATE ON public.member TO @lead;
CREATE POLICY own ON public.member FOR SELECT TO @interviewer USING (id = (SELECT public.cati_me()));
CREATE POLICY own_keys ON public.member FOR UPDATE TO @interviewer USING (id = (SELECT public.cati_me()));
CREATE POLICY read ON public.member FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.member FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
-- … but for this: the role that signs in stays with its own member, or its acts would stand in another's chain.
CREATE POLICY change ON public.member FOR UPDATE TO @lead USING ((SELECT public.cati_is(2)))
  WITH CHECK (server_role IS DISTINCT FROM session_user::text OR id = public.cati_me());

-- Certificates of keys that were made anew: whoever verifies the log. Trustees and what two of them open: research leads.
-- Nobody at all reads or writes sign_in: tries on a server are counted at the workstation.
GRANT SELECT ON public.former_certificate TO @supervisor;
GRANT INSERT ON public.former_certificate TO @lead;
CREATE POLICY read ON public.former_certificate FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY add ON public.former_certificate FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
GRANT SELECT, INSERT, DELETE, UPDATE (drilled_at) ON public.trustee TO @lead;
CREATE POLICY read ON public.trustee FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.trustee FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
CREATE POLICY drill ON public.trustee FOR UPDATE TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY remove ON public.trustee FOR DELETE TO @lead USING ((SELECT public.cati_is(2)));
GRANT SELECT, INSERT, DELETE ON public.recovery TO @lead;
CREATE POLICY read ON public.recovery FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.recovery FOR INSERT TO @lead WITH CHECK (public.cati_is(2));
CREATE POLICY remove ON public.recovery FOR DELETE TO @lead USING ((SELECT public.cati_is(2)));

-- Cases: one's own; supervisors see where all stand. Handing out, giving back and the like are functions.
GRANT SELECT ON public."case" TO @interviewer;
GRANT INSERT ON public."case" TO @supervisor;
GRANT UPDATE ON public."case" TO @lead;
CREATE POLICY own ON public."case" FOR SELECT TO @interviewer USING (lease_holder = (SELECT public.cati_me()));
CREATE POLICY read ON public."case" FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY add ON public."case" FOR INSERT TO @supervisor
  WITH CHECK (public.cati_is(1) AND lease_holder IS NULL AND coalesce(final_code, '') <> '1.1');
CREATE POLICY change ON public."case" FOR UPDATE TO @lead USING ((SELECT public.cati_is(2)));

GRANT SELECT, INSERT, DELETE ON public.turn TO @interviewer;
CREATE POLICY own ON public.turn FOR SELECT TO @interviewer USING (public.cati_mine("case"));
CREATE POLICY plan ON public.turn FOR INSERT TO @interviewer
  WITH CHECK (public.cati_holds("case") AND coalesce(final_code, '') <> '1.1');
CREATE POLICY forget ON public.turn FOR DELETE TO @interviewer USING (public.cati_holds("case"));
CREATE POLICY read ON public.turn FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY add ON public.turn FOR INSERT TO @supervisor
  WITH CHECK (public.cati_is(1) AND coalesce(final_code, '') <> '1.1');
CREATE POLICY remove ON public.turn FOR DELETE TO @lead USING ((SELECT public.cati_is(2)));

-- Contacts: nobody reads the tables; supervisors bring lists in. Research leads seal them under new keys by functions.
GRANT INSERT ON public.contact TO @supervisor;
GRANT INSERT ON public.contact_index TO @supervisor;
CREATE POLICY add ON public.contact FOR INSERT TO @supervisor WITH CHECK (public.cati_fresh("case"));
CREATE POLICY add ON public.contact_index FOR INSERT TO @supervisor WITH CHECK (public.cati_fresh("case"));

-- Calls and appointments of the case in hand; one's own appointments. A call that has ended stays as it is, and none ends
-- later than now (but for a workstation's idea of it), or its outcome could be undone then.
GRANT SELECT, INSERT, UPDATE (ended, outcome, sub_reason, note_code) ON public.attempt TO @interviewer;
CREATE POLICY own ON public.attempt FOR SELECT TO @interviewer USING (public.cati_mine("case"));
CREATE POLICY read ON public.attempt FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY begin ON public.attempt FOR INSERT TO @interviewer
  WITH CHECK (public.cati_holds("case") AND interviewer = public.cati_me() AND ended IS NULL AND outcome IS NULL);
CREATE POLICY finish ON public.attempt FOR UPDATE TO @interviewer
  USING (ended IS NULL AND public.cati_holds("case"))
  WITH CHECK (public.cati_holds("case") AND coalesce(ended, 0) <= public.cati_now() + 600);

GRANT SELECT, INSERT, DELETE, UPDATE (kind, at, until, wall, zone, reason, interviewer, site, name) ON public.appointment
  TO @interviewer;
CREATE POLICY own ON public.appointment FOR SELECT TO @interviewer
  USING (interviewer = (SELECT public.cati_me()) OR public.cati_mine("case"));
CREATE POLICY read ON public.appointment FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY book ON public.appointment FOR INSERT TO @interviewer
  WITH CHECK (public.cati_holds("case") AND interviewer = public.cati_me());
CREATE POLICY move ON public.appointment FOR UPDATE TO @interviewer
  USING (public.cati_holds("case")) WITH CHECK (public.cati_holds("case") AND interviewer = public.cati_me());
CREATE POLICY cancel ON public.appointment FOR DELETE TO @interviewer USING (public.cati_holds("case"));

-- Answers of the open interview of the case in hand. Research leads read those of others by a function, once it is said.
GRANT SELECT, INSERT, DELETE ON public.draft_event TO @interviewer;
CREATE POLICY own ON public.draft_event FOR SELECT TO @interviewer USING (public.cati_mine("case"));
CREATE POLICY keep ON public.draft_event FOR INSERT TO @interviewer
  WITH CHECK (public.cati_holds("case") AND length(sealed) <= 1048576);
CREATE POLICY forget ON public.draft_event FOR DELETE TO @interviewer USING (public.cati_holds("case"));

GRANT SELECT, INSERT, DELETE, UPDATE (sealed) ON public.draft_text TO @interviewer;
CREATE POLICY own ON public.draft_text FOR SELECT TO @interviewer USING (public.cati_mine("case"));
CREATE POLICY keep ON public.draft_text FOR INSERT TO @interviewer
  WITH CHECK (public.cati_holds("case") AND length(sealed) <= 1048576);
CREATE POLICY change ON public.draft_text FOR UPDATE TO @interviewer
  USING (public.cati_holds("case")) WITH CHECK (public.cati_holds("case") AND length(sealed) <= 1048576);
CREATE POLICY forget ON public.draft_text FOR DELETE TO @interviewer USING (public.cati_holds("case"));

-- Finished interviews: those who mix the pool read it, research leads read the stock.
GRANT SELECT ON public.pending TO @supervisor;
GRANT SELECT ON public.stock TO @lead;
CREATE POLICY read ON public.pending FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY read ON public.stock FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));

-- What is kept of lists that came in, and what was counted at the end.
GRANT SELECT ON public.tally TO @supervisor;
GRANT SELECT, INSERT, UPDATE ON public.template, public.received_list TO @supervisor;
CREATE POLICY read ON public.tally FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY read ON public.template FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY add ON public.template FOR INSERT TO @supervisor WITH CHECK (public.cati_is(1));
CREATE POLICY change ON public.template FOR UPDATE TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY read ON public.received_list FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));
CREATE POLICY add ON public.received_list FOR INSERT TO @supervisor WITH CHECK (public.cati_is(1));
CREATE POLICY change ON public.received_list FOR UPDATE TO @supervisor USING ((SELECT public.cati_is(1)));

-- The log: one's own chain; supervisors all. It grows by cati_note alone.
GRANT SELECT ON public.log TO @interviewer;
CREATE POLICY own ON public.log FOR SELECT TO @interviewer USING (who = (SELECT public.cati_me()));
CREATE POLICY read ON public.log FOR SELECT TO @supervisor USING ((SELECT public.cati_is(1)));

-- The end: research leads see which workstations hold the seal and which backups there are; once all is deleted they say
-- which of those are gone.
GRANT SELECT ON public.station, public.backup TO @lead;
GRANT UPDATE (gone_at) ON public.backup TO @lead;
CREATE POLICY read ON public.station FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY read ON public.backup FOR SELECT TO @lead USING ((SELECT public.cati_is(2)));
CREATE POLICY ended ON public.backup FOR UPDATE TO @lead
  USING ((SELECT public.cati_is(2)) AND (SELECT public.cati_rows_are_gone()));
