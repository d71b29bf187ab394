"""The pocket simulator: eye images whose gaze is known exactly, drawn in NumPy.

One geometry, two looks. `synthetic` shows it as a renderer would: clean and smooth, with a pupil
in a lighter iris. `camera` shows it as a webcam would: dark irises, hard light, blur, noise,
compression, and at the end the histogram equalisation that MPIIGaze's images went through. The
gap is one of appearance alone: gaze, pose and crop come from the same distributions.

Lengths are millimetres in MPIIGaze's normalised camera (x right, y down, z away) unless a comment
says otherwise. The inner corner of the eye, beside the nose, is always at image left.
"""

from numbers import Real

import numpy as np

from ..data.eyes import EyeSet
from ..data.gaze import from_pitch_yaw
from .drawing import CHUNK, DOMAINS, check, draw_chunks, person_of

HEIGHT, WIDTH = 35, 55  # pixels
PX_PER_MM = 960 / 600 * 35 / 36  # focal length 960 px, 600 mm away, 36 rows made 35
BALL_RADIUS = 12.0
IRIS_RADIUS = 5.9
IRIS_DEPTH = 10.45  # from the ball's centre to the iris plane: 12^2 = 5.9^2 + 10.45^2
CORNEA_RADIUS = 7.8
CORNEA_DEPTH = 5.6  # from the ball's centre to the cornea's
# Where labels of real eyes help as much as in the paper: the error of an estimator of camera eyes
# is 56 % of that of an estimator of synthetic ones. In the paper CNNs trained on labels of other
# persons err by 5.7 to 6.5 degrees, one trained on synthetic eyes by 11.2: 51 to 58 %.
GAP = 1.5

# What a person keeps from image to image: (low, high), drawn uniformly.
TRAITS = {
    "width": (27.0, 32.0),  # between the corners
    "upper": (5.4, 7.6),  # from the corners up to the upper lid, gaze straight ahead
    "lower": (3.0, 4.7),  # from the corners down to the lower lid
    "tilt": (-0.10, 0.04),  # slope of the line from inner to outer corner
    "upper_skew": (-0.35, 0.05),  # below 0 the upper lid is highest towards the nose
    "lower_skew": (0.0, 0.4),  # above 0 the lower lid is lowest towards the temple
    "upper_full": (0.2, 0.9),  # how round the lids are
    "lower_full": (0.0, 0.5),
    "ball_x": (-1.0, 1.0),  # the ball's centre from the middle of the corners
    "ball_y": (-2.7, -1.7),
    "pupil": (1.7, 2.9),  # radius
    "iris": (0.0, 1.0),  # albedo, 0 the darkest
    "limbus": (0.3, 0.9),  # strength of the dark ring around the iris
    "skin": (0.0, 1.0),  # albedo, 0 the darkest
    "crease": (2.6, 5.5),  # from the upper lid up to its crease
    "fold": (0.2, 1.3),  # depth of the crease
    "bag": (0.0, 0.8),  # depth of the fold below the lower lid
    "nose": (1.0, 6.0),  # rise of the skin towards the nose
    "temple": (1.0, 7.0),  # fall towards the temple
    "ridge": (0.0, 5.0),  # rise towards the brow
    "cheek": (-2.0, 2.5),  # rise towards the cheek
    "brow": (8.5, 22.0),  # from the corners up to the brow
    "lashes": (0.3, 1.0),  # density
    "lash_length": (6.0, 10.0),
    "phase": (0.0, 6.28),  # where the patterns of lashes, iris and veins begin
    "glasses": (0.0, 1.0),  # wears them in front of the camera if above 0.87
    "rim": (-5.0, 5.0),  # where their rim is; below 0 the upper one shows
}

# What changes from image to image, alike in both domains.
POSE = {
    "head_yaw": (-9.0, 9.0),  # degrees
    "head_pitch": (-5.0, 5.0),
    "head_roll": (-6.0, 6.0),
    "crop_x": (-0.9, 0.9),  # error of the landmarks that place the crop
    "crop_y": (-0.8, 0.8),
    "opening": (0.85, 1.08),  # how far the upper lid is open
}

