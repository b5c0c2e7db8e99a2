import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To the new address: the code that proves it. */
export const EMAIL_CHANGE: Readonly<Record<Language, Words>> = {
  en: {
    subject: '{code} is your code to confirm this address',
    paragraphs: ['Type this code to confirm this address for your account at {shop}:', 'It works once, for {minutes} minutes.'],
    small: ['You did not ask for it? Then do nothing, and nothing changes.'],
  },
  da: {
    subject: '{code} er din kode til at bekræfte adressen',
    paragraphs: ['Indtast denne kode for at bekræfte adressen for din konto hos {shop}:', 'Den virker én gang, i {minutes} minutter.'],
    small: ['Har du ikke bedt om den? Så gør ikke noget, og intet ændres.'],
  },
  de: {
    subject: '{code} ist Ihr Code zur Bestätigung',
    paragraphs: ['Mit diesem Code bestätigen Sie diese Adresse für Ihr Konto bei {shop}:', 'Er gilt einmal, {minutes} Minuten lang.'],
    small: ['Sie haben ihn nicht angefordert? Dann tun Sie nichts, und nichts ändert sich.'],
  },
  it: {
    subject: '{code} è il codice per confermare l’indirizzo',
    paragraphs: ['Inserisci questo codice per confermare l’indirizzo del tuo account presso {shop}:', 'Vale una volta sola, per {minutes} minuti.'],
    small: ['Non l’hai chiesto tu? Non fare nulla, e nulla cambia.'],
  },
  nb: {
    subject: '{code} er koden for å bekrefte adressen',
    paragraphs: ['Skriv inn denne koden for å bekrefte adressen for kontoen din hos {shop}:', 'Den virker én gang, i {minutes} minutter.'],
    small: ['Har du ikke bedt om den? Da trenger du ikke gjøre noe, og ingenting endres.'],
  },
  pl: {
    subject: '{code} to kod potwierdzający adres',
    paragraphs: ['Wpisz ten kod, aby potwierdzić adres swojego konta w {shop}:', 'Działa jeden raz, przez {minutes} min.'],
    small: ['To nie Twoja prośba? Nic nie rób, a nic się nie zmieni.'],
  },
};

/** To the old address, once it has been changed. */
export const EMAIL_CHANGED: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Your e-mail address at {shop} was changed',
    paragraphs: ['The address of your account at {shop} is now {email}.'],
    small: ['Was it not you? Tell the shop at once.'],
  },
  da: {
    subject: 'Din e-mailadresse hos {shop} er ændret',
    paragraphs: ['Adressen for din konto hos {shop} er nu {email}.'],
    small: ['Var det ikke dig? Så kontakt straks butikken.'],
  },
  de: {
    subject: 'Ihre E-Mail-Adresse bei {shop} wurde geändert',
    paragraphs: ['Die Adresse Ihres Kontos bei {shop} ist jetzt {email}.'],
    small: ['Waren Sie das nicht? Dann melden Sie sich sofort beim Shop.'],
  },
  it: {
    subject: 'Il tuo indirizzo e-mail presso {shop} è cambiato',
    paragraphs: ['L’indirizzo del tuo account presso {shop} è ora {email}.'],
    small: ['Non sei stato tu? Avvisa subito il negozio.'],
  },
  nb: {
    subject: 'E-postadressen din hos {shop} er endret',
    paragraphs: ['Adressen for kontoen din hos {shop} er nå {email}.'],
    small: ['Var det ikke deg? Si straks fra til butikken.'],
  },
  pl: {
    subject: 'Twój adres e-mail w {shop} został zmieniony',
    paragraphs: ['Adresem Twojego konta w {shop} jest teraz {email}.'],
    small: ['To nie Ty? Natychmiast powiadom sklep.'],
  },
};
