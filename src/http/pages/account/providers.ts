import { unlinkSubject } from '../../../capabilities/identity-providers/unlink.ts';
import { requireFreshSignIn } from '../../../capabilities/sessions/fresh.ts';
import { type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { ask, card, done, refusalOf } from './layout.ts';
import { asOwner, type Own, type Refused } from './own.ts';

const SUBJECTS_MAX = 20;

/** The outside services by which the customer signs in; nothing where there are none. */
export const providersCard = async (own: Own, refused: Refused | null): Promise<Html | null> => {
  const { text } = own.says;
  const { read } = own.app.backend.database;
  const subjects = await read.identityProviderSubject.findMany({
    where: { customerId: own.customerId },
    select: { id: true, email: true, provider: { select: { name: true } } },
    orderBy: { id: 'asc' },
    take: SUBJECTS_MAX,
  });
  if (subjects.length === 0) return null;
  const row = ({ id, email, provider }: (typeof subjects)[number]): Html => {
    const form = html`<form method="post" action="/account/security/providers"><input type="hidden" name="id" value="${id}">
<button class="small-button danger">${text.disconnect}<span class="hidden"> (${provider.name})</span></button></form>`;
    const question = text.disconnectAsk.replace('{provider}', () => provider.name);
    return html`<li><strong>${provider.name}</strong>${email && html`<span class="soft">${email}</span>`}
<div class="actions">${ask(text.disconnect, question, form)}</div></li>`;
  };
  const body = html`<p>${text.providersIntro}</p>${refusalOf(own, refused, 'providers')}<ul class="rows">${subjects.map(row)}</ul>`;
  return card('providers', text.providers, body);
};

/** Unties the customer from an outside service. */
export const disconnect = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, async (tx) => {
    await requireFreshSignIn(tx, own.sessionId);
    await unlinkSubject(tx, own.customerId, uuidOf(typed.get('id') ?? ''));
  });
  return done('/account/security', 'saved');
};
