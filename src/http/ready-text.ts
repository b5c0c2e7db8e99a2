import { randomBytes } from 'node:crypto';

/*
 * graphql-ws makes the text of its messages itself. Where the data of a message is text already, a token takes its place, and the text
 * the token's, just before the message goes out: else it would be read and written again for every subscriber.
 */

/** Nobody outside can write a token: it is this process's secret. */
const MARK = randomBytes(16).toString('hex');

const held = new Map<string, string>();
let count = 0;

/** A token that stands for the text in the next message. */
export const hold = (text: string): string => {
  count += 1;
  const token = `${MARK}${count}`;
  held.set(token, text);
  return token;
};

/** The message with the text in its token's place. */
export const fill = (message: string): string => {
  const start = held.size === 0 ? -1 : message.indexOf(`"${MARK}`);
  if (start < 0) return message;
  const end = message.indexOf('"', start + 1);
  const token = message.slice(start + 1, end);
  const text = held.get(token);
  held.delete(token);
  return text === undefined ? message : message.slice(0, start) + text + message.slice(end + 1);
};
