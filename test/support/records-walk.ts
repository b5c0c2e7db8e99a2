import type { TestGateway } from './gateway.ts';

/** The words of somebody's records. */
interface Words {
  readonly group: string;
  readonly groupDescription: string;
  readonly discount: string;
  readonly consent: string;
  readonly metafield: string;
  readonly staffMetafield: string;
  readonly wishlist: string;
  readonly product: string;
  readonly viewed: string;
  readonly payment: string;
  readonly subscription: string;
  readonly externalId: string;
}

/** Puts a customer into a group, with a consent and metafields for her and for staff. Answers with the ids of what `node` can find. */
export const givenRecords = async (test: TestGateway, gid: string, words: Words): Promise<Record<string, string>> => {
  const records = await test.graphql(
    `mutation ($id: ID!, $group: CustomerGroupInput!, $detail: String!, $own: MetafieldDefinitionInput!, $metafields: [MetafieldsSetInput!]!) {
      customerGroupCreate(input: $group) { customerGroup { id } }
      customerEmailMarketingConsentUpdate(input: { customerId: $id, emailMarketingConsent: { marketingState: SUBSCRIBED, source: $detail } }) { userErrors { code } }
      metafieldDefinitionCreate(definition: $own) { createdDefinition { id } }
      metafieldsSet(metafields: $metafields) { metafields { id } }
    }`,
    {
      id: gid,
      group: { name: words.group, description: words.groupDescription, discountReference: words.discount },
      detail: words.consent,
      own: {
        ownerType: 'CUSTOMER',
        namespace: words.metafield,
        key: 'own',
        name: 'Own',
        type: 'single_line_text_field',
        access: { customerAccount: 'READ_WRITE' },
      },
      metafields: [
        { ownerId: gid, namespace: words.metafield, key: 'own', value: words.metafield },
        { ownerId: gid, namespace: words.staffMetafield, key: 'other', value: words.staffMetafield, type: 'single_line_text_field' },
      ],
    },
    test.staffToken,
  );
  const groupId = records.data.customerGroupCreate.customerGroup.id;
  await test.graphql(
    'mutation ($id: ID!, $ids: [ID!]!) { customerGroupAddMembers(id: $id, customerIds: $ids) { changedCount } }',
    { id: groupId, ids: [gid] },
    test.staffToken,
  );
  const profile = await test.graphql(
    `mutation ($id: ID!, $list: String!, $product: SavedProductInput!, $viewed: SavedProductInput!, $method: CustomerPaymentMethodInput!,
      $subscription: SubscriptionContractSetInput!) {
      wishlistCreate(customerId: $id, name: $list) { wishlist { id } }
      wishlistItemAdd(customerId: $id, product: $product) { wishlistItem { id } }
      recentlyViewedProductAdd(customerId: $id, product: $viewed) { userErrors { code } }
      customerPaymentMethodSet(input: $method) { customerPaymentMethod { id } }
      subscriptionContractSet(input: $subscription) { subscriptionContract { id } }
    }`,
    {
      id: gid,
      list: words.wishlist,
      product: { productId: '1', title: words.product },
      viewed: { productId: '2', title: words.viewed },
      method: { externalId: words.externalId, customerId: gid, provider: 'stripe', kind: 'CARD', label: words.payment },
      subscription: {
        externalId: words.externalId,
        customerId: gid,
        status: 'ACTIVE',
        title: words.subscription,
        currencyCode: 'EUR',
        interval: 'MONTH',
        paymentMethodExternalId: words.externalId,
      },
    },
    test.staffToken,
  );
  return {
    CustomerPaymentMethod: profile.data.customerPaymentMethodSet.customerPaymentMethod.id,
    SubscriptionContract: profile.data.subscriptionContractSet.subscriptionContract.id,
    Wishlist: profile.data.wishlistCreate.wishlist.id,
    WishlistItem: profile.data.wishlistItemAdd.wishlistItem.id,
    CustomerGroup: groupId,
    Metafield: records.data.metafieldsSet.metafields[0].id,
    MetafieldDefinition: records.data.metafieldDefinitionCreate.createdDefinition.id,
  };
};

