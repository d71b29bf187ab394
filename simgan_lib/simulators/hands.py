"""Hands: depth images whose joints are known exactly, drawn in NumPy.

The paper's second domain, NYU's hands, in small. One geometry, two looks. `synthetic` is the clean
depth of a renderer. `camera` is what a structured-light sensor makes of it, which watches dots that
a projector beside it throws: ragged rims, shadows, holes, flying pixels, steps that grow with the
distance. Hands, poses and views come from the same distributions in both.

Lengths are millimetres, x right, y down, z away from the camera, which is so far away that its rays
are parallel. The hand is a right one, made of capsules: balls swept along a line. At rest it shows
its palm to the camera, fingers up, thumb to the right; then it is bent and turned.

A pixel of value v sees the hand v - 128 mm behind the middle of its joints, so nearer is darker.
255 is nothing: no hand within reach, or no reading.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from ..data.images import ImageSet
from .depth_sensor import FAR, read_depth
from .drawing import CHUNK, DOMAINS, check, draw_chunks, draw_table, person_of

# The paper's 224 pixels would cost twelve times as much; at 64 a finger is still 5 pixels wide.
SIZE = 64  # height and width, pixels
MM_PER_PX = 3.5  # the image is 224 mm wide: room for a hand with fingers outstretched
MIDDLE, EMPTY = 128, 255  # pixels as far away as the middle of the joints, and with nothing
REACH = 126.0  # mm behind the middle; what is farther is cut off
# The 14 by which NYU's hands are judged: two a finger, three of the thumb, three of the palm.
# `middle` is a finger's middle joint, `knuckle` the thumb's.
JOINTS = (
    "little tip", "little middle", "ring tip", "ring middle", "middle tip", "middle middle",
    "index tip", "index middle", "thumb tip", "thumb middle", "thumb knuckle",
    "palm", "wrist below little", "wrist below thumb",
)  # fmt: skip

# The average hand at rest. Rows: thumb, index, middle, ring and little finger.
WRISTS = np.array([[20, -20, -6], [10, -16, 0], [2, -16, 2], [-6, -16, 1], [-13, -16, -3]])
KNUCKLES = np.array([[22, -22, -9], [27, -89, 0], [6, -93, 3], [-14, -88, 2], [-32, -78, -3]])
BONES = np.array([[44, 33, 25], [43, 26, 20], [48, 30, 21], [44, 28, 21], [35, 21, 18]])
RADII = np.array(  # at the ends of the bones
    [[14, 11.5, 10, 8], [10.5, 9, 8, 6.5], [10.5, 9, 8, 6.5], [10, 8.5, 7.5, 6.5], [9, 7.5, 7, 6]]
)
SIDES = np.array([[-13, 0, 0], [13, 0, 0]])  # of the wrist
# Degrees of flexion of knuckle, middle and end joint, straight and curled. The thumb's first bone
# is moved by `radial` and `palmar` below.
STRAIGHT = np.array([[0, 0, -8], [-12, 0, 0], [-10, 0, 0], [-10, 0, 0], [-12, 0, 0]])
CURLED = np.array([[0, 50, 65], [82, 100, 60], [86, 104, 62], [86, 104, 62], [84, 98, 60]])
FAN = np.array([0, 2, 0, -2, -5])  # degrees towards the thumb when the fingers lie side by side
SPREAD = np.array([0, 13, 2, -10, -20])  # and how much more when they are spread

# What a person keeps, as factors of the average: (low, high), drawn uniformly.
TRAITS = {
    "size": (0.84, 1.04),
    "breadth": (0.92, 1.06),
    "thickness": (0.88, 1.10),
    "thumb": (0.90, 1.08),  # lengths of the fingers
    "index": (0.90, 1.08),
    "middle": (0.92, 1.06),
    "ring": (0.91, 1.09),
    "little": (0.88, 1.09),
}

# What changes from image to image, alike in both domains. Degrees, if nothing else is said.
POSE = {
    "grasp": (0, 1),  # how far the hand is closed
    "spread": (-0.1, 1),  # how far the fingers are apart
    "radial": (12, 55),  # the thumb's first bone, away from the index finger
    "palmar": (5, 35),  # and out of the palm
    "bow": (-45, 55),  # the wrist, above 0 towards the palm
    "lean": (-25, 15),  # and above 0 towards the thumb
    "turn": (-180, 180),  # around the arm's axis: at 0 we see the palm, at 180 the back
    "nod": (-50, 50),  # above 0 the fingers come towards the camera
    "roll": (-60, 60),  # in the image
    "crop_x": (-8, 8),  # mm, error of the detector that places the crop
    "crop_y": (-8, 8),
    "crop_z": (-10, 10),
}


def _identities(persons):
    """Traits of persons, a pure function of their ids. (N,) -> (N, len(TRAITS))"""
    low, high = np.array(list(TRAITS.values())).T
    ids, place = np.unique(persons, return_inverse=True)
    uniform = np.stack([np.random.default_rng([1407, i]).random(len(TRAITS)) for i in ids.tolist()])
    return (low + (high - low) * uniform)[place]


def _angles(rng, pose):
    """Bend the fingers. -> degrees of flexion (B, 5, 3) and towards the thumb (B, 5)"""
    alone, own, sway, knuckle, middle = rng.random((5, CHUNK, 5))
    # The fingers close together, save a few that go their own way: one may point.
    curl = np.where(alone < 0.25, own, pose["grasp"][:, None] + 0.15 * (own - 0.5))
    curl = np.clip(0.5 - 0.6 * np.cos(np.pi * curl), 0, 1)  # straight and curled are commonest
    curl[:, 4] = 0.5 * (curl[:, 3] + curl[:, 4])  # the little finger hardly moves alone
    # Middle and end joint share a tendon, and so a number.
    bent = curl[:, :, None] + 0.4 * (np.stack([knuckle, middle, middle], axis=2) - 0.5)
    bent = np.clip(bent, 0, 1)  # (B, 5, 3)
    # A finger that is bent at its knuckle cannot leave its neighbours.
    side = FAN + (SPREAD * pose["spread"][:, None] + 8 * (sway - 0.5)) * (1 - bent[:, :, 0])
    return STRAIGHT + (CURLED - STRAIGHT) * bent, side


def _vectors(x, y, z):
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1)


def _fingers(length, knuckles, pose, flexion, side):
    """Where the joints of the fingers are, knuckles to tips. -> (B, 5, 4, 3)"""
    # A finger stays in one plane: straight it goes along the first vector, bent to the second.
    side = np.radians(side)
    along = _vectors(np.sin(side), -np.cos(side), 0)  # (B, 5, 3)
    bend = np.zeros_like(along) - (0, 0, 1)
    # The thumb comes out of the palm as its neighbours close, and bends across the palm.
    radial, palmar = np.radians([pose["radial"], pose["palmar"] + 0.2 * flexion[:, 1:3, 0].mean(1)])
    out = np.cos(palmar)
    along[:, 0] = _vectors(np.sin(radial) * out, -np.cos(radial) * out, -np.sin(palmar))
    across = np.array([-1, 0, -0.35])
    across = across - (along[:, 0] @ across)[:, None] * along[:, 0]
    bend[:, 0] = across / np.linalg.norm(across, axis=1, keepdims=True)
    angle = np.radians(np.cumsum(flexion, axis=2))[..., None]  # (B, 5, 3, 1)
    bones = np.cos(angle) * along[:, :, None] + np.sin(angle) * bend[:, :, None]
    bones = np.concatenate([knuckles[:, :, None], bones * length[..., None]], axis=2)
    return np.cumsum(bones, axis=2)


def _hand(traits, rng, pose):
    """A hand of bones and flesh. -> joints (B, 14, 3), capsules: starts, ends (B, K, 3), radii"""
    size, breadth, thickness = traits.T[:3, :, None, None]  # (B, 1, 1) each
    stretch = size * np.concatenate([breadth, np.ones_like(size), thickness], axis=2)
    wrists, knuckles, sides = WRISTS * stretch, KNUCKLES * stretch, SIDES * stretch
    fingers = _fingers(size * traits[:, 3:, None] * BONES, knuckles, pose, *_angles(rng, pose))
    palm = 0.55 * knuckles[:, 2:3]
    each = fingers[:, :0:-1, [3, 1]].reshape(CHUNK, 8, 3), fingers[:, 0, :0:-1]
    joints = np.concatenate([*each, palm, sides], axis=1)

    # Between the bones: flesh of the palm, and skin up to a third of the fingers' first bones.
    between = [0.5 * (part[:, 1:4] + part[:, 2:5]) for part in (wrists, knuckles)]
    skin = 0.7 * fingers[:, :, 0] + 0.3 * fingers[:, :, 1]
    skin = 0.5 * (skin[:, 1:4] + skin[:, 2:5])
    at = np.array([[0.5], [0.8]])  # two folds join thumb and palm
    thumb = fingers[:, :1, 0] + at * (fingers[:, :1, 1] - fingers[:, :1, 0])
    index = wrists[:, 1:2] + at * (knuckles[:, 1:2] - wrists[:, 1:2])
    ball = np.array([[8, -28, -9]]) * stretch  # of the thumb
    heel = np.array([[-14, -24, -6], [-24, -60, -5]]) * stretch  # of the hand
    bow, lean = np.radians([pose["bow"], pose["lean"]])
    arm = _vectors(-np.sin(lean), np.cos(lean) * np.cos(bow), -np.cos(lean) * np.sin(bow))
    flank = np.concatenate([sides, 0 * sides[:, :1]], axis=1)
    parts = (  # starts, ends and their radii
        (wrists[:, 1:], knuckles[:, 1:], 13, 11),
        (*between, 13, 11),
        (between[1], skin, 9, 6),
        (index, thumb, 9, 7),
        (ball, fingers[:, :1, 1], 14, 11),
        (heel[:, :1], heel[:, 1:], 14, 12),
        (flank, 1.25 * flank + 70 * size * arm[:, None], 15, 17),
    )
    bones = fingers[:, :, :-1].reshape(CHUNK, 15, 3), fingers[:, :, 1:].reshape(CHUNK, 15, 3)
    starts, ends = (np.concatenate([bones[i], *(p[i] for p in parts)], axis=1) for i in (0, 1))
    radii = [np.stack([RADII[:, :-1].ravel(), RADII[:, 1:].ravel()], axis=1)]
    radii += [np.tile(part[2:], (part[0].shape[1], 1)) for part in parts]
    return joints, starts, ends, size * thickness * np.concatenate(radii)


def _geometry(start, traits, seed, stream):
    """Draw, place and turn hands. -> joints (B, 14, 3), starts, ends (B, K, 3), radii (B, K, 2)"""
    rng = np.random.default_rng([seed, start, stream])
    pose = draw_table(rng, POSE)
    *points, radii = _hand(traits, rng, pose)
    # Palm and back are seen more often than the edge: hands are held to be seen.
    turn = pose["turn"] - 20 * np.sin(np.radians(2 * pose["turn"]))
    angles = _vectors(turn, pose["nod"], pose["roll"])
    turned = Rotation.from_euler("yxz", angles, degrees=True).as_matrix().swapaxes(1, 2)
    middle = points[0].mean(axis=1, keepdims=True)
    crop = _vectors(pose["crop_x"], pose["crop_y"], pose["crop_z"])[:, None]
    return *((part - middle) @ turned - crop for part in points), radii


def _pixels(mm):
    """From mm to pixels; 0 mm is the middle of the image."""
    return mm / MM_PER_PX + (SIZE - 1) / 2


def _depth(starts, ends, radii):
    """Meet every pixel's ray with the capsules. -> mm behind the middle (B, 64, 64), else FAR"""
    depth = np.full(len(starts) * SIZE * SIZE, FAR, np.float32)
    # Look only into a window around each capsule, of one size for the whole chunk.
    thick = radii.max(axis=2, keepdims=True)
    low = np.floor(_pixels(np.minimum(starts, ends)[..., :2] - thick))
    high = np.ceil(_pixels(np.maximum(starts, ends)[..., :2] + thick))
    sizes = np.minimum((high - low).max(axis=(0, 2)) + 1, SIZE).astype(int)  # (K,)
    corners = np.clip(low, 0, SIZE - sizes[:, None])  # (B, K, 2)
    first = (corners @ (1, SIZE)).astype(int) + (np.arange(len(starts)) * SIZE * SIZE)[:, None]
    corners = (corners - (SIZE - 1) / 2) * MM_PER_PX - starts[..., :2]  # mm from the start
    way = ends - starts
    flat = np.hypot(way[..., :1], way[..., 1:2]) + 1e-3  # length in the image
    slope = way[..., 2:] / np.hypot(flat, way[..., 2:])
    numbers = (corners, way[..., :2] / flat, flat, slope, thick, starts[..., 2:], way[..., 2:])
    numbers = np.concatenate([*numbers, radii], axis=2).astype(np.float32)
    steps = MM_PER_PX * np.arange(SIZE, dtype=np.float32)
    pixels = np.arange(SIZE * SIZE).reshape(SIZE, SIZE)
    for k, size in enumerate(sizes):
        x, y, ex, ey, flat, slope, thick, z, dz, r, r_end = numbers[:, k].T[..., None, None]
        x, y = x + steps[:size], y + steps[:size, None]  # (B, 1, size), (B, size, 1)
        along = x * ex + y * ey  # (B, size, size)
        aside = np.square(x * ey - y * ex)
        # A ray first meets the ball that is t of the way, 0 to 1, along the capsule. For rays that
        # pass by, the roots are of negative numbers: NaN, which fmin leaves aside.
        t = np.clip((along - np.sqrt(thick * thick - aside) * slope) * (1 / flat), 0, 1)
        ball = np.square(r + t * (r_end - r)) - aside - np.square(along - t * flat)
        at = pixels[:size, :size] + first[:, k, None, None]
        depth[at] = np.fmin(depth.take(at), z + t * dz - np.sqrt(ball))
    return depth.reshape(-1, SIZE, SIZE)


