import type { Redis } from 'ioredis';
import type { Bus, CodeIssued, CodeRedeemed, Limit, Limiter, News, OneTimeCodes } from './backend.ts';
import { Listeners } from './memory.ts';

/** Topics are spread over this many channels, so that a process needs one connection and a fixed set of subscriptions. */
const CHANNELS = 16;

const channelOf = (prefix: string, topic: string): string => {
  let hash = 0;
  for (let index = 0; index < topic.length; index += 1) hash = (hash * 31 + topic.charCodeAt(index)) >>> 0;
  return `${prefix}bus:${hash % CHANNELS}`;
};

/** News as another process wrote them; what cannot be read is no news, and the listener looks. */
const newsOf = (text: string): News | undefined => {
  try {
    return JSON.parse(text) as News;
  } catch {
    return undefined;
  }
};

/**
 * Publish and subscribe over Redis: every process listens to all channels and dispatches in memory. A publish is not awaited,
 * since with Redis away it would hold the write that it announces; when the subscriber is back, every listener looks again.
 */
export const redisBus = async (publisher: Redis, subscriber: Redis, prefix: string): Promise<Bus> => {
  const listeners = new Listeners();
  subscriber.on('message', (_channel, message) => {
    const end = message.indexOf('\n');
    if (end < 0) listeners.call(message);
    else listeners.call(message.slice(0, end), newsOf(message.slice(end + 1)));
  });
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
    publish: (topic, news) => void publisher.publish(channelOf(prefix, topic), news ? `${topic}\n${JSON.stringify(news)}` : topic).catch(() => {}),
    subscribe: (topic, listener) => listeners.add(topic, listener),
    unsubscribe: (topic, listener) => listeners.remove(topic, listener),
  };
};

// KEYS: code, cooldown, a counter for each limit. ARGV: code ttl ms, cooldown ms, then max and window ms of each limit, then the digests.
const ISSUE = `
local cooldown = redis.call('PTTL', KEYS[2])
if cooldown > 0 then return {'COOLDOWN', cooldown} end
local wait = 0
for i = 3, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 3]) then
    wait = math.max(wait, redis.call('PTTL', KEYS[i]))
  end
end
if wait > 0 then return {'LIMITED', wait} end
for i = 3, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 2]) end
end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'guesses', 0)
for i = 2 * #KEYS - 1, #ARGV do redis.call('HSET', KEYS[1], 'is:' .. ARGV[i], 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {'ISSUED', 0}
`;

// KEYS: code, cooldown, a counter for each limit. ARGV: guesses per code, nothing, max and window ms of each limit, then the guess under each key.
// The digests are keyed hashes that a guesser cannot choose, so looking them up in plain order tells nothing by its time.
const REDEEM = `
local wait = 0
for i = 3, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 3]) then
    wait = math.max(wait, redis.call('PTTL', KEYS[i]))
  end
end
if wait > 0 then return {'LIMITED', wait} end
for i = 2 * #KEYS - 1, #ARGV do
  if redis.call('HEXISTS', KEYS[1], 'is:' .. ARGV[i]) == 1 then
    redis.call('DEL', KEYS[1], KEYS[2])
    return {'REDEEMED', 0}
  end
end
for i = 3, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 2]) end
end
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HINCRBY', KEYS[1], 'guesses', 1) >= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return {'WRONG', 0}
`;

const numbersOf = (limits: readonly Limit[]): number[] => limits.flatMap(({ max, windowSeconds }) => [max, windowSeconds * 1000]);

type Scripted = Redis & Record<'clienteleIssue' | 'clienteleRedeem', (keys: number, ...args: (string | number)[]) => Promise<[string, number]>>;

/** One-time codes in Redis: one EVALSHA each way. The hash tag keeps the keys of one call in one slot of a cluster. */
export const redisCodes = (redis: Redis, prefix: string): OneTimeCodes => {
  redis.defineCommand('clienteleIssue', { lua: ISSUE });
  redis.defineCommand('clienteleRedeem', { lua: REDEEM });
  const scripted = redis as Scripted;
  const keysOf = (identifier: string, use: 'send' | 'guess', limits: readonly Limit[]): string[] =>
    [`code:${identifier}`, `cooldown:${identifier}`, ...limits.map(({ name }) => `${use}:${name}`)].map((key) => `${prefix}{code}:${key}`);
  const answer = <Answer>([status, waitMs]: [string, number]): Answer =>
    (status === 'COOLDOWN' || status === 'LIMITED' ? { status, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) } : { status }) as Answer;

  return {
    issue: async ({ identifier, digests, ttlSeconds, cooldownSeconds, limits }) => {
      const keys = keysOf(identifier, 'send', limits);
      const times = [ttlSeconds * 1000, cooldownSeconds * 1000];
      return answer<CodeIssued>(await scripted.clienteleIssue(keys.length, ...keys, ...times, ...numbersOf(limits), ...digests));
    },
    redeem: async ({ identifier, digests, guessesPerCode, limits }) => {
      const keys = keysOf(identifier, 'guess', limits);
      return answer<CodeRedeemed>(await scripted.clienteleRedeem(keys.length, ...keys, guessesPerCode, 0, ...numbersOf(limits), ...digests));
    },
  };
};

// KEYS: the counters. ARGV: for each its max and its window in ms.
const TAKE = `
local wait = 0
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 1]) then
    wait = math.max(wait, redis.call('PTTL', KEYS[i]))
  end
end
if wait > 0 then return wait end
for i = 1, #KEYS do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i]) end
end
return 0
`;

// A counter that has run out meanwhile, or stands at nothing, is left alone.
const GIVE_BACK = `
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
end
return 0
`;

type Limiting = Redis & Record<'clienteleTake' | 'clienteleGiveBack', (keys: number, ...args: (string | number)[]) => Promise<number>>;

/** Limits in Redis: one EVALSHA a try. The hash tag keeps the keys of one call in one slot of a cluster. */
export const redisLimiter = (redis: Redis, prefix: string): Limiter => {
  redis.defineCommand('clienteleTake', { lua: TAKE });
  redis.defineCommand('clienteleGiveBack', { lua: GIVE_BACK });
  const limiting = redis as Limiting;
  const keyOf = (name: string) => `${prefix}{limit}:${name}`;
  return {
    take: async (limits) => {
      const waitMs = await limiting.clienteleTake(limits.length, ...limits.map(({ name }) => keyOf(name)), ...numbersOf(limits));
      return Math.ceil(waitMs / 1000);
    },
    giveBack: async (names) => void (await limiting.clienteleGiveBack(names.length, ...names.map(keyOf))),
    forget: async (names) => void (await redis.del(...names.map(keyOf))),
  };
};
