"""The routing as a picture: questions downwards, what only some are asked in columns beside it, skips as arcs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cati.survey.expressions import ExpressionProblem, compile_expression
from cati.survey.outline import Line, LineKind, Outline, groups_around
from cati.survey.outline_facts import choice_label, in_words, shortened, worked_out
from cati.survey.questionnaire import Item
from cati.survey.skips import DONT_KNOW, REFUSED, Known, Skips, Truth, judged
from cati.text import tr

NODE, GAP, LABEL, RETURN, HEADING = 1.0, 0.45, 0.85, 0.3, 1.1
"""Heights in units of one question's box: the box, what lies between two, a condition, the way back, a heading."""

_SHOWN = frozenset({LineKind.QUESTION, LineKind.NOTE, LineKind.TERMINATE, LineKind.QUOTA})
_MOST_COLUMNS = 8
_MOST_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Node:
    """One box: a question, a whole screen of them, or where it ends. ``y`` is its upper edge, in boxes.

    ``keys`` are the lines of the outline it stands for; ``reads`` are the nodes that its conditions ask.
    """

    kind: LineKind
    keys: tuple[str, ...]
    number: str
    text: str
    column: int
    y: float
    reads: tuple[int, ...] = ()


@dataclass(slots=True)
class Branch:
    """What only some are asked: leaves the column ``parent`` at ``top`` and comes back at ``bottom``.

    ``comes_back`` is false where it ends the interview; ``again`` means that it is asked once for each member.
    """

    words: str
    column: int
    parent: int
    top: float
    bottom: float = 0.0
    comes_back: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Arc:
    """Answers of ``source`` that skip to ``target``, drawn in the ``lane``-th line beside the boxes, from 0."""

    source: int
    target: int
    words: str
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a section, above its first question."""

    text: str
    column: int
    y: float


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole picture, from the first box at 0 to ``height``; the last node is the end of the interview."""

    nodes: tuple[Node, ...]
    branches: tuple[Branch, ...]
    arcs: tuple[Arc, ...]
    headings: tuple[Heading, ...]
    columns: int
    lanes: int
    height: float


