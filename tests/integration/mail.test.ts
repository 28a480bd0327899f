import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
