/** Whom a passkey is for, in WebAuthn's words. */
export interface RelyingParty {
  readonly domain: string;
  readonly shopName: string;
  /** Whether a ceremony on this origin's pages counts. */
  readonly allows: (origin: string) => boolean;
}

/** The shop as passkeys know it. */
export const relyingPartyOf = (
  { passkeyDomain, mayLeadTo }: { readonly passkeyDomain: string; readonly mayLeadTo: (url: string) => boolean },
  shopName: string,
): RelyingParty => ({ domain: passkeyDomain, shopName, allows: mayLeadTo });

/** The origin that a browser's answer names where it is one of the shop's; else one that no browser names, so that the answer is refused. */
export const expectedOriginOf = ({ allows }: RelyingParty, response: unknown): string => {
  try {
    const { clientDataJSON } = (response as { response: { clientDataJSON: string } }).response;
    const { origin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as { origin: string };
    return allows(origin) ? origin : 'refused:';
  } catch {
    return 'refused:';
  }
};
