import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

type Mails = Readonly<Record<Language, Words>>;

const SEE: Readonly<Record<Language, string>> = {
  en: 'See my store credit',
  da: 'Se min butikskredit',
  de: 'Mein Guthaben ansehen',
  it: 'Vedi il mio credito',
  nb: 'Se butikkreditten min',
  pl: 'Zobacz moje środki',
};

const USE: Readonly<Record<Language, string>> = {
  en: 'To use it, sign in with this e-mail address at {shop} and choose store credit when you pay. You can spend {available} there now.',
  da: 'Du bruger den ved at logge ind hos {shop} med denne e-mailadresse og vælge butikskredit, når du betaler. Du kan nu bruge {available} der.',
  de: 'Zum Einlösen melden Sie sich bei {shop} mit dieser E-Mail-Adresse an und wählen beim Bezahlen das Guthaben. Sie können dort jetzt {available} ausgeben.',
  it: 'Per usarlo, accedi a {shop} con questo indirizzo e-mail e scegli il credito al momento del pagamento. Ora puoi spendere {available}.',
  nb: 'Du bruker den ved å logge inn hos {shop} med denne e-postadressen og velge butikkreditt når du betaler. Du kan nå bruke {available} der.',
  pl: 'Aby ich użyć, zaloguj się w {shop} tym adresem e-mail i wybierz środki na koncie podczas płatności. Możesz teraz wydać {available}.',
};

const inEach = <Value>(make: (language: Language) => Value): Record<Language, Value> => ({
  en: make('en'),
  da: make('da'),
  de: make('de'),
  it: make('it'),
  nb: make('nb'),
  pl: make('pl'),
});

const mails = (words: Readonly<Record<Language, Pick<Words, 'subject' | 'paragraphs'>>>, small?: Readonly<Record<Language, string>>): Mails =>
  inEach((language) => ({ ...words[language], button: SEE[language], small: small ? [small[language]] : [] }));

const GIVEN: Readonly<Record<Language, { subject: string; first: string; until: string }>> = {
  en: {
    subject: 'You have {amount} of store credit at {shop}',
    first: 'You were given {amount} of store credit at {shop}.',
    until: 'It expires on {date}.',
  },
  da: {
    subject: 'Du har {amount} i butikskredit hos {shop}',
    first: 'Du har fået {amount} i butikskredit hos {shop}.',
    until: 'Den udløber den {date}.',
  },
  de: {
    subject: 'Sie haben {amount} Guthaben bei {shop}',
    first: 'Ihnen wurden {amount} Guthaben bei {shop} gutgeschrieben.',
    until: 'Es verfällt am {date}.',
  },
  it: { subject: 'Hai {amount} di credito presso {shop}', first: 'Hai ricevuto {amount} di credito presso {shop}.', until: 'Scade il {date}.' },
  nb: {
    subject: 'Du har {amount} i butikkreditt hos {shop}',
    first: 'Du har fått {amount} i butikkreditt hos {shop}.',
    until: 'Den utløper {date}.',
  },
  pl: { subject: 'Masz {amount} na koncie w {shop}', first: 'Na Twoje konto w {shop} wpłynęło {amount}.', until: 'Środki wygasają {date}.' },
};

const given = (more: (language: Language) => readonly string[]): Mails =>
  mails(inEach((language) => ({ subject: GIVEN[language].subject, paragraphs: [GIVEN[language].first, ...more(language)] })));

/** To a customer who was given credit: how much, until when, and how to use it. */
export const CREDITED: Mails = given((language) => [USE[language]]);
export const CREDITED_EXPIRING: Mails = given((language) => [GIVEN[language].until, USE[language]]);

