"""From documents to files: what is delivered on which day, with the faults asked for."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from sources.contracts import CONTRACTS
from sources.simulator.chance import Ints
from sources.simulator.columns import Batch
from sources.simulator.damage import damage
from sources.simulator.faults import AMOUNT, Faults, broken_amount, business_keys
from sources.simulator.gate_envelopes import GATE
from sources.simulator.truth_log import TruthLog, WrittenFile
from sources.simulator.world import DAY, World, day_of, midnight
from sources.simulator.writers import ROWS_A_FILE, WRITERS

_MAIN, _AGAIN, _CORRECTED = "", "_again", "_corrected"
_RULE_OF = {1: "K1", 2: "P1", 3: "P1"}


@dataclass
class Delivery:
    """Keeps what is still to come and writes a day's files when its turn has come."""

    world: World
    out: Path
    format: str
    faults: Faults
    log: TruthLog
    pool: ThreadPoolExecutor
    _coming: dict[int, dict[tuple[str, str], list[pl.DataFrame]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    _again: dict[int, list[tuple[str, str, pl.DataFrame]]] = field(default_factory=lambda: defaultdict(list))
    _running: list[Future[WrittenFile]] = field(default_factory=list)
    _written: list[WrittenFile] = field(default_factory=list)

    def _accept(self, made: Batch) -> None:
        """Take a batch of documents in and spread it over its days of delivery."""
        if not len(made.at):
            return
        docs = self.log.register(made.kind, made.facts, len(made.at))
        ids = docs.astype(np.uint64)
        frame, changed = self.faults.changed(made.kind, made.frame, ids, made.facts)
        last = self.world.end_ms // DAY - 1
        own = made.at // DAY
        frame = frame.with_columns(pl.Series("_doc", docs), pl.Series("_at", made.at))
        if not self.faults.rates:
            plain = frame.with_columns(_bad=pl.lit(0, pl.Int8), _vanishes=pl.lit(False))
            self._spread(made.kind, _MAIN, plain, own, last)
            return
        self.log.mark(made.kind, own, changed)
        marks = self.faults.marks(made.kind, frame, ids, made.facts)
        # A fault is recorded only where it can be seen: on documents delivered within the days simulated.
        seen = (own <= last) & ~marks.gone
        moved = np.where(seen & (own < last), np.minimum(own + marks.delay, last), own)
        vanishes = marks.vanishes & seen & (moved < last)
        frame = frame.with_columns(
            pl.Series("_bad", np.where(seen, marks.broken, 0).astype(np.int8)),
            pl.Series("_vanishes", vanishes),
        )
        self._record(made.kind, frame, marks.gone & (own <= last), "missing_payment", made.kind == "CEB411")
        self._record(made.kind, frame, moved > own, "late")
        self._record(made.kind, frame, seen & marks.twice, "duplicate")
        self._record(made.kind, frame, seen & (marks.broken > 0), "malformed")
        self._record(made.kind, frame, vanishes, "vanished")
        kept = ~marks.gone
        self._spread(made.kind, _MAIN, frame.filter(pl.Series(kept)), moved[kept], last)
        twice = kept & marks.twice & seen
        self._spread(
            made.kind, _AGAIN, frame.filter(pl.Series(twice)), np.minimum(own[twice] + 1, last), last
        )
        self._rewrite(made, frame, marks.rewritten & seen & (own < last), last)

    def _record(
        self,
        kind: str,
        frame: pl.DataFrame,
        which: np.ndarray[tuple[int], np.dtype[np.bool_]],
        name: str,
        wanted: bool = True,
    ) -> None:
        if wanted and name in self.faults.rates:
            self.faults.note(name, frame, kind, which)

    def _spread(self, kind: str, stream: str, frame: pl.DataFrame, day: Ints, last: int) -> None:
        for each in np.unique(day):
            if each <= last:
                self._coming[int(each)][kind, stream].append(frame.filter(pl.Series(day == each)))

    def _rewrite(
        self, made: Batch, frame: pl.DataFrame, which: np.ndarray[tuple[int], np.dtype[np.bool_]], last: int
    ) -> None:
        """Tell some releases again, the day after, with a time that looks faster."""
        if not which.any():
            return
        self._record(made.kind, frame, which, "rewritten_time")
        at = made.facts["at"][which]
        earlier = (
            at - 1 - self.world.chance.below("rewritten", made.facts["list"][which].astype(np.uint64), 4)
        )
        facts = {name: values[which] for name, values in made.facts.items()} | {"at": earlier}
        docs = self.log.register(made.kind, facts, int(which.sum()))
        self.log.mark(made.kind, earlier // DAY, {})
        told = frame.filter(pl.Series(which)).with_columns(
            pl.Series("_doc", docs), pl.Series("returnTime", earlier).cast(pl.Datetime("ms"))
        )
        first = frame.get_column("_doc").to_numpy()[which]
        self.log.retold.append(
            (made.kind, business_keys(frame.filter(pl.Series(which)), made.kind), first, docs)
        )
        self._spread(made.kind, _CORRECTED, told, at // DAY + 1, last)

    def expect(self, section: Iterable[Batch]) -> None:
        """Take documents in that come on whatever day."""
        for made in section:
            self._accept(made)

    def take(self, section: Iterable[Batch], day: int) -> None:
        """Take all documents of some kinds in and write those due on `day`, while the next are made."""
        kinds = []
        for made in section:
            self._accept(made)
            kinds.append(made.kind)
        self._settle()
        for kind in dict.fromkeys(kinds):
            self._start(kind, day)

    def finish(self, day: int) -> None:
        """Write what else is due on `day`, and its manifest."""
        for kind in CONTRACTS:
            self._start(kind, day)
        for name, kind, frame in self._again.pop(day, []):
            self._running.append(self.pool.submit(self._write, self._folder(day) / name, kind, frame))
        self._coming.pop(day, None)
        self._settle()
        files = [
            {
                "name": Path(each.path).name,
                "rows": each.rows,
                "amount_total": each.amount_total,
                "sha256": each.sent_sha256,
            }
            for each in self._written
        ]
        self._written.clear()
        text = json.dumps({"files": files}, ensure_ascii=False, indent=1)
        (self._folder(day) / "manifest.json").write_text(text + "\n", encoding="utf-8")

    def _folder(self, day: int) -> Path:
        folder = self.out / day_of(day * DAY).isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _start(self, kind: str, day: int) -> None:
        for stream in (_MAIN, _AGAIN, _CORRECTED):
            if frames := self._coming[day].pop((kind, stream), []):
                self._running += self._files(self._folder(day), day, kind, stream, frames)

    def _settle(self) -> None:
        """Wait for the files being written: at most two sections are in memory."""
        for each in self._running:
            written = each.result()
            self.log.wrote(written)
            if written.fault:
                self.faults.note_file(written.fault, written.path)
            self._written.append(written)
        self._running.clear()

    def _files(
        self, folder: Path, day: int, kind: str, stream: str, frames: Sequence[pl.DataFrame]
    ) -> list[Future[WrittenFile]]:
        whole = pl.concat(frames, rechunk=False)
        size = 1 if self.format == "xml" and kind in GATE else ROWS_A_FILE[self.format]
        jobs = []
        for number, start in enumerate(range(0, len(whole), size)):
            part = whole.slice(start, size)
            name = f"{kind}_{day_of(day * DAY):%Y%m%d}{stream}_{number + 1:03d}.{self.format}"
            jobs.append(self.pool.submit(self._write, folder / name, kind, part))
            if stream == _MAIN and part.get_column("_vanishes").any():
                self._again[day + 1].append((name, kind, part.filter(~pl.col("_vanishes"))))
                gone = business_keys(part.filter(pl.col("_vanishes")), kind)
                before, after = (f"{day_of(each * DAY).isoformat()}/{name}" for each in (day, day + 1))
                self.log.vanishing.append((kind, gone, before, after))
        return jobs

    def _write(self, path: Path, kind: str, frame: pl.DataFrame) -> WrittenFile:
        total = amount_total(frame, kind)
        WRITERS[self.format](frame, kind, path)
        sent = hashlib.sha256(path.read_bytes()).hexdigest()
        relative = path.relative_to(self.out).as_posix()
        fault = self.faults.of_file(relative.removesuffix("." + self.format))
        held = sent
        if fault:
            damage(path, self.format, fault)
            held = hashlib.sha256(path.read_bytes()).hexdigest()
            # A file that was cut was cut on its way; one in a wrong encoding was sent so.
            sent = sent if fault == "truncated_file" else held
        bad = frame.filter(pl.col("_bad") > 0)
        return WrittenFile(
            path=relative,
            kind=kind,
            rows=len(frame),
            amount_total=total,
            sha256=held,
            sent_sha256=sent,
            fault=fault,
            docs=frame.get_column("_doc").to_numpy(),
            day=midnight(date.fromisoformat(path.parent.name)) // DAY,
            bad=(frame.get_column("_bad") > 0).to_numpy(),
            rejected=[
                (key, _RULE_OF[how])
                for key, how in zip(business_keys(bad, kind), bad.get_column("_bad").to_list(), strict=True)
            ],
        )


def amount_total(frame: pl.DataFrame, kind: str) -> str:
    """Control total of a file: the money fields of its contract added up, what does not parse left out."""
    total = 0
    for each in CONTRACTS[kind].amounts:
        if each.startswith("items."):
            values = frame.get_column("items").explode().struct.field(each.removeprefix("items."))
        else:
            readable = pl.col("_bad") != AMOUNT if each == broken_amount(CONTRACTS[kind]) else pl.lit(True)
            values = frame.filter(readable).get_column(each)
        total += int((values.sum() or 0) * 100_000)
    return f"{total // 100_000}.{total % 100_000:05d}"
