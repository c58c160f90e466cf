"""What one process does with one block: live it, then write its part of every file.

Between the two all blocks are counted, so that numbers run through the country.
"""

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from migrantpanel.simulation.block import build_block
from migrantpanel.simulation.blocks import as_country, block_seed
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.defects import Damage, damage
from migrantpanel.simulation.files import File, write_frame, write_part
from migrantpanel.simulation.numbering import Counts, Numbering
from migrantpanel.simulation.registers import Registers, extracts
from migrantpanel.simulation.registers.wealth import wealth_truth
from migrantpanel.simulation.surveys.frame import sampled_frame
from migrantpanel.simulation.surveys.questionnaires import load_waves


@dataclass(frozen=True)
class Plan:
    """What every block needs to know: the working folder, the seed, the form, the waves.

    defects: rates of damage that replace those of the parameters, by kind.
    """

    work: Path
    seed: int
    file_format: str
    waves: tuple[str, ...]
    threads: int
    defects: Mapping[str, float] | None = None

    def part(self, kind: str, name: str, block: int) -> Path:
        """Return where a block leaves its part of a file (kind: extracts, truth or frame)."""
        path = self.work / "parts" / kind / name / f"{block:05d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def parts(self, kind: str, name: str) -> list[Path]:
        """Return the parts of a file in the order of the blocks."""
        return sorted((self.work / "parts" / kind / name).iterdir())

    def lives(self, block: int) -> Path:
        """Return the folder with the frames of a block."""
        return self.work / "lives" / f"{block:05d}"


def live(plan: Plan, block: int, persons: int) -> Counts:
    """Simulate a block, keep its frames in the working folder, and count it."""
    frames = build_block(plan.seed, block, persons, plan.defects)
    plan.lives(block).mkdir(parents=True)
    for name, frame in frames.items():
        write_frame(frame, plan.lives(block) / name)
    return Counts.of(frames)


def deliver(plan: Plan, block: int, numbering: Numbering) -> list[File]:
    """Write the parts of a block and drop its frames; return the delivered files, in order."""
    folder = plan.lives(block)
    frames = {path.name: pl.read_ipc(path.read_bytes()) for path in folder.iterdir()}
    country = as_country(frames, numbering, plan.defects)
    shutil.rmtree(folder)
    seed = block_seed(plan.seed, block)
    done = damage(country, seed)
    registers = Registers(country, done, seed)
    files = _write_registers(plan, block, registers)
    for name, table in truth_tables(country, done, registers):
        write_frame(numbering.countrywide(table), plan.part("truth", name, block))
    for wave in load_waves():
        if wave.name in plan.waves:
            frame = numbering.countrywide(sampled_frame(wave, country, seed))
            write_frame(frame, plan.part("frame", wave.name, block))
    return files


def _write_registers(plan: Plan, block: int, registers: Registers) -> list[File]:
    # Polars and numpy leave the interpreter while they work: threads share the country.
    with ThreadPoolExecutor(plan.threads) as pool:
        return list(
            pool.map(
                lambda numbered: _write_part(plan, block, *numbered),
                enumerate(extracts(registers)),
            )
        )


def _write_part(plan: Plan, block: int, number: int, extract) -> File:
    file = extract.file(plan.file_format)
    write_part(extract.frame(), file, plan.part("extracts", f"{number:04d}", block))
    return file


def truth_tables(
    country: Country, done: Damage, registers: Registers
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield what is true of a block, by name, in its own numbers."""
    person = country.person.with_columns(
        second_rin=done.second_rin,
        second_rin_since=done.second_since,
        in_register=registers.in_register,
    )
    parents = [
        country.person.select(child="person", parent=name).drop_nulls().with_columns(
            relation=pl.lit(name)
        )
        for name in ("mother", "father")
    ]  # fmt: skip
    yield from (country.frames() | {"person": person}).items()
    yield "parent_child", pl.concat(parents).sort("child", "relation")
    yield "defect", done.whole_manifest()
    yield "household_wealth", wealth_truth(registers)