def reasons(flow: Flow, at: int) -> tuple[str, ...]:
    """Return the words of the branches a box stands in, outermost first."""
    y = flow.nodes[at].y
    return tuple(branch.words for branch in flow.branches if branch.top <= y < branch.bottom)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A reason why not everybody is asked: a condition of a group or item, or a repeat."""

    key: str
    source: str
    again: bool = False


@dataclass(slots=True)
class _Open:
    """A branch that is being filled, with the names of all that stands in it."""

    frame: _Frame
    branch: Branch
    names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Drawing:
    outline: Outline
    language: str
    y: float = 0.0
    stack: list[_Open] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    node_of: dict[str, int] = field(default_factory=dict)

    @property
    def column(self) -> int:
        """The column of the innermost open branch, 0 for what everybody is asked."""
        return self.stack[-1].branch.column if self.stack else 0

    def close(self, keep: int) -> None:
        """End all branches but the outermost ``keep``."""
        while len(self.stack) > keep:
            ended = self.stack.pop()
            ended.branch.bottom = self.y
            last = self.nodes[-1] if self.nodes else None
            ended.branch.comes_back = not (
                last is not None and last.kind is LineKind.TERMINATE and last.column == ended.branch.column
            )
            self.y += RETURN
            if self.stack:
                self.stack[-1].names |= ended.names

    def open(self, frame: _Frame) -> None:
        """Begin a branch."""
        parent = self.column
        words = _frame_words(self.outline, frame, self.language)
        branch = Branch(words, min(parent + 1, _MOST_COLUMNS), parent, self.y, again=frame.again)
        self.branches.append(branch)
        self.stack.append(_Open(frame, branch))
        self.y += LABEL

    def enter(self, frames: tuple[_Frame, ...]) -> None:
        """Close and open branches until just these reasons hold, keeping those that the next one hangs on anyway."""
        kept = used = 0
        for at, one in enumerate(self.stack):
            if used < len(frames) and one.frame == frames[used]:
                used += 1
            elif not (used < len(frames) and _hangs_on(frames[used], one.names)):
                break
            kept = at + 1
        self.close(kept)
        for frame in frames[used:]:
            self.open(frame)

    def add(self, node: Node, names: Iterable[str]) -> None:
        """Draw a box."""
        known = tuple(names)
        self.node_of.update(dict.fromkeys(known, len(self.nodes)))
        for one in self.stack:
            one.names.update(known)
        self.nodes.append(node)
        self.y += NODE + GAP


def flow_of(outline: Outline, skips: Mapping[int, Skips], language: str) -> Flow:
    """Return the picture of an outline's routing; texts in ``language``, conditions in the reader's.

    A condition that nobody can fulfil who skipped the branch before stands inside that branch, so the picture says
    what hangs on what even where the form is flat.
    """
    drawing = _Drawing(outline, language)
    section: int | None = None
    screens: dict[int, int] = {}
    for line in outline.lines:
        item = outline.item(line)
        if item is None or line.kind not in _SHOWN:
            continue
        around = groups_around(outline.questionnaire, line.group)
        shared = next((g for g in around if _one_screen(outline, g)), None)
        if shared is not None and shared in screens:
            _join(drawing, screens[shared], line)
            continue
        frames = _frames(outline, item, around, shared)
        head = around[0] if around and outline.questionnaire.groups[around[0]].section else None
        if head != section:
            section = head
            if head is not None:
                _begin_section(drawing, head)
        drawing.enter(frames)
        _draw(drawing, line, shared, frames)
        if shared is not None:
            screens[shared] = len(drawing.nodes) - 1
    drawing.close(0)
    drawing.nodes.append(Node(LineKind.SECTION, (), "", tr("End of the interview"), 0, drawing.y))
    arcs = _arcs(drawing, skips)
    return Flow(
        tuple(drawing.nodes),
        tuple(drawing.branches),
        arcs,
        tuple(drawing.headings),
        max((node.column for node in drawing.nodes), default=0) + 1,
        max((arc.lane for arc in arcs), default=-1) + 1,
        drawing.y + NODE,
    )


def _begin_section(drawing: _Drawing, group: int) -> None:
    drawing.close(0)
    words = drawing.outline.questionnaire.groups[group].label
    drawing.headings.append(Heading(drawing.outline.shown(words, drawing.language), drawing.column, drawing.y))
    drawing.y += HEADING


def _one_screen(outline: Outline, group: int) -> bool:
    found = outline.questionnaire.groups[group]
    return found.shared or found.grid


def _frames(outline: Outline, item: Item, around: tuple[int, ...], shared: int | None) -> tuple[_Frame, ...]:
    frames = []
    for at in around:
        group = outline.questionnaire.groups[at]
        if group.relevant:
            frames.append(_Frame(f"group:{at}", group.relevant))
        if group.repeat:
            frames.append(_Frame(f"roster:{at}", group.repeat_count, again=True))
        if at == shared:
            return tuple(frames)
    if item.relevant:
        frames.append(_Frame("own", " ".join(item.relevant.split())))
    return tuple(frames)


def _hangs_on(frame: _Frame, names: set[str]) -> bool:
    """Tell whether a condition is certainly false where all these are off the path."""
    if frame.again or not frame.source or not names:
        return False
    known = Known(dict.fromkeys(names, ""), dict.fromkeys(names, "off_path"))
    return judged(frame.source, known) is Truth.NO


def _frame_words(outline: Outline, frame: _Frame, language: str) -> str:
    if not frame.again:
        return tr("only if {condition}", condition=in_words(outline, frame.source, language))
    words = worked_out(outline, frame.source, language) if frame.source else ""
    return tr("repeated: {count}", count=words) if words else tr("repeated for each one")


def _draw(drawing: _Drawing, line: Line, shared: int | None, frames: tuple[_Frame, ...]) -> None:
    outline = drawing.outline
    text = outline.text(line, drawing.language)
    kind = line.kind
    keys: tuple[str, ...] = (line.key,)
    if shared is not None:
        kind = LineKind.GRID
        keys = (f"group:{shared}", line.key)
        text = outline.shown(outline.questionnaire.groups[shared].label, drawing.language) or text
    reads = dict.fromkeys(
        drawing.node_of[name] for frame in frames for name in _references(frame.source) if name in drawing.node_of
    )
    drawing.add(
        Node(kind, keys, line.number, shortened(text, 90), drawing.column, drawing.y, tuple(reads)), (line.name,)
    )


def _join(drawing: _Drawing, at: int, line: Line) -> None:
    """Let one more question belong to the box of its screen."""
    node = drawing.nodes[at]
    first = node.number.split("–")[0]
    number = f"{first}–{line.number}" if first and line.number else first or line.number
    drawing.nodes[at] = replace(node, keys=(*node.keys, line.key), number=number)
    drawing.node_of[line.name] = at
    for one in drawing.stack:
        one.names.add(line.name)


def _references(source: str) -> tuple[str, ...]:
    try:
        return compile_expression(source).references if source else ()
    except ExpressionProblem:
        return ()


def _arcs(drawing: _Drawing, skips: Mapping[int, Skips]) -> tuple[Arc, ...]:
    """Return the arcs of all skips that leave out at least one box, each in the first lane that is free."""
    items = drawing.outline.questionnaire.items
    arcs: list[Arc] = []
    for at, found in skips.items():
        source = drawing.node_of.get(items[at].name)
        if source is None or drawing.nodes[source].kind is LineKind.GRID:
            continue
        by_target: dict[int, list[str]] = {}
        for answer, target in found.after.items():
            node = drawing.node_of.get(items[target].name) if target is not None else len(drawing.nodes) - 1
            if node is not None and node > source + 1:
                by_target.setdefault(node, []).append(answer)
        for node, answers in by_target.items():
            arcs.append(Arc(source, node, _answers_words(drawing, items[at], answers)))
    return _in_lanes(arcs)


def _answers_words(drawing: _Drawing, item: Item, answers: list[str]) -> str:
    """Return the answers of an arc in words; "otherwise" where they are most of the list."""
    chosen = [answer for answer in answers if answer not in (DONT_KNOW, REFUSED)]
    total = len(drawing.outline.questionnaire.choice_lists.get(item.choices, ()))
    if len(chosen) > _MOST_ANSWERS or (total > _MOST_ANSWERS and len(chosen) * 2 > total):
        return tr("otherwise")
    labels = [shortened(choice_label(drawing.outline, item.name, name, drawing.language), 24) for name in chosen]
    if len(answers) > len(chosen):
        labels.append(tr("no answer"))
    return ", ".join(labels)


def _in_lanes(arcs: list[Arc]) -> tuple[Arc, ...]:
    """Give short arcs the inner lanes; arcs that overlap lie in different ones."""
    taken: list[list[Arc]] = []
    found = []
    for arc in sorted(arcs, key=lambda one: (one.target - one.source, one.source)):
        free = (at for at, others in enumerate(taken) if not any(_overlap(arc, other) for other in others))
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(arc)
        found.append(replace(arc, lane=lane))
    return tuple(sorted(found, key=lambda one: (one.source, one.target)))


def _overlap(one: Arc, other: Arc) -> bool:
    return one.source < other.target and other.source < one.target
