/** The middle of an odd number of measurements. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** What every benchmark ends with: in words, then one line of JSON. */
export function report(
  result: { name: string; ratio: number; compared: string; goal: string } & Record<string, unknown>,
): void {
  console.log(`\n${result.name}: ${result.compared}`);
  console.log(`ratio ${result.ratio.toFixed(3)} (${result.goal})`);
  console.log(JSON.stringify({ ...result, ratio: Number(result.ratio.toFixed(4)) }));
}
