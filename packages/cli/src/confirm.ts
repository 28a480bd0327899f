import { createInterface } from 'node:readline/promises';
import { UsageError } from './exit.ts';
import { say } from './output.ts';

/** Lets a person type the name of the dataset. @throws UsageError where nobody can be asked, or another name is typed */
export async function confirmByName(
  name: string,
  { consequence, action, refused }: { consequence?: string; action: string; refused: string },
): Promise<void> {
  if (process.stdin.isTTY !== true) throw new UsageError(`Add --yes to ${action} without being asked.`);
  if (consequence) say(consequence);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await lines.question(`Type "${name}" to ${action}: `);
  lines.close();
  if (typed !== name) throw new UsageError(`The name does not match: ${refused}.`);
}
