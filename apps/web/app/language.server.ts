import { type AppLoadContext, createCookie } from '@remix-run/node';
import { LANGUAGES, type Language } from './language';
import { en } from './messages/en';
import { ko } from './messages/ko';
import { type ServerTexts, serverTexts } from './messages/ko/server';

/** Texts under the same keys as others. */
type Texts<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Texts<T[Key]> };

const korean: Texts<typeof en> = ko;

export const MESSAGES: Record<Language, typeof en> = {
  en,
  // The types of the arguments are read off the English texts; that others have the same arguments, a test makes sure.
  ko: korean as typeof en,
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