def _chunk(start, traits, seed, domain, paired):
    """Draw a chunk of hands from number `start` on. -> images, joints"""
    number = DOMAINS.index(domain)
    # Geometry and sensor have a generator each, so that two domains can share the first.
    joints, *capsules = _geometry(start, traits, seed, 0 if paired else 1 + number)
    with np.errstate(invalid="ignore"):
        depth = _depth(*capsules)
    if domain == "camera":
        rng = np.random.default_rng([seed, start, 3])
        depth = read_depth(depth, REACH, MM_PER_PX, rng)
    values = np.where(depth < REACH, np.clip(depth + (MIDDLE + 0.5), 0, EMPTY - 1), EMPTY)
    return values.astype(np.uint8), _pixels(joints[..., :2]).astype(np.float32)


def simulate(count, domain="synthetic", seed=0, progress=False, persons=None):
    """Draw depth images of hands whose joints are known exactly.

    Hand i is the same for every `count`.

    Args:
        count: int, how many hands.
        domain: "synthetic" as a renderer makes them, or "camera" as a depth sensor sees them.
        seed: int, 0 to 2**32 - 1.
        progress: bool, show a progress bar on stderr if it takes longer than two seconds.
        persons: None, or a list of ids >= 0, taken in turn. A person has the same hand for every
            seed and in both domains. With the same `seed` and `persons` both domains show the same
            geometry: pairs. None: fresh persons whom no other seed or domain has, 20 hands each.

    Returns:
        `ImageSet` of uint8 (count, 64, 64) with the labels
        `joints`, float32 (count, 14, 2): x to the right and y down in pixels, in the order of
        `JOINTS`; (0, 0) is the centre of the pixel at the top left;
        `person`, int64 (count,), equal for hands of one person.

    Raises:
        ValueError: If an argument is not as described.
    """
    check(count, domain, seed)
    # Whole chunks, so that a hand is the same however many hands follow it.
    starts = range(0, count, CHUNK)
    index = np.arange(len(starts) * CHUNK)
    person = person_of(index, domain, seed, persons)
    traits = _identities(person)

    def draw(start):
        return _chunk(start, traits[start : start + CHUNK], seed, domain, persons is not None)

    images, joints = draw_chunks(draw, starts, f"{domain} hands", progress)
    labels = {"joints": joints[:count], "person": person[:count]}
    return ImageSet(images[:count], labels, f"hands, {domain}, seed {seed}")
