import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { equalBytes } from '../../core/secret.ts';

const TOKEN_CHARACTERS_MAX = 16_384;
/** Base64 with `-` and `_`; clients differ on whether its padding stays. */
const TOKEN = /^[A-Za-z0-9_-]+={0,2}$/;

const BLOCK_BYTES = 16;
const MAC_BYTES = 32;

const text = z.string().nullish();

const AddressForm = z.object({
  address1: text,
  address2: text,
  city: text,
  company: text,
  country: text,
  country_code: text,
  first_name: text,
  last_name: text,
  phone: text,
  province: text,
  province_code: text,
  zip: text,
  default: z.boolean().nullish(),
});

const PassForm = z.object({
  email: z.string(),
  created_at: z.string(),
  first_name: text,
  last_name: text,
  tag_string: text,
  identifier: z.union([z.string(), z.number().transform(String)]).nullish(),
  remote_ip: text,
  return_to: text,
  addresses: z.array(AddressForm).max(50).nullish(),
});

/** What the shop's own site says of a customer, under Shopify's names. */
export type Pass = z.infer<typeof PassForm>;
export type PassAddress = z.infer<typeof AddressForm>;

/** A token whose signature is good: what it says, and a name of it that is the same however it was written. */
export interface OpenedPass {
  readonly pass: Pass;
  readonly digest: Buffer;
}

/** The signature is checked before anything is decrypted, in constant time; a plaintext that is no pass opens nothing. */
const openWith = (secret: string, sealed: Buffer): Pass | null => {
  const key = createHash('sha256').update(secret).digest();
  const ciphertext = sealed.subarray(0, -MAC_BYTES);
  const mac = createHmac('sha256', key.subarray(BLOCK_BYTES)).update(ciphertext).digest();
  if (!equalBytes(mac, sealed.subarray(-MAC_BYTES))) return null;
  try {
    const decipher = createDecipheriv('aes-128-cbc', key.subarray(0, BLOCK_BYTES), ciphertext.subarray(0, BLOCK_BYTES));
    const plain = Buffer.concat([decipher.update(ciphertext.subarray(BLOCK_BYTES)), decipher.final()]);
    return PassForm.parse(JSON.parse(plain.toString('utf8')));
  } catch {
    return null;
  }
};

/** Opens a Multipass token with whichever of the shop's secrets made it; null when none did. */
export const openPass = (secrets: readonly string[], token: string): OpenedPass | null => {
  if (token.length > TOKEN_CHARACTERS_MAX || !TOKEN.test(token)) return null;
  const sealed = Buffer.from(token, 'base64url');
  if (sealed.length < 2 * BLOCK_BYTES + MAC_BYTES) return null;
  for (const secret of secrets) {
    const pass = openWith(secret, sealed);
    if (pass) return { pass, digest: createHash('sha256').update(sealed).digest() };
  }
  return null;
};
