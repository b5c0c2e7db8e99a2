import { revokeConsent } from '../../../capabilities/oidc-provider/consent.ts';
import { type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { mayOf } from '../consent.ts';
import { ask, card, done, refusalOf } from './layout.ts';
import { asOwner, type Own, type Refused } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';

const APPS_MAX = 50;

/** The applications that she has allowed something; nothing where there are none. */
export const appsCard = async (own: Own, refused: Refused | null): Promise<Html | null> => {
  const { text } = PROFILE_WORDS[own.language];
  const consents = await own.app.backend.database.read.oidcConsent.findMany({
    where: { customerId: own.customerId },
    select: { clientId: true, scopes: true, grantedAt: true, client: { select: { name: true } } },
    orderBy: { clientId: 'asc' },
    take: APPS_MAX,
  });
  if (consents.length === 0) return null;
  const row = ({ clientId, scopes, grantedAt, client }: (typeof consents)[number]): Html => {
    const form = html`<form method="post" action="/account/security/applications"><input type="hidden" name="id" value="${clientId}">
<button class="small-button danger">${text.appWithdraw}<span class="hidden"> (${client.name})</span></button></form>`;
    const question = text.appWithdrawAsk.replace('{client}', () => client.name);
    return html`<li><strong>${client.name}</strong><span class="soft">${own.formats.day(grantedAt)}</span>
${mayOf(own, scopes).map((line) => html`<span class="soft">${line}</span>`)}<div class="actions">${ask(text.appWithdraw, question, form)}</div></li>`;
  };
  return card('apps', text.apps, html`<p>${text.appsIntro}</p>${refusalOf(own, refused, 'apps')}<ul class="rows">${consents.map(row)}</ul>`);
};

/** Takes back what she let an application know and do. */
export const withdrawApp = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => revokeConsent(tx, { customerId: own.customerId, clientId: uuidOf(typed.get('id') ?? '') }));
  return done('/account/security', 'saved');
};
