import type { Language } from '../../core/language.ts';
import type { Mail } from './deliver.ts';

/** The purpose under which a requested code is sealed in the outbox. */
export const SEALED_CODE = 'sign-in code mail';

export interface SealedCode {
  readonly to: string;
  readonly code: string;
  readonly language: Language;
  readonly ttlSeconds: number;
  readonly expiresAt: string;
  readonly shopName: string;
}

interface Words {
  /** The code stands within the first 30 characters, where a phone's notification shows it. */
  readonly subject: (code: string, shop: string) => string;
  readonly intro: (shop: string) => string;
  readonly expiry: (minutes: number) => string;
  readonly ignore: string;
}

const WORDS: Record<Language, Words> = {
  en: {
    subject: (code, shop) => `${code} is your code for ${shop}`,
    intro: (shop) => `Type this code to sign in to ${shop}:`,
    expiry: (minutes) => `It works once, for ${minutes} minutes.`,
    ignore: 'You did not ask for it? Then do nothing: nobody is signed in without the code. Never give it to anyone.',
  },
  da: {
    subject: (code, shop) => `${code} er din kode til ${shop}`,
    intro: (shop) => `Indtast denne kode for at logge ind hos ${shop}:`,
    expiry: (minutes) => `Den virker én gang, i ${minutes} minutter.`,
    ignore: 'Har du ikke bedt om den? Så skal du ikke gøre noget: ingen bliver logget ind uden koden. Giv den aldrig til andre.',
  },
  de: {
    subject: (code, shop) => `${code} ist Ihr Code für ${shop}`,
    intro: (shop) => `Mit diesem Code melden Sie sich bei ${shop} an:`,
    expiry: (minutes) => `Er gilt einmal, ${minutes} Minuten lang.`,
    ignore: 'Sie haben ihn nicht angefordert? Dann tun Sie nichts: Ohne den Code wird niemand angemeldet. Geben Sie ihn niemandem.',
  },
  it: {
    subject: (code, shop) => `${code} è il tuo codice per ${shop}`,
    intro: (shop) => `Inserisci questo codice per accedere a ${shop}:`,
    expiry: (minutes) => `Vale una volta sola, per ${minutes} minuti.`,
    ignore: "Non l'hai chiesto tu? Non fare nulla: senza il codice nessuno accede. Non darlo mai a nessuno.",
  },
  nb: {
    subject: (code, shop) => `${code} er koden din for ${shop}`,
    intro: (shop) => `Skriv inn denne koden for å logge inn hos ${shop}:`,
    expiry: (minutes) => `Den virker én gang, i ${minutes} minutter.`,
    ignore: 'Har du ikke bedt om den? Da trenger du ikke gjøre noe: ingen logges inn uten koden. Gi den aldri til noen.',
  },
  pl: {
    subject: (code, shop) => `${code} to Twój kod do ${shop}`,
    intro: (shop) => `Wpisz ten kod, aby zalogować się do ${shop}:`,
    expiry: (minutes) => `Działa jeden raz, przez ${minutes} min.`,
    ignore: 'To nie Twoja prośba? Nic nie rób: bez kodu nikt się nie zaloguje. Nie podawaj go nikomu.',
  },
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The mail that carries a sign-in code: plain text and HTML, nothing loaded from elsewhere. */
export const signInCodeMail = ({ to, code, language, ttlSeconds, shopName }: SealedCode): Mail => {
  const words = WORDS[language];
  const intro = words.intro(shopName);
  const expiry = words.expiry(Math.max(1, Math.round(ttlSeconds / 60)));
  return {
    to,
    subject: words.subject(code, shopName),
    text: `${intro}\n\n    ${code}\n\n${expiry}\n\n${words.ignore}\n`,
    html: `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<body style="margin:0;padding:32px 16px;background:#f6f6f4;color:#1c1c1a;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:440px;margin:0 auto;padding:32px;background:#fff;border-radius:12px">
<p style="margin:0 0 16px">${escapeHtml(intro)}</p>
<p style="margin:0 0 16px;font:600 32px/1.2 ui-monospace,monospace;letter-spacing:6px">${code}</p>
<p style="margin:0 0 16px">${escapeHtml(expiry)}</p>
<p style="margin:0;color:#6b6b66;font-size:14px">${escapeHtml(words.ignore)}</p>
</div></body></html>`,
    code,
  };
};
