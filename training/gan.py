"""A small generative adversarial network that puts a defect into a good patch, learned from a few real ones.

The loss is the hinge loss (Lim, Ye: "Geometric GAN", 2017). Real and made patches are changed at random in the same
ways before they are judged, so that few samples are not learned by heart (Zhao et al.: "Differentiable Augmentation for
Data-Efficient GAN Training", NeurIPS 2020). Real defects with their spot healed give pairs, whose difference is a
second, steadier loss. The networks are in `training.gan_networks`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own usage
from torch import Tensor

from datasets.blending import soft_edge
from datasets.synthesis import Sources
from inspector.errors import TrainingError, UsageError
from inspector.jsonfile import replace_file
from training.gan_networks import NOISE, Discriminator, Generator
from training.gan_patches import SIDE, DefectPatch, Spot, draw_spot

LEAST_DEFECTS = 5
"""Fewer pictures of a class than this are not learned from: the network would repeat them and call it new."""

_POOL = 192  # good spots drawn before the first step


@dataclass(frozen=True, slots=True)
class GanConfig:
    """How a generator is trained.

    Attributes:
        steps: Of generator and discriminator each.
        batch: Patches per step: half on healed real spots, half on good parts.
        width: Channels of the first layer.
        learning_rate: Of the generator; the discriminator's is twice that (Heusel et al., NeurIPS 2017).
        pair_weight: Of the difference to real defects, beside the adversarial loss.
        average: Decay of the running average of weights, which is what is used in the end.
        seed: Every random choice follows from it.
    """

    steps: int = 600
    batch: int = 16
    width: int = 16
    learning_rate: float = 4e-4
    pair_weight: float = 5.0
    average: float = 0.99
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Patches as tensors: (N, 3, SIDE, SIDE) in -1..1, alpha (N, 1, SIDE, SIDE), one-hot classes (N, classes)."""

    pixels: Tensor
    good: Tensor
    alpha: Tensor
    classes: Tensor

    def of(self, index: Tensor) -> _Samples:
        return _Samples(self.pixels[index], self.good[index], self.alpha[index], self.classes[index])


@dataclass(frozen=True, slots=True, eq=False)
class DefectGan:
    """A trained generator and the classes that it knows. Make one with `train_gan`."""

    generator: Generator
    labels: tuple[str, ...]

    def changes(self, spots: Sequence[Spot], seed: int) -> list[np.ndarray]:
        """Return what to add to the patches of spots, (SIDE, SIDE, 3) float32 each, in grey levels (0..255)."""
        patches = [spot.patch() for spot in spots]
        good, alpha = _pixels([pixels for pixels, _ in patches]), _alphas([shape for _, shape in patches])
        classes = _one_hot([spot.label for spot in spots], self.labels)
        noise = torch.randn(len(spots), NOISE + SIDE * SIDE, generator=torch.Generator().manual_seed(seed))
        with torch.inference_mode():
            found = (self.generator(good, alpha, classes, noise) - good) * 127.5
        return list(found.permute(0, 2, 3, 1).numpy())

    def save(self, path: Path) -> None:
        """Write the generator's weights as safetensors, the classes in its header. Raises UsageError."""
        from safetensors.torch import save

        tensors = {name: tensor.contiguous() for name, tensor in self.generator.state_dict().items()}
        try:
            replace_file(path, save(tensors, {"classes": json.dumps(self.labels), "side": str(SIDE)}))
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}).", cure="Give another file.") from error


