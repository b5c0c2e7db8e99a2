import type { Redis } from 'ioredis';
import type { Allowance, Bus, CodeIssued, CodeRedeemed, OneTimeCodes } from './backend.ts';
import { Listeners } from './memory.ts';

/** Topics are spread over this many channels, so that a process needs one connection and a fixed set of subscriptions. */
const CHANNELS = 16;

const channelOf = (prefix: string, topic: string): string => {
  let hash = 0;
  for (let index = 0; index < topic.length; index += 1) hash = (hash * 31 + topic.charCodeAt(index)) >>> 0;
  return `${prefix}bus:${hash % CHANNELS}`;
};

/**
 * Publish and subscribe over Redis: every process listens to all channels and dispatches in memory. A publish is not awaited,
 * since with Redis away it would hold the write that it announces; when the subscriber is back, every listener looks again.
 */
export const redisBus = async (publisher: Redis, subscriber: Redis, prefix: string): Promise<Bus> => {
  const listeners = new Listeners();
  subscriber.on('message', (_channel, topic) => listeners.call(topic));
  const channels = Array.from({ length: CHANNELS }, (_, index) => `${prefix}bus:${index}`);
  await subscriber.subscribe(...channels);
  // Messages of the gap are gone: once the subscriptions stand again, everyone looks.
  subscriber.on(
    'ready',
    () =>
      void subscriber.subscribe(...channels).then(
        () => listeners.callAll(),
        () => {},
      ),
  );
  return {
    publish: (topic) => void publisher.publish(channelOf(prefix, topic), topic).catch(() => {}),
    subscribe: (topic, listener) => listeners.add(topic, listener),
  };
};

// KEYS: code, cooldown, sends to the identifier, sends from the network.
// ARGV: digest, code ttl ms, cooldown ms, identifier max, window ms, network max, window ms.
const ISSUE = `
local cooldown = redis.call('PTTL', KEYS[2])
if cooldown > 0 then return {'COOLDOWN', cooldown} end
local wait = 0
for i = 3, 4 do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 2]) then
    wait = math.max(wait, redis.call('PTTL', KEYS[i]))
  end
end
if wait > 0 then return {'LIMITED', wait} end
for i = 3, 4 do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 1]) end
end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'guesses', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'ISSUED', 0}
`;

// KEYS: code, cooldown, guesses at the identifier, guesses from the network.
// ARGV: guesses per code, identifier max, window ms, network max, window ms, then the guess under each key.
// The digests are keyed hashes that a guesser cannot choose, so comparing them in plain order tells nothing by its time.
const REDEEM = `
local wait = 0
for i = 3, 4 do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 4]) then
    wait = math.max(wait, redis.call('PTTL', KEYS[i]))
  end
end
if wait > 0 then return {'LIMITED', wait} end
local digest = redis.call('HGET', KEYS[1], 'digest')
for i = 6, #ARGV do
  if digest == ARGV[i] then
    redis.call('DEL', KEYS[1], KEYS[2])
    return {'REDEEMED', 0}
  end
end
for i = 3, 4 do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 3]) end
end
if digest and redis.call('HINCRBY', KEYS[1], 'guesses', 1) >= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return {'WRONG', 0}
`;

type Scripted = Redis & Record<'clienteleIssue' | 'clienteleRedeem', (...args: (string | number)[]) => Promise<[string, number]>>;

const allowance = ({ max, windowSeconds }: Allowance): [number, number] => [max, windowSeconds * 1000];

/** One-time codes in Redis: one EVALSHA each way. The hash tag keeps the keys of one call in one slot of a cluster. */
export const redisCodes = (redis: Redis, prefix: string): OneTimeCodes => {
  redis.defineCommand('clienteleIssue', { numberOfKeys: 4, lua: ISSUE });
  redis.defineCommand('clienteleRedeem', { numberOfKeys: 4, lua: REDEEM });
  const scripted = redis as Scripted;
  const key = (kind: string, id: string) => `${prefix}{code}:${kind}:${id}`;
  const answer = <Answer>([status, waitMs]: [string, number]): Answer =>
    (status === 'COOLDOWN' || status === 'LIMITED' ? { status, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) } : { status }) as Answer;

  return {
    issue: async (request) =>
      answer<CodeIssued>(
        await scripted.clienteleIssue(
          key('code', request.identifier),
          key('cooldown', request.identifier),
          key('send', request.identifier),
          key('send-from', request.network),
          request.digest,
          request.ttlSeconds * 1000,
          request.cooldownSeconds * 1000,
          ...allowance(request.perIdentifier),
          ...allowance(request.perNetwork),
        ),
      ),
    redeem: async (guess) =>
      answer<CodeRedeemed>(
        await scripted.clienteleRedeem(
          key('code', guess.identifier),
          key('cooldown', guess.identifier),
          key('guess', guess.identifier),
          key('guess-from', guess.network),
          guess.guessesPerCode,
          ...allowance(guess.perIdentifier),
          ...allowance(guess.perNetwork),
          ...guess.digests,
        ),
      ),
  };
};
