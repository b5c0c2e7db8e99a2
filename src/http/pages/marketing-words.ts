import type { Language } from '../../core/language.ts';

interface Words {
  readonly confirmTitle: string;
  readonly confirmIntro: string;
  readonly confirm: string;
  readonly confirmed: string;
  readonly endTitle: string;
  readonly endIntro: string;
  readonly end: string;
  readonly ended: string;
}

/** What the pages behind the links of marketing mails say; `{shop}` is the shop, `{email}` the address. */
export const MARKETING_WORDS: Readonly<Record<Language, Words>> = {
  en: {
    confirmTitle: 'News from {shop}',
    confirmIntro: 'Shall {shop} send its news to {email}?',
    confirm: 'Yes, send me news',
    confirmed: 'Thank you. The next news comes to {email}.',
    endTitle: 'No more news',
    endIntro: 'Shall {shop} send you no more news?',
    end: 'Unsubscribe',
    ended: 'Done. {shop} sends you no more news. Mails about your orders and your account come as before.',
  },
  da: {
    confirmTitle: 'Nyheder fra {shop}',
    confirmIntro: 'Skal {shop} sende sine nyheder til {email}?',
    confirm: 'Ja, send mig nyheder',
    confirmed: 'Tak. De næste nyheder kommer til {email}.',
    endTitle: 'Ikke flere nyheder',
    endIntro: 'Skal {shop} ikke længere sende dig nyheder?',
    end: 'Afmeld',
    ended: 'Klaret. {shop} sender dig ikke flere nyheder. Mails om dine ordrer og din konto kommer som før.',
  },
  de: {
    confirmTitle: 'Neuigkeiten von {shop}',
    confirmIntro: 'Soll {shop} Neuigkeiten an {email} senden?',
    confirm: 'Ja, Neuigkeiten senden',
    confirmed: 'Danke. Die nächsten Neuigkeiten kommen an {email}.',
    endTitle: 'Keine Neuigkeiten mehr',
    endIntro: 'Soll {shop} Ihnen keine Neuigkeiten mehr senden?',
    end: 'Abmelden',
    ended: 'Erledigt. {shop} sendet Ihnen keine Neuigkeiten mehr. Mails zu Ihren Bestellungen und Ihrem Konto kommen wie bisher.',
  },
  it: {
    confirmTitle: 'Novità da {shop}',
    confirmIntro: '{shop} può inviare le sue novità a {email}?',
    confirm: 'Sì, inviatemi le novità',
    confirmed: 'Grazie. Le prossime novità arriveranno a {email}.',
    endTitle: 'Niente più novità',
    endIntro: '{shop} non deve più inviarti novità?',
    end: 'Annulla l’iscrizione',
    ended: 'Fatto. {shop} non ti invia più novità. Le e-mail sui tuoi ordini e sul tuo account arrivano come prima.',
  },
  nb: {
    confirmTitle: 'Nyheter fra {shop}',
    confirmIntro: 'Skal {shop} sende nyhetene sine til {email}?',
    confirm: 'Ja, send meg nyheter',
    confirmed: 'Takk. De neste nyhetene kommer til {email}.',
    endTitle: 'Ikke flere nyheter',
    endIntro: 'Skal {shop} ikke lenger sende deg nyheter?',
    end: 'Meld av',
    ended: 'Gjort. {shop} sender deg ikke flere nyheter. E-post om bestillingene og kontoen din kommer som før.',
  },
  pl: {
    confirmTitle: 'Nowości od {shop}',
    confirmIntro: 'Czy {shop} ma wysyłać nowości na adres {email}?',
    confirm: 'Tak, chcę otrzymywać nowości',
    confirmed: 'Dziękujemy. Kolejne nowości przyjdą na {email}.',
    endTitle: 'Koniec z nowościami',
    endIntro: 'Czy {shop} ma nie wysyłać już nowości?',
    end: 'Zrezygnuj',
    ended: 'Gotowe. {shop} nie wyśle już nowości. Wiadomości o zamówieniach i koncie przychodzą jak dotąd.',
  },
};
