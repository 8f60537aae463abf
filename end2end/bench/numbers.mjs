// Medians, quantiles and the lines that are printed.

const sorted = (values) => [...values].sort((a, b) => a - b);

/** The value below which that share of all lies. */
export function quantile(values, share) {
  if (values.length === 0) return NaN;
  const all = sorted(values);
  return all[Math.min(all.length - 1, Math.max(0, Math.ceil(share * all.length) - 1))];
}

/** The one in the middle, or the mean of the two there. */
export function median(values) {
  const all = sorted(values);
  const middle = all.length >> 1;
  return all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

export const round = (value, digits = 1) => Number(value.toFixed(digits));
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A figure: the median of its values unless one is given, and from where to where they go. */
export function figure(name, unit, target, values, note, value = median(values)) {
  return { name, unit, value: round(value, 2), target, spread: [round(Math.min(...values), 2), round(Math.max(...values), 2)], note };
}

/** Progress, where it is in nobody's way. */
export const say = (text) => void process.stderr.write(`${text}\n`);
