import { siteSettings } from '../base/defaults.ts';

export const updateSettingsInput = siteSettings.partial();
