"""Training steps of aujax beside the same networks in PyTorch.

    python -m benchmarks.train_step [--quick] [--rounds N] [--network NAME]

Forward, backward and AdamW in float32 on the CPU. Every framework runs in
processes of its own, once as it comes and once with huge pages for malloc,
and all of them take turns in each round, so that a noisy machine disturbs all
alike; medians over all timed steps are printed. Before that the logits of
both frameworks are compared, from the same weights.
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys

# Network: image size in pixels, batch size.
PAPER = {"attention_cnn": (112, 64), "au_transformer": (224, 8)}
QUICK = {"attention_cnn": (112, 8), "au_transformer": (96, 2)}
FRAMEWORKS = {
  "jax": "aujax",
  "eager": "PyTorch eager",
  "compile": "PyTorch compile",
}
MALLOCS = {"default": {}, "huge": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}}
TOLERANCE = 1e-3


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true", help="small and short")
  parser.add_argument("--rounds", type=int, help="turns of each process")
  parser.add_argument("--steps", type=int, default=3, help="steps of a turn")
  parser.add_argument("--network", choices=PAPER, help="only this one")
  arguments = parser.parse_args()
  rounds = arguments.rounds or (2 if arguments.quick else 9)
  sizes = QUICK if arguments.quick else PAPER
  print(_heading(rounds, arguments.steps))
  for network in [arguments.network] if arguments.network else sizes:
    size, batch = sizes[network]
    difference = _check(network, size)
    print(
      f"\n### {network}, {size} px, batch {batch}\n\nLogits from the same "
      f"weights differ by {difference:.1e} of their standard deviation.\n"
    )
    times = _measure(network, size, batch, rounds, arguments.steps)
    print(_table(times, batch), flush=True)


def _check(network, size):
  with _worker("check", network, size, 4, "default") as worker:
    difference = _read(worker)["difference"]
  if not difference < TOLERANCE:
    sys.exit(f"the two implementations of {network} differ by {difference:.1e}")
  return difference


def _measure(network, size, batch, rounds, steps):
  """Wall and outside times of each (framework, malloc), all rounds."""
  with contextlib.ExitStack() as stack:
    workers = {}
    for framework in FRAMEWORKS:
      for malloc in MALLOCS:
        worker = _worker(framework, network, size, batch, malloc)
        workers[framework, malloc] = stack.enter_context(worker)
        _read(worker)  # One at a time: compiling takes all cores.
        print(f"compiled {framework}, {malloc}", file=sys.stderr)
    times = {key: {"wall": [], "outside": []} for key in workers}
    for _ in range(rounds):
      for key, worker in workers.items():
        print(steps, file=worker.stdin, flush=True)
        for name, values in _read(worker).items():
          times[key][name] += values
    for worker in workers.values():
      worker.stdin.close()
  return times


def _worker(framework, network, size, batch, malloc):
  clean = {
    name: value
    for name, value in os.environ.items()
    if name not in ("GLIBC_TUNABLES", "XLA_FLAGS")
  }
  module = "benchmarks.train_step_worker"
  arguments = [framework, network, str(size), str(batch)]
  return subprocess.Popen(
    [sys.executable, "-m", module, *arguments],
    env=clean | {"JAX_PLATFORMS": "cpu"} | MALLOCS[malloc],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
  )


def _read(worker):
  line = worker.stdout.readline()
  if not line:
    sys.exit(f"a worker ended: {' '.join(worker.args[2:])}")
  return json.loads(line)


def _table(times, batch):
  speed = {
    key: batch / statistics.median(value["wall"])
    for key, value in times.items()
  }
  rival = max(
    value for (framework, _), value in speed.items() if framework != "jax"
  )
  lines = [
    "| framework | malloc | s/step | fastest | img/s | ratio | outside |",
    "|---|---|---|---|---|---|---|",
  ]
  for (framework, malloc), value in times.items():
    wall = value["wall"]
    outside = sum(value["outside"]) / sum(wall)
    rate = speed[framework, malloc]
    lines.append(
      f"| {FRAMEWORKS[framework]} | {malloc} | {statistics.median(wall):.3f} "
      f"| {min(wall):.3f} | {rate:.1f} | {rate / rival:.2f} "
      f"| {outside:.2%} |"
    )
  return "\n".join(lines)


def _heading(rounds, steps):
  packages = ("jax", "jaxlib", "flax", "torch")
  versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in packages)
  return (
    f"{datetime.date.today()}, {_processor()}, {os.cpu_count()} cores, load "
    f"{os.getloadavg()[0]:.1f} at the start, Python "
    f"{platform.python_version()}, {versions}. {rounds} rounds of {steps} "
    "steps; medians. malloc `default` is the process as it comes, with aujax "
    "under `runtime.configure()`; `huge` has "
    f"`GLIBC_TUNABLES={MALLOCS['huge']['GLIBC_TUNABLES']}`. Ratio to the "
    "fastest PyTorch. `outside` is the share of the host loop's time that is "
    "not spent in the step itself."
  )


def _processor():
  with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
    for line in lines:
      if line.startswith("model name"):
        return line.partition(":")[2].strip()
  return platform.processor() or platform.machine()


if __name__ == "__main__":
  main()
