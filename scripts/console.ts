/** One line for the person at the console, then the end: what is wrong and what to do. */
export function fail(message: string): never {
  console.error(`\n${message}`);
  process.exit(1);
}