# What differs: (synthetic, camera). This table and `_camera` are the whole gap.
LOOKS = {
    "light_x": ((-0.9, 0.9), (-1.2, 1.2)),  # direction towards the light, whose z is 1
    "light_y": ((-1.2, -0.1), (-1.1, 0.3)),
    "ambient": ((0.32, 0.52), (0.20, 0.40)),
    "diffuse": ((0.60, 0.95), (0.60, 0.90)),
    "cast": ((0.0, 0.15), (0.0, 0.6)),  # shadows that nose and brow cast
    "skin_dark": ((0.24, 0.34), (0.42, 0.50)),  # albedo of the darkest skin
    "skin_light": ((0.50, 0.70), (0.55, 0.75)),
    "iris_dark": ((0.10, 0.16), (0.03, 0.05)),
    "iris_light": ((0.34, 0.52), (0.08, 0.16)),
    "pupil_grey": ((0.0, 0.02), (0.02, 0.03)),
    "sclera": ((0.70, 0.95), (0.45, 0.70)),
    "margin": ((0.5, 1.0), (0.0, 0.4)),  # the bright wet edge of the lower lid
    "lash_ink": ((0.45, 0.75), (0.70, 1.00)),
    "smudge": ((0.9, 1.2), (1.2, 2.4)),  # width of the dark line along the upper lid
    "lid_shade": ((0.3, 0.5), (0.4, 0.8)),  # shadow of the upper lid on the ball
    "socket": ((0.05, 0.2), (0.15, 0.5)),  # how dark the skin is close to the opening
    "glint": ((0.0, 0.5), (0.0, 0.8)),
}

SENSOR = {
    "blur_x": (0.5, 1.1),  # pixels, standard deviation; the two differ when the head moves
    "blur_y": (0.5, 1.0),
    "blotch": (0.0, 0.12),  # uneven skin
    "noise": (0.002, 0.016),
    "quantum": (0.002, 0.010),  # coarseness of the compression
    "rim_tone": (-0.3, 1.3),  # glasses: below 0.5 the rim is dark, above it shines
    "streak": (-0.3, 0.3),  # reflection in the glasses, if above 0
    "streak_at": (-14.0, 14.0),
}

_X = ((np.arange(WIDTH, dtype=np.float32) - (WIDTH - 1) / 2) / PX_PER_MM)[None, None, :]
_Y = ((np.arange(HEIGHT, dtype=np.float32) - (HEIGHT - 1) / 2) / PX_PER_MM)[None, :, None]


def _draw(rng, table, count):
    """Draw every entry of a table of ranges. -> dict of (count, 1, 1) float32"""
    low, high = np.array(list(table.values())).T
    # Always a whole chunk, so that eye i is the same however many eyes follow it.
    values = (low + (high - low) * rng.random((CHUNK, len(table))))[:count].astype(np.float32)
    return {name: values[:, i, None, None] for i, name in enumerate(table)}


def _identities(persons):
    """Traits of persons, a pure function of their ids. (N,) -> (N, len(TRAITS))"""
    low, high = np.array(list(TRAITS.values())).T
    ids, place = np.unique(persons, return_inverse=True)
    uniform = np.stack([np.random.default_rng([2017, i]).random(len(TRAITS)) for i in ids.tolist()])
    return (low + (high - low) * uniform).astype(np.float32)[place]


# The two curves that draw everything. They work in place, which makes them twice as fast.
def _step(x, low, high):
    """Smoothly from 0 at `low` to 1 at `high`. A pixel is 0.64 mm, so an edge needs about 1."""
    t = np.asarray(x - low)
    t *= 1 / (high - low)
    np.clip(t, 0, 1, out=t)
    result = 3 - 2 * t
    result *= t
    result *= t
    return result


def _bell(x, reach):
    """Smoothly from 1 at x = 0 to 0 at +-reach: as good as a Gaussian here, and cheaper."""
    t = np.asarray(x * (1 / reach))
    t *= t
    np.minimum(t, 1, out=t)
    t -= 1
    t *= t
    return t


