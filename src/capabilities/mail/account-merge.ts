import type { Language } from '../../core/language.ts';
import type { Words } from './templates.ts';

/** To the address of the other account: the code by which it is joined to the one whose owner asked. */
export const ACCOUNT_MERGE: Readonly<Record<Language, Words>> = {
  en: {
    subject: '{code} is your code to join your accounts',
    paragraphs: ['Type this code to join the account of this address with your other one at {shop}:', 'It works once, for {minutes} minutes.'],
    small: ['Give it to nobody: who has it gets this account. You did not ask for it? Then do nothing, and nothing changes.'],
  },
  da: {
    subject: '{code} er din kode til at samle dine konti',
    paragraphs: ['Indtast denne kode for at samle adressens konto med din anden hos {shop}:', 'Den virker én gang, i {minutes} minutter.'],
    small: ['Giv den ikke til nogen: den, der har den, får kontoen. Har du ikke bedt om den? Så gør ikke noget, og intet ændres.'],
  },
  de: {
    subject: '{code} ist Ihr Code zum Zusammenführen Ihrer Konten',
    paragraphs: [
      'Mit diesem Code führen Sie das Konto dieser Adresse mit Ihrem anderen bei {shop} zusammen:',
      'Er gilt einmal, {minutes} Minuten lang.',
    ],
    small: [
      'Geben Sie ihn niemandem: Wer ihn hat, bekommt dieses Konto. Sie haben ihn nicht angefordert? Dann tun Sie nichts, und nichts ändert sich.',
    ],
  },
  it: {
    subject: '{code} è il codice per unire i tuoi account',
    paragraphs: [
      'Inserisci questo codice per unire l’account di questo indirizzo all’altro tuo presso {shop}:',
      'Vale una volta sola, per {minutes} minuti.',
    ],
    small: ['Non darlo a nessuno: chi ce l’ha ottiene questo account. Non l’hai chiesto tu? Non fare nulla, e nulla cambia.'],
  },
  nb: {
    subject: '{code} er koden for å slå sammen kontoene dine',
    paragraphs: [
      'Skriv inn denne koden for å slå kontoen til denne adressen sammen med den andre hos {shop}:',
      'Den virker én gang, i {minutes} minutter.',
    ],
    small: ['Gi den ikke til noen: den som har den, får kontoen. Har du ikke bedt om den? Da trenger du ikke gjøre noe, og ingenting endres.'],
  },
  pl: {
    subject: '{code} to kod do połączenia Twoich kont',
    paragraphs: ['Wpisz ten kod, aby połączyć konto z tym adresem z Twoim drugim kontem w {shop}:', 'Działa jeden raz, przez {minutes} min.'],
    small: ['Nie podawaj go nikomu: kto go ma, dostanie to konto. To nie Twoja prośba? Nic nie rób, a nic się nie zmieni.'],
  },
};
