import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { settle } from '../../graphql/settle.ts';
import { type Branding, brandingOf } from './branding.ts';
import { BRANDING_CODES } from './errors.ts';
import { updateBranding } from './update.ts';

const ShopBranding = builder.objectRef<Branding>('ShopBranding').implement({
  description: 'How the shop looks on the sign-in pages.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false }),
    logoUrl: t.exposeString('logoUrl', { nullable: true, description: 'An https address or a data URL.' }),
    accentColor: t.exposeString('accentColor', { nullable: false, description: '`#rrggbb`.' }),
    homeUrl: t.exposeString('homeUrl', { nullable: true, description: 'Where «back to the shop» leads.' }),
    privacyPolicyUrl: t.exposeString('privacyPolicyUrl', { nullable: true }),
    termsOfServiceUrl: t.exposeString('termsOfServiceUrl', { nullable: true }),
    contactUrl: t.exposeString('contactUrl', { nullable: true }),
  }),
});

const ShopBrandingInput = builder.inputType('ShopBrandingInput', {
  description: 'What is absent stays as it is; null gives the default back.',
  fields: (t) => ({
    name: t.string({ description: 'Without it, SHOP_NAME.' }),
    logoUrl: t.string({ description: 'https, or a data URL of at most 100,000 characters.' }),
    accentColor: t.string({ description: '`#rrggbb`. Text on it and links in it are made readable.' }),
    homeUrl: t.string(),
    privacyPolicyUrl: t.string(),
    termsOfServiceUrl: t.string(),
    contactUrl: t.string({ description: 'https, http or mailto.' }),
  }),
});

const ShopBrandingUpdatePayload = payloadType<{ updated: true }>(
  'ShopBrandingUpdatePayload',
  userErrorType('ShopBrandingUserError', BRANDING_CODES),
  (t) => ({
    shopBranding: t.field({
      type: ShopBranding,
      resolve: ({ updated }, _args, { app }) => (updated ? brandingOf(app.backend.database.sql, app.shopName) : null),
    }),
  }),
);

builder.queryFields((t) => ({
  shopBranding: t.field({
    type: ShopBranding,
    nullable: false,
    description: 'How the shop looks on the sign-in pages; for anyone, so that a storefront can look the same.',
    authScopes: { public: true },
    resolve: (_root, _args, { app }) => brandingOf(app.backend.database.sql, app.shopName),
  }),
}));

builder.mutationFields((t) => ({
  shopBrandingUpdate: t.field({
    type: ShopBrandingUpdatePayload,
    description: 'Changes how the shop looks on the sign-in pages, at once.',
    authScopes: { staff: 'shop:write' },
    args: { input: t.arg({ type: ShopBrandingInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => updateBranding(tx, args.input)),
  }),
}));
