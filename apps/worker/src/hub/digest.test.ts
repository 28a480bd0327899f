import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Digest, isWhatWasSaid } from './digest.ts';

const content = Buffer.from('the rows of a dataset');
const sha256 = createHash('sha256').update(content).digest('hex');
/** What `git hash-object` prints. */
const gitSha1 = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

function digestOf(bytes: Buffer, pieces: number, sizeBytes = bytes.length) {
  const digest = new Digest(sizeBytes);
  for (let at = 0; at < bytes.length; at += pieces) digest.update(bytes.subarray(at, at + pieces));
  return digest.end();
}

describe('the hashes of content', () => {
  test.each([1, 5, 1000])('are the same however it comes, %d bytes at a time', (pieces) => {
    expect(digestOf(content, pieces)).toEqual({ bytes: content.length, sha256, gitSha1 });
  });

  test('are git’s no more where a file is too large for git', () => {
    expect(new Digest(33 * 1024 * 1024).end().gitSha1).toBeNull();
  });
});

describe('content is what the Hub says', () => {
  const found = digestOf(content, 7);
  const sizeBytes = content.length;

  test.each([
    ['its SHA-256 is', { sizeBytes, sha256, gitSha1: null }, true],
    ['git’s hash is', { sizeBytes, sha256: null, gitSha1 }, true],
    ['nothing but its size is known', { sizeBytes, sha256: null, gitSha1: null }, true],
    ['it is longer', { sizeBytes: sizeBytes + 1, sha256, gitSha1: null }, false],
    ['its SHA-256 is another, whatever git says', { sizeBytes, sha256: 'f'.repeat(64), gitSha1 }, false],
    ['git’s hash is another', { sizeBytes, sha256: null, gitSha1: 'f'.repeat(40) }, false],
  ])('where %s', (_, said, isSo) => {
    expect(isWhatWasSaid(found, said)).toBe(isSo);
  });
});
