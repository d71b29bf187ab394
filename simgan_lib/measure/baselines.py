"""What a refiner and a network are compared with, to know what a number is worth."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import linprog
from sklearn.ensemble import RandomForestRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors
from sklearn.svm import SVR

NOISE = 8  # standard deviation, grey levels
STRENGTH = 2.0  # of domain randomisation; with the course's gap it does better than 1


def constant(train_gaze, count):
    """Guesses the mean direction of the training eyes for every eye.

    Args:
        train_gaze: Unit vectors, `(N, 3)`.
        count: Number of guesses.

    Returns:
        Unit vectors, `(count, 3)`, all the same.
    """
    mean = np.mean(train_gaze, axis=0)
    return np.tile(mean / np.linalg.norm(mean), (count, 1)).astype(np.float32)


def add_noise(eyes, level, seed=0):
    """Adds Gaussian noise to every pixel, the simplest rival of a refiner.

    Args:
        eyes: An `EyeSet`, or any `ImageSet` of uint8.
        level: Standard deviation in grey levels.
        seed: Seed of the noise.

    Returns:
        A set of the same kind with the same labels.
    """
    noise = np.random.default_rng(seed).normal(0, level, eyes.images.shape)
    images = np.clip(np.round(eyes.images + noise), 0, 255).astype(np.uint8)
    return eyes.like(images, source=f"{eyes.source}, noise of {level} grey levels")


def equalise(eyes):
    """Equalises the histogram of every eye, as MPIIGaze and our camera do with theirs.

    A pixel becomes its rank among the pixels of its eye, so that every eye has as much of each grey
    and of its light only the order is left. Whoever knows how the real images were prepared can
    do the same to the simulated ones; that takes three lines and no real eye.

    Args:
        eyes: An `EyeSet`.

    Returns:
        A set of the same kind with the same labels.
    """
    pixels = eyes.images[:].reshape(len(eyes), -1)  # (N, 1925)
    rank = pixels.argsort(axis=1, kind="stable").argsort(axis=1)
    images = np.round(255 / (pixels.shape[1] - 1) * rank).astype(np.uint8)
    images = images.reshape(eyes.images.shape)
    return eyes.like(images, source=f"{eyes.source}, equalised")


def randomise_domain(eyes, strength, seed=0):
    """Domain randomisation: every eye in another light, contrast, sharpness and noise.

    The strongest simple rival of a refiner. It asks for no real eye: what varies at random is what
    a network learns not to rely on.

    Args:
        eyes: An `EyeSet`, or any `ImageSet` of uint8.
        strength: Above 0; at 1 the light falls or rises by up to half towards a side, gamma lies
            between 1/2 and 2, blur has up to 1 pixel and noise up to 16 grey levels.
        seed: Seed of all that varies.

    Returns:
        A set of the same kind with the same labels.
    """
    rng = np.random.default_rng(seed)
    images = eyes.images[:].reshape(len(eyes), *eyes.image_shape)
    height, width, _ = eyes.image_shape
    y, x = np.linspace(-1, 1, height)[:, None, None], np.linspace(-1, 1, width)[:, None]
    looks = np.empty_like(images)
    for i, image in enumerate(images):
        right, down, gamma = strength * rng.uniform(-1, 1, 3)
        blur, noise = strength * rng.uniform(0, 1, 2)
        lit = image / 255 * (1 + right * x / 2 + down * y / 2)
        lit = np.clip(lit, 0, 1) ** 2**gamma
        lit = gaussian_filter(lit, (blur, blur, 0)) + rng.normal(0, noise * 16 / 255, image.shape)
        looks[i] = np.round(255 * np.clip(lit, 0, 1))
    looks = looks.reshape(eyes.images.shape)
    return eyes.like(looks, source=f"{eyes.source}, randomised by {strength}")


def k_nearest(train, neighbours=20, label="gaze"):
    """Looks up the most similar training images and takes the mean of their labels.

    Args:
        train: An `ImageSet` with the label, such as a labelled `EyeSet`.
        neighbours: How many; the closer, the more they count.
        label: Name of the label, numbers `(N, k)`.

    Returns:
        A function from a set to estimated labels, such as gaze vectors, `(N, 3)`.
    """
    neighbours = min(neighbours, len(train))
    model = KNeighborsRegressor(neighbours, weights="distance")
    model.fit(_standard(train), train.labels[label])
    return lambda eyes: model.predict(_standard(eyes)).astype(np.float32)


def support_vectors(train):
    """Trains support vector regression, one for each coordinate of the gaze.

    Args:
        train: A labelled `EyeSet`; time grows with its square.

    Returns:
        A function from an `EyeSet` to estimated gaze vectors, `(N, 3)`.
    """
    model = MultiOutputRegressor(SVR(C=1, epsilon=0.05)).fit(_standard(train), train.gaze)
    return lambda eyes: model.predict(_standard(eyes)).astype(np.float32)


def adaptive_linear_regression(train, neighbours=100):
    """Writes an eye as a sparse mixture of training eyes, and its gaze as that of theirs.

    After Lu, Sugano, Okabe and Sato (Adaptive linear regression for appearance-based gaze
    estimation, 2014): weights w that sum to 1 with the smallest sum of `|w|` plus what they leave
    unexplained, so few eyes are taken, each time others. As there, an eye is its mean grey in
    3 x 5 blocks.

    Args:
        train: A labelled `EyeSet`.
        neighbours: The most similar eyes, among which the mixture is looked for.

    Returns:
        A function from an `EyeSet` to estimated gaze vectors, `(N, 3)`.
    """
    known, gaze = _blocks(train), train.gaze
    search = NearestNeighbors(n_neighbors=neighbours).fit(known)
    # Columns: the eyes' positive and negative shares, then what is left over in either direction.
    rest = np.vstack([np.eye(15), np.zeros(15)])

    def mixture(eye, near):
        mixed = np.vstack([known[near].T, np.ones(neighbours)])  # the last row: they sum to 1
        columns = np.hstack([mixed, -mixed, rest, -rest])
        shares = linprog(np.ones(columns.shape[1]), A_eq=columns, b_eq=np.append(eye, 1)).x
        return shares[:neighbours] - shares[neighbours : 2 * neighbours]

    def estimate(eyes):
        wanted = _blocks(eyes)
        rows = search.kneighbors(wanted, return_distance=False)
        answers = [mixture(eye, near) @ gaze[near] for eye, near in zip(wanted, rows, strict=True)]
        return np.array(answers, np.float32)

    return estimate


def random_forest(train, seed=0):
    """Trains a random forest on grey levels, the baseline of Kaggle's notebook on these images.

    The trees see images of half the size: a quarter of the pixels to search, and hardly worse.

    Args:
        train: A labelled `EyeSet`.
        seed: Seed of the trees.

    Returns:
        A function from an `EyeSet` to estimated gaze vectors, `(N, 3)`, shorter than 1: a forest
        answers with means of labels.
    """
    forest = RandomForestRegressor(100, max_features=0.1, n_jobs=-1, random_state=seed)
    forest.fit(_half_size(train.images), train.gaze)
    return lambda eyes: forest.predict(_half_size(eyes.images)).astype(np.float32)


def _half_size(images):
    """Means of squares of 2 x 2 pixels, of larger ones in images of more than 64 pixels a side.

    Rows and columns that are left over are left out. -> (N, 459) for eyes
    """
    height, width = images.shape[1:3]
    side = max(2, min(height, width) // 32)
    rows, columns = height // side, width // side
    halves = np.empty((len(images), rows, columns, *images.shape[3:]))
    for start in range(0, len(images), 512):
        block = images[start : start + 512][:, : rows * side, : columns * side]
        squares = block.reshape(len(block), rows, side, columns, side, *images.shape[3:])
        halves[start : start + 512] = squares.mean(axis=(2, 4))
    return halves.reshape(len(images), -1)


def _standard(eyes):
    """Half-size images with mean 0 and variance 1 each, so that light counts less. -> (N, 459)"""
    return _standardise(_half_size(eyes.images))


def _blocks(eyes):
    """Means of 3 x 5 blocks of an image, standardised. -> (N, 15)"""
    blocks = eyes.images[:, :33].reshape(-1, 3, 11, 5, 11)
    return _standardise(blocks.mean(axis=(2, 4)).reshape(len(blocks), -1))


def _standardise(x):
    x = x - x.mean(axis=1, keepdims=True)
    return x / (x.std(axis=1, keepdims=True) + 1e-3)