def _mix(a, b, share):
    return a + (b - a) * share


def _lid(u, width, height, skew, full):
    """Arch of a lid over the line of the corners.

    Returns:
        Its height at u, and the factor that makes vertical distances to it perpendicular ones.
    """
    s = np.clip(u * (2 / width), -1.15, 1.15)  # beyond the corners at +-1 the lids' edges cross
    arch, body = 1 - s * s, 1 + s * (skew + s * full)
    slope = (arch * (skew + 2 * full * s) - 2 * s * body) * height * (2 / width)
    return height * arch * body, 1 / np.sqrt(1 + slope * slope)


def _geometry(gaze, who, pose):
    """Place ball, face and lids in the image. -> dict of maps (B, 35, 55)"""
    yaw, pitch, roll = (np.radians(pose[f"head_{name}"]) for name in ("yaw", "pitch", "roll"))
    x, y = _X - pose["crop_x"], _Y - pose["crop_y"]
    # The crop follows the lids. They lie in front of the ball, so when the head turns they move
    # to one side of it: in the crop it is the ball that moves.
    ball_x = x - who["ball_x"] - IRIS_DEPTH * np.sin(yaw)
    ball_y = y - who["ball_y"] - IRIS_DEPTH * np.sin(pitch)
    u = (x * np.cos(roll) + y * np.sin(roll)) / np.cos(yaw)  # along the lids
    v = (y * np.cos(roll) - x * np.sin(roll)) / np.cos(pitch)  # across
    base = v - who["tilt"] * u
    # The upper lid follows the iris down nearly all the way, up less far. It never quite closes.
    down = IRIS_DEPTH * gaze[:, 1, None, None]
    lower = who["lower"] + 0.2 * down
    upper = (who["upper"] - 0.9 * np.maximum(down, 0) - 0.6 * np.minimum(down, 0)) * pose["opening"]
    upper = np.maximum(upper, 2.2 - lower)
    top, across_top = _lid(u, who["width"], upper, who["upper_skew"], who["upper_full"])
    bottom, across_bottom = _lid(u, who["width"], lower, who["lower_skew"], who["lower_full"])
    over, under = -(base + top) * across_top, (base - bottom) * across_bottom
    return {
        "ball_x": ball_x, "ball_y": ball_y, "u": u, "v": v, "base": base, "down": down,
        "over": over,  # distance above the upper lid's edge, below 0 inside the opening
        "under": under,  # distance below the lower lid's edge, the same
        "inside": -np.maximum(over, under),
    }  # fmt: skip


def _iris_plane(gaze, at):
    """Meet each pixel's ray with the plane of the iris. -> distance from its centre, angle"""
    gx, gy, gz = (gaze[:, i, None, None] for i in range(3))
    x, y = at["ball_x"] - IRIS_DEPTH * gx, at["ball_y"] - IRIS_DEPTH * gy
    z = -(gx * x + gy * y) / gz
    return np.sqrt(x * x + y * y + z * z), np.arctan2(y, x)


