import { readablePhone } from '../../../capabilities/customers/phone.ts';
import { lockCustomer } from '../../../capabilities/customers/update.ts';
import { recordConsent } from '../../../capabilities/marketing/record.ts';
import { subscribe } from '../../../capabilities/marketing/subscribe.ts';
import { unsubscribe } from '../../../capabilities/marketing/unsubscribe.ts';
import { updateWhatsApp } from '../../../capabilities/marketing/whatsapp.ts';
import { DomainError } from '../../../core/errors.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import type { MarketingChannel, MarketingState } from '../../../db/generated/enums.ts';
import type { Tx } from '../../../db/transact.ts';
import { card, done, refusalOf } from './layout.ts';
import type { Own, Refused } from './own.ts';
import { asOwner } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';

/*
 * What the shop may send a customer, by channel, and a button for each to begin it or to end it. Text messages can be ended here and not
 * begun: no number is shown to be hers by that.
 */

const CHANNELS = ['EMAIL', 'WHATSAPP', 'SMS'] as const satisfies readonly MarketingChannel[];
const NAMES: Readonly<Record<MarketingChannel, string>> = { EMAIL: 'e-mail', SMS: 'SMS', WHATSAPP: 'WhatsApp' };

interface Offered {
  readonly channel: MarketingChannel;
  readonly state: MarketingState;
  readonly address: string;
}

const offeredTo = async ({ app, customerId }: Own): Promise<Offered[]> => {
  const row = await app.backend.database.read.customer.findUnique({
    where: { id: customerId },
    select: { email: true, phone: true, marketing: { select: { emailState: true, smsState: true, whatsappState: true } } },
  });
  if (!row) return [];
  const { email, phone, marketing } = row;
  const states = { EMAIL: marketing?.emailState, SMS: marketing?.smsState, WHATSAPP: marketing?.whatsappState };
  return CHANNELS.flatMap((channel) => {
    const address = channel === 'EMAIL' ? email : phone && readablePhone(phone);
    const state = states[channel] ?? 'NOT_SUBSCRIBED';
    return address && (channel !== 'SMS' || state === 'SUBSCRIBED') ? [{ channel, state, address }] : [];
  });
};

const channelForm = ({ language }: Own, { channel, state, address }: Offered): Html => {
  const { text } = PROFILE_WORDS[language];
  const by = text.newsBy.replace('{channel}', () => NAMES[channel]);
  const say = (sentence: string): Html => filled(sentence, { channel: by, address: html`<strong>${address}</strong>` });
  const button = (what: string, label: Html): Html => html`<form method="post" action="/account/news/${channel.toLowerCase()}/${what}">
<button class="small-button${what === 'stop' && html` second`}">${label}</button></form>`;
  if (state === 'SUBSCRIBED') return html`<li><p>${say(text.newsSome)}</p>${button('stop', say(text.newsStop))}</li>`;
  if (state === 'PENDING' && channel === 'EMAIL')
    return html`<li><p>${say(text.newsPending)}</p><div class="buttons">${button('start', html`${text.newsAgain}`)}${button('stop', say(text.newsStop))}</div></li>`;
  return html`<li><p>${say(text.newsNone)}</p>${button('start', say(text.newsStart))}</li>`;
};

/** What she gets of the shop's news; nothing where there is nowhere to send it. */
export const newsCard = async (own: Own, refused: Refused | null): Promise<Html | null> => {
  const offered = await offeredTo(own);
  if (offered.length === 0) return null;
  const heading = filled(PROFILE_WORDS[own.language].text.news, { shop: own.branding.name });
  return card('news', heading, html`${refusalOf(own, refused, 'news')}<ul class="rows">${offered.map((one) => channelForm(own, one))}</ul>`);
};

const endSms = async (tx: Tx, customerId: string): Promise<void> => {
  const { phone } = await lockCustomer(tx, customerId, null);
  if (!phone) throw new DomainError('PHONE_NUMBER_REQUIRED');
  const given = { channel: 'SMS', state: 'UNSUBSCRIBED', optInLevel: null, occurredAt: tx.now, source: 'CUSTOMER', address: phone } as const;
  await recordConsent(tx, customerId, given);
};

/** `/account/news/{channel}/{start or stop}`: begins or ends what the shop sends. */
export const changeNews = async (own: Own): Promise<string> => {
  const { app, branding, customerId, language } = own;
  const [channel, what] = own.named;
  const writing = { keyring: app.keyring, publicUrl: app.publicUrl, shopName: branding.name };
  const state = what === 'start' ? ('SUBSCRIBED' as const) : ('UNSUBSCRIBED' as const);
  await asOwner(own, async (tx) => {
    if (channel === 'whatsapp') await updateWhatsApp(tx, writing, customerId, { state }, true);
    else if (channel === 'sms') await endSms(tx, customerId);
    else if (what === 'start') await subscribe(tx, writing, customerId, language);
    else await unsubscribe(tx, customerId, 'CUSTOMER');
  });
  return done('/account', 'saved');
};
