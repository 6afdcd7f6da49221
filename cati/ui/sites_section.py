"""Sites with their Land and target, departments the same everywhere, and those of one site only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QSpinBox

from cati.errors import Problem
from cati.settings import LANDS, Department, Site
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.pages import Labelled, in_words, part, rule
from cati.ui.rows_editor import Cells, Column, RowsEditor
from cati.ui.study_sections import Section, Values

LAND_NAMES = {
    "BB": mark("Brandenburg"), "BE": mark("Berlin"), "BW": mark("Baden-Württemberg"), "BY": mark("Bavaria"),
    "Augsburg": mark("Augsburg (Bavaria)"),
    "HB": mark("Bremen"), "HE": mark("Hesse"), "HH": mark("Hamburg"), "MV": mark("Mecklenburg-Vorpommern"),
    "NI": mark("Lower Saxony"), "NW": mark("North Rhine-Westphalia"), "RP": mark("Rhineland-Palatinate"),
    "SH": mark("Schleswig-Holstein"), "SL": mark("Saarland"), "SN": mark("Saxony"), "ST": mark("Saxony-Anhalt"),
    "TH": mark("Thuringia"),
}  # fmt: skip

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def code_from(name: str) -> str:
    """Return a short code made of a name: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_FOLDED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24]


def department_of(cells: Cells) -> Department:
    """Return the department typed into a row; its code is made of the name where none was typed."""
    return Department(
        code=cells["code"] or code_from(cells["name"]),
        name=cells["name"] or cells["code"],
        target=int(cells["target"] or 0),
    )