def _eyeball(gaze, at, who, look, light):
    """Shade the ball as if it had no lids. -> (B, 35, 55)"""
    x, y = at["ball_x"], at["ball_y"]
    z = np.sqrt(np.maximum(BALL_RADIUS**2 - x * x - y * y, 4.0))
    facing = (x * light[0] + y * light[1] + z * light[2]) * (1 / BALL_RADIUS)
    shade = look["ambient"] + look["diffuse"] * np.maximum(facing, 0)
    # Sclera: redder, hence darker, towards the corners, where the veins are.
    side = np.square(x * (1 / BALL_RADIUS))
    vein = np.cos(0.8 * x + 1.9 * np.cos(0.7 * y + who["phase"])) + 0.6 * np.cos(1.3 * y - x)
    white = 1 - side * (0.25 + 0.2 * np.maximum(1 - 1.6 * np.abs(vein), 0))
    # Iris: fibres from the pupil outwards, a dark ring at the limbus.
    radius, angle = _iris_plane(gaze, at)
    fibres = np.cos(11 * angle + who["phase"]) + np.cos(17 * angle - 2 * who["phase"])
    ring = _step(radius, 0.72 * IRIS_RADIUS, 0.98 * IRIS_RADIUS) * who["limbus"]
    iris = _mix(look["iris_dark"], look["iris_light"], who["iris"])
    iris = iris * (1 + 0.07 * fibres) * (1 - 0.6 * ring)
    iris = _mix(look["pupil_grey"], iris, _step(radius, who["pupil"] - 0.4, who["pupil"] + 0.4))
    outside = _step(radius, IRIS_RADIUS - 0.5, IRIS_RADIUS + 0.4)
    ball = _mix(iris, white * look["sclera"], outside) * shade
    # Glint: where the cornea's normal lies halfway between the light and the camera.
    half = CORNEA_RADIUS / np.sqrt(2 + 2 * light[2])
    x = x - CORNEA_DEPTH * gaze[:, 0, None, None] - half * light[0]
    y = y - CORNEA_DEPTH * gaze[:, 1, None, None] - half * light[1]
    return ball + look["glint"] * (1 - outside) * np.maximum(1 - (x * x + y * y), 0)


def _skin(at, who, look, light):
    """Shade the skin, a relief under the light. -> (B, 35, 55)"""
    u, v, base, over, under = (at[name] for name in ("u", "v", "base", "over", "under"))
    bulge = np.maximum(1 - (np.square(at["ball_x"]) + np.square(at["ball_y"])) * (1 / 24**2), 0)
    crease = over - who["crease"] * (0.6 + 0.4 * _bell(u, 16)) + 0.06 * at["down"]
    fold = who["fold"] * _bell(u, 21)
    lines = np.cos(2.1 * under + 1.5 * np.cos(0.35 * u + who["phase"])) * _bell(under - 3.5, 4.5)
    relief = 8 * bulge * bulge + who["nose"] * _step(-u, 6, 26) - who["temple"] * _step(u, 4, 26)
    relief += who["ridge"] * _step(-base, 5, 18) + who["cheek"] * _step(base, 5, 16)
    relief += fold * (0.8 * _step(crease, -0.5, 3) - _bell(crease, 1.6))
    relief += _bell(u, 20) * (0.1 * lines - who["bag"] * _bell(under - 4.5 - 0.1 * u, 2.5))
    slope_y, slope_x = np.gradient(relief, 1 / PX_PER_MM, axis=(1, 2))
    facing = light[2] - slope_x * light[0] - slope_y * light[1]
    facing = np.maximum(facing, 0) / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    shade = look["ambient"] + look["diffuse"] * facing
    # Little light gets into the crease, the corners and under the lower lid.
    shade *= 1 - 0.35 * fold * _bell(crease, 1.3)
    shade *= 1 - look["socket"] * _bell(np.abs(u) - 0.5 * who["width"], 7) * _bell(v, 6)
    shade *= 1 - look["socket"] * 0.6 * _bell(under - 0.5, 5) * _bell(u, 14)
    # Nose and brow stand in the way of a light from their side.
    nose = _step(-light[0], 0.1, 0.6) * _step(-u - 0.4 * v, 4, 12)
    brow = _step(-light[1], 0.2, 0.7) * _step(-base - 0.1 * u, 5, 12)
    shade *= 1 - look["cast"] * np.maximum(nose, brow)
    return shade * _mix(look["skin_dark"], look["skin_light"], who["skin"])


