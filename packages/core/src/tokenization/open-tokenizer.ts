import { Tokenizer } from 'tokenizers';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { TokenizationOptions } from '../imports/tokenization-options.ts';

type Shaping = Pick<TokenizationOptions, 'maxLength' | 'truncation' | 'padding' | 'specialTokens'>;

/**
 * A tokenizer that cuts and pads as it was asked for, on the side that its file names.
 *
 * @throws AppError `invalid_input` for what is no tokenizer.json, or cannot do that
 */
export async function openTokenizer(
  json: string,
  { maxLength, truncation, padding, specialTokens }: Shaping,
): Promise<Tokenizer> {
  const tokenizer = parse(json);
  const said = presets.parse(JSON.parse(json));
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  if (truncation) {
    if (specialTokens) await assertFits(tokenizer, maxLength);
    tokenizer.setTruncation(maxLength, { direction: said.truncation?.direction ?? 'right' });
  }
  if (padding === 'max_length') {
    const { id, token } = padOf(tokenizer, said);
    tokenizer.setPadding({ maxLength, padId: id, padToken: token, direction: said.padding?.direction ?? 'right' });
  }
  return tokenizer;
}

const side = z
  .enum(['Left', 'Right'])
  .transform((name) => (name === 'Left' ? 'left' : 'right'))
  .optional()
  .catch(undefined);
/** How a tokenizer's file cuts and pads: https://huggingface.co/docs/tokenizers/api/tokenizer */
const presets = z.object({
  truncation: z.object({ direction: side }).nullish().catch(null),
  padding: z
    .object({
      direction: side,
      pad_id: z.number().optional().catch(undefined),
      pad_token: z.string().optional().catch(undefined),
    })
    .nullish()
    .catch(null),
});

/** What is put around a text is never cut. */
async function assertFits(tokenizer: Tokenizer, maxLength: number): Promise<void> {
  const special = (await tokenizer.encode('', null, { addSpecialTokens: true })).getLength();
  if (maxLength >= special) return;
  const message = `must be at least ${special}: the tokenizer puts ${special} special tokens around each text`;
  throw new AppError('invalid_input', { issues: [{ path: 'maxLength', message }] });
}

function parse(json: string): Tokenizer {
  try {
    return Tokenizer.fromString(json);
  } catch (error) {
    const message = `is not a tokenizer.json: ${(error as Error).message.slice(0, 300)}`;
    throw new AppError('invalid_input', { issues: [{ path: 'tokenizerJson', message }] });
  }
}

const PAD_TOKENS = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

/** The token to pad with: the one in the tokenizer's file, or else one that is commonly used. */
function padOf(tokenizer: Tokenizer, { padding }: z.infer<typeof presets>): { id: number; token: string } {
  if (padding?.pad_id !== undefined && padding.pad_token !== undefined)
    return { id: padding.pad_id, token: padding.pad_token };
  for (const token of PAD_TOKENS) {
    const id = tokenizer.tokenToId(token);
    if (id !== null) return { id, token };
  }
  throw new AppError('invalid_input', {
    issues: [{ path: 'padding', message: 'is not possible: the tokenizer has no padding token' }],
  });
}
