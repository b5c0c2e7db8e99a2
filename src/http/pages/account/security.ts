import { accountsSettings } from '../../../capabilities/accounts-settings/settings.ts';
import { html } from '../../../core/html.ts';
import { appsCard } from './apps.ts';
import { devicesCard } from './devices.ts';
import { card, show } from './layout.ts';
import type { Own, Refused } from './own.ts';
import { passkeysCard } from './passkeys.ts';
import { passwordCard } from './password.ts';
import { providersCard } from './providers.ts';

const hasPassword = async ({ app, customerId }: Own): Promise<boolean> => {
  const { customerAccountsVersion } = await accountsSettings(app.backend.database.sql);
  if (customerAccountsVersion !== 'CLASSIC') return false;
  const look = 'select 1 from customer_password where customer_id = $1::text::uuid';
  return (await app.backend.database.sql(look, [customerId])).length > 0;
};

/** The page with a form that was refused, or as it is. */
export const showSecurity = async (own: Own, refused: Refused | null): Promise<void> => {
  const { text } = own.says;
  const { email } = own.profile;
  const address = html`<p>${email ? html`<strong>${email}</strong>` : text.emailNone}</p><a class="link" href="/account/security/email">${text.emailChange}</a>`;
  const body = html`${card('email', own.words.email, address)}
${await passkeysCard(own, refused)}
${await providersCard(own, refused)}
${await appsCard(own, refused)}
${(await hasPassword(own)) && passwordCard(own, refused)}
${await devicesCard(own, refused)}`;
  show(own, { section: 'security', title: text.security, body, refused, usesPasskeys: true });
};

/** `/account/security`: how she signs in, and where she is signed in. */
export const security = (own: Own): Promise<void> => showSecurity(own, null);
