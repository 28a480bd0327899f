import type { Wanted } from './decode.ts';

/** What the process that decodes is asked. */
export interface Order {
  image: Uint8Array;
  wanted: Wanted;
  /** One with more is not decoded now. */
  mostPixels: number;
}

/** What it answers. */
export type Decoded =
  | { kind: 'decoded'; bytes: Uint8Array }
  | { kind: 'large' }
  | { kind: 'undecodable'; message: string };
