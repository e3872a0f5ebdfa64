// Counts, sizes, durations and estimates as people read them: for the terminal, the plain lines and the report alike.

/** `12,345`. */
export function countText(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 head`, `3 heads`. */
export function plural(count: number, word: string, many = `${word}s`): string {
  return `${countText(count)} ${count === 1 ? word : many}`;
}

/** `412 MB`, `1.2 GB`. */
export function bytesText(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** `3.4 GFLOP`. */
export function flopsText(flops: number): string {
  return scaled(flops, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP']);
}

function scaled(value: number, units: readonly string[]): string {
  let step = 0;
  let rest = value;
  while (Math.round(rest) >= 1000 && step < units.length - 1) {
    rest /= 1000;
    step += 1;
  }
  const digits = rest < 9.95 && step > 0 ? rest.toFixed(1) : Math.round(rest).toString();
  return `${digits} ${units[step] ?? ''}`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function durationText(timeMs: number): string {
  if (timeMs < 9950) return `${(Math.max(0, timeMs) / 1000).toFixed(1)} s`;
  const seconds = Math.round(timeMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** Three significant digits without an exponent where that is readable: `0.214`, `-1.30`, `12.3`, `1.2e-6`. */
export function estimateText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.0005 || size >= 1e6) return minus(value.toExponential(1));
  if (size >= 1000) return minus(`${value < 0 ? '-' : ''}${countText(size)}`);
  const decimals = Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(size))));
  return minus(value.toFixed(decimals));
}

/** A true minus sign, so that columns of numbers line up with their plus-less neighbours. */
function minus(text: string): string {
  return text.replace('-', '\u2212').replace('e-', 'e\u2212');
}

/** `0.214 nat`. */
export function measuredText(value: number | null, unit: string | null): string {
  if (value === null) return 'undefined';
  return unit === null ? estimateText(value) : `${estimateText(value)} ${unit}`;
}

/** `42 %` of a share between 0 and 1; never rounded to 0 or 100 unless it is. */
export function shareText(share: number): string {
  const percent = share * 100;
  const rounded = percent > 99 && percent < 100 ? 99 : percent < 1 && percent > 0 ? 1 : Math.round(percent);
  const mark = percent > 99 && percent < 100 ? '>' : percent < 1 && percent > 0 ? '<' : '';
  return `${mark}${rounded} %`;
}