class SitesSection(Section):
    """Three lists; departments of a site with the code of a common one take its place there."""

    def __init__(self) -> None:
        super().__init__()
        lands = tuple(sorted(((code, tr(LAND_NAMES[code])) for code in LANDS), key=lambda pair: pair[1]))
        self.sites = RowsEditor(
            tr("Sites"),
            (
                Column("name", tr("Name"), stretch=4),
                Column("code", tr("Short code"), stretch=2),
                Column("land", tr("Land (for its holidays)"), "choice", 3, lands, "BY"),
                Column("target", tr("Interviews"), "number", 1, start="400"),
            ),
            tr("Add a site"),
        )
        department = (
            Column("name", tr("Name"), stretch=4),
            Column("code", tr("Short code"), stretch=2),
            Column("target", tr("Interviews"), "number", 1, start="70"),
        )
        self.common = RowsEditor(tr("Departments the same everywhere"), department, tr("Add a department"))
        self.own = RowsEditor(tr("Departments of this site only"), department, tr("Add a department of this site"))
        self.which = QComboBox()
        self.which.setMinimumContentsLength(20)
        self._own: dict[int, list[Cells]] = {}
        self._shown = -1
        self.stack.addWidget(
            part(
                tr("Sites"),
                tr("A county, town or customer centre. Calling stops at a site when its target is reached."),
            )
        )
        self.stack.addWidget(self.sites)
        self.stack.addWidget(rule())
        self.stack.addWidget(
            part(tr("Departments the same everywhere"), tr("The number of interviews is wanted at every site."))
        )
        self.stack.addWidget(self.common)
        self.stack.addWidget(rule())
        self.stack.addWidget(
            part(tr("Departments of one site"), tr("A department with the code of a common one replaces it here."))
        )
        self.stack.addWidget(Labelled(tr("Site"), self.which))
        self.stack.addWidget(self.own)
        self.stack.addWidget(rule())
        self.quota_margin = QSpinBox()
        self.quota_margin.setRange(0, 100)
        self.quota_margin.setMaximumWidth(theme.columns(20))
        self.stack.addWidget(
            self.field(
                tr("Interviews above a target"),
                self.quota_margin,
                tr(
                    "A case that somebody has open counts as an interview that may come. 0: no target is ever "
                    "exceeded, but towards its end fewer people can call there at once. 3: three more can, and a "
                    "target may be exceeded by up to three. Calling stops in any case when a target is reached."
                ),
            )
        )
        self.stack.addWidget(self.rest)
        self.sites.fill([{"target": "400", "land": "BY"}])
        self.common.fill([{"target": "70"}])
        self.own.fill([])
        self.sites.taken_away.connect(self._site_gone)
        self.sites.changed.connect(self._name_sites)
        for rows in (self.sites, self.common, self.own):
            self.watch(rows)
        self.which.currentIndexChanged.connect(self._show_own)
        self._name_sites()
        self.begin_at = self.sites.editor(0, "name")

    def _name_sites(self) -> None:
        rows = self.sites.rows()
        names = [cells["name"] or cells["code"] or tr("Site {site}", site=at + 1) for at, cells in enumerate(rows)]
        if [self.which.itemText(at) for at in range(self.which.count())] != names:
            now = max(self.which.currentIndex(), 0)
            self.which.blockSignals(True)
            self.which.clear()
            self.which.addItems(names)
            self.which.setCurrentIndex(min(now, len(names) - 1))
            self.which.blockSignals(False)
            self._show_own()

    def _site_gone(self, at: int) -> None:
        """Let the departments of a site go with it, and those of the sites below move up with theirs."""
        self._keep_own()
        self._own = {site - (site > at): rows for site, rows in self._own.items() if site != at}
        chosen = self.which.currentIndex()
        self._shown = -1
        self.which.clear()
        self._name_sites()
        self.which.setCurrentIndex(min(chosen - (chosen > at), self.which.count() - 1))

    def _keep_own(self) -> None:
        if self._shown >= 0:
            self._own[self._shown] = self.own.rows()

    def _show_own(self) -> None:
        self._keep_own()
        self._shown = self.which.currentIndex()
        self.own.fill(self._own.get(self._shown, []))
        self.own.add.setEnabled(self._shown >= 0)

    def values(self) -> Values:
        """Return the sites with all their departments, and the raw rows for showing them again."""
        self._keep_own()
        common = [department_of(cells) for cells in self.common.rows() if cells["name"] or cells["code"]]
        sites = []
        for at, cells in enumerate(self.sites.rows()):
            if not (cells["name"] or cells["code"]):
                continue
            own = [department_of(row) for row in self._own.get(at, []) if row["name"] or row["code"]]
            taken = {department.code for department in own}
            departments = (*(d for d in common if d.code not in taken), *own)
            sites.append(
                Site(
                    code=cells["code"] or code_from(cells["name"]),
                    name=cells["name"] or cells["code"],
                    land=cells["land"],
                    target=int(cells["target"] or 0),
                    departments=departments,
                )
            )
        raw = (self.sites.rows(), self.common.rows(), {at: list(rows) for at, rows in self._own.items()})
        return {"sites": tuple(sites), "site_rows": raw, "quota_margin": self.quota_margin.value()}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show rows as they were typed, or the sites of settings: what every site has becomes common."""
        if "quota_margin" in values:
            self.quota_margin.setValue(values["quota_margin"])
        if "site_rows" in values:
            sites, common, own = values["site_rows"]
        elif "sites" in values:
            sites, common, own = _as_rows(values["sites"])
        else:
            return
        self._shown = -1
        self._own = dict(own)
        self.sites.fill(sites)
        self.common.fill(common)
        self.which.clear()
        self._name_sites()

    def show_faults(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show what is wrong with sites below the lists."""
        mine = [p for p in problems if p.where == tr("Sites") or p.where.startswith(tr("Site {site}", site=""))]
        if mine:
            self.rest.say("\n".join("✗ " + in_words(p) for p in mine), "warning")
        else:
            self.rest.hide()
        return super().show_faults([p for p in problems if p not in mine])


def _as_rows(sites: Sequence[Site]) -> tuple[list[Cells], list[Cells], dict[int, list[Cells]]]:
    everywhere = [d for d in sites[0].departments if all(d in site.departments for site in sites)] if sites else []
    rows = [{"name": s.name, "code": s.code, "land": s.land, "target": str(s.target)} for s in sites]
    own = {at: [_cells(d) for d in site.departments if d not in everywhere] for at, site in enumerate(sites)}
    return rows, [_cells(d) for d in everywhere], own


def _cells(department: Department) -> Cells:
    return {"name": department.name, "code": department.code, "target": str(department.target)}
