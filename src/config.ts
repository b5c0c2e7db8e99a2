import { z } from 'zod';

const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );

const SECRET_CHARACTERS_MIN = 32;
const ADMIN_TOKEN_CHARACTERS_MIN = 16;

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: count(0, 65_535).default(4000),
  HOST: z.string().min(1).optional(),
  PUBLIC_URL: url('http:', 'https:').optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  DATA_DIR: z.string().min(1).default('.clientele'),
  ADMIN_TOKEN: z.string().min(ADMIN_TOKEN_CHARACTERS_MIN, `needs at least ${ADMIN_TOKEN_CHARACTERS_MIN} characters`).optional(),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  SECRET_KEYS: list
    .refine(
      (keys) => keys.length > 0 && keys.every((key) => key.length >= SECRET_CHARACTERS_MIN),
      `needs keys of at least ${SECRET_CHARACTERS_MIN} characters, separated by commas`,
    )
    .optional(),
  SAMPLE_SHOP: flag.optional(),
  SHOP_NAME: z.string().min(1).max(100).default('Clientele'),
  ALLOWED_ORIGINS: list.default([]),
  PASSKEY_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'is a domain such as shop.example')
    .optional(),
  TRUSTED_PROXY_HOPS: count(0, 10).default(0),
  DATABASE_POOL_SIZE: count(1, 200).default(10),
  STORE_CREDIT_REVERT_GRACE_DAYS: count(0, 3_650).default(0),
  SHOPIFY_WEBHOOK_SECRETS: list.default([]),
  ERASURE_GRACE_DAYS: count(0, 90).default(10),
  MERGE_UNDO_DAYS: count(0, 3_650).default(30),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).optional(),
});

export interface Config {
  readonly isProduction: boolean;
  /** Where data lives: services, or a folder of this machine. */
  readonly backend:
    | { readonly mode: 'service'; readonly databaseUrl: string; readonly redisUrl: string; readonly poolSize: number }
    | { readonly mode: 'embedded'; readonly dataDir: string };
  readonly port: number;
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** Without a slash at the end; undefined until the port is known. */
  readonly publicUrl: string | undefined;
  readonly adminToken: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly secretKeys: readonly string[] | undefined;
  readonly sampleShop: boolean;
  readonly shopName: string;
  /** Origins of browsers' pages that may call the gateway, besides its own; `*` for all. */
  readonly allowedOrigins: readonly string[];
  /** The domain that passkeys belong to; undefined: the host of the gateway. */
  readonly passkeyDomain: string | undefined;
  /** Proxies in front whose X-Forwarded-For entries are believed. */
  readonly trustedProxyHops: number;
  /** How long store credit that has expired meanwhile lives on when a debit of it is reverted; 0: it expires at once. */
  readonly revertGraceDays: number;
  /** What Shopify signs its webhooks with; none: they are not taken. */
  readonly shopifyWebhookSecrets: readonly string[];
  /** How long a customer may take back that her data is erased. */
  readonly erasureGraceDays: number;
  /** For how long a merge of two customers can be undone. */
  readonly mergeUndoDays: number;
  readonly logLevel: string;
}

/** A setting that cannot be used; the message names it and says what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment. Empty counts as absent. Throws ConfigError that lists everything that is wrong. */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'));
  const env = parsed.data;
  const isProduction = env.NODE_ENV === 'production';
  if (Boolean(env.DATABASE_URL) !== Boolean(env.REDIS_URL)) {
    throw new ConfigError('DATABASE_URL and REDIS_URL go together: give both for services, or neither for the embedded database.');
  }
  if (isProduction && !env.SECRET_KEYS) throw new ConfigError('SECRET_KEYS is needed in production: `openssl rand -base64 48` makes one.');
  if (isProduction && !env.SMTP_URL) throw new ConfigError('SMTP_URL is needed in production: customers sign in by mail.');
  const isService = Boolean(env.DATABASE_URL);
  return {
    isProduction,
    backend: isService
      ? { mode: 'service', databaseUrl: env.DATABASE_URL as string, redisUrl: env.REDIS_URL as string, poolSize: env.DATABASE_POOL_SIZE }
      : { mode: 'embedded', dataDir: env.DATA_DIR },
    port: env.PORT,
    host: env.HOST ?? (isService || isProduction ? undefined : '127.0.0.1'),
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    adminToken: env.ADMIN_TOKEN,
    smtpUrl: env.SMTP_URL,
    secretKeys: env.SECRET_KEYS,
    sampleShop: env.SAMPLE_SHOP ?? (!isService && !isProduction),
    shopName: env.SHOP_NAME,
    allowedOrigins: env.ALLOWED_ORIGINS,
    passkeyDomain: env.PASSKEY_DOMAIN,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    revertGraceDays: env.STORE_CREDIT_REVERT_GRACE_DAYS,
    erasureGraceDays: env.ERASURE_GRACE_DAYS,
    shopifyWebhookSecrets: env.SHOPIFY_WEBHOOK_SECRETS,
    mergeUndoDays: env.MERGE_UNDO_DAYS,
    logLevel: env.LOG_LEVEL ?? (isProduction ? 'info' : 'warn'),
  };
};
