"""SimGAN as a `keras.Model`, Algorithm 1 as its `train_step`, and the presets."""

from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import ops

from ..data.images import to_float
from .discriminator import fitting_discriminator
from .history_buffer import HistoryBuffer
from .losses import (
    REAL,
    REFINED,
    channel_mean,
    discriminator_loss,
    local_adversarial_loss,
    refiner_loss,
    self_regularization_loss,
)
from .refiner import refiner
from .weights import initialize

if keras.config.backend() != "tensorflow":
    raise ImportError(
        "SimGAN trains on TensorFlow: set KERAS_BACKEND=tensorflow before Keras is imported; "
        f"received {keras.config.backend()}"
    )


@dataclass(frozen=True)
class Preset:
    """What a training run needs to know; rates are Adam's, the paper names no optimiser."""

    filters: int  # feature maps of the refiner
    batch_size: int
    weight: float  # lambda, on the scale of means
    buffer_size: int  # images
    refiner_rate: float
    discriminator_rate: float
    refiner_warmup: int  # steps of R alone
    discriminator_warmup: int  # steps of D alone
    steps: int  # rounds of Algorithm 1
    refiner_steps: int = 2  # K_g
    discriminator_steps: int = 1  # K_d
    checkpoint_steps: int = 50  # steps between checkpoints, which are also the curves' points
    history: int = 12  # refiners that a run keeps

    @property
    def total_steps(self):
        """Steps of a whole run, warm-up included."""
        return self.refiner_warmup + self.discriminator_warmup + self.steps

    @property
    def history_steps(self):
        """The steps after which R is kept, evenly from half of the rounds to the last one."""
        apart = self.steps / 2 / self.history
        return sorted({self.total_steps - int(apart * k) for k in range(self.history)})

    def stage(self, step):
        """Which stage `step` belongs to, and the step at which that stage ends."""
        warm = self.refiner_warmup + self.discriminator_warmup
        if step < self.refiner_warmup:
            return "refiner", self.refiner_warmup
        if step < warm:
            return "discriminator", warm
        return "adversarial", self.total_steps


# The paper publishes the networks, the batch, the rate and the warm-up. It gives no lambda, no
# size for the buffer and no number of steps, and prints both "twice" and 50 for K_g; those are
# choices.
PRESETS = {
    "paper": Preset(64, 512, 1.0, 25_600, 1e-3, 1e-3, 1_000, 200, 10_000, checkpoint_steps=10),
    "pocket": Preset(16, 32, 1.0, 2_000, 1e-3, 1e-3, 100, 50, 1_000),
}


