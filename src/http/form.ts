import type { IncomingMessage } from 'node:http';
import type { App } from '../app.ts';

const FORM_BYTES_MAX = 64 * 1024;

/** A form that is refused as it stands: its status and a sentence for the page that says so. */
export class FormError extends Error {
  override readonly name = 'FormError';
  constructor(
    readonly status: 400 | 403 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Whether a form was posted by one of the gateway's own pages. Browsers name where a POST comes from in Sec-Fetch-Site or Origin;
 * one that says neither sends no cookie of ours with what another site posts (SameSite).
 */
const isOwnPage = (app: App, { headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site'];
  if (site) return site === 'same-origin' || site === 'none';
  return !headers.origin || headers.origin === new URL(app.publicUrl).origin;
};

/** The fields of a posted form. Throws FormError: 403 from another site, 415 no form, 413 too large. */
export const readForm = async (app: App, request: IncomingMessage): Promise<URLSearchParams> => {
  if (!isOwnPage(app, request)) throw new FormError(403, 'This form was sent from another site.');
  return formOf(request);
};

/** The same, whoever's page it was posted by: for forms that OpenID has other sites post. */
export const formOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) throw new FormError(415, 'Send a form.');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > FORM_BYTES_MAX) throw new FormError(413, 'The form is too large.');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
};
