import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To a customer whose data is to be erased: when, and how to take it back. */
export const ERASURE_REQUESTED: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Your account at {shop} will be deleted',
    paragraphs: [
      'On {date} your account at {shop} will be deleted with all that it knows about you. Store credit that is left in it is lost then.',
      'Until that day you can keep it:',
    ],
    button: 'Keep my account',
    small: ['You did not ask for it? Sign in, keep your account, and tell the shop.'],
  },
  da: {
    subject: 'Din konto hos {shop} bliver slettet',
    paragraphs: [
      'Den {date} bliver din konto hos {shop} slettet med alt, hvad den ved om dig. Butikskredit, der er tilbage på den, går da tabt.',
      'Indtil den dag kan du beholde den:',
    ],
    button: 'Behold min konto',
    small: ['Har du ikke bedt om det? Log ind, behold din konto, og kontakt butikken.'],
  },
  de: {
    subject: 'Ihr Konto bei {shop} wird gelöscht',
    paragraphs: [
      'Am {date} wird Ihr Konto bei {shop} mit allem gelöscht, was es über Sie weiß. Guthaben, das noch darin ist, verfällt dann.',
      'Bis zu diesem Tag können Sie es behalten:',
    ],
    button: 'Mein Konto behalten',
    small: ['Sie haben das nicht verlangt? Melden Sie sich an, behalten Sie Ihr Konto, und benachrichtigen Sie den Shop.'],
  },
  it: {
    subject: 'Il tuo account su {shop} sarà eliminato',
    paragraphs: [
      'Il {date} il tuo account su {shop} sarà eliminato con tutto ciò che sa di te. Il credito che vi rimane andrà perso.',
      'Fino a quel giorno puoi tenerlo:',
    ],
    button: 'Tieni il mio account',
    small: ['Non l’hai chiesto tu? Accedi, tieni il tuo account e avvisa il negozio.'],
  },
  nb: {
    subject: 'Kontoen din hos {shop} blir slettet',
    paragraphs: [
      '{date} blir kontoen din hos {shop} slettet med alt den vet om deg. Butikkreditt som er igjen på den, går da tapt.',
      'Frem til den dagen kan du beholde den:',
    ],
    button: 'Behold kontoen min',
    small: ['Har du ikke bedt om det? Logg inn, behold kontoen, og si fra til butikken.'],
  },
  pl: {
    subject: 'Twoje konto w {shop} zostanie usunięte',
    paragraphs: [
      'Dnia {date} Twoje konto w {shop} zostanie usunięte wraz ze wszystkim, co o Tobie wie. Pozostałe na nim środki wtedy przepadną.',
      'Do tego dnia możesz je zachować:',
    ],
    button: 'Zachowaj moje konto',
    small: ['To nie Twoja prośba? Zaloguj się, zachowaj konto i powiadom sklep.'],
  },
};
