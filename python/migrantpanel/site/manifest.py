"""What the pages need to know from dbt's manifest."""

import re
from dataclasses import dataclass, field
from typing import Any

# What each layer is for, in the words of a newcomer.
LAYER_PURPOSE = {
    "staging": "one source each: dates, numbers and codes of unknown made proper",
    "harmonised": "answers of all surveys on common variables",
    "population": "everybody in the registers: residence, households, unions",
    "identity": "who may be linked, partners, children, pseudonyms",
    "panel": "one row per person and year, theme by theme",
    "weighting": "what one respondent stands for",
    "imputation": "values filled in, with their reasons",
    "marts": "the tables to query",
    "statistics": "migration statistics and trends",
    "release": "safe tables, synthetic data and exports",
}


@dataclass(frozen=True)
class Model:
    """One dbt model, as its description and contract tell it."""

    name: str
    layer: str
    database: str
    schema: str
    grain: str
    key: str
    nuance: str
    columns: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Layer:
    """One folder of models; `reads` counts the models read per layer, its own left out."""

    name: str
    number: int
    database: str
    models: list[Model]
    tests: int
    reads: dict[str, int]
    purpose: str = ""


@dataclass(frozen=True)
class Project:
    """The models by layer, and how many nodes of other kinds there are."""

    layers: list[Layer]
    sources: int
    seeds: int
    tests: int
    nodes: dict[str, Any] = field(repr=False, default_factory=dict)

    def layer(self, name: str) -> list[Model]:
        """Return the models of a layer, or none where it has no folder yet."""
        return next((layer.models for layer in self.layers if layer.name == name), [])


def read_project(manifest: dict[str, Any]) -> Project:
    """Sort the manifest's models into layers, in the order of the layer numbers."""
    nodes = manifest["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    tests = [node for node in nodes.values() if node["resource_type"] == "test"]
    layer_of = {key: node["fqn"][1] for key, node in models.items()}
    numbers = {layer_of[key]: node["config"]["meta"]["layer"] for key, node in models.items()}
    tested = [layer_of[key] for test in tests if (key := test.get("attached_node")) in models]
    layers = []
    for name in sorted(numbers, key=lambda layer: numbers[layer]):
        own = {key: node for key, node in models.items() if layer_of[key] == name}
        read = {parent for node in own.values() for parent in node["depends_on"]["nodes"]}
        others = [layer_of[parent] for parent in read if layer_of.get(parent, name) != name]
        layers.append(
            Layer(
                name=name,
                number=numbers[name],
                database=next(iter(own.values()))["database"],
                models=sorted((_model(node, name) for node in own.values()), key=_by_name),
                tests=tested.count(name),
                reads={other: others.count(other) for other in sorted(set(others))},
                purpose=LAYER_PURPOSE.get(name, ""),
            )
        )
    return Project(
        layers=layers,
        sources=len(manifest["sources"]),
        seeds=sum(node["resource_type"] == "seed" for node in nodes.values()),
        tests=len(tests) + len(manifest["unit_tests"]),
        nodes=nodes,
    )


def _by_name(model: Model) -> str:
    return model.name


def _model(node: dict[str, Any], layer: str) -> Model:
    """Read a description of the form "One row per ... Key: ... Nuance: ..."."""
    text = " ".join(node["description"].split())
    grain, _, rest = text.partition("Key:")
    key, _, nuance = rest.partition("Nuance:")
    return Model(
        name=node["name"],
        layer=layer,
        database=node["database"],
        schema=node["schema"],
        grain=re.sub(r"^One row per ", "", grain.strip()).rstrip("."),
        key=key.strip().rstrip("."),
        nuance=nuance.strip()[:1].upper() + nuance.strip()[1:],
        columns={
            name: (column.get("data_type") or "", " ".join(column["description"].split()))
            for name, column in node["columns"].items()
        },
    )
