import { Tokenizer } from 'tokenizers';
import { AppError } from '../errors/app-error.ts';
import type { TokenizationOptions } from '../imports/tokenization-options.ts';

type Shaping = Pick<TokenizationOptions, 'maxLength' | 'truncation' | 'padding'>;

/** A tokenizer that cuts and pads as it was asked for. @throws AppError `invalid_input` for what is no tokenizer.json */
export function openTokenizer(json: string, { maxLength, truncation, padding }: Shaping): Tokenizer {
  const tokenizer = parse(json);
  if (truncation) tokenizer.setTruncation(maxLength);
  else tokenizer.disableTruncation();
  if (padding === 'max_length') {
    const { id, token } = padOf(tokenizer, json);
    tokenizer.setPadding({ maxLength, padId: id, padToken: token });
  } else tokenizer.disablePadding();
  return tokenizer;
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
function padOf(tokenizer: Tokenizer, json: string): { id: number; token: string } {
  const told: { pad_id?: unknown; pad_token?: unknown } | null = JSON.parse(json).padding ?? null;
  if (typeof told?.pad_id === 'number' && typeof told.pad_token === 'string') {
    return { id: told.pad_id, token: told.pad_token };
  }
  for (const token of PAD_TOKENS) {
    const id = tokenizer.tokenToId(token);
    if (id !== null) return { id, token };
  }
  throw new AppError('invalid_input', {
    issues: [{ path: 'padding', message: 'is not possible: the tokenizer has no padding token' }],
  });
}
