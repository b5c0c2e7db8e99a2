import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To a customer whom staff invite: the link by which she chooses her password. Staff may write a message above it. */
export const ACCOUNT_INVITE: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Your account at {shop}',
    paragraphs: ['{shop} invites you to an account. Choose your password with this link:', 'It works once, for thirty days.'],
    button: 'Choose a password',
    small: ['You do not want an account? The same page lets you decline.'],
  },
  da: {
    subject: 'Din konto hos {shop}',
    paragraphs: ['{shop} inviterer dig til en konto. Vælg din adgangskode med dette link:', 'Det virker én gang, i tredive dage.'],
    button: 'Vælg en adgangskode',
    small: ['Vil du ikke have en konto? På samme side kan du takke nej.'],
  },
  de: {
    subject: 'Ihr Konto bei {shop}',
    paragraphs: ['{shop} lädt Sie zu einem Konto ein. Wählen Sie mit diesem Link Ihr Passwort:', 'Er gilt einmal, dreißig Tage lang.'],
    button: 'Passwort wählen',
    small: ['Sie möchten kein Konto? Auf derselben Seite können Sie ablehnen.'],
  },
  it: {
    subject: 'Il tuo account presso {shop}',
    paragraphs: ['{shop} ti invita a creare un account. Scegli la password con questo link:', 'Vale una volta sola, per trenta giorni.'],
    button: 'Scegli una password',
    small: ['Non vuoi un account? Sulla stessa pagina puoi rifiutare.'],
  },
  nb: {
    subject: 'Kontoen din hos {shop}',
    paragraphs: ['{shop} inviterer deg til en konto. Velg passord med denne lenken:', 'Den virker én gang, i tretti dager.'],
    button: 'Velg et passord',
    small: ['Vil du ikke ha en konto? På samme side kan du takke nei.'],
  },
  pl: {
    subject: 'Twoje konto w {shop}',
    paragraphs: ['{shop} zaprasza Cię do założenia konta. Ustaw hasło za pomocą tego linku:', 'Działa jeden raz, przez trzydzieści dni.'],
    button: 'Ustaw hasło',
    small: ['Nie chcesz konta? Na tej samej stronie możesz odmówić.'],
  },
};

/** To somebody who registered, with an address that is nobody's: the account begins with this link. */
export const ACCOUNT_CONFIRM: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Confirm your account at {shop}',
    paragraphs: ['One more step: confirm this address and choose your password for {shop}:', 'The link works once, for a day.'],
    button: 'Confirm and choose a password',
    small: ['You did not ask for an account? Then do nothing, and there will be none.'],
  },
  da: {
    subject: 'Bekræft din konto hos {shop}',
    paragraphs: ['Ét trin endnu: Bekræft adressen, og vælg din adgangskode til {shop}:', 'Linket virker én gang, i et døgn.'],
    button: 'Bekræft og vælg en adgangskode',
    small: ['Har du ikke bedt om en konto? Så gør ikke noget, og der bliver ingen.'],
  },
  de: {
    subject: 'Bestätigen Sie Ihr Konto bei {shop}',
    paragraphs: ['Noch ein Schritt: Bestätigen Sie diese Adresse und wählen Sie Ihr Passwort für {shop}:', 'Der Link gilt einmal, einen Tag lang.'],
    button: 'Bestätigen und Passwort wählen',
    small: ['Sie wollten kein Konto? Dann tun Sie nichts, und es entsteht keines.'],
  },
  it: {
    subject: 'Conferma il tuo account presso {shop}',
    paragraphs: ['Ancora un passo: conferma l’indirizzo e scegli la password per {shop}:', 'Il link vale una volta sola, per un giorno.'],
    button: 'Conferma e scegli una password',
    small: ['Non hai chiesto un account? Non fare nulla, e non ce ne sarà nessuno.'],
  },
  nb: {
    subject: 'Bekreft kontoen din hos {shop}',
    paragraphs: ['Ett steg til: Bekreft adressen og velg passord for {shop}:', 'Lenken virker én gang, i ett døgn.'],
    button: 'Bekreft og velg et passord',
    small: ['Har du ikke bedt om en konto? Da trenger du ikke gjøre noe, og det blir ingen.'],
  },
  pl: {
    subject: 'Potwierdź swoje konto w {shop}',
    paragraphs: ['Jeszcze jeden krok: potwierdź ten adres i ustaw hasło do {shop}:', 'Link działa jeden raz, przez jeden dzień.'],
    button: 'Potwierdź i ustaw hasło',
    small: ['To nie Twoja prośba o konto? Nic nie rób, a żadne nie powstanie.'],
  },
};

/** To a customer with whose address somebody registered: told here alone that there is an account. */
export const ACCOUNT_EXISTS: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'You have an account at {shop}',
    paragraphs: ['Somebody registered at {shop} with this address. You have an account already: sign in, by a code if you have no password.'],
    button: 'Sign in',
    small: ['Was it not you? Nothing has changed, and whoever it was learned nothing.'],
  },
  da: {
    subject: 'Du har en konto hos {shop}',
    paragraphs: [
      'Nogen har oprettet sig hos {shop} med denne adresse. Du har allerede en konto: log ind, med en kode hvis du ingen adgangskode har.',
    ],
    button: 'Log ind',
    small: ['Var det ikke dig? Intet er ændret, og vedkommende har intet fået at vide.'],
  },
  de: {
    subject: 'Sie haben ein Konto bei {shop}',
    paragraphs: [
      'Jemand hat sich bei {shop} mit dieser Adresse registriert. Sie haben schon ein Konto: Melden Sie sich an, ohne Passwort mit einem Code.',
    ],
    button: 'Anmelden',
    small: ['Waren Sie das nicht? Nichts hat sich geändert, und niemand hat etwas erfahren.'],
  },
  it: {
    subject: 'Hai un account presso {shop}',
    paragraphs: ['Qualcuno si è registrato presso {shop} con questo indirizzo. Hai già un account: accedi, con un codice se non hai una password.'],
    button: 'Accedi',
    small: ['Non sei stato tu? Nulla è cambiato, e nessuno ha saputo nulla.'],
  },
  nb: {
    subject: 'Du har en konto hos {shop}',
    paragraphs: ['Noen har registrert seg hos {shop} med denne adressen. Du har allerede en konto: logg inn, med en kode hvis du ikke har passord.'],
    button: 'Logg inn',
    small: ['Var det ikke deg? Ingenting er endret, og ingen har fått vite noe.'],
  },
  pl: {
    subject: 'Masz konto w {shop}',
    paragraphs: ['Ktoś zarejestrował się w {shop}, podając ten adres. Masz już konto: zaloguj się, a jeśli nie masz hasła, użyj kodu.'],
    button: 'Zaloguj się',
    small: ['To nie Ty? Nic się nie zmieniło i nikt się niczego nie dowiedział.'],
  },
};
