import { addressPrivacy } from '../addresses/privacy.ts';
import { profilePrivacy } from '../customers/privacy.ts';
import { duplicatePrivacy } from '../duplicates/privacy.ts';
import { groupPrivacy } from '../groups/privacy.ts';
import { connectionPrivacy } from '../identity-providers/privacy.ts';
import { mailPrivacy } from '../mail/privacy.ts';
import { marketingPrivacy } from '../marketing/privacy.ts';
import { mergePrivacy } from '../merges/privacy.ts';
import { metafieldPrivacy } from '../metafields/privacy.ts';
import { consentPrivacy } from '../oidc-provider/privacy.ts';
import { orderPrivacy } from '../orders/privacy.ts';
import { passkeyPrivacy } from '../passkeys/privacy.ts';
import { passwordPrivacy } from '../passwords/privacy.ts';
import { paymentMethodPrivacy } from '../payment-methods/privacy.ts';
import { sessionPrivacy } from '../sessions/privacy.ts';
import { storeCreditPrivacy } from '../store-credit/privacy.ts';
import { subscriptionPrivacy } from '../subscriptions/privacy.ts';
import { importPrivacy } from '../transfer/privacy.ts';
import { wishlistPrivacy } from '../wishlists/privacy.ts';
import { activityPrivacy } from './activity.ts';
import type { PrivacyParticipant } from './participant.ts';

/** Every capability that keeps something about a customer, in the order of the export. Erasing goes the other way: the profile comes late, and then what follows from it. */
export const PRIVACY_PARTICIPANTS: readonly PrivacyParticipant[] = [
  duplicatePrivacy,
  profilePrivacy,
  addressPrivacy,
  orderPrivacy,
  storeCreditPrivacy,
  marketingPrivacy,
  groupPrivacy,
  metafieldPrivacy,
  wishlistPrivacy,
  paymentMethodPrivacy,
  subscriptionPrivacy,
  mergePrivacy,
  passwordPrivacy,
  passkeyPrivacy,
  connectionPrivacy,
  consentPrivacy,
  sessionPrivacy,
  mailPrivacy,
  importPrivacy,
  activityPrivacy,
];
