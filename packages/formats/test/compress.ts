/** COCO's compressed run lengths, written by hand from their description: the inverse of runsOf. */
export function compress(runs: readonly number[]): string {
  let text = '';
  runs.forEach((run, i) => {
    let value = i > 2 ? run - (runs[i - 2] ?? 0) : run;
    for (;;) {
      const group = value & 31;
      value >>= 5;
      const isLast = group & 16 ? value === -1 : value === 0;
      text += String.fromCharCode(48 + (isLast ? group : group | 32));
      if (isLast) break;
    }
  });
  return text;
}
