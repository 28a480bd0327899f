import { writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, expect, test } from 'vitest';
import { wordTokenizer } from '../../support/hub-data.ts';
import type { Texts } from '../../support/texts.ts';
import { until } from '../../support/until.ts';
import { lines } from '../../support/wild-uploads.ts';

type Json = ReturnType<typeof JSON.parse>;

/** Rows become shards of tokens. */
export function tokenizationTests(texts: Texts): void {
  test('keeps the order of the rows, over row groups and shards', async () => {
    const many = await texts.client.createDataset();
    const count = 23_000;
    // As many bytes as tokens: the length says which row it is.
    await texts.put(many, {
      'train.jsonl': lines(Array.from({ length: count }, (_, i) => ({ text: 'x'.repeat(i % 97) }))),
    });
    const { body } = await texts.client.json('POST', `/api/v1/datasets/${many}/tokenizations`, {
      tokenizer: 'mine',
      tokenizerJson: JSON.stringify(wordTokenizer()),
    });
    expect(await texts.client.waitForJob(body.jobId)).toMatchObject({ state: 'completed' });
    const { body: list } = await texts.client.json('GET', `/api/v1/datasets/${many}/tokenizations`);
    const numTokens = Array.from({ length: count }, (_, i) => (i % 97) + 1).reduce((sum, length) => sum + length, 0);
    expect(list.items[0].statistics).toMatchObject({ numSequences: count, numTokens, maxSeqLength: 97 });
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const lengths: number[] = [];
    for (const number of ['00000', '00001']) {
      writeFileSync(
        `${texts.world.folder}/${number}.parquet`,
        await texts.client.content(many, `tokenized/mine/default/train-${number}.parquet`),
      );
      const reader = await duck.runAndReadAll(`select len(input_ids) from '${texts.world.folder}/${number}.parquet'`);
      lengths.push(...reader.getRowsJS().map(([length]) => Number(length)));
    }
    expect(lengths).toEqual(Array.from({ length: count }, (_, i) => (i % 97) + 1));
  });

  let id: string;
  beforeAll(async () => {
    id = await texts.client.createDataset();
    const rows = Array.from({ length: 500 }, (_, i) => ({
      question: `Was ${i}?`,
      answer: i % 2 === 0 ? 'Ja 😀' : 'x'.repeat(100),
    }));
    await texts.put(id, { 'train.jsonl': lines(rows), 'test.jsonl': lines(rows.slice(0, 3)) });
  });

  const start = (body: object) => texts.client.json('POST', `/api/v1/datasets/${id}/tokenizations`, body);

  test('writes shards of tokens with their counts, several times over', async () => {
    const { status, body } = await start({ tokenizer: 'org/words', column: 'answer', maxLength: 20 });
    expect(status).toBe(202);
    expect(await texts.client.waitForJob(body.jobId)).toMatchObject({ state: 'completed', kind: 'tokenize' });
    const { body: list } = await texts.client.json('GET', `/api/v1/datasets/${id}/tokenizations`);
    expect(list.items).toMatchObject([
      {
        tokenizer: 'org/words',
        state: 'completed',
        path: 'tokenized/org--words/',
        statistics: { numSequences: 503, vocabSize: 257, maxSeqLength: 20, truncatedShare: 251 / 503 },
      },
    ]);
    // "Ja 😀" has seven bytes and the end; the others are cut at twenty.
    const expected = 252 * 8 + 251 * 20;
    expect(list.items[0].statistics.numTokens).toBe(expected);
    expect(list.items[0].statistics.avgSeqLength).toBeCloseTo(expected / 503);
    const shard = await texts.client.content(id, 'tokenized/org--words/default/train-00000.parquet');
    writeFileSync(`${texts.world.folder}/tokens.parquet`, shard);
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await duck.runAndReadAll(
      `select len(input_ids), list_sum(attention_mask), input_ids[8] from '${texts.world.folder}/tokens.parquet'`,
    );
    expect(
      reader
        .getRowsJS()
        .slice(0, 2)
        .map((row) => row.map(Number)),
    ).toEqual([
      [8, 8, 256],
      [20, 20, 87],
    ]);
    expect(await texts.client.dataset(id)).toMatchObject({
      status: 'ready',
      numSamples: 503,
      // Shards of rows or tokens do not make it something else.
      format: 'jsonl',
      splits: { train: 500, test: 3 },
    });
    expect(await texts.samples(id)).toMatchObject({ total: 500, subset: 'default' });

    const own = await start({
      tokenizer: 'mine',
      tokenizerJson: JSON.stringify(wordTokenizer()),
      template: 'Q: {question}\\nA: {answer}',
      maxLength: 64,
      padding: 'max_length',
    });
    expect((await texts.client.waitForJob(own.body.jobId)).state).toBe('completed');
    const { body: both } = await texts.client.json('GET', `/api/v1/datasets/${id}/tokenizations`);
    expect(both.items.map(({ tokenizer }: Json) => tokenizer)).toEqual(['mine', 'org/words']);
    const removed = await texts.client.json('DELETE', `/api/v1/datasets/${id}/tokenizations/${both.items[0].id}`);
    expect((await texts.client.waitForJob(removed.body.jobId)).state).toBe('completed');
    expect([...(await texts.client.tree(id)).keys()].filter((path) => path.includes('mine'))).toEqual([]);
  });

  test('shows the tokens of a row before', async () => {
    const { status, body } = await texts.client.json('POST', `/api/v1/datasets/${id}/tokenizations/preview`, {
      tokenizer: 'org/words',
      column: 'answer',
      maxLength: 4,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ text: 'Ja 😀', numTokens: 8, isTruncated: true });
    expect(body.tokens.map(({ text }: Json) => text).slice(0, 3)).toEqual(['J', 'a', ' ']);
  });

  test('says what is wrong', async () => {
    expect(await start({ tokenizer: 'org/words', maxLength: 9000 })).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'maxLength' }] },
    });
    expect(await start({ tokenizer: 'x', tokenizerJson: '{}' })).toMatchObject({
      status: 400,
      body: { issues: [{ path: 'tokenizerJson' }] },
    });
    const missing = await start({ tokenizer: 'org/none' });
    expect(await texts.client.waitForJob(missing.body.jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'hub_not_found' },
    });
    const column = await start({ tokenizer: 'org/words', column: 'nope' });
    expect(await texts.client.waitForJob(column.body.jobId)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('question, answer') },
    });
    const empty = await texts.client.createDataset();
    expect(
      await texts.client.json('POST', `/api/v1/datasets/${empty}/tokenizations`, { tokenizer: 'org/words' }),
    ).toMatchObject({ status: 409 });
  });

  test('begins by itself after a download, when that was asked for', async () => {
    const { body } = await texts.client.json('POST', '/api/v1/datasets/download', {
      repoId: 'plain',
      tokenize: { tokenizer: 'org/words', template: '{id}' },
    });
    await texts.client.waitForJob(body.jobId);
    const state = await until(
      async () =>
        (await texts.client.json('GET', `/api/v1/datasets/${body.id}/tokenizations`)).body.items[0]?.state ?? 'queued',
      (now) => now === 'completed' || now === 'failed',
    );
    expect(state).toBe('completed');
  });
}