def _hair(at, who, look):
    """How much lashes and brow hide of each pixel, 0 to 1. -> (B, 35, 55)"""
    u, v, over, under = (at[name] for name in ("u", "v", "over", "under"))
    # A lash points at the camera, so it looks short; the lid takes it down as it follows the gaze.
    reach = who["lash_length"] * (0.52 - 0.095 * at["down"])
    along = over * reach / (reach * reach + 0.15)  # 0 at the root, 1 at the tip
    t = 2.6 * u * (1 + 0.06 * np.maximum(along, 0))
    stroke = 0.5 + 0.3 * np.cos(t + 1.5 * np.cos(0.37 * t + who["phase"])) + 0.2 * np.cos(1.7 * t)
    upper = stroke * np.maximum(1 - along, 0) * _step(along, -0.05, 0.1)
    t = 2.3 * u * (1 + 0.03 * under)
    stroke = 0.5 + 0.5 * np.cos(t + 1.3 * np.cos(0.43 * t - who["phase"]))
    lower = stroke * np.maximum(1 - 0.35 * under, 0) * _step(under, 0.4, 1.0)
    lash = 0.75 * _bell(over - 0.3, look["smudge"]) + who["lashes"] * (0.85 * upper + 0.4 * lower)
    lash = np.minimum(lash, 1) * _step(0.5 * who["width"] - np.abs(u), -1, 2)
    hairs = np.cos(1.9 * u + 1.1 * v + 2 * np.cos(0.45 * u - 0.3 * v + who["phase"]))
    brow = _step(0.012 * u * u - at["base"] - who["brow"], -2, 3) * (0.62 + 0.13 * hairs)
    return np.maximum(lash * look["lash_ink"], brow)


def _render(gaze, who, pose, look):
    """Draw the eye. -> grey (B, 35, 55), about 0 to 1, and the maps of its geometry"""
    length = np.sqrt(1 + np.square(look["light_x"]) + np.square(look["light_y"]))
    light = (look["light_x"] / length, look["light_y"] / length, 1 / length)  # z to the viewer
    at = _geometry(gaze, who, pose)
    skin = _skin(at, who, look, light)
    ball = _eyeball(gaze, at, who, look, light)
    # The upper lid throws a shadow on the ball; every edge of the opening dims it a little.
    ball *= 1 - look["lid_shade"] * (1 - _step(-at["over"], -0.5, 3.2))
    ball *= 0.75 + 0.25 * _step(at["inside"], 0.0, 1.5)
    caruncle = _bell(at["u"] + 0.5 * who["width"] - 1.2, 3.2) * _bell(at["base"], 4)
    ball = _mix(ball, 0.85 * skin, caruncle)
    image = _mix(skin, ball, _step(at["inside"], -0.35, 0.35))
    wet = _bell(at["under"] - 0.5, 0.8) * _step(-at["over"], 0.3, 1.5)
    image *= 1 + 0.4 * look["margin"] * wet
    return _mix(image, 0.03, _hair(at, who, look)), at


def _glasses(image, at, who, sensor):
    """Put a rim and a reflection in front of the eyes that wear glasses."""
    worn = _step(who["glasses"], 0.86, 0.87)
    rim = at["v"] - who["rim"] - np.sign(who["rim"]) * (6.5 - 0.01 * np.square(at["u"]))
    tone = 0.8 * _step(sensor["rim_tone"], 0.4, 0.6)
    image = _mix(image, tone, 0.8 * worn * _bell(rim, 1.2))
    streak = _bell(at["u"] + 0.4 * at["v"] - sensor["streak_at"], 4)
    return image + worn * np.maximum(sensor["streak"], 0) * streak


