// What Python thinned, unpacked and gathered into as many bins as are drawn.

// Sums of steps: what each leads to.
function added(steps) {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

function unpackVideo(video, numAus) {
  const aus = Array.from({ length: numAus }, (_, au) => au);
  return {
    length: video.columns,
    times: added(unpack(video.times)).map((milliseconds) => milliseconds / 1e3),
    frames: added(unpack(video.frames)),
    faces: video.faces.map(({ number, series, low, high }) => ({
      number,
      series,
      aus: aus.map((au) => ({
        low: column(low, au, video.columns),
        high: column(high, au, video.columns),
      })),
    })),
  };
}

// [first, ..., end] of as many bins as that, of columns from `from` to `to`.
function divide(from, to, number) {
  const edge = (k) => from + Math.floor((k * (to - from)) / number);
  return Array.from({ length: number + 1 }, (_, k) => edge(k));
}

// Lowest and highest score of each bin, and what its frames were.
function binned({ low, high }, edges) {
  return edges.slice(0, -1).map((first, k) => {
    const bin = { low: 101, high: -1, absent: false, present: false };
    for (let i = first; i < edges[k + 1]; i++) {
      const [absent, present] = [low[i] > 127, high[i] > 127];
      if (!absent && !present) continue;
      bin.low = Math.min(bin.low, low[i] & 127);
      bin.high = Math.max(bin.high, high[i] & 127);
      bin.absent ||= absent;
      bin.present ||= present;
    }
    return bin;
  });
}

const isThere = (bin) => bin.present || bin.absent;

// "0.41" or "0.41–0.83", which may be broken in two; "–" without a face.
function scoreOf(bin) {
  if (!isThere(bin)) return "–";
  const ends = [...new Set([bin.low, bin.high])];
  const texts = ends.map((hundredths) => (hundredths / 100).toFixed(2));
  return texts.join("–\u200b");
}

// "4.20 s", "1:04.2" or "1:02:04", by how finely it matters.
function clock(seconds, digits) {
  if (seconds < 60 && digits) return `${seconds.toFixed(digits)} s`;
  const tenths = Math.round(10 * seconds);
  const whole = digits ? Math.floor(tenths / 10) : Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60)];
  if (hours) return `${hours}:${two(minutes % 60)}:${two(whole % 60)}`;
  const rest = digits ? `.${tenths % 10}` : "";
  return `${minutes}:${two(whole % 60)}${rest}`;
}

