import { IDEMPOTENCY_CODES } from '../../core/errors.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { settleSql } from '../../graphql/settle.ts';
import { type AccountsPreview, previewAccounts } from './preview.ts';
import { type AccountsSettings, accountsSettings, VERSIONS } from './settings.ts';
import { updateAccountsSettings } from './update.ts';

const CustomerAccountsVersion = builder.enumType('CustomerAccountsVersion', {
  description: 'CLASSIC: e-mail address and password, or a code. NEW_CUSTOMER_ACCOUNTS: no passwords.',
  values: VERSIONS,
});

const count = (isOf: (preview: AccountsPreview) => number, needs: string) => ({ isOf, needs });

const COUNTS = {
  customers: count(({ customers }) => customers, 'All customers, blocked ones included.'),
  needNothing: count(
    ({ version, ...counts }) => (version === 'CLASSIC' ? counts.withPassword : counts.withoutPassword),
    'They sign in as they would before: in CLASSIC by their password, in NEW_CUSTOMER_ACCOUNTS by a code.',
  ),
  needPassword: count(
    ({ version, withoutPassword }) => (version === 'CLASSIC' ? withoutPassword : 0),
    'They have an address and no password: until they are invited or recover one, they sign in by a code.',
  ),
  needCode: count(
    ({ version, withPassword }) => (version === 'CLASSIC' ? 0 : withPassword),
    'They are used to a password, which is kept and not asked for: they sign in by a code.',
  ),
  needEmail: count(({ withoutEmail }) => withoutEmail, 'They have no e-mail address: neither a password nor a code lets them in before they do.'),
  withUnprovenEmail: count(
    ({ withUnprovenEmail }) => withUnprovenEmail,
    'Nobody has proven their address yet. Their first code proves it, and takes away a password that was there before.',
  ),
  blocked: count(({ blocked }) => blocked, 'Staff let them in by no means.'),
  openSessions: count(({ openSessions }) => openSessions, 'Signed-in devices. They stay signed in.'),
} as const;

const Preview = builder.objectRef<AccountsPreview>('CustomerAccountsPreview').implement({
  description: 'What a version of accounts would mean for the customers there are. Asking changes nothing.',
  fields: (t) => ({
    customerAccountsVersion: t.field({ type: CustomerAccountsVersion, nullable: false, resolve: ({ version }) => version }),
    ...(Object.fromEntries(
      Object.entries(COUNTS).map(([name, { isOf, needs }]) => [name, t.int({ nullable: false, description: needs, resolve: isOf })]),
    ) as object),
  }),
});

const CustomerAccountsV2 = builder.objectRef<AccountsSettings>('CustomerAccountsV2').implement({
  description: 'How the shop’s customers sign in.',
  fields: (t) => ({
    customerAccountsVersion: t.field({
      type: CustomerAccountsVersion,
      nullable: false,
      resolve: ({ customerAccountsVersion }) => customerAccountsVersion,
    }),
    loginLinksVisibleOnStorefrontAndCheckout: t.exposeBoolean('loginLinksVisibleOnStorefrontAndCheckout', {
      nullable: false,
      description: 'Whether the storefront and the checkout show a link to sign in; they are the ones who heed it.',
    }),
    loginRequiredAtCheckout: t.exposeBoolean('loginRequiredAtCheckout', {
      nullable: false,
      description: 'Whether only signed-in customers may buy; the checkout is the one who heeds it.',
    }),
    url: t.field({
      type: 'URL',
      nullable: false,
      description: 'Where customers find their account.',
      resolve: (_row, _args, { app }) => `${app.publicUrl}/account`,
    }),
    preview: t.field({
      type: Preview,
      nullable: false,
      authScopes: { staff: 'customers:read' },
      description: 'How many customers would need what under a version of accounts.',
      args: { customerAccountsVersion: t.arg({ type: CustomerAccountsVersion, required: true }) },
      resolve: (_settings, args, { app }) => previewAccounts(app.backend.database.sql, args.customerAccountsVersion, app.clock()),
    }),
  }),
});

const UpdatePayload = payloadType<object>(
  'CustomerAccountsSettingsUpdatePayload',
  userErrorType('CustomerAccountsSettingsUserError', ['BLANK', ...IDEMPOTENCY_CODES]),
  (t) => ({
    customerAccountsSettings: t.field({
      type: CustomerAccountsV2,
      resolve: ({ userErrors }, _args, { app }) => (userErrors.length > 0 ? null : accountsSettings(app.backend.database.sql)),
    }),
  }),
);

const UpdateInput = builder.inputType('CustomerAccountsSettingsInput', {
  description: 'What is named is changed.',
  fields: (t) => ({
    customerAccountsVersion: t.field({ type: CustomerAccountsVersion }),
    loginLinksVisibleOnStorefrontAndCheckout: t.boolean(),
    loginRequiredAtCheckout: t.boolean(),
  }),
});

builder.queryFields((t) => ({
  customerAccountsSettings: t.field({
    type: CustomerAccountsV2,
    nullable: false,
    authScopes: { public: true },
    description: 'How the shop’s customers sign in, for whoever shows them the way.',
    resolve: (_root, _args, { app }) => accountsSettings(app.backend.database.sql),
  }),
}));

builder.mutationFields((t) => ({
  customerAccountsSettingsUpdate: t.field({
    type: UpdatePayload,
    description: 'Changes how the shop’s customers sign in. Nobody is signed out, and switching back finds every password as it was.',
    authScopes: { staff: 'settings:write' },
    args: { input: t.arg({ type: UpdateInput, required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => updateAccountsSettings(tx, args.input)),
  }),
}));