/** To a customer whose credit was taken, as a rule for an order. */
export const DEBITED: Mails = mails({
  en: {
    subject: '{amount} of your store credit was used',
    paragraphs: ['{amount} of your store credit at {shop} was used. You can spend {available} now.'],
  },
  da: {
    subject: '{amount} af din butikskredit er brugt',
    paragraphs: ['{amount} af din butikskredit hos {shop} er brugt. Du kan nu bruge {available}.'],
  },
  de: {
    subject: '{amount} Ihres Guthabens wurden verwendet',
    paragraphs: ['{amount} Ihres Guthabens bei {shop} wurden verwendet. Sie können jetzt {available} ausgeben.'],
  },
  it: {
    subject: 'Hai usato {amount} del tuo credito',
    paragraphs: ['Sono stati usati {amount} del tuo credito presso {shop}. Ora puoi spendere {available}.'],
  },
  nb: {
    subject: '{amount} av butikkreditten din er brukt',
    paragraphs: ['{amount} av butikkreditten din hos {shop} er brukt. Du kan nå bruke {available}.'],
  },
  pl: {
    subject: 'Wykorzystano {amount} z Twojego konta',
    paragraphs: ['Z Twojego konta w {shop} wykorzystano {amount}. Możesz teraz wydać {available}.'],
  },
});

/** To a customer whose credit has run out. */
export const EXPIRED: Mails = mails({
  en: {
    subject: '{amount} of your store credit has expired',
    paragraphs: ['{amount} of your store credit at {shop} has expired. You can spend {available} now.'],
  },
  da: {
    subject: '{amount} af din butikskredit er udløbet',
    paragraphs: ['{amount} af din butikskredit hos {shop} er udløbet. Du kan nu bruge {available}.'],
  },
  de: {
    subject: '{amount} Ihres Guthabens sind verfallen',
    paragraphs: ['{amount} Ihres Guthabens bei {shop} sind verfallen. Sie können jetzt {available} ausgeben.'],
  },
  it: {
    subject: '{amount} del tuo credito è scaduto',
    paragraphs: ['{amount} del tuo credito presso {shop} è scaduto. Ora puoi spendere {available}.'],
  },
  nb: {
    subject: '{amount} av butikkreditten din er utløpt',
    paragraphs: ['{amount} av butikkreditten din hos {shop} er utløpt. Du kan nå bruke {available}.'],
  },
  pl: { subject: 'Wygasło {amount} z Twojego konta', paragraphs: ['Z Twojego konta w {shop} wygasło {amount}. Możesz teraz wydać {available}.'] },
});

const SOON: Readonly<Record<Language, { subject: string; paragraphs: readonly string[] }>> = {
  en: {
    subject: '{amount} of your store credit expires on {date}',
    paragraphs: ['{amount} of your store credit at {shop} expires on {date}.', USE.en],
  },
  da: {
    subject: '{amount} af din butikskredit udløber den {date}',
    paragraphs: ['{amount} af din butikskredit hos {shop} udløber den {date}.', USE.da],
  },
  de: { subject: '{amount} Ihres Guthabens verfallen am {date}', paragraphs: ['{amount} Ihres Guthabens bei {shop} verfallen am {date}.', USE.de] },
  it: { subject: '{amount} del tuo credito scade il {date}', paragraphs: ['{amount} del tuo credito presso {shop} scade il {date}.', USE.it] },
  nb: { subject: '{amount} av butikkreditten din utløper {date}', paragraphs: ['{amount} av butikkreditten din hos {shop} utløper {date}.', USE.nb] },
  pl: { subject: '{amount} z Twojego konta wygasa {date}', paragraphs: ['{amount} z Twojego konta w {shop} wygasa {date}.', USE.pl] },
};

/** To a customer whose credit is about to run out. */
export const EXPIRING: Mails = mails(SOON);

/** The same to one who wants the shop's mail, with the way to end it. */
export const EXPIRING_UNSUBSCRIBABLE: Mails = mails(SOON, {
  en: 'You get this because you asked {shop} for news. To get none any more: {unsubscribe}',
  da: 'Du får denne mail, fordi du har bedt {shop} om nyheder. Vil du ikke have flere: {unsubscribe}',
  de: 'Sie erhalten dies, weil Sie {shop} um Neuigkeiten gebeten haben. Wenn Sie keine mehr möchten: {unsubscribe}',
  it: 'Ricevi questa e-mail perché hai chiesto le novità di {shop}. Per non riceverne più: {unsubscribe}',
  nb: 'Du får denne e-posten fordi du har bedt {shop} om nyheter. Vil du ikke ha flere: {unsubscribe}',
  pl: 'Otrzymujesz tę wiadomość, bo prosisz {shop} o nowości. Aby zrezygnować: {unsubscribe}',
});
