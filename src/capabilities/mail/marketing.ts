import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To a customer who asked for the shop's mail: the link that confirms it. */
export const MARKETING_CONFIRM: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Please confirm: news from {shop}',
    paragraphs: ['You asked for news from {shop}. Confirm that you want it:', 'The link works for {days} days.'],
    button: 'Yes, send me news',
    small: ['You did not ask for it? Then do nothing, and none will come.'],
  },
  da: {
    subject: 'Bekræft: nyheder fra {shop}',
    paragraphs: ['Du har bedt om nyheder fra {shop}. Bekræft, at du ønsker dem:', 'Linket virker i {days} dage.'],
    button: 'Ja, send mig nyheder',
    small: ['Har du ikke bedt om det? Så gør ikke noget, og der kommer ingen.'],
  },
  de: {
    subject: 'Bitte bestätigen: Neuigkeiten von {shop}',
    paragraphs: ['Sie möchten Neuigkeiten von {shop} erhalten. Bestätigen Sie das bitte:', 'Der Link gilt {days} Tage.'],
    button: 'Ja, Neuigkeiten senden',
    small: ['Sie haben das nicht angefordert? Dann tun Sie nichts, und es kommen keine.'],
  },
  it: {
    subject: 'Conferma: novità da {shop}',
    paragraphs: ['Hai chiesto di ricevere le novità di {shop}. Conferma che le desideri:', 'Il link vale {days} giorni.'],
    button: 'Sì, inviatemi le novità',
    small: ['Non l’hai chiesto tu? Non fare nulla, e non ne arriverà nessuna.'],
  },
  nb: {
    subject: 'Bekreft: nyheter fra {shop}',
    paragraphs: ['Du har bedt om nyheter fra {shop}. Bekreft at du ønsker dem:', 'Lenken virker i {days} dager.'],
    button: 'Ja, send meg nyheter',
    small: ['Har du ikke bedt om det? Da trenger du ikke gjøre noe, og det kommer ingen.'],
  },
  pl: {
    subject: 'Potwierdź: nowości od {shop}',
    paragraphs: ['Prosisz o nowości od {shop}. Potwierdź, że chcesz je otrzymywać:', 'Link działa przez {days} dni.'],
    button: 'Tak, chcę otrzymywać nowości',
    small: ['To nie Twoja prośba? Nic nie rób, a nic nie przyjdzie.'],
  },
};

/** What stands beneath a mail that staff wrote to whoever wants the shop's mail. */
export const MARKETING: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'News from {shop}',
    paragraphs: ['{shop}'],
    small: ['You get this because you asked {shop} for news. To get none any more: {unsubscribe}'],
  },
  da: {
    subject: 'Nyheder fra {shop}',
    paragraphs: ['{shop}'],
    small: ['Du får denne mail, fordi du har bedt {shop} om nyheder. Vil du ikke have flere: {unsubscribe}'],
  },
  de: {
    subject: 'Neuigkeiten von {shop}',
    paragraphs: ['{shop}'],
    small: ['Sie erhalten dies, weil Sie {shop} um Neuigkeiten gebeten haben. Wenn Sie keine mehr möchten: {unsubscribe}'],
  },
  it: {
    subject: 'Novità da {shop}',
    paragraphs: ['{shop}'],
    small: ['Ricevi questa e-mail perché hai chiesto le novità di {shop}. Per non riceverne più: {unsubscribe}'],
  },
  nb: {
    subject: 'Nyheter fra {shop}',
    paragraphs: ['{shop}'],
    small: ['Du får denne e-posten fordi du har bedt {shop} om nyheter. Vil du ikke ha flere: {unsubscribe}'],
  },
  pl: {
    subject: 'Nowości od {shop}',
    paragraphs: ['{shop}'],
    small: ['Otrzymujesz tę wiadomość, bo prosisz {shop} o nowości. Aby zrezygnować: {unsubscribe}'],
  },
};
