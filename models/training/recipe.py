"""From nothing to the shipped models: ``./build.sh train --work DIR``.

Steps run in order. A training goes on from its checkpoint, so that the command can be stopped and given again; fonts and
held-out plates are made once; the rest takes minutes. ``--only`` runs some of them.

    fonts       the typefaces, from the lock file's hashes
    detector    trains the detector
    recogniser  trains the recogniser, finishes it on new crops, then teaches it to see what hides a part of a plate
    export      writes detector.onnx and recogniser.onnx, whichever is done, and their manifest entries to --models
    held-out    plates that training never saw, with boxes as a detector gives them
    calibrate   measures on them what the recogniser's evidence is worth, and writes that into the manifest
    card        the model card's pictures

Not among them, since no model needs it; ``--only passages`` runs it:

    passages    films of vehicles going by, with known plates: what the consensus over frames is measured on
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# One thread for each of several processes. torch's own loops use wide instructions only where they are asked to. Large
# buffers come from the heap, and the heap from huge pages: mapped anew at every step, or scattered over small pages, they
# cost as much time as the arithmetic.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
               "GLIBC_TUNABLES": f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={8 << 30}:glibc.malloc.trim_threshold={16 << 30}:glibc.malloc.top_pad={256 << 20}"}
if "avx512f" in Path("/proc/cpuinfo").read_text():
    ENVIRONMENT["ATEN_CPU_CAPABILITY"] = "avx512"
KEPT = "recogniser.npz"  # as recogniser.train.KEPT
STEPS = ("fonts", "detector", "recogniser", "export", "held-out", "calibrate", "card")
ASKED_FOR = ("passages",)


def run(*command) -> None:
    print("> " + " ".join(map(str, command)), flush=True)
    subprocess.run([str(part) for part in command], cwd=HERE, check=True)


def python(module: str, *arguments) -> None:
    run(sys.executable, "-m", module, *arguments)


def fonts(args) -> None:
    if not (HERE / "fonts" / "node_modules").exists():
        npm = shutil.which("npm") or sys.exit("npm is missing: the fonts come as npm packages; install Node.js or Debian's npm")
        run(npm, "ci", "--prefix", "fonts", "--ignore-scripts", "--no-audit", "--no-fund")


def texts(args) -> tuple:
    return ("--texts", args.texts) if args.texts else ()


def keep_to_its_texts(args) -> None:
    """Ends the recipe where WORK was begun with other texts: a plate that training was told of must not be measured on."""
    told, kept = hashlib.sha256(args.texts.read_bytes()).hexdigest() if args.texts else "none", args.work / "texts.sha256"
    if kept.exists() and kept.read_text() != told:
        sys.exit(f"{args.work} was begun with other --texts ({kept}): give the same, or another --work")
    args.work.mkdir(parents=True, exist_ok=True)
    kept.write_text(told)


def detector(args) -> None:
    length = ("--samples", args.scenes) if not args.gpu_minutes else \
        ("--hours", args.gpu_minutes / 60, "--workers", args.renderers, "--times", 8, "--reuse", 3, "--rate", 2.5e-3)
    python("detector.train", "--work", args.work / "detector", "--data", args.data, *length)


def recogniser(args) -> None:
    length = ("--samples", args.crops) if not args.gpu_minutes else ("--minutes", args.gpu_minutes, "--batch", 1024, "--peak", 2.5e-3, "--every", 1.5)
    keep_to_its_texts(args)
    common = ("--data", args.data, "--renderers", args.renderers, *texts(args))
    python("recogniser.train", "--work", args.work / "recogniser", *common, *length)
    # What is learnt from most is seen several times, and learnt by heart a little: crops that are nearly all new, more real ones among them, and
    # the middle of before and after. What is hidden in part is taught last, to a head of its own.
    python("recogniser.train", "--work", args.work / "finished", *common, "--start-from", args.work / "recogniser" / KEPT, "--samples", 480_000,
           "--peak", 5e-4, "--reuse", 3, "--real-crops", 120, "--seed", 91, "--threads", min(2, os.cpu_count() or 1))
    python("recogniser.hidden", args.work / "finished" / KEPT, "--halfway-to", args.work / "recogniser" / KEPT, "--keep", args.work / KEPT,
           "--data", args.data, "--renderers", args.renderers)


def weights(args, name: str) -> Path:
    """Where what is exported is kept: beside what ships if that is what is made."""
    return (HERE / "weights" if args.models == HERE.parent else args.work) / name


def export(args) -> None:
    found, read = args.work / "detector" / "last.pt", args.work / KEPT
    if not found.exists() and not read.exists():
        sys.exit(f"neither {found} nor {read} is there: train first (--only detector recogniser)")
    if found.exists():
        python("detector.export", found, args.models / "detector.onnx", "--data", args.data, "--keep", weights(args, "detector.npz"))
    if read.exists():
        python("recogniser.export", read, "--models", args.models, "--data", args.data, "--keep", weights(args, KEPT))


def held_out(args) -> None:
    keep_to_its_texts(args)
    made = args.work / "held-out" / "made"
    if not made.exists():
        run(sys.executable, "held_out.py", "--data", args.data, "--out", made.parent, *texts(args))
        made.touch()


def calibrate(args) -> None:
    folder = args.work / "held-out"
    command = [args.agent, "models", "calibrate", args.models, folder, "--crops", "--truth", folder / "labels.tsv", "--json",
               "--set", "real plates of the training countries that no training photograph shows, and rendered ones in fonts that training never shows"]
    measured = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    (args.work / "calibration.json").write_text(measured)
    print(measured)


def passages(args) -> None:
    run(sys.executable, "passages.py", "--out", args.work / "passages")


def card(args) -> None:
    run(sys.executable, "card.py", "--work", args.work, "--models", args.models, "--weights", weights(args, KEPT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, logs, rendered plates (6 GB); not part of the project")
    parser.add_argument("--data", type=Path, default=HERE.parents[1].parent / "shared" / "data", help="folder that holds training/")
    parser.add_argument("--texts", type=Path, help="texts that the sets leave blank, read by eye since (recogniser.train --texts); default: none")
    parser.add_argument("--models", type=Path, default=HERE.parent, help="where the models and their manifest go")
    parser.add_argument("--agent", type=Path, default=HERE.parents[1] / "Edge.Agent/bin/Release/net10.0/edge-agent")
    parser.add_argument("--crops", type=int, default=15_800_000, help="samples the recogniser learns from")
    parser.add_argument("--scenes", type=int, default=1_162_000, help="scenes the detector learns from")
    parser.add_argument("--gpu-minutes", type=float, help="minutes for each network instead, in larger batches: for a GPU with 16 GB or more and many cores that render")
    parser.add_argument("--renderers", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--only", nargs="+", choices=STEPS + ASKED_FOR, default=STEPS, metavar="STEP", help=", ".join(STEPS + ASKED_FOR))
    args = parser.parse_args()
    args.work, args.data, args.models, args.agent = (p.resolve() for p in (args.work, args.data, args.models, args.agent))
    args.texts = args.texts and args.texts.resolve()
    os.environ |= {**ENVIRONMENT, **os.environ}
    if args.gpu_minutes:
        import torch  # not needed by every step
        if not torch.cuda.is_available() or int(torch.__version__.split(".")[0]) < 2:
            parser.error(f"--gpu-minutes: torch {torch.__version__} of {sys.executable} finds no GPU or is older than 2; leave it out to train on the processor")
    for step in STEPS + ASKED_FOR:
        if step in args.only:
            globals()[step.replace("-", "_")](args)


if __name__ == "__main__":
    main()
