import type { Logger } from 'pino';
import { z } from 'zod';
import type { Mailer } from '../base/mail.ts';

/** Mail is sent where an SMTP server is named; links are shown on the page in any case. */
export const mailSettings = z.object({
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, { error: 'is not a URL such as smtps://user:password@host' })
    .optional()
    .meta({
      description:
        'The mail server that sends invitations and confirmations of new accounts, such as `smtps://user:password@mail.example.org`. Needs `GRANARY_URL`.',
      unset: 'no mail: people pass on the links they see',
    }),
  MAIL_FROM: z.string().min(3).default('Granary <granary@localhost>').meta({ description: 'The sender of that mail.' }),
});

const TIMEOUT_MS = 10_000;

/** Null where no SMTP server is named. */
export function openMailer({ SMTP_URL, MAIL_FROM }: z.infer<typeof mailSettings>, log: Logger): Mailer | null {
  if (!SMTP_URL) return null;
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  const opened = import('nodemailer').then(({ createTransport }) =>
    createTransport({ url: SMTP_URL, ...timeouts }, { from: MAIL_FROM }),
  );
  return {
    async send(mail) {
      try {
        await (await opened).sendMail(mail);
        return true;
      } catch (error) {
        // The mail itself is not logged: it holds a link that opens something.
        log.error({ code: (error as NodeJS.ErrnoException).code }, 'mail was not sent');
        return false;
      }
    },
  };
}