def train_gan(
    sources: Sources, patches: Sequence[DefectPatch], config: GanConfig, progress: Callable[[int, int], None]
) -> DefectGan:
    """Train a generator on real defects, on one core; the same settings and patches give the same weights.

    Args:
        sources: Good pictures to draw spots from.
        patches: The real defects.
        config: The settings.
        progress: Called with (steps done, steps in all).

    Raises:
        TrainingError: There is nothing to learn, or no shape fits on a good part.
    """
    labels = tuple(sorted({patch.label for patch in patches}))
    if not labels:
        raise TrainingError("There is no defect to learn from.", cure="Use --method perlin, which needs none.")
    rng = np.random.default_rng([config.seed, 1])
    real = _real_samples(patches, labels)
    spots = _good_samples(rng, sources, patches, labels, min(_POOL, config.steps * config.batch // 2))
    with _reproducible(config.seed):
        generator, judge = _networks(len(labels), config.width)
        averaged = copy.deepcopy(generator)
        optimizers = (
            torch.optim.Adam(generator.parameters(), config.learning_rate, betas=(0.0, 0.99)),
            torch.optim.Adam(judge.parameters(), 2 * config.learning_rate, betas=(0.0, 0.99)),
        )
        for step in range(config.steps):
            index = _balanced(rng, real.classes, config.batch // 2)
            other = torch.from_numpy(rng.integers(0, len(spots.pixels), config.batch // 2))
            batch = _turned(rng, real.of(index)), spots.of(other)
            _step(generator, judge, optimizers, batch, config)
            with torch.no_grad():
                for kept, new in zip(averaged.parameters(), generator.parameters(), strict=True):
                    kept.lerp_(new, 1.0 - min(config.average, (step + 1) / (step + 10)))
            progress(step + 1, config.steps)
    return DefectGan(averaged.eval(), labels)


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """Seed torch and keep it to one thread: so small patches are not worth sharing. Leaves the process as it was."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def _networks(classes: int, width: int) -> tuple[Generator, Discriminator]:
    generator, judge = Generator(classes, width), Discriminator(classes, width)
    for network in (generator, judge):
        network.to(memory_format=torch.channels_last)
    return generator, judge


def _step(
    generator: Generator,
    judge: Discriminator,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    batch: tuple[_Samples, _Samples],
    config: GanConfig,
) -> None:
    """Let the discriminator learn to tell, then the generator to deceive it."""
    real, spots = batch
    good, alpha = torch.cat([real.good, spots.good]), torch.cat([real.alpha, spots.alpha])
    classes = torch.cat([real.classes, spots.classes])
    fake = generator(good, alpha, classes, torch.randn(len(good), NOISE + SIDE * SIDE))

    optimizers[1].zero_grad()
    judged_real = judge(*_augmented(real.pixels, real.alpha), real.classes)
    judged_fake = judge(*_augmented(fake.detach(), alpha), classes)
    torch.autograd.backward(F.relu(1 - judged_real).mean() + F.relu(1 + judged_fake).mean())
    optimizers[1].step()

    optimizers[0].zero_grad()
    adversarial = -judge(*_augmented(fake, alpha), classes).mean()
    paired = (real.alpha * (fake[: len(real.good)] - real.pixels).abs()).sum((1, 2, 3)) / (
        3 * real.alpha.sum((1, 2, 3))
    )
    torch.autograd.backward(adversarial + config.pair_weight * paired.mean())
    optimizers[0].step()


def _augmented(pixels: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Return patches changed in brightness and contrast, each its own way, and moved together with their shapes."""
    count = len(pixels)
    pixels = pixels + 0.5 * (torch.rand(count, 1, 1, 1) - 0.5)
    mean = pixels.mean((1, 2, 3), keepdim=True)
    pixels = mean + (pixels - mean) * (0.75 + 0.5 * torch.rand(count, 1, 1, 1))
    down, right = (int(v) for v in torch.randint(-SIDE // 8, SIDE // 8 + 1, (2,)))
    return torch.roll(pixels, (down, right), (2, 3)), torch.roll(alpha, (down, right), (2, 3))


def _balanced(rng: np.random.Generator, classes: Tensor, count: int) -> Tensor:
    """Draw indices so that every class comes up alike."""
    number = classes.argmax(1).numpy()
    weight = 1.0 / np.bincount(number)[number]
    return torch.from_numpy(rng.choice(number.size, count, p=weight / weight.sum()))


def _turned(rng: np.random.Generator, samples: _Samples) -> _Samples:
    """Turn and mirror a batch as a whole."""
    quarters, mirrored = int(rng.integers(4)), rng.random() < 0.5

    def turn(tensor: Tensor) -> Tensor:
        found = torch.rot90(tensor, quarters, (2, 3))
        return found.flip(3) if mirrored else found

    return _Samples(turn(samples.pixels), turn(samples.good), turn(samples.alpha), samples.classes)


def _real_samples(patches: Sequence[DefectPatch], labels: tuple[str, ...]) -> _Samples:
    return _Samples(
        _pixels([patch.pixels for patch in patches]),
        _pixels([patch.healed for patch in patches]),
        _alphas([patch.shape for patch in patches]),
        _one_hot([patch.label for patch in patches], labels),
    )


def _good_samples(
    rng: np.random.Generator, sources: Sources, patches: Sequence[DefectPatch], labels: tuple[str, ...], count: int
) -> _Samples:
    drawn = [draw_spot(rng, sources, patches, labels[number % len(labels)]) for number in range(count)]
    spots = [spot for spot in drawn if spot is not None]
    if not spots:
        raise TrainingError("No defect's shape fits on a good part.", cure="Look whether the masks are right.")
    found = [spot.patch() for spot in spots]
    good = _pixels([pixels for pixels, _ in found])
    alpha = _alphas([shape for _, shape in found])
    return _Samples(good, good, alpha, _one_hot([spot.label for spot in spots], labels))


def _pixels(patches: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(patches)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def _alphas(shapes: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack([soft_edge(shape) for shape in shapes]))[:, None]


def _one_hot(names: Sequence[str], labels: tuple[str, ...]) -> Tensor:
    return F.one_hot(torch.tensor([labels.index(name) for name in names]), len(labels)).float()
