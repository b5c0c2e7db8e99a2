import type { OrderCancelReason, OrderFinancialStatus, OrderFulfillmentStatus } from '../../db/generated/enums.ts';
import type { AddressInput } from '../addresses/fields.ts';
import type { Discount, Fulfillment } from './parts.ts';

type Maybe<Value> = Value | null | undefined;

export interface LineItemInput {
  readonly externalId: string;
  readonly title: string;
  readonly variantTitle?: Maybe<string>;
  readonly quantity: number;
  /** Of one, in the order's currency. */
  readonly price: string;
  readonly sku?: Maybe<string>;
  readonly vendor?: Maybe<string>;
  readonly productId?: Maybe<string>;
  readonly variantId?: Maybe<string>;
  readonly requiresShipping?: Maybe<boolean>;
  readonly giftCard?: Maybe<boolean>;
  readonly image?: Maybe<{ url: string; altText?: Maybe<string>; width?: Maybe<number>; height?: Maybe<number> }>;
  readonly discountAllocations?: Maybe<readonly { allocatedAmount: string; discountApplication: number }[]>;
  readonly customAttributes?: Maybe<readonly { key: string; value?: Maybe<string> }[]>;
}

export interface DiscountInput {
  readonly kind: Discount['kind'];
  readonly title: string;
  readonly percentage?: Maybe<number>;
  readonly amount?: Maybe<string>;
  readonly allocationMethod?: Maybe<Discount['allocationMethod']>;
  readonly targetSelection?: Maybe<Discount['targetSelection']>;
  readonly targetType?: Maybe<Discount['targetType']>;
}

export interface FulfillmentInput {
  readonly externalId: string;
  readonly status?: Maybe<Exclude<Fulfillment['status'], null>>;
  readonly createdAt: Date;
  readonly updatedAt?: Maybe<Date>;
  readonly estimatedDeliveryAt?: Maybe<Date>;
  readonly trackingInformation?: Maybe<readonly { company?: Maybe<string>; number?: Maybe<string>; url?: Maybe<string> }[]>;
  readonly lineItems?: Maybe<readonly { externalId: string; quantity: number }[]>;
}

interface OrderCustomerInput {
  readonly id?: Maybe<string>;
  readonly externalId?: Maybe<string>;
  readonly email?: Maybe<string>;
  readonly phone?: Maybe<string>;
  readonly firstName?: Maybe<string>;
  readonly lastName?: Maybe<string>;
}

/** An order as the commerce backend tells it; amounts are decimals in its currency. */
export interface OrderInput {
  readonly source?: Maybe<string>;
  readonly externalId: string;
  readonly customer?: Maybe<OrderCustomerInput>;
  readonly name: string;
  readonly number?: Maybe<number>;
  readonly confirmationNumber?: Maybe<string>;
  readonly email?: Maybe<string>;
  readonly phone?: Maybe<string>;
  readonly currencyCode: string;
  readonly totalPrice: string;
  readonly subtotal?: Maybe<string>;
  readonly totalTax?: Maybe<string>;
  readonly totalShipping?: Maybe<string>;
  readonly totalRefunded?: Maybe<string>;
  readonly totalTip?: Maybe<string>;
  readonly totalDuties?: Maybe<string>;
  readonly financialStatus?: Maybe<OrderFinancialStatus>;
  readonly fulfillmentStatus?: Maybe<OrderFulfillmentStatus>;
  readonly cancelReason?: Maybe<OrderCancelReason>;
  readonly cancelledAt?: Maybe<Date>;
  readonly note?: Maybe<string>;
  readonly poNumber?: Maybe<string>;
  readonly customerLocale?: Maybe<string>;
  readonly locationName?: Maybe<string>;
  readonly statusPageUrl?: Maybe<string>;
  readonly edited?: Maybe<boolean>;
  readonly processedAt: Date;
  readonly createdAt?: Maybe<Date>;
  readonly updatedAt?: Maybe<Date>;
  readonly shippingAddress?: Maybe<AddressInput>;
  readonly billingAddress?: Maybe<AddressInput>;
  readonly shippingLine?: Maybe<{ title: string; handle?: Maybe<string>; price: string }>;
  readonly lineItems?: Maybe<readonly LineItemInput[]>;
  readonly discountApplications?: Maybe<readonly DiscountInput[]>;
  readonly fulfillments?: Maybe<readonly FulfillmentInput[]>;
  readonly refunds?: Maybe<readonly { externalId: string; createdAt: Date; totalRefunded: string }[]>;
  readonly customAttributes?: Maybe<readonly { key: string; value?: Maybe<string> }[]>;
}
