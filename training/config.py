"""The settings of one training run: checked, frozen, written into the package's card."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeVar, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.errors import UsageError
from inspector.inference.preprocess import Preprocessing
from inspector.inference.tiling import Tiling

Strength = Literal["none", "light", "medium", "strong"]

_SAMPLE_BUDGET = 12_000
_EPOCHS = (12, 60)


class TrainingConfig(BaseModel):
    """What a run was asked to do. Two runs with equal settings, data and device type give equal weights on a CPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str = "mobilenet_v2"
    """torchvision's name of the network, or `resnet10`."""
    weights: str = "imagenet"
    """`imagenet`, `none` (random), or a state-dict file."""
    width: int = Field(default=288, ge=32, le=4096)
    """Input width in pixels."""
    height: int = Field(default=288, ge=32, le=4096)
    """Input height in pixels."""
    fit: Literal["letterbox", "crop", "stretch"] = "letterbox"
    """How a picture of another aspect ratio becomes an input; the first two keep the ratio."""
    tiling: Tiling | None = None
    """How high-resolution pictures are cut into tiles; None: judged as a whole."""
    tiles_per_picture: int = Field(default=16, ge=1, le=10_000)
    """Most good tiles of a picture that are learned from; of defective tiles, all are."""
    epochs: int | None = Field(default=None, ge=1, le=100_000)
    """None: as many as show the network about 12,000 pictures, 12 to 60."""
    batch_size: int = Field(default=16, ge=2, le=4096)
    """Pictures per step."""
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    """Peak of the schedule; None: 0.0003 for pretrained weights, 0.002 for random ones."""
    weight_decay: float = Field(default=0.05, ge=0, le=1)
    """AdamW's decoupled decay of matrices and kernels; biases and norms have none."""
    label_smoothing: float = Field(default=0.02, ge=0, lt=1)
    """Probability spread over the other classes in the loss."""
    balance: float = Field(default=0.5, ge=0, le=1)
    """Sampling weight of a class is its count to the power 1 - balance: 0 as found, 1 all classes alike."""
    augment: Strength = "medium"
    """Strength of the augmentation preset."""
    guide: float = Field(default=1.0, ge=0, le=100)
    """Weight of the masks' part of the loss; 0 leaves the masks out. Without masks it has no effect."""
    keep_orientation: bool = False
    """No flips and quarter turns: for products where the orientation decides the class."""
    warmup_epochs: float = Field(default=1.0, ge=0)
    """Epochs of linear rise of the learning rate, after the head-only ones."""
    head_epochs: int = Field(default=2, ge=0)
    """Pretrained weights: epochs in which only the new final layer learns."""
    train_stem: bool = False
    """Pretrained weights: also train the layers of stride 4 and less, which take half of the time on a CPU."""
    patience: int | None = Field(default=None, ge=1)
    """Early stopping: epochs without a better validation loss; None: half of the epochs, 8 at least."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Every random choice follows from it."""

    @property
    def pretrained(self) -> bool:
        """Whether the run starts from trained weights."""
        return self.weights != "none"

    @property
    def peak_learning_rate(self) -> float:
        """The learning rate at the top of the schedule."""
        return self.learning_rate or (3e-4 if self.pretrained else 2e-3)

    @property
    def preprocessing(self) -> Preprocessing:
        """How pictures become inputs, in training and at the station."""
        return Preprocessing(width=self.width, height=self.height, mode=self.fit)

    def epochs_for(self, pictures: int) -> int:
        """Return the number of epochs for a training split of this many pictures."""
        if self.epochs is not None:
            return self.epochs
        return min(max(math.ceil(_SAMPLE_BUDGET / max(pictures, 1)), _EPOCHS[0]), _EPOCHS[1])

    def patience_for(self, epochs: int) -> int:
        """Return after how many epochs without progress a run of `epochs` stops."""
        return self.patience if self.patience is not None else max(8, epochs // 2)


Config = TypeVar("Config", bound=BaseModel)


@overload
def make_config(**settings: Any) -> TrainingConfig: ...


@overload
def make_config(kind: type[Config], /, **settings: Any) -> Config: ...


def make_config(kind: type[BaseModel] = TrainingConfig, /, **settings: Any) -> BaseModel:
    """Return checked settings of one kind of run; None values mean the default.

    Raises:
        UsageError: A setting out of its range, named.
    """
    try:
        return kind(**{name: value for name, value in settings.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "-".join(str(part) for part in first["loc"]).replace("_", "-")
        raise UsageError(
            f"--{where}: {first['msg']} (given: {first['input']!r})." if where else f"{first['msg']}.",
            cure="See `inspector train --help`.",
        ) from error
