// Counts at a threshold and their averages, as aujax.evaluation makes them.

// How many of 101 bins' frames lie in a bin or above it.
function reaching(bins) {
  const sums = bins.slice();
  for (let k = sums.length - 2; k >= 0; k--) sums[k] += sums[k + 1];
  return sums;
}

// Counts of a method, [repeat][fold][au], each a function of the threshold's
// hundredths, or of null for the one that was tested.
function counters(method, packed, numAus) {
  const values = unpack(packed);
  let at = 0;
  const take = (number) => values.slice(at, (at += number));
  const times = (number, make) => Array.from({ length: number }, make);
  return times(method.repeats, () =>
    times(method.folds, () =>
      times(numAus, () => {
        const negatives = reaching(take(101));
        const positives = reaching(take(101));
        const [hits, alarms] = take(2);
        return (k) => {
          const tp = k === null ? hits : positives[k];
          const fp = k === null ? alarms : negatives[k];
          return { tp, fp, fn: positives[0] - tp };
        };
      }),
    ),
  );
}

// NaN where there is nothing to divide by.
const METRICS = {
  precision: ({ tp, fp }) => tp / (tp + fp),
  recall: ({ tp, fn }) => tp / (tp + fn),
  f1: ({ tp, fp, fn }) => (2 * tp) / (2 * tp + fp + fn),
};

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

// Mean over what is not NaN.
const macro = (values) => mean(values.filter((value) => !Number.isNaN(value)));

// Over AUs, then folds, then repeats; each AU over all folds and repeats.
function foldAverage(values) {
  const repeats = values.map((folds) => mean(folds.map(macro)));
  const center = mean(repeats);
  const squares = repeats.map((value) => (value - center) ** 2);
  return {
    mean: center,
    std: Math.sqrt(
      squares.reduce((a, b) => a + b, 0) / (repeats.length - 1),
    ),
    perAu: values[0][0].map((_, au) =>
      macro(values.flatMap((folds) => folds.map((fold) => fold[au]))),
    ),
  };
}

// The averages of a method at one threshold per AU.
function grade(counted, thresholds) {
  const counts = counted.map((folds) =>
    folds.map((fold) => fold.map((count, au) => count(thresholds[au]))),
  );
  return Object.fromEntries(
    Object.entries(METRICS).map(([name, metric]) => [
      name,
      foldAverage(counts.map((folds) => folds.map((aus) => aus.map(metric)))),
    ]),
  );
}

// A share in percent with one decimal, ties to the even digit as in Python.
function percent(value) {
  if (!Number.isFinite(value)) return "-";
  const scaled = 100 * value;
  const tie = (scaled * 4) % 4 === 1;
  return (tie ? Math.floor(scaled * 10) / 10 : scaled).toFixed(1);
}