def _dct(size):
    """Matrices to and from the cosines of blocks of 8 pixels; the last block is filled up."""
    n, count = np.arange(8), -(-size // 8)
    block = 0.5 * np.cos(np.pi / 16 * np.outer(n, 2 * n + 1))
    block[0] *= np.sqrt(0.5)
    waves = np.kron(np.eye(count), block)
    fill = np.eye(size)[np.minimum(np.arange(8 * count), size - 1)]
    return (waves @ fill).astype(np.float32), waves.T[:size].astype(np.float32)


_TO_ROWS, _FROM_ROWS = _dct(HEIGHT)
_TO_COLUMNS, _FROM_COLUMNS = _dct(WIDTH)
_FREQUENCY = np.add.outer(np.arange(40) % 8, np.arange(56) % 8).astype(np.float32) + 1
_FREQUENCY[::8, ::8] = 0  # the mean of a block is kept


def _blur(images, sigma_x, sigma_y):
    """Gaussian blur, each image by its own standard deviations (B, 1, 1) in pixels."""
    kernels = []
    for size, sigma in ((HEIGHT, sigma_y), (WIDTH, sigma_x)):
        offset = np.subtract.outer(np.arange(size), np.arange(size)).astype(np.float32)
        kernel = np.exp(-0.5 * np.square(offset / sigma))
        kernels.append(kernel / kernel.sum(axis=2, keepdims=True))
    return kernels[0] @ images @ kernels[1].transpose(0, 2, 1)


def _camera(image, at, who, rng):
    """Take a picture with a webcam and prepare it as MPIIGaze did. -> (B, 35, 55), 0 to 1"""
    sensor = _draw(rng, SENSOR, len(image))
    spots, noise = rng.standard_normal((2, CHUNK, HEIGHT, WIDTH), np.float32)[:, : len(image)]
    one = np.ones((1, 1, 1), np.float32)
    image = image * (1 + sensor["blotch"] * _blur(spots, one, one))
    image = _blur(_glasses(image, at, who, sensor), sensor["blur_x"], sensor["blur_y"])
    image += sensor["noise"] * noise
    # Compression loses the weak waves. A soft threshold, since rounding, as JPEG has it, would
    # turn the last bits, in which machines differ, into grey levels.
    waves = _TO_ROWS @ image @ _TO_COLUMNS.T  # (B, 40, 56)
    power = np.square(waves)
    waves *= power / (power + np.square(0.5 * sensor["quantum"] * _FREQUENCY) + 1e-12)
    image = _FROM_ROWS @ waves @ _FROM_COLUMNS.T
    # Histogram equalisation with a bin for every pixel: its rank. Two pixels that swap their
    # ranks change by an eighth of a grey level, so here too last bits do no harm.
    flat = image.reshape(len(image), -1)  # (B, 1925)
    ranks = np.linspace(0, 1, flat.shape[1], dtype=np.float32)[None]
    np.put_along_axis(flat, np.argsort(flat, axis=1), ranks, axis=1)
    return flat.reshape(image.shape)


def _gaze_and_pose(start, count, seed, stream, pitch, yaw):
    geometry = np.random.default_rng([seed, start, stream])
    angles = _draw(geometry, {"pitch": pitch, "yaw": yaw}, count)
    gaze = from_pitch_yaw(angles["pitch"].ravel(), angles["yaw"].ravel())
    return gaze, _draw(geometry, POSE, count)


def _looks(domain, gap):
    """Ranges of what differs; for synthetic eyes, on the line from the camera's through ours."""
    if domain == "camera":
        return {name: camera for name, (_, camera) in LOOKS.items()}

    def moved(name, ours, camera):
        least = -2 if name.startswith("light") else min(ours, 0.01)  # else there is no less than 0
        return max(ours + (gap - 1) * (ours - camera), least)

    return {
        name: [moved(name, *ends) for ends in zip(*pair, strict=True)]
        for name, pair in LOOKS.items()
    }


def _chunk(start, traits, seed, domain, paired, pitch, yaw, gap):
    """Draw the eyes from `start` on, one for each row of traits. -> images, gaze"""
    count, number = len(traits), DOMAINS.index(domain)
    who = {name: traits[:, i, None, None] for i, name in enumerate(TRAITS)}
    # Geometry and appearance have a generator each, so that two domains can share the first.
    gaze, pose = _gaze_and_pose(start, count, seed, 0 if paired else 1 + number, pitch, yaw)
    appearance = np.random.default_rng([seed, start, 3 + number])
    look = _draw(appearance, _looks(domain, gap), count)
    image, at = _render(gaze, who, pose, look)
    if domain == "camera":
        image = _camera(image, at, who, appearance)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), gaze


