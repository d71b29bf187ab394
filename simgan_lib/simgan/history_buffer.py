"""The history buffer: refined images of the past, so that D does not forget old tricks of R."""

import keras
from keras import ops


class HistoryBuffer(keras.layers.Layer):
    """A store of refined images from which D's batches are half made (the paper's section 2.3).

    The images are weights of the layer, so they are saved and restored with the model. No
    gradient reaches them.

    Args:
        size: Number of images it holds; the paper gives no value.
        image_shape: Height, width and channels of an image.
        seed: Seed of the places drawn.
    """

    def __init__(self, size, image_shape=(35, 55, 1), seed=0, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.images = self.add_weight(
            shape=(size, *image_shape), initializer="zeros", name="images"
        )
        self.used = self.add_weight(shape=(size,), initializer="zeros", name="used")
        self.seed_generator = keras.random.SeedGenerator(seed)

    def save_own_variables(self, store):
        """Saves images and random state; Keras alone would leave out the second."""
        for name, variable in self._state().items():
            store[name] = variable

    def load_own_variables(self, store):
        """Restores what `save_own_variables` saved."""
        for name, variable in self._state().items():
            variable.assign(store[name])

    def _state(self):
        return {"images": self.images, "used": self.used, "seed": self.seed_generator.state}

    def places(self, count, last):
        """`count` different random places; those where `last` is 1 only after all others."""
        order = keras.random.uniform(ops.shape(last), seed=self.seed_generator) + last
        return ops.argsort(order)[:count]

    def draw(self, fresh):
        """As many remembered images as `fresh` has, each from another place.

        Args:
            fresh: Refined images of this step, `(n, 35, 55, 1)`, with `n` at most the size.
                They are returned themselves while the buffer holds fewer than `n`.

        Returns:
            Images, `(n, 35, 55, 1)`.
        """
        count = fresh.shape[0]
        remembered = ops.take(self.images, self.places(count, last=1 - self.used), axis=0)
        return ops.where(ops.sum(self.used) >= count, remembered, fresh)

    def overwrite(self, fresh):
        """Stores the images in empty places, or once there are none, in random ones.

        Args:
            fresh: Refined images, `(n, 35, 55, 1)`, with `n` at most the size.
        """
        places = self.places(fresh.shape[0], last=self.used)[:, None]  # (n, 1)
        self.images.assign(ops.scatter_update(self.images, places, ops.stop_gradient(fresh)))
        self.used.assign(ops.scatter_update(self.used, places, ops.ones(fresh.shape[0])))
