const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const WHOLE = new RegExp(`^${UUID.source}$`, 'i');

/** Nothing has this id: what is not a UUID exists nowhere here, and is looked up in vain rather than refused. */
const NOWHERE = '00000000-0000-0000-0000-000000000000';

/** The text as a UUID in lower case, or NOWHERE. */
export const uuidOf = (text: string): string => (WHOLE.test(text) ? text.toLowerCase() : NOWHERE);

/** The first UUID in a text, a global id for example, or NOWHERE. */
export const uuidIn = (text: string): string => UUID.exec(text)?.[0].toLowerCase() ?? NOWHERE;
