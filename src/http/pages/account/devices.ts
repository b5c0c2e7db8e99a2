import { deviceOf } from '../../../capabilities/sessions/device.ts';
import { endOtherSessions } from '../../../capabilities/sessions/end-others.ts';
import { revokeSession } from '../../../capabilities/sessions/revoke.ts';
import type { SignInMethod } from '../../../core/events.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { ask, card, done, refusalOf } from './layout.ts';
import type { Own, Refused } from './own.ts';
import { asOwner } from './own.ts';

const DEVICES_MAX = 50;

const LIVE = `
select s.id::text as id, s.user_agent as "userAgent", s.network, s.method, s.last_used_at as "lastUsedAt", c.name as client
from session s left join oidc_client c on c.id::text = s.client_id
where s.customer_id = $1::text::uuid and s.revoked_at is null and s.refresh_expires_at > $2::text::timestamptz
order by s.id = $3::text::uuid desc, s.last_used_at desc limit ${DEVICES_MAX}`;

interface Session {
  readonly id: string;
  readonly userAgent: string | null;
  readonly network: string | null;
  readonly method: SignInMethod;
  readonly lastUsedAt: Date | string;
  readonly client: string | null;
}

const nameOf = ({ says: { text } }: Own, { userAgent, client }: Session): string => {
  const { browser, device } = deviceOf(userAgent);
  const both = browser && device ? text.deviceOn.replace('{browser}', () => browser).replace('{device}', () => device) : (browser ?? device);
  return [both ?? text.deviceUnknown, ...(client ? [text.deviceFor.replace('{client}', () => client)] : [])].join(' ');
};

const deviceRow = (own: Own, session: Session): Html => {
  const { text, method } = own.says;
  const { id, network, lastUsedAt } = session;
  const isThis = id === own.sessionId;
  const name = nameOf(own, session);
  const end = isThis
    ? html`<a class="link" href="/account/logout">${text.endDevice}</a>`
    : html`<form method="post" action="/account/security/devices"><input type="hidden" name="id" value="${id}">
<button class="link">${text.endDevice}<span class="hidden"> (${name})</span></button></form>`;
  return html`<li class="row"><span><strong>${name}</strong>${isThis && html` <span class="badge">${text.deviceThis}</span>`}
<span class="soft">${filled(text.deviceUsed, { ago: own.formats.ago(new Date(lastUsedAt), own.app.clock()) })}${
    network && html` · ${text.deviceWhere.replace('{network}', () => network)}`
  }</span>
<span class="soft">${text.signedInBy.replace('{method}', () => method[session.method] ?? session.method)}</span></span><span class="end">${end}</span></li>`;
};

/** Where the customer is signed in, this browser first. */
export const devicesCard = async (own: Own, refused: Refused | null): Promise<Html> => {
  const { text } = own.says;
  const { app, customerId, sessionId } = own;
  const sessions = await app.backend.database.sql<Session>(LIVE, [customerId, app.clock().toISOString(), sessionId]);
  const others = html`<form method="post" action="/account/security/devices/others"><button class="small-button danger">${text.endOthers}</button></form>`;
  const body = html`<p>${text.devicesIntro}</p>${refusalOf(own, refused, 'devices')}<ul class="rows">${sessions.map((one) => deviceRow(own, one))}</ul>
${sessions.length > 1 && ask(text.endOthers, text.endOthersAsk, others)}`;
  return card('devices', text.devices, body);
};

/** Signs one device out. */
export const endDevice = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => revokeSession(tx, uuidOf(typed.get('id') ?? ''), { customerId: own.customerId }, 'revoked'));
  return done('/account/security', 'device');
};

/** Signs all devices out but this one. */
export const endOthers = async (own: Own): Promise<string> => {
  await asOwner(own, (tx) => endOtherSessions(tx, own.customerId, own.sessionId, 'revoked'));
  return done('/account/security', 'others');
};
