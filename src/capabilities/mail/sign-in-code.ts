import type { Language } from '../../core/language.ts';
import type { Mail } from './deliver.ts';
import { mailOf } from './letter.ts';

/** The purpose under which a requested code is sealed in the outbox. */
export const SEALED_CODE = 'sign-in code mail';

export interface SealedCode {
  readonly to: string;
  readonly code: string;
  readonly language: Language;
  readonly ttlSeconds: number;
  readonly expiresAt: string;
  readonly shopName: string;
  /** Signs in the browser that asked; absent where the code alone was wanted. */
  readonly link?: string;
}

interface Words {
  /** The code stands within the first 30 characters, where a phone's notification shows it. */
  readonly subject: (code: string, shop: string) => string;
  readonly intro: (shop: string) => string;
  readonly expiry: (minutes: number) => string;
  /** The label of the link. */
  readonly link: string;
  readonly ignore: string;
}

const WORDS: Record<Language, Words> = {
  en: {
    subject: (code, shop) => `${code} is your code for ${shop}`,
    intro: (shop) => `Type this code to sign in to ${shop}:`,
    expiry: (minutes) => `It works once, for ${minutes} minutes.`,
    link: 'Sign in',
    ignore: 'You did not ask for it? Then do nothing: nobody is signed in without the code. Never give it to anyone.',
  },
  da: {
    subject: (code, shop) => `${code} er din kode til ${shop}`,
    intro: (shop) => `Indtast denne kode for at logge ind hos ${shop}:`,
    expiry: (minutes) => `Den virker én gang, i ${minutes} minutter.`,
    link: 'Log ind',
    ignore: 'Har du ikke bedt om den? Så skal du ikke gøre noget: ingen bliver logget ind uden koden. Giv den aldrig til andre.',
  },
  de: {
    subject: (code, shop) => `${code} ist Ihr Code für ${shop}`,
    intro: (shop) => `Mit diesem Code melden Sie sich bei ${shop} an:`,
    expiry: (minutes) => `Er gilt einmal, ${minutes} Minuten lang.`,
    link: 'Anmelden',
    ignore: 'Sie haben ihn nicht angefordert? Dann tun Sie nichts: Ohne den Code wird niemand angemeldet. Geben Sie ihn niemandem.',
  },
  it: {
    subject: (code, shop) => `${code} è il tuo codice per ${shop}`,
    intro: (shop) => `Inserisci questo codice per accedere a ${shop}:`,
    expiry: (minutes) => `Vale una volta sola, per ${minutes} minuti.`,
    link: 'Accedi',
    ignore: "Non l'hai chiesto tu? Non fare nulla: senza il codice nessuno accede. Non darlo mai a nessuno.",
  },
  nb: {
    subject: (code, shop) => `${code} er koden din for ${shop}`,
    intro: (shop) => `Skriv inn denne koden for å logge inn hos ${shop}:`,
    expiry: (minutes) => `Den virker én gang, i ${minutes} minutter.`,
    link: 'Logg inn',
    ignore: 'Har du ikke bedt om den? Da trenger du ikke gjøre noe: ingen logges inn uten koden. Gi den aldri til noen.',
  },
  pl: {
    subject: (code, shop) => `${code} to Twój kod do ${shop}`,
    intro: (shop) => `Wpisz ten kod, aby zalogować się do ${shop}:`,
    expiry: (minutes) => `Działa jeden raz, przez ${minutes} min.`,
    link: 'Zaloguj się',
    ignore: 'To nie Twoja prośba? Nic nie rób: bez kodu nikt się nie zaloguje. Nie podawaj go nikomu.',
  },
};

/** The mail that carries a sign-in code. */
export const signInCodeMail = ({ to, code, language, ttlSeconds, shopName, link }: SealedCode): Mail => {
  const words = WORDS[language];
  const expiry = words.expiry(Math.max(1, Math.round(ttlSeconds / 60)));
  return mailOf({
    to,
    language,
    subject: words.subject(code, shopName),
    paragraphs: [words.intro(shopName), expiry],
    code,
    ...(link ? { button: { label: words.link, url: link } } : {}),
    small: [words.ignore],
  });
};
