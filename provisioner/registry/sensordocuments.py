"""The shapes of what the registry's files say about sensors and their models."""

from typing import Annotated

from pydantic import Field

from provisioner.registry.durations import Duration
from provisioner.registry.measures import (
    Decimals,
    Device,
    FieldPath,
    Link,
    Number,
    QuantityName,
    Tag,
    Unit,
    one_or_many,
)
from provisioner.registry.shapes import Document, Id, MaybeEmptyName, Name

_MOST_FIELDS = 10
_MOST_DEVICES = 1000

Fields = Annotated[list[FieldPath], Field(max_length=_MOST_FIELDS), one_or_many(FieldPath)]


class QuantityDocument(Document):
    """One quantity that a model measures. No measured value may say where a person is: such fields are refused."""

    fields: Fields = Field(
        min_length=1,
        description="Where it stands in what the sender decoded, e.g. `Distance` or `air.temperature`; of several the "
        "first that is there counts.",
    )
    label: MaybeEmptyName = Field("", description="What people call it, e.g. `Wasserstand`. Without it the name.")
    unit: Unit = Field("", description="As people write it: `cm`, `ppm`, `%`, `°C`.")
    decimals: Decimals = Field(1, description="Digits behind the comma that people read.")
    factor: Number = Field(1.0, description="What came is multiplied by this, e.g. `0.1` from millimetres to `cm`.")
    offset: Number = Field(0.0, description="And this is added.")
    from_mount: bool = Field(
        False,
        description="`true`: a distance, measured downwards. The quantity is the sensor's `mount_height` minus it.",
    )
    lowest: Number | None = Field(None, description="What lies below is a fault of the sensor: not kept, and no alarm.")
    highest: Number | None = Field(None, description="The same for what lies above.")


class BatteryDocument(Document):
    """How a model tells what is left of its battery, where the sender does not tell percents by itself."""

    fields: Fields = Field(min_length=1, description="Where it stands, as for quantities.")
    empty: Number = Field(0.0, description="What it tells of an empty battery, e.g. `2.5` (volts).")
    full: Number = Field(100.0, description="What it tells of a full one, e.g. `3.6`.")


class SensorModelDocument(Document):
    """A product: what the decoded messages of its sensors hold."""

    id: Id = Field(description="Lasting short name, e.g. `ldds75`.")
    name: Name = Field(description="What people read, e.g. `Dragino LDDS75`.")
    interval: Duration | None = Field(
        None, description="How often one reports, e.g. `20 min`. Without it no silence is noticed."
    )
    quantities: dict[QuantityName, QuantityDocument] = Field(
        min_length=1,
        max_length=50,
        description="What it measures, by the name that rules use: small letters, digits and `_`, e.g. `level`.",
    )
    battery: BatteryDocument | None = Field(None, description="How it tells what is left of its battery.")


class SensorDocument(Document):
    """One device, or a pattern that stands for many: where it is, whose it is, who is told."""

    id: Id = Field(description="Lasting short name, e.g. `pegel-alb`. What is known of the sensor hangs on it.")
    devices: Annotated[list[Device], Field(max_length=_MOST_DEVICES), one_or_many(Device)] = Field(
        min_length=1,
        description="EUI, device id or `application/device`. In a pattern `*` stands for any letters and `?` for one; "
        "an exact name counts more than a pattern, a longer pattern more than a shorter one, and of two of the same "
        "length the one with fewer `*` and `?`.",
    )
    organisation: Id = Field(description="Id of the organisation that it belongs to.")
    model: Id = Field(description="Id of its model.")
    place: Name = Field(
        description="Where it is, in words, e.g. `Alb, Brücke an der Pforzheimer Straße`. `{device}` is its id."
    )
    tells: Annotated[list[Id], Field(max_length=20), one_or_many(Id)] = Field(
        default_factory=list, description="Ids of the bodies that are told."
    )
    sender: Id | None = Field(None, description="Only devices of this sender of the settings. Without it of any.")
    mount_height: Number | None = Field(
        None, description="How high it hangs, in the quantity's unit, where its model measures downwards."
    )
    interval: Duration | None = Field(None, description="How often it reports, instead of its model's word.")
    map: Link | None = Field(None, description="Where it stands on a map: an https address.")
    dashboard: Link | None = Field(None, description="Where its values are shown: an https address.")
    tags: Annotated[list[Tag], Field(max_length=20), one_or_many(Tag)] = Field(
        default_factory=list, description="Words of your own, by which rules find it: small letters, e.g. `pegel`."
    )
