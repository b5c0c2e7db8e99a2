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

/** To a customer who has not been there for long: when her account goes, and that coming back keeps it. */
export const ERASURE_FOR_INACTIVITY: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Do you want to keep your account at {shop}?',
    paragraphs: [
      'You have not used your account at {shop} for a long time. On {date} it will be deleted with all that it knows about you.',
      'If you sign in or order before that day, it stays:',
    ],
    button: 'Keep my account',
    small: ['If you do not need it any more, you need do nothing.'],
  },
  da: {
    subject: 'Vil du beholde din konto hos {shop}?',
    paragraphs: [
      'Du har ikke brugt din konto hos {shop} i lang tid. Den {date} bliver den slettet med alt, hvad den ved om dig.',
      'Hvis du logger ind eller bestiller inden den dag, bliver den:',
    ],
    button: 'Behold min konto',
    small: ['Har du ikke brug for den mere, behøver du ikke gøre noget.'],
  },
  de: {
    subject: 'Möchten Sie Ihr Konto bei {shop} behalten?',
    paragraphs: [
      'Sie haben Ihr Konto bei {shop} lange nicht benutzt. Am {date} wird es mit allem gelöscht, was es über Sie weiß.',
      'Wenn Sie sich vor diesem Tag anmelden oder bestellen, bleibt es:',
    ],
    button: 'Mein Konto behalten',
    small: ['Wenn Sie es nicht mehr brauchen, müssen Sie nichts tun.'],
  },
  it: {
    subject: 'Vuoi tenere il tuo account su {shop}?',
    paragraphs: [
      'Non usi da molto tempo il tuo account su {shop}. Il {date} sarà eliminato con tutto ciò che sa di te.',
      'Se accedi o ordini prima di quel giorno, rimane:',
    ],
    button: 'Tieni il mio account',
    small: ['Se non ti serve più, non devi fare nulla.'],
  },
  nb: {
    subject: 'Vil du beholde kontoen din hos {shop}?',
    paragraphs: [
      'Du har ikke brukt kontoen din hos {shop} på lenge. {date} blir den slettet med alt den vet om deg.',
      'Hvis du logger inn eller bestiller før den dagen, blir den:',
    ],
    button: 'Behold kontoen min',
    small: ['Trenger du den ikke lenger, behøver du ikke gjøre noe.'],
  },
  pl: {
    subject: 'Czy chcesz zachować konto w {shop}?',
    paragraphs: [
      'Od dawna nie korzystasz z konta w {shop}. Dnia {date} zostanie ono usunięte wraz ze wszystkim, co o Tobie wie.',
      'Jeśli przed tym dniem zalogujesz się lub złożysz zamówienie, konto pozostanie:',
    ],
    button: 'Zachowaj moje konto',
    small: ['Jeśli już go nie potrzebujesz, nie musisz nic robić.'],
  },
};
