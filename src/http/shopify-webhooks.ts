import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { App } from '../app.ts';
import { setOrder } from '../capabilities/orders/set.ts';
import { orderOfShopify } from '../capabilities/orders/shopify.ts';
import { redactForShopify } from '../capabilities/privacy/shopify.ts';
import { DomainError } from '../core/errors.ts';
import { equalBytes } from '../core/secret.ts';
import { answer } from './answer.ts';
import type { Handle } from './routes.ts';

const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Who an order that a webhook told is set by. */
const ACTOR = 'shopify';

/** The bytes as they were signed; null when they are too many. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Base64 of HMAC-SHA-256 over the raw body: https://shopify.dev/docs/apps/build/webhooks/subscribe/https#step-2-validate-the-origin-of-your-webhook */
const isSigned = (secrets: readonly string[], body: Buffer, signature: string): boolean =>
  secrets.some((secret) => equalBytes(createHmac('sha256', secret).update(body).digest(), Buffer.from(signature, 'base64')));

/** What is done for a topic; topics that are not known are taken and left alone. */
const take = async (app: App, topic: string, payload: unknown): Promise<string> => {
  if (topic === 'orders/delete') return 'ignored';
  if (topic.startsWith('orders/')) {
    const order = orderOfShopify(payload);
    await app.transact(ACTOR, (tx) => setOrder(tx, order));
    return 'kept';
  }
  if (topic === 'customers/redact') return (await redactForShopify(app, ACTOR, payload)) ? 'erasure requested' : 'unknown';
  return 'ignored';
};

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
};

/**
 * `POST /webhooks/shopify`: Shopify's own webhooks, signed with one of the shop's secrets. What is refused for its content is answered with
 * 200 and the reason, and logged without it: Shopify ends a subscription that fails again and again, and the next order may be well.
 */
export const shopifyWebhooks: Handle = async (request, response, { app, shopifyWebhookSecrets }) => {
  if (shopifyWebhookSecrets.length === 0)
    return answer(response, 404, { errors: [{ message: 'Set SHOPIFY_WEBHOOK_SECRETS to take webhooks here.' }] });
  const body = await bodyOf(request);
  if (!body) return answer(response, 413, { errors: [{ message: `At most ${BODY_BYTES_MAX} bytes.` }] });
  const header = (name: string): string => String(request.headers[name] ?? '');
  if (!isSigned(shopifyWebhookSecrets, body, header('x-shopify-hmac-sha256')))
    return answer(response, 401, { errors: [{ message: 'X-Shopify-Hmac-Sha256 does not sign this body.' }] });
  const topic = header('x-shopify-topic');
  try {
    answer(response, 200, { result: await take(app, topic, parsed(body)) });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { code, field } = error;
    app.log.warn({ topic, webhook: header('x-shopify-webhook-id').slice(0, 64), code, field }, 'webhook refused');
    answer(response, 200, { result: 'refused', code, field });
  }
};
