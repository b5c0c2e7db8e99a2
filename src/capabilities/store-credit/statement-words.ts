import type { Language } from '../../core/language.ts';
import type { StoreCreditTransactionKind } from '../../db/generated/enums.ts';

interface Words {
  readonly title: string;
  readonly account: string;
  readonly period: string;
  readonly opening: string;
  readonly closing: string;
  readonly date: string;
  readonly what: string;
  readonly credit: string;
  readonly debit: string;
  readonly balance: string;
  readonly small: string;
  readonly kinds: Readonly<Record<StoreCreditTransactionKind, string>>;
}

/** What a printed statement says. */
export const STATEMENT_WORDS: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Statement of your credit',
    account: 'Account',
    period: 'From {from} to {to}',
    opening: 'Opening balance',
    closing: 'Closing balance',
    date: 'Date',
    what: 'What',
    credit: 'In',
    debit: 'Out',
    balance: 'Balance',
    small: 'All amounts in {currency}. Days are those of UTC.',
    kinds: { CREDIT: 'Credit', DEBIT: 'Spent', DEBIT_REVERT: 'Given back', EXPIRATION: 'Expired' },
  },
  da: {
    title: 'Kontoudtog for din butikskredit',
    account: 'Konto',
    period: 'Fra {from} til {to}',
    opening: 'Primosaldo',
    closing: 'Ultimosaldo',
    date: 'Dato',
    what: 'Hvad',
    credit: 'Ind',
    debit: 'Ud',
    balance: 'Saldo',
    small: 'Alle beløb er i {currency}. Dage er i UTC.',
    kinds: { CREDIT: 'Kredit', DEBIT: 'Brugt', DEBIT_REVERT: 'Givet tilbage', EXPIRATION: 'Udløbet' },
  },
  de: {
    title: 'Auszug Ihres Guthabens',
    account: 'Konto',
    period: 'Vom {from} bis {to}',
    opening: 'Anfangsbestand',
    closing: 'Endbestand',
    date: 'Datum',
    what: 'Vorgang',
    credit: 'Eingang',
    debit: 'Ausgang',
    balance: 'Bestand',
    small: 'Alle Beträge in {currency}. Tage nach UTC.',
    kinds: { CREDIT: 'Gutschrift', DEBIT: 'Eingelöst', DEBIT_REVERT: 'Zurückgegeben', EXPIRATION: 'Verfallen' },
  },
  it: {
    title: 'Estratto del suo credito',
    account: 'Conto',
    period: 'Dal {from} al {to}',
    opening: 'Saldo iniziale',
    closing: 'Saldo finale',
    date: 'Data',
    what: 'Operazione',
    credit: 'Entrate',
    debit: 'Uscite',
    balance: 'Saldo',
    small: 'Tutti gli importi in {currency}. Giorni secondo UTC.',
    kinds: { CREDIT: 'Accredito', DEBIT: 'Speso', DEBIT_REVERT: 'Restituito', EXPIRATION: 'Scaduto' },
  },
  nb: {
    title: 'Kontoutskrift for butikkreditten din',
    account: 'Konto',
    period: 'Fra {from} til {to}',
    opening: 'Inngående saldo',
    closing: 'Utgående saldo',
    date: 'Dato',
    what: 'Hva',
    credit: 'Inn',
    debit: 'Ut',
    balance: 'Saldo',
    small: 'Alle beløp er i {currency}. Dager er i UTC.',
    kinds: { CREDIT: 'Kreditt', DEBIT: 'Brukt', DEBIT_REVERT: 'Gitt tilbake', EXPIRATION: 'Utløpt' },
  },
  pl: {
    title: 'Wyciąg z Twoich środków',
    account: 'Konto',
    period: 'Od {from} do {to}',
    opening: 'Saldo początkowe',
    closing: 'Saldo końcowe',
    date: 'Data',
    what: 'Operacja',
    credit: 'Wpływy',
    debit: 'Wydatki',
    balance: 'Saldo',
    small: 'Wszystkie kwoty w {currency}. Dni według UTC.',
    kinds: { CREDIT: 'Środki od sklepu', DEBIT: 'Wydano', DEBIT_REVERT: 'Zwrócono', EXPIRATION: 'Wygasło' },
  },
};