def simulate(
    count,
    domain="synthetic",
    seed=0,
    pitch=(-20, 5),
    yaw=(-20, 20),
    persons=None,
    progress=False,
    gap=GAP,
):
    """Draw eye images whose gaze is known exactly.

    Eye i is the same for every `count`, and on every machine to within a grey level.

    Args:
        count: int, how many eyes.
        domain: "synthetic" as a renderer makes them, or "camera" as a webcam sees them.
        seed: int, 0 to 2**32 - 1.
        pitch: (low, high) in degrees, within -60 to 60; drawn uniformly. Below 0: looks down.
        yaw: (low, high) in degrees, within -60 to 60; drawn uniformly. Above 0: iris at the left.
        persons: None, or a list of ids >= 0, taken in turn. A person looks the same for every
            seed and in both domains. With the same `seed` and `persons` both domains show the
            same geometry: pairs. None: fresh persons whom no other seed or domain has, 20 eyes
            each.
        progress: bool, show a progress bar on stderr if it takes longer than two seconds.
        gap: float, 0 to 3, how far the looks of synthetic eyes, light and colours, are from the
            camera's: 1 as in the table `LOOKS`, 2 twice as far or, where nothing is left to take
            away, as far as they can; a cruder simulator. At 0 lens, sensor, glasses and
            equalisation are all that the camera's eyes have and these have not. The same eyes, and
            the same labels, for every gap. The course's own is `GAP`.

    Returns:
        EyeSet with images uint8 (count, 35, 55), gaze float32 (count, 3), person int64 (count,).

    Raises:
        ValueError: If an argument is not as described.
    """
    check(count, domain, seed)
    for name, span in (("pitch", pitch), ("yaw", yaw)):
        ends = np.asarray(span)
        pair = ends.shape == (2,) and ends.dtype.kind in "iuf"
        if not pair or not -60 <= ends[0] <= ends[1] <= 60:
            raise ValueError(f"{name} must be (low, high) within -60 to 60; received {span!r}")
    if not isinstance(gap, Real) or isinstance(gap, bool) or not 0 <= gap <= 3:
        raise ValueError(f"gap must be a number from 0 to 3; received {gap!r}")
    person = person_of(np.arange(count), domain, seed, persons)
    traits = _identities(person)

    def draw(start):
        rows = traits[start : start + CHUNK]
        return _chunk(start, rows, seed, domain, persons is not None, pitch, yaw, gap)

    starts = range(0, count, CHUNK)
    images, gaze = draw_chunks(draw, starts, f"{domain} eyes", progress)
    source = f"pocket, {domain}, seed {seed}"
    if domain == "synthetic" and gap != GAP:
        source += f", gap {gap:g}"
    return EyeSet(images, gaze, person, source)


def pupil_centres(eyes, seed=0, pitch=(-20, 5), yaw=(-20, 20)):
    """Says where the pupils of simulated pairs lie, which the simulator knows.

    Args:
        eyes: What `simulate(count, domain, seed, pitch, yaw, persons=...)` returned, whole.
        seed: The same seed.
        pitch: The same range.
        yaw: The same range.

    Returns:
        float32 array (N, 2): columns and rows in pixels, (27, 17) the middle of the image.
    """
    traits = _identities(eyes.person)
    who = dict(zip(TRAITS, traits.T, strict=True))
    parts = [
        _gaze_and_pose(start, min(CHUNK, len(eyes) - start), seed, 0, pitch, yaw)
        for start in range(0, len(eyes), CHUNK)
    ]
    gaze = np.concatenate([gaze for gaze, _ in parts])
    pose = {name: np.concatenate([p[name].ravel() for _, p in parts]) for name in POSE}
    turned = [np.sin(np.radians(pose[f"head_{name}"])) for name in ("yaw", "pitch")]
    x = pose["crop_x"] + who["ball_x"] + IRIS_DEPTH * (turned[0] + gaze[:, 0])
    y = pose["crop_y"] + who["ball_y"] + IRIS_DEPTH * (turned[1] + gaze[:, 1])
    middle = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    return np.stack([x, y], axis=1) * PX_PER_MM + middle
