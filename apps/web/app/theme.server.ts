import { createCookie } from '@remix-run/node';
import { THEMES, type Theme } from './theme';

export const themeCookie = createCookie('granary_theme', {
  path: '/',
  sameSite: 'lax',
  httpOnly: true,
  maxAge: 365 * 24 * 3600,
});

/** What the person has chosen in this browser, or else what the system says. */
export async function themeOf(request: Request): Promise<Theme> {
  const chosen: unknown = await themeCookie.parse(request.headers.get('Cookie'));
  return THEMES.find((theme) => theme === chosen) ?? 'system';
}
