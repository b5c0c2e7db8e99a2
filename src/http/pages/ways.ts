import type { DomainError } from '../../core/errors.ts';
import type { Html } from '../../core/html.ts';
import { emailCode } from './email-code.ts';
import { passkey } from './passkey.ts';
import { password } from './password.ts';
import { providers } from './provider.ts';
import type { Visit } from './visit.ts';

/** What was typed before, and what was wrong with it. */
export interface Typed {
  readonly email: string;
  readonly refusal: DomainError | null;
  /** The way that was refused; the first when absent. */
  readonly way?: string;
}

/** A browser's session that was just opened, for openBrowserSession()'s answer. */
export interface OpenedBrowser {
  readonly customerId: string;
  readonly sessionId: string;
  readonly browserToken: string;
}

/** What came of a posted form: another page is next, someone is signed in, or it was refused. */
export type Taken =
  | { readonly kind: 'next'; readonly path: string }
  | { readonly kind: 'signedIn'; readonly opened: OpenedBrowser }
  | { readonly kind: 'refused'; readonly typed: Typed };

/** A way to sign in that the login page offers. */
export interface SignInWay {
  /** The value of the form's hidden field `way`. */
  readonly name: string;
  /** Whether the shop offers it to this visitor. */
  isOffered(visit: Visit): Promise<boolean> | boolean;
  /** What the page shows of it. */
  form(visit: Visit, typed: Typed): Promise<Html> | Html;
  /** Takes the form when it is posted. */
  take(visit: Visit, form: URLSearchParams): Promise<Taken>;
}

/** All ways, as they stand on the page from top to bottom. */
export const WAYS: readonly SignInWay[] = [emailCode, password, passkey, providers];