class SimGAN(keras.Model):
    """Refiner, discriminator and history buffer, trained as the paper's Algorithm 1.

    `compile` takes the two optimisers and lambda, `fit` takes what `batches` returns. `stage`
    says who learns: "refiner" and "discriminator" are the warm-up of one player alone,
    "adversarial" is the algorithm. All that changes in training is a weight of the model or of
    its optimisers, the buffer and the step included, so that saved weights are the whole state.

    Args:
        refiner: Model from `(B, H, W, C)` to the same shape.
        discriminator: Model from `(B, H, W, C)` to logits `(B, h, w, 2)`.
        buffer: A `HistoryBuffer` with room for half a batch or more.
    """

    def __init__(self, refiner, discriminator, buffer, **kwargs):
        super().__init__(**kwargs)
        self.refiner = refiner
        self.discriminator = discriminator
        self.buffer = buffer
        self.step = self.add_weight(shape=(), dtype="int32", trainable=False, name="step")
        names = "realism", "self_regularization", "contrast", "discriminator_loss"
        names += "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        self.means = {name: keras.metrics.Mean(name) for name in names}
        self.stage = "adversarial"
        self.built = True

    @classmethod
    def from_preset(
        cls,
        preset,
        seed=0,
        image_shape=(35, 55, 1),
        discriminator=fitting_discriminator,
        buffer=HistoryBuffer,
        psi=None,
    ):
        """Builds and compiles the networks of a `Preset`, reproducibly.

        Args:
            preset: A `Preset`, for instance `PRESETS["pocket"]`.
            seed: Seed of the weights and of the buffer's places.
            image_shape: Height, width and channels of an image.
            discriminator: Function that builds D; `simgan_lib.measure.ablations` has another.
            buffer: Class of the buffer; `simgan_lib.measure.ablations` has another.
            psi: Feature transform of the self-regularization; if None, the identity for grey images
                and the mean of the channels for those in colour, as in the paper.
        """
        model = cls(
            initialize(refiner(preset.filters, image_shape=image_shape), seed),
            initialize(discriminator(image_shape), seed),
            buffer(preset.buffer_size, image_shape, seed),
        )
        if psi is None and image_shape[-1] > 1:
            psi = channel_mean
        model.compile(
            keras.optimizers.Adam(preset.refiner_rate),
            keras.optimizers.Adam(preset.discriminator_rate),
            preset.weight,
            preset.refiner_steps,
            preset.discriminator_steps,
            psi,
        )
        return model

    def compile(
        self,
        refiner_optimizer,
        discriminator_optimizer,
        weight,
        refiner_steps=2,
        discriminator_steps=1,
        psi=None,
    ):
        """Says how to train.

        Args:
            refiner_optimizer: Optimiser of R alone.
            discriminator_optimizer: Optimiser of D alone; sharing one would mix their moments.
            weight: lambda, the weight of the self-regularization, on the scale of means.
            refiner_steps: K_g of Algorithm 1.
            discriminator_steps: K_d of Algorithm 1.
            psi: Feature transform of the self-regularization; the identity if None.
        """
        # Keras wants one optimiser to call its own. XLA is two to three times slower on a CPU.
        super().compile(refiner_optimizer, jit_compile=False)
        self.refiner_optimizer = refiner_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.refiner_optimizer.build(self.refiner.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.weight = weight
        self.refiner_steps = refiner_steps
        self.discriminator_steps = discriminator_steps
        self.psi = psi

    @property
    def stage(self):
        """Who learns in `fit`: "refiner", "discriminator" or "adversarial" (both)."""
        return self._stage

    @stage.setter
    def stage(self, stage):
        self._stage = stage
        self.train_function = None  # or `fit` would go on with the graph of the stage before

    def call(self, images):
        """Refines a batch of images."""
        return self.refiner(images)

    def train_step(self, data):
        """Goes once around the loop of Algorithm 1, or makes one step of a warm-up.

        Args:
            data: Synthetic images, `(K_g + K_d, b, H, W, C)`, and real images,
                `(K_d, b, H, W, C)`, both in [-1, 1].
        """
        synthetic, real = data
        if self.stage == "refiner":
            self.refiner_step(synthetic[0], adversarial=False)
        elif self.stage == "discriminator":
            self.discriminator_step(synthetic[0], real[0])
        else:
            for k in range(self.refiner_steps):
                self.refiner_step(synthetic[k])
            for k in range(self.discriminator_steps):
                self.discriminator_step(synthetic[self.refiner_steps + k], real[k])
        self.step.assign_add(1)
        return {name: mean.result() for name, mean in self.means.items()}

    def refiner_step(self, synthetic, adversarial=True):
        """One step of R on equation 4, or on its second term alone. D is asked but not changed."""
        with tf.GradientTape() as tape:
            refined = self.refiner(synthetic, training=True)
            if adversarial:
                logits = self.discriminator(refined)
                loss = self.refiner_loss(logits, refined, synthetic)
            else:
                loss = self_regularization_loss(refined, synthetic, self.psi)
        weights = self.refiner.trainable_variables
        self.refiner_optimizer.apply(tape.gradient(loss, weights), weights)
        if adversarial:
            self.note("realism", self.realism(logits))
        self.note("self_regularization", self_regularization_loss(refined, synthetic))
        self.note("contrast", contrast(refined) / contrast(synthetic))

    def discriminator_step(self, synthetic, real):
        """One step of D on equation 2. Half its refined images are fresh, half remembered."""
        refined = self.refiner(synthetic)
        half = refined.shape[0] // 2
        fresh, remembered = refined[half:], self.buffer.draw(refined[:half])
        judged = ops.concatenate([fresh, remembered])
        with tf.GradientTape() as tape:
            refined_logits = self.discriminator(judged, training=True)
            real_logits = self.discriminator(real, training=True)
            loss = self.discriminator_loss(refined_logits, real_logits, judged, real)
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)
        self.buffer.overwrite(fresh)
        count = fresh.shape[0]
        self.note("discriminator_loss", loss)
        self.note("accuracy_real", accuracy(real_logits, REAL))
        self.note("accuracy_fresh", accuracy(refined_logits[:count], REFINED))
        self.note("accuracy_remembered", accuracy(refined_logits[count:], REFINED))

    def realism(self, logits):
        """The first term of equation 4; relatives have another."""
        return local_adversarial_loss(logits, REAL)

    def refiner_loss(self, logits, refined, synthetic):
        """What R goes down in the game, equation 4; relatives have another."""
        return refiner_loss(logits, refined, synthetic, self.weight, self.psi)

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """What D goes down, equation 2; relatives have another, which may look at the images."""
        return discriminator_loss(refined_logits, real_logits)

    def note(self, name, value):
        """Adds a value to the running mean called `name`; training does not depend on it."""
        self.means[name].update_state(value)


def contrast(images):
    """Standard deviation of an image as it would be saved, mean of a batch `(B, H, W, C)`."""
    return ops.mean(ops.std(ops.clip(images, -1, 1), axis=(1, 2, 3)))


def accuracy(logits, target):
    """Share of patches that D puts in the class `target`; logits are `(B, h, w, 2)`."""
    return ops.mean(ops.cast(ops.equal(ops.argmax(logits, axis=-1), target), "float32"))


def batches(synthetic, real, preset, seed=0, start=0):
    """Streams what `SimGAN.fit` takes, from memory or from files larger than it.

    Element k is a pure function of the two sets, the seed and k; `start` skips as many elements
    without drawing them, which is how a resumed run gets the images it would have got.

    Args:
        synthetic: `ImageSet` of simulated images, such as an `EyeSet`.
        real: `ImageSet` of real ones of the same shape; labels are not looked at.
        preset: The `Preset` that gives batch size, K_g and K_d.
        seed: Seed of the order.
        start: Element to begin with.

    Returns:
        An endless `tf.data.Dataset` of pairs, `(K_g + K_d, b, H, W, C)` and `(K_d, b, H, W, C)`,
        float32 in [-1, 1].
    """
    b, k_d = preset.batch_size, preset.discriminator_steps
    k = preset.refiner_steps + k_d

    def pairs():
        simulated = synthetic.stream(k * b, seed, start)
        photographed = real.stream(k_d * b, seed + 1, start)
        for (x, _), (y, _) in zip(simulated, photographed, strict=True):
            x, y = to_float(x), to_float(y)
            yield x.reshape(k, b, *x.shape[1:]), y.reshape(k_d, b, *y.shape[1:])

    shapes = (k, b, *synthetic.image_shape), (k_d, b, *real.image_shape)
    signature = tuple(tf.TensorSpec(shape, tf.float32) for shape in shapes)
    return tf.data.Dataset.from_generator(pairs, output_signature=signature).prefetch(2)
