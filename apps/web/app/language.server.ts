import { type AppLoadContext, createCookie } from '@remix-run/node';
import { LANGUAGES, type Language } from './language';
import { en } from './messages/en';
import { ko } from './messages/ko';
import { type ServerTexts, serverTexts } from './messages/ko/server';

export const MESSAGES: Record<Language, typeof en> = {
  en,
  // The same keys and arguments, as a test makes sure; the types of texts are those of the English ones.
  ko: ko as unknown as typeof en,
};

/** For what the server says in English; English itself needs none. */
export const SERVER_TEXTS: Record<Language, ServerTexts | null> = { en: null, ko: serverTexts };

export const languageCookie = createCookie('granary_language', {
  path: '/',
  sameSite: 'lax',
  httpOnly: true,
  maxAge: 365 * 24 * 3600,
});

/** What the person has chosen, or else what the browser asks for. */
export async function languageOf(request: Request, context: AppLoadContext): Promise<Language> {
  const chosen: unknown = await languageCookie.parse(request.headers.get('Cookie'));
  return LANGUAGES.find((language) => language === chosen) ?? context.preferred(LANGUAGES) ?? 'en';
}
