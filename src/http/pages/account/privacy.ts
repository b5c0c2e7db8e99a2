import { cancelErasure, requestErasure } from '../../../capabilities/privacy/erasure.ts';
import { exportData } from '../../../capabilities/privacy/export.ts';
import { requireFreshSignIn } from '../../../capabilities/sessions/fresh.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { sendZip } from '../zip.ts';
import { ask, card, done, refusalOf, show } from './layout.ts';
import { asOwner, type Own, type Refused } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';
import { creditOf } from './store-credit.ts';

const PRIVACY = '/account/privacy';
const KEPT = ['keepsContact', 'keepsSignIn', 'keepsDevices', 'keepsAddresses', 'keepsOrders', 'keepsCredit'] as const;
const MORE_KEPT = ['keepsFavourites', 'keepsPayments', 'keepsFields'] as const;
const DAY_SECONDS = 24 * 60 * 60;

const keptCard = ({ says: { text }, branding, language }: Own): Html => {
  const more = PROFILE_WORDS[language].text;
  const kept = html`<ul class="plain">${KEPT.map((name) => html`<li>${text[name]}</li>`)}
${MORE_KEPT.map((name) => html`<li>${filled(more[name], { shop: branding.name })}</li>`)}</ul>`;
  return card('keeps', filled(text.keeps, { shop: branding.name }), kept);
};

const downloadCard = (own: Own, refused: Refused | null): Html => {
  const { text } = own.says;
  const form = html`<form method="post" action="${PRIVACY}/download"><button class="small-button">${text.dataDownload}</button></form>`;
  const intro = filled(text.dataDownloadIntro, { shop: own.branding.name });
  return card('download', text.dataDownload, html`${refusalOf(own, refused, 'download')}<p>${intro}</p>${form}`);
};

const eraseCard = async (own: Own, refused: Refused | null): Promise<Html> => {
  const { says, formats, app, customerId } = own;
  const { text } = says;
  const customer = await app.backend.database.read.customer.findUnique({ where: { id: customerId }, select: { erasureDueAt: true } });
  const refusal = refusalOf(own, refused, 'erase');
  if (customer?.erasureDueAt) {
    const keep = html`<form method="post" action="${PRIVACY}/keep"><button class="small-button">${text.eraseKeep}</button></form>`;
    const pending = filled(text.erasePending, { date: html`<strong>${formats.day(customer.erasureDueAt)}</strong>` });
    return card('erase', text.eraseTitle, html`${refusal}<p class="notice bad">${pending}</p>${keep}`);
  }
  const credit = (await creditOf(own)).filter(({ balanceMinor }) => BigInt(balanceMinor) > 0n);
  const lost = credit.map(({ balanceMinor, currency }) =>
    filled(text.eraseCredit, { amount: html`<strong>${formats.money(balanceMinor, currency)}</strong>` }),
  );
  const question = html`${text.eraseAsk}${lost.map((sentence) => html` ${sentence}`)}`;
  const form = html`<form method="post" action="${PRIVACY}/erase"><button class="small-button danger">${text.eraseNow}</button></form>`;
  const intro = filled(text.eraseIntro, { days: String(app.erasureGraceSeconds / DAY_SECONDS) });
  return card('erase', text.eraseTitle, html`${refusal}<p>${intro}</p>${ask(text.eraseTitle, question, form, Boolean(refusal))}`);
};

const questions = ({ says: { text }, words, branding }: Own): Html | null => {
  const links = [
    [text.privacyPolicy, branding.privacyPolicyUrl],
    [words.terms, branding.termsOfServiceUrl],
    [words.contact, branding.contactUrl],
  ].filter((link): link is [string, string] => Boolean(link[1]));
  const link = ([label, url]: [string, string]): Html => html`<a class="link" href="${url}">${label}</a>`;
  return links.length > 0 ? html`<div class="card"><p>${text.privacyQuestions}</p><div class="actions">${links.map(link)}</div></div>` : null;
};

/** The page with a form that was refused, or as it is. */
export const showPrivacy = async (own: Own, refused: Refused | null): Promise<void> => {
  const body = html`${keptCard(own)}${downloadCard(own, refused)}${await eraseCard(own, refused)}${questions(own)}`;
  show(own, { section: 'privacy', title: own.says.text.privacy, body, refused });
};

/** `/account/privacy`: what is kept, all of it as a file, and its end. */
export const privacy = (own: Own): Promise<void> => showPrivacy(own, null);

/** Sends everything that is kept about her. */
export const download = async (own: Own): Promise<null> => {
  const zip = await asOwner(own, async (tx) => {
    await requireFreshSignIn(tx, own.sessionId);
    return exportData(tx, own.customerId, own.branding.name);
  });
  sendZip(own.response, zip);
  return null;
};

/** Has her account deleted when the grace is over. */
export const eraseOwn = async (own: Own): Promise<string> => {
  const { app, branding, customerId } = own;
  const shop = { graceSeconds: app.erasureGraceSeconds, shopName: branding.name, accountUrl: `${app.publicUrl}${PRIVACY}` };
  await asOwner(own, async (tx) => {
    await requireFreshSignIn(tx, own.sessionId);
    await requestErasure(tx, app.keyring, customerId, shop);
  });
  return done(PRIVACY, 'erase');
};

/** Takes that back. */
export const keepOwn = async (own: Own): Promise<string> => {
  await asOwner(own, (tx) => cancelErasure(tx, own.customerId));
  return done(PRIVACY, 'keep');
};
