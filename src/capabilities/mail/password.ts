import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To a customer who wants a new password, or whoever asked for one at her address. */
export const PASSWORD_RECOVERY: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Choose a new password for {shop}',
    paragraphs: ['With this link you choose a new password for {shop}:', 'It works once, for an hour.'],
    button: 'Choose a new password',
    small: ['You did not ask for it? Then do nothing, and your password stays.'],
  },
  da: {
    subject: 'Vælg en ny adgangskode til {shop}',
    paragraphs: ['Med dette link vælger du en ny adgangskode til {shop}:', 'Det virker én gang, i en time.'],
    button: 'Vælg en ny adgangskode',
    small: ['Har du ikke bedt om det? Så gør ikke noget, og din adgangskode bliver, som den er.'],
  },
  de: {
    subject: 'Neues Passwort für {shop} wählen',
    paragraphs: ['Mit diesem Link wählen Sie ein neues Passwort für {shop}:', 'Er gilt einmal, eine Stunde lang.'],
    button: 'Neues Passwort wählen',
    small: ['Sie haben ihn nicht angefordert? Dann tun Sie nichts, und Ihr Passwort bleibt.'],
  },
  it: {
    subject: 'Scegli una nuova password per {shop}',
    paragraphs: ['Con questo link scegli una nuova password per {shop}:', 'Vale una volta sola, per un’ora.'],
    button: 'Scegli una nuova password',
    small: ['Non l’hai chiesto tu? Non fare nulla, e la tua password resta.'],
  },
  nb: {
    subject: 'Velg et nytt passord for {shop}',
    paragraphs: ['Med denne lenken velger du et nytt passord for {shop}:', 'Den virker én gang, i en time.'],
    button: 'Velg et nytt passord',
    small: ['Har du ikke bedt om den? Da trenger du ikke gjøre noe, og passordet ditt blir som det er.'],
  },
  pl: {
    subject: 'Ustaw nowe hasło do {shop}',
    paragraphs: ['Za pomocą tego linku ustawisz nowe hasło do {shop}:', 'Działa jeden raz, przez godzinę.'],
    button: 'Ustaw nowe hasło',
    small: ['To nie Twoja prośba? Nic nie rób, a hasło pozostanie bez zmian.'],
  },
};

/** To a customer whose password was changed, by whomever. */
export const PASSWORD_CHANGED: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Your password at {shop} was changed',
    paragraphs: ['The password of your account at {shop} was changed, and your other devices were signed out.'],
    small: ['Was it not you? Choose a new password at once, and tell the shop.'],
  },
  da: {
    subject: 'Din adgangskode hos {shop} er ændret',
    paragraphs: ['Adgangskoden til din konto hos {shop} er ændret, og dine andre enheder er logget ud.'],
    small: ['Var det ikke dig? Vælg straks en ny adgangskode, og kontakt butikken.'],
  },
  de: {
    subject: 'Ihr Passwort bei {shop} wurde geändert',
    paragraphs: ['Das Passwort Ihres Kontos bei {shop} wurde geändert, und Ihre anderen Geräte wurden abgemeldet.'],
    small: ['Waren Sie das nicht? Wählen Sie sofort ein neues Passwort, und melden Sie sich beim Shop.'],
  },
  it: {
    subject: 'La tua password presso {shop} è cambiata',
    paragraphs: ['La password del tuo account presso {shop} è cambiata, e gli altri tuoi dispositivi sono stati disconnessi.'],
    small: ['Non sei stato tu? Scegli subito una nuova password e avvisa il negozio.'],
  },
  nb: {
    subject: 'Passordet ditt hos {shop} er endret',
    paragraphs: ['Passordet for kontoen din hos {shop} er endret, og de andre enhetene dine er logget ut.'],
    small: ['Var det ikke deg? Velg et nytt passord med én gang, og si fra til butikken.'],
  },
  pl: {
    subject: 'Twoje hasło w {shop} zostało zmienione',
    paragraphs: ['Hasło do Twojego konta w {shop} zostało zmienione, a pozostałe urządzenia zostały wylogowane.'],
    small: ['To nie Ty? Natychmiast ustaw nowe hasło i powiadom sklep.'],
  },
};

/** To a customer whose password was removed. */
export const PASSWORD_REMOVED: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Your password at {shop} was removed',
    paragraphs: ['Your account at {shop} has no password any more. You sign in by a code that we mail you.'],
    small: ['Was it not you? Tell the shop at once.'],
  },
  da: {
    subject: 'Din adgangskode hos {shop} er fjernet',
    paragraphs: ['Din konto hos {shop} har ikke længere nogen adgangskode. Du logger ind med en kode, som vi sender dig.'],
    small: ['Var det ikke dig? Så kontakt straks butikken.'],
  },
  de: {
    subject: 'Ihr Passwort bei {shop} wurde entfernt',
    paragraphs: ['Ihr Konto bei {shop} hat kein Passwort mehr. Sie melden sich mit einem Code an, den wir Ihnen senden.'],
    small: ['Waren Sie das nicht? Dann melden Sie sich sofort beim Shop.'],
  },
  it: {
    subject: 'La tua password presso {shop} è stata rimossa',
    paragraphs: ['Il tuo account presso {shop} non ha più una password. Accedi con un codice che ti inviamo.'],
    small: ['Non sei stato tu? Avvisa subito il negozio.'],
  },
  nb: {
    subject: 'Passordet ditt hos {shop} er fjernet',
    paragraphs: ['Kontoen din hos {shop} har ikke lenger noe passord. Du logger inn med en kode som vi sender deg.'],
    small: ['Var det ikke deg? Si straks fra til butikken.'],
  },
  pl: {
    subject: 'Twoje hasło w {shop} zostało usunięte',
    paragraphs: ['Twoje konto w {shop} nie ma już hasła. Logujesz się kodem, który wysyłamy.'],
    small: ['To nie Ty? Natychmiast powiadom sklep.'],
  },
};
