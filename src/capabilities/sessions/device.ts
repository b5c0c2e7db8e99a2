import Bowser from 'bowser';

/** The browser of a User-Agent and what it runs on, as far as they are known. */
export const deviceOf = (userAgent: string | null): { readonly browser: string | null; readonly device: string | null } => {
  if (!userAgent) return { browser: null, device: null };
  const { browser, os, platform } = Bowser.parse(userAgent);
  const where = platform.model && platform.vendor === 'Apple' ? platform.model : os.name;
  return { browser: browser.name || null, device: where || null };
};

/** What a person calls the device of a User-Agent: `Safari on iPhone`, `Firefox on Windows`; null when it names none that is known. */
export const deviceNameOf = (userAgent: string | null): string | null => {
  const { browser, device } = deviceOf(userAgent);
  return browser && device ? `${browser} on ${device}` : browser || device;
};
