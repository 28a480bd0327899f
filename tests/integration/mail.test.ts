import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const mails: { to: string[]; text: string }[] = [];
let isOpen = true;
let smtp: SMTPServer;

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (!isOpen) return done(new Error('no room'));
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString().replaceAll('=\r\n', '').replaceAll('=3D', '=') });
        done();
      });
    },
  });
  await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready));
});
afterAll(() => new Promise<void>((done) => smtp.close(() => done())));
const granary = useGranary(() => {
  const { port } = smtp.server.address() as { port: number };
  return {
    worker: false,
    env: { SMTP_URL: `smtp://127.0.0.1:${port}`, GRANARY_URL: 'https://granary.example.org' },
  };
});

test('an invitation is mailed with the link; where the mail is not taken, the link is there still', async () => {
  const owner = await granary.person('owner');
  const id = await owner.createDataset('mailed');
  const invite = (email: string) => owner.json('POST', `/api/v1/datasets/${id}/invitations`, { email, role: 'viewer' });
  // Whoever asks cannot say which host the mail leads to.
  const { body } = await owner.json(
    'POST',
    `/api/v1/datasets/${id}/invitations`,
    { email: 'mia@example.org', role: 'viewer' },
    { 'x-forwarded-host': 'evil.example' },
  );
  expect(body).toMatchObject({ isMailed: true, url: `https://granary.example.org/invitations/${body.token}` });
  expect(mails).toHaveLength(1);
  expect(mails[0]?.to).toEqual(['mia@example.org']);
  expect(mails[0]?.text).toContain(body.url);
  expect(mails[0]?.text).toContain('"mailed"');
  isOpen = false;
  const refused = await invite('tom@example.org');
  expect(refused.body).toMatchObject({ isMailed: false, email: 'tom@example.org' });
  expect(mails).toHaveLength(1);
});

describe('who signs up', () => {
  const visitor = () => new Client(granary.url);
  const signUp = (email: string, client = visitor()) =>
    client.json('POST', '/api/v1/auth/register', { email, name: 'Kim', password: 'long enough 1' });
  const linkIn = (text: string) => /https:\/\/granary\.example\.org\/confirm\/([\w-]+)/.exec(text)?.[1] ?? '';

  test('confirms by mail, and is told the same whether the e-mail has an account or not', async () => {
    isOpen = true;
    mails.length = 0;
    const [fresh, known] = [await signUp('kim@example.org'), await signUp('owner@example.org')];
    expect(fresh).toMatchObject({ status: 201, body: { confirmationSentTo: 'kim@example.org' } });
    expect({ ...known.body, status: known.status }).toEqual({ confirmationSentTo: 'owner@example.org', status: 201 });
    expect(mails.map(({ to }) => to)).toEqual([['kim@example.org'], ['owner@example.org']]);
    const [first, second] = mails.map(({ text }) => text);
    expect(second).toContain('has one');
    expect(linkIn(second ?? '')).toBe('');
    const token = linkIn(first ?? '');
    const client = visitor();
    const notYet = await client.json('POST', '/api/v1/auth/login', {
      email: 'kim@example.org',
      password: 'long enough 1',
    });
    expect(notYet.status).toBe(401);
    const confirmed = await client.json('POST', '/api/v1/auth/confirm', { token });
    expect(confirmed).toMatchObject({ status: 201, body: { email: 'kim@example.org', isAdmin: false } });
    expect((await client.json('GET', '/api/v1/auth/me')).body.email).toBe('kim@example.org');
    expect(await visitor().json('POST', '/api/v1/auth/confirm', { token })).toMatchObject({
      status: 410,
      body: { code: 'confirmation_unusable' },
    });
  });

  test('needs the whole link, and no other', async () => {
    mails.length = 0;
    await signUp('lee@example.org');
    const token = linkIn(mails[0]?.text ?? '');
    for (const broken of ['x', token.slice(0, -4), `${token.slice(0, 40)}A${token.slice(41)}`])
      expect((await visitor().json('POST', '/api/v1/auth/confirm', { token: broken })).status).toBe(410);
  });

  test('is answered alike when nothing more is sent, and told when mail does not go out', async () => {
    mails.length = 0;
    for (let i = 0; i < 7; i++) expect((await signUp('often@example.org')).status).toBe(201);
    expect(mails).toHaveLength(5);
    isOpen = false;
    for (const email of ['park@example.org', 'owner@example.org'])
      expect(await signUp(email)).toMatchObject({ status: 503, body: { code: 'mail_not_sent' } });
  });
});
