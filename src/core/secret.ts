import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Access, refresh, browser, storefront, account link and staff tokens, and OpenID clients' secrets: a prefix that tells what was leaked, and 256 random bits. */
export type TokenKind = 'access' | 'refresh' | 'browser' | 'storefront' | 'account' | 'staff' | 'client';

const PREFIX: Record<TokenKind, string> = {
  access: 'clt_at_',
  refresh: 'clt_rt_',
  browser: 'clt_bt_',
  storefront: 'clt_sf_',
  account: 'clt_ac_',
  staff: 'clt_st_',
  client: 'clt_cs_',
};

export const mintToken = (kind: TokenKind): string => PREFIX[kind] + randomBytes(32).toString('base64url');

/** Whether a token is a browser's cookie, which is shown in no header. */
export const isBrowserToken = (token: string): boolean => token.startsWith(PREFIX.browser);

/** Whether a token is of the kind that the Storefront API's mutations give and renew. */
export const isStorefrontToken = (token: string): boolean => token.startsWith(PREFIX.storefront);

/** What is kept of a token. Tokens have 256 random bits, so a plain hash cannot be searched. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Six decimal digits, uniformly. */
export const mintCode = (): string => String(randomInt(0, 1_000_000)).padStart(6, '0');

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/**
 * The shop's secret keys: the first signs and seals, all of them verify and open, so that a key is replaced by
 * putting the new one in front and dropping the old one when nothing made with it is still wanted.
 */
export class Keyring {
  readonly #keys: readonly Buffer[];
  readonly #byPurpose = new Map<string, readonly Buffer[]>();

  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error('A keyring needs at least one key');
    this.#keys = secrets.map((secret) => createHash('sha256').update(secret).digest());
  }

  /** Purposes are a closed list of the code's own. */
  #derived(purpose: string): readonly Buffer[] {
    const known = this.#byPurpose.get(purpose);
    if (known) return known;
    const derived = this.#keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)));
    this.#byPurpose.set(purpose, derived);
    return derived;
  }

  /** HMAC-SHA-256 of the parts under every key, the signing key's first. */
  digests(purpose: string, ...parts: readonly (string | Uint8Array)[]): Buffer[] {
    return this.#derived(purpose).map((key) => {
      const mac = createHmac('sha256', key);
      for (const part of parts) {
        const bytes = typeof part === 'string' ? Buffer.from(part) : part;
        mac.update(`${bytes.length}:`).update(bytes);
      }
      return mac.digest();
    });
  }

  digest(purpose: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
    return this.digests(purpose, ...parts)[0] as Buffer;
  }

  /** The same for as long as the oldest key is kept, so that a name made of it survives a new key in front. */
  stableDigest(purpose: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
    return this.digests(purpose, ...parts).at(-1) as Buffer;
  }

  /** AES-256-GCM: 12 bytes of nonce, the ciphertext, 16 bytes of tag. */
  seal(purpose: string, text: string): Buffer<ArrayBuffer> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#derived(purpose)[0] as Buffer, nonce);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** Opens what any of the keys sealed. Throws when none did. */
  open(purpose: string, sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed);
    for (const key of this.#derived(purpose)) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(-16));
        return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        // Sealed by another key: try the next.
      }
    }
    throw new Error(`No key opens this ${purpose}`);
  }
}