/** Arguments that name somebody, for the root fields of her records. */
export const argumentsAboutRecords = (ids: Readonly<Record<string, string>>): Record<string, object[]> => ({
  customerAddTaxExemptions: [{ customerId: ids.Customer, taxExemptions: ['CA_STATUS_CARD_EXEMPTION'] }],
  customerRemoveTaxExemptions: [{ customerId: ids.Customer, taxExemptions: ['CA_STATUS_CARD_EXEMPTION'] }],
  customerReplaceTaxExemptions: [{ customerId: ids.Customer, taxExemptions: ['CA_STATUS_CARD_EXEMPTION'] }],
  customerEmailMarketingConsentUpdate: [{ input: { customerId: ids.Customer, emailMarketingConsent: { marketingState: 'UNSUBSCRIBED' } } }],
  customerSmsMarketingConsentUpdate: [{ input: { customerId: ids.Customer, smsMarketingConsent: { marketingState: 'SUBSCRIBED' } } }],
  customerWhatsAppMarketingConsentUpdate: [{ input: { customerId: ids.Customer, whatsAppMarketingConsent: { state: 'SUBSCRIBED' } } }],
  customerEmailMarketingSubscribe: [{}],
  customerEmailMarketingUnsubscribe: [{}],
  customerSendMarketingEmail: [{ customerId: ids.Customer, email: { subject: 'Mallory', message: 'Mallory' } }],
  customerGroup: [{ id: ids.CustomerGroup }],
  customerGroups: [{ first: 5, reverse: true }],
  customerGroupAddMembers: [{ id: ids.CustomerGroup, customerIds: [ids.Customer] }],
  customerGroupCreate: [{ input: { name: 'Mallory' } }],
  customerGroupDelete: [{ id: ids.CustomerGroup }],
  customerGroupRemoveMembers: [{ id: ids.CustomerGroup, customerIds: [ids.Customer] }],
  customerGroupUpdate: [{ id: ids.CustomerGroup, input: { name: 'Mallory' } }],
  customerUpdateDefaultAddress: [{ customerId: ids.Customer, addressId: ids.CustomerAddress }, { addressId: ids.CustomerAddress }],
  marketingSettings: [{}],
  marketingSettingsUpdate: [{ input: { emailDoubleOptIn: true } }],
  metafieldDefinition: [{ identifier: { ownerType: 'CUSTOMER', namespace: 'mallory', key: 'own' } }],
  metafieldDefinitions: [{ ownerType: 'CUSTOMER', first: 5 }],
  metafieldDefinitionCreate: [{ definition: { ownerType: 'CUSTOMER', namespace: 'mallory', key: 'own', name: 'Mallory', type: 'json' } }],
  metafieldDefinitionDelete: [{ id: ids.MetafieldDefinition, deleteAllAssociatedMetafields: true }],
  metafieldDefinitionUpdate: [{ definition: { ownerType: 'CUSTOMER', namespace: 'mallory', key: 'own', name: 'Mallory' } }],
  metafieldsDelete: [{ metafields: [{ ownerId: ids.Customer, namespace: 'mallory', key: 'own' }] }],
  metafieldsSet: [{ metafields: [{ ownerId: ids.Customer, namespace: 'mallory', key: 'own', value: '1', type: 'json' }] }],
  customerPaymentMethodDelete: [{ id: ids.CustomerPaymentMethod }],
  customerPaymentMethodSet: [{ input: { externalId: 'mallory', customerId: ids.Customer, provider: 'Mallory', kind: 'CARD' } }],
  subscriptionContractDelete: [{ id: ids.SubscriptionContract }],
  subscriptionContractSet: [
    {
      input: {
        externalId: 'mallory',
        customerId: ids.Customer,
        status: 'ACTIVE',
        title: 'Mallory',
        currencyCode: 'EUR',
        interval: 'MONTH',
      },
    },
  ],
  wishlistCreate: [{ customerId: ids.Customer, name: 'Mallory' }],
  wishlistDelete: [{ id: ids.Wishlist }],
  wishlistItemAdd: [
    { customerId: ids.Customer, product: { productId: '1', title: 'Mallory' } },
    { wishlistId: ids.Wishlist, product: { productId: '1', title: 'Mallory' } },
  ],
  wishlistItemRemove: [{ id: ids.WishlistItem }],
  wishlistUpdate: [{ id: ids.Wishlist, name: 'Mallory' }],
  recentlyViewedProductAdd: [{ customerId: ids.Customer, product: { productId: '1', title: 'Mallory' } }],
  recentlyViewedProductsClear: [{ customerId: ids.Customer }],
  dataSaleOptOut: [{}, { email: 'mallory@example.com' }],
  oidcConsentRevoke: [{ customerId: ids.Customer, clientId: ids.OidcClient }, { clientId: ids.OidcClient }],
  tagsAdd: [{ id: ids.Customer, tags: ['mallory'] }],
  tagsRemove: [{ id: ids.Customer, tags: ['mallory'] }],
});
