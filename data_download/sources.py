"""The published data sets of eyes: what people should know of each, and what is fetched of it."""

from typing import NamedTuple

from . import kaggle, syntheseyes

GB = 1 << 30


class Source(NamedTuple):
    """A published data set."""

    holds: str
    size: str
    terms: str
    page: str
    packed: dict[str, str]  # what is added to the name of a packed file, and what is in that file
    wanted: tuple[str, ...]  # patterns of the files in its archive, as `unpack` takes them
    url: str = ""  # of the archive, where a program can fetch it
    limit: int = 20 * GB  # what all files in the archive may have


SOURCES = {
    "kaggle": Source(
        "the eyes of the 2017 notebooks: 50,000 of UnityEyes with gaze, 34,100 of MPIIGaze without",
        "160 MB packed",
        "see its page; the real eyes are MPIIGaze's, CC BY-NC-SA 4.0, for non-commercial use",
        f"https://www.kaggle.com/datasets/{kaggle.NAME}",
        {"": "simulated eyes with gaze", "-real": "real eyes without"},
        kaggle.FILES,
    ),
    "mpiigaze": Source(
        "photographs of 15 persons at their laptops, with gaze: the real eyes of the paper",
        "2 GB to download, about 0.9 GB packed",
        "CC BY-NC-SA 4.0, for non-commercial use; cite Zhang et al., CVPR 2015",
        "https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/research/"
        "gaze-based-human-computer-interaction/appearance-based-gaze-estimation-in-the-wild",
        {"": "all eyes", "-evaluation": "the evaluation subset, 3,000 of each person"},
        ("Data/Normalized/*/*.mat", "Evaluation Subset/sample list for eye image/*.txt"),
        "http://datasets.d2.mpi-inf.mpg.de/MPIIGaze/MPIIGaze.tar.gz",
    ),
    "unityeyes": Source(
        "as many rendered eyes as you like, with gaze: the simulator of the paper",
        "2 MB packed for 1,000 eyes",
        "not stated at its source; cite Wood et al., ETRA 2016",
        "https://www.cl.cam.ac.uk/research/rainbow/projects/unityeyes/",
        {"": "simulated eyes with gaze"},
        ("*.jpg", "*.json"),
    ),
    "syntheseyes": Source(
        "11,382 rendered eyes of ten head scans, with gaze: the forerunner of UnityEyes",
        "22 MB packed",
        "see its page; cite Wood et al., ICCV 2015",
        "https://www.cl.cam.ac.uk/research/rainbow/projects/syntheseyes/",
        {"": "simulated eyes with gaze"},
        syntheseyes.PAIR,
        "http://www.cl.cam.ac.uk/~eww23/data/syntheseyes_data.zip",
    ),
}
