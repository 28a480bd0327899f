import type { DatasetSource } from '../source.ts';
import { type CardCsv, cardOf, cardPathOf } from './card.ts';
import { layoutOf, mayHoldRows } from './layout.ts';

/** What the dataset's card says of how its CSV files are written, by their paths. */
export async function csvByCard(source: DatasetSource): Promise<Map<string, CardCsv>> {
  const paths: string[] = [];
  for await (const files of source.files()) paths.push(...files.map(({ path }) => path));
  const card = cardPathOf(paths);
  const text = card === null || source.isListingOnly ? null : (await source.texts([card])).get(card);
  const configs = card !== null && text ? cardOf(card, text) : null;
  if (!configs) return new Map();
  const { splits } = layoutOf(paths.filter(mayHoldRows), { configs });
  return new Map(splits.flatMap(({ paths: ofSplit, csv }) => (csv ? ofSplit.map((path) => [path, csv] as const) : [])));
}
