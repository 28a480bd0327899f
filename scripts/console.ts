/** What keeps Granary from starting, in one line for the person at the console: what is wrong and what to do. */
export class StartError extends Error {
  override name = 'StartError';
}

/** One line for the person at the console, then the end: what is wrong and what to do. */
export function fail(message: string): never {
  console.error(`\n${message}`);
  process.exit(1);
}
