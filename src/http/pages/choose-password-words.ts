import type { Language } from '../../core/language.ts';

interface Words {
  readonly title: string;
  readonly password: string;
  readonly hint: string;
  readonly choose: string;
  readonly decline: string;
  readonly declined: string;
}

/** What the page behind a link to choose a password with says. */
export const CHOOSE_PASSWORD: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Choose your password',
    password: 'Password',
    hint: 'At least eight characters. A few words that do not belong together are good.',
    choose: 'Choose and sign in',
    decline: 'I do not want an account',
    declined: 'You have declined. There is nothing more to do.',
  },
  da: {
    title: 'Vælg din adgangskode',
    password: 'Adgangskode',
    hint: 'Mindst otte tegn. Nogle ord, der ikke hører sammen, er gode.',
    choose: 'Vælg og log ind',
    decline: 'Jeg vil ikke have en konto',
    declined: 'Du har takket nej. Der er ikke mere at gøre.',
  },
  de: {
    title: 'Wählen Sie Ihr Passwort',
    password: 'Passwort',
    hint: 'Mindestens acht Zeichen. Ein paar Wörter, die nicht zusammengehören, sind gut.',
    choose: 'Wählen und anmelden',
    decline: 'Ich möchte kein Konto',
    declined: 'Sie haben abgelehnt. Es ist nichts weiter zu tun.',
  },
  it: {
    title: 'Scegli la tua password',
    password: 'Password',
    hint: 'Almeno otto caratteri. Vanno bene alcune parole che non stanno insieme.',
    choose: 'Scegli e accedi',
    decline: 'Non voglio un account',
    declined: 'Hai rifiutato. Non c’è altro da fare.',
  },
  nb: {
    title: 'Velg passordet ditt',
    password: 'Passord',
    hint: 'Minst åtte tegn. Noen ord som ikke hører sammen, er bra.',
    choose: 'Velg og logg inn',
    decline: 'Jeg vil ikke ha en konto',
    declined: 'Du har takket nei. Det er ikke mer å gjøre.',
  },
  pl: {
    title: 'Ustaw hasło',
    password: 'Hasło',
    hint: 'Co najmniej osiem znaków. Dobre jest kilka słów, które do siebie nie pasują.',
    choose: 'Ustaw i zaloguj się',
    decline: 'Nie chcę konta',
    declined: 'Zaproszenie zostało odrzucone. Nie trzeba robić nic więcej.',
  },
};
