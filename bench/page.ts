import { compare, httpCandidate, ratios, roundsTable, takeTurns, twice } from './harness.ts';
import { shared, startOnServices, startScript } from './servers.ts';
import { pageLoad, type Scale, type Shop } from './shop.ts';
import { atLeast } from './targets.ts';

/** The account page, deep and wide, against the way most people would serve it. */
export const page = async (scale: Scale, { databaseUrl, sql, customers }: Shop): Promise<void> => {
  const [plain, gateway] = await Promise.all([
    shared('plain', () => startScript('plain.ts', { DATABASE_URL: databaseUrl })),
    shared('gateway', () => startOnServices(databaseUrl)),
  ]);
  const load = pageLoad(scale, customers);
  const usual = httpCandidate('Yoga, Pothos, Prisma', plain, '/graphql', load, sql);
  const own = httpCandidate('gateway', gateway, '/graphql', load, sql);
  await compare(scale, usual, own, twice(load.nextBody));
  const rounds = await takeTurns([usual, own], scale.pace);
  const title = 'The account page';
  console.log(
    scale.isSmoke
      ? `${title}: ${usual.name}, ${own.name} answer alike`
      : roundsTable(title, `${load.concurrency} requests at a time`, rounds, scale.pace),
  );
  atLeast('PAGE: gateway to Yoga, Pothos, Prisma', 5, ratios(rounds, own.name, usual.name));
};
