"""A small registry with a model, a sensor and a rule, to spoil one line of."""

from pathlib import Path

from provisioner.registry import Loaded, load
from tests.registry.conftest import Write

MODELS = """\
sensor_models:
  - id: ldds75
    name: Dragino LDDS75
    interval: 20 min
    quantities:
      level: {fields: Distance, unit: cm, factor: 0.1, from_mount: true}
      temperature: {fields: [temp, temperature], unit: °C}
    battery: {fields: Bat, empty: 2.5, full: 3.6}
"""
SENSORS = """\
sensors:
  - id: pegel
    devices: A8-40-41-C4-D1-87-00-01
    organisation: bretten
    model: ldds75
    mount_height: 320
    place: Alb, Brücke
    tells: pg-sensorik
    tags: pegel
"""
RULES = """\
rules:
  - id: hochwasser
    name: Hochwasser
    applies: {tags: pegel}
    threshold:
      quantity: level
      levels:
        - {severity: warning, above: 150, clear: 140}
        - {severity: critical, above: 180, clear: 170}
  - id: schweigt
    name: Sensor schweigt
    silence: {intervals: 3}
"""


def folder(write: Write, *, models: str = MODELS, sensors: str = SENSORS, rules: str = RULES) -> Path:
    """The registry's folder, with a file for each kind."""
    return write(models=models, sensors=sensors, rules=rules)


def loaded(write: Write, **files: str) -> Loaded:
    """As `folder`, loaded."""
    return load(folder(write, **files))


def spoilt(write: Write, old: str, new: str) -> Loaded:
    """With ``old`` of one of the three files replaced."""
    files = {"models": MODELS, "sensors": SENSORS, "rules": RULES}
    (kind,) = [kind for kind, text in files.items() if old in text]
    return loaded(write, **{kind: files[kind].replace(old, new, 1)})


def told(found: Loaded) -> list[tuple[str, str]]:
    """Code and place of each problem."""
    return [(one.what.code.removeprefix("registry."), str(one.where)) for one in found.problems]
