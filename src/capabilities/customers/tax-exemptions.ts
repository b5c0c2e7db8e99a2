import type { Tx } from '../../db/transact.ts';
import { lockCustomer, updateCustomer } from './update.ts';

const CANADA = [
  'STATUS_CARD',
  'DIPLOMAT',
  'BC_RESELLER',
  'MB_RESELLER',
  'SK_RESELLER',
  'BC_COMMERCIAL_FISHERY',
  'MB_COMMERCIAL_FISHERY',
  'NS_COMMERCIAL_FISHERY',
  'PE_COMMERCIAL_FISHERY',
  'SK_COMMERCIAL_FISHERY',
  'BC_PRODUCTION_AND_MACHINERY',
  'SK_PRODUCTION_AND_MACHINERY',
  'BC_SUB_CONTRACTOR',
  'SK_SUB_CONTRACTOR',
  'BC_CONTRACTOR',
  'SK_CONTRACTOR',
  'ON_PURCHASE',
  'MB_FARMER',
  'NS_FARMER',
  'SK_FARMER',
];

const STATES =
  'AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY';

/** Shopify's values of TaxExemption. */
export const TAX_EXEMPTIONS: readonly string[] = [
  'AUSTRALIA_RESELLER_EXEMPTION',
  ...CANADA.map((name) => `CA_${name}_EXEMPTION`),
  'EU_REVERSE_CHARGE_EXEMPTION_RULE',
  ...STATES.split(' ').map((state) => `US_${state}_RESELLER_EXEMPTION`),
];

type How = 'add' | 'remove' | 'replace';

/** Adds to a customer's tax exemptions, takes from them or replaces them; what is so already stays. Refuses CUSTOMER_DOES_NOT_EXIST. */
export const changeTaxExemptions = async (tx: Tx, customerId: string, how: How, exemptions: readonly string[]): Promise<{ customerId: string }> => {
  const { taxExemptions: before } = await lockCustomer(tx, customerId, ['customerId']);
  const after = {
    add: [...before, ...exemptions],
    remove: before.filter((exemption) => !exemptions.includes(exemption)),
    replace: exemptions,
  }[how];
  return updateCustomer(tx, customerId, { taxExemptions: after });
};
