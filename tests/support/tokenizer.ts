import { wordTokenizer } from './hub-data.ts';

const SYLLABLES = ['ka', 'to', 'mi', 're', 'lo', 'sun', 'ber', 'and', 'the', 'ing', 'er', 'ol', 'pra', 'nu', 'wes'];

/** Texts of words that repeat, some common and some rare, the same each time. */
export function words(count: number): string[] {
  let seed = 1;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const vocabulary = Array.from({ length: 2000 }, () =>
    Array.from({ length: 1 + next(4) }, () => SYLLABLES[next(SYLLABLES.length)]).join(''),
  );
  return Array.from({ length: count }, () =>
    Array.from({ length: 40 + next(80) }, () => vocabulary[Math.min(next(2000), next(2000))]).join(' '),
  );
}

/** A byte-level BPE tokenizer whose merges come from the texts: the most frequent pairs, a thousand times over. */
export function trainedTokenizer(texts: readonly string[], merges = 1000): unknown {
  const base = wordTokenizer() as {
    model: { vocab: Record<string, number>; merges: [string, string][] };
    added_tokens: { id: number }[];
  };
  const counts = new Map<string, number>();
  for (const word of texts.join(' ').match(/ ?\w+/g) ?? []) {
    const key = word.replace(' ', 'Ġ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const pieces = [...counts].map(([word, count]) => ({ parts: [...word], count }));
  const { vocab } = base.model;
  let id = 257;
  for (let merge = 0; merge < merges; merge++) {
    const pairs = new Map<string, number>();
    for (const { parts, count } of pieces) {
      for (let i = 1; i < parts.length; i++) {
        const pair = `${parts[i - 1]} ${parts[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    const [best] = [...pairs].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    if (!best) break;
    const [left = '', right = ''] = best[0].split(' ');
    base.model.merges.push([left, right]);
    vocab[left + right] = id++;
    for (const piece of pieces) {
      const joined: string[] = [];
      for (let i = 0; i < piece.parts.length; i++) {
        const isPair = piece.parts[i] === left && piece.parts[i + 1] === right;
        joined.push(isPair ? left + right : (piece.parts[i] ?? ''));
        if (isPair) i++;
      }
      piece.parts = joined;
    }
  }
  return base;
}
