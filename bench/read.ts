import { execFileSync } from 'node:child_process';
import { compare, type HttpCandidate, httpCandidate, type Load, ratios, roundsTable, takeTurns, twice } from './harness.ts';
import { fromPostgraphile, pageDigest, postgraphileList, postgraphileRead, withAvailable } from './postgraphile.ts';
import { installPeers, newerNode, shared, startOnServices, startPeer, startScript } from './servers.ts';
import { listLoad, readLoad, type Scale, type Shop } from './shop.ts';
import { atLeast } from './targets.ts';

interface Read {
  readonly title: string;
  readonly short: string;
  readonly path: string;
  readonly load: Load;
}

/** What each is wanted to reach of the floor, and how often it is to be PostGraphile. */
const WANTED = { READ: { floor: 0.6, postgraphile: 2.2 }, LIST: { floor: 0.65, postgraphile: 1.8 } } as const;
/** How often each is to be Yoga, Pothos and Prisma as most people write them. */
const WANTED_OF_PLAIN = 6;

const versionOf = (node: string): string => execFileSync(node, ['--version']).toString().trim().slice(1);

const say = (scale: Scale, what: string, candidates: readonly HttpCandidate[], text: string): void =>
  console.log(scale.isSmoke ? `${what}: ${candidates.map(({ name }) => name).join(', ')} answer alike` : text);

const onThisNode = async (scale: Scale, shop: Shop, { title, short, path, load }: Read): Promise<void> => {
  const { databaseUrl, sql } = shop;
  const servers = await Promise.all([
    shared('floor', () => startScript('floor.ts', { DATABASE_URL: databaseUrl })),
    shared('gateway', () => startOnServices(databaseUrl)),
    shared('plain', () => startScript('plain.ts', { DATABASE_URL: databaseUrl })),
    shared('apollo', () => startPeer('apollo.js', { DATABASE_URL: databaseUrl })),
  ]);
  const [floor, gateway, plain, apollo] = servers;
  const candidates = [
    httpCandidate('floor: node:http, one statement', floor, path, load, sql),
    httpCandidate('gateway', gateway, '/graphql', load, sql),
    httpCandidate('Yoga, Pothos, Prisma', plain, '/graphql', load, sql),
    httpCandidate('Apollo Server, a query for each field', apollo, '/', load, sql),
  ] as const;
  const [base, own, usual] = candidates;
  for (const candidate of candidates.slice(1)) await compare(scale, base, candidate, twice(load.nextBody));
  const rounds = await takeTurns(candidates, scale.pace);
  say(scale, title, candidates, roundsTable(`${title}, Node ${process.versions.node}`, `${load.concurrency} requests at a time`, rounds, scale.pace));
  atLeast(`${short}: gateway to the floor`, WANTED[short as 'READ'].floor, ratios(rounds, own.name, base.name));
  atLeast(`${short}: gateway to Yoga, Pothos, Prisma`, WANTED_OF_PLAIN, ratios(rounds, own.name, usual.name));
};

const onNewerNode = async (scale: Scale, shop: Shop, { title, short, path, load }: Read): Promise<void> => {
  const node = newerNode();
  if (!node) return console.log('PostGraphile is left out: it wants Node 22, and none came with the peers for this machine.\n');
  const { databaseUrl, sql } = shop;
  await withAvailable(sql);
  const servers = await Promise.all([
    shared('floor, newer Node', () => startScript('floor.ts', { DATABASE_URL: databaseUrl }, node)),
    shared('gateway, newer Node', () => startOnServices(databaseUrl, { node })),
    shared('postgraphile', () => startPeer('postgraphile.js', { DATABASE_URL: databaseUrl, GRAPHILE_ENV: 'production' }, node)),
  ]);
  const [floor, gateway, postgraphile] = servers;
  const theirs = short === 'READ' ? postgraphileRead(load, shop) : postgraphileList(load, shop, await pageDigest(postgraphile.url));
  const candidates = [
    httpCandidate('floor: node:http, one statement', floor, path, load, sql),
    httpCandidate('gateway', gateway, '/graphql', load, sql),
    httpCandidate('PostGraphile', postgraphile, '/graphql', theirs, sql),
  ] as const;
  const [base, own, other] = candidates;
  await compare(scale, base, own, twice(load.nextBody));
  await compare(scale, base, other, theirs.nextPair, fromPostgraphile);
  const rounds = await takeTurns(candidates, scale.pace);
  say(
    scale,
    `${title}, newer Node`,
    candidates,
    roundsTable(`${title}, Node ${versionOf(node)}`, `${load.concurrency} requests at a time`, rounds, scale.pace),
  );
  atLeast(`${short}: gateway to PostGraphile`, WANTED[short as 'READ'].postgraphile, ratios(rounds, own.name, other.name));
};

const measure = async (scale: Scale, shop: Shop, read: Read): Promise<void> => {
  installPeers();
  await onThisNode(scale, shop, read);
  await onNewerNode(scale, shop, read);
};

/** One customer with all that an account page shows. */
export const read = (scale: Scale, shop: Shop): Promise<void> =>
  measure(scale, shop, { title: 'One customer', short: 'READ', path: '/read', load: readLoad(scale, shop.customers) });

/** A page of a dashboard. */
export const list = (scale: Scale, shop: Shop): Promise<void> =>
  measure(scale, shop, { title: 'A page of 50 customers', short: 'LIST', path: '/list', load: listLoad(scale, shop.customers) });
