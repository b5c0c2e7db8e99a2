import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Names everything that this run makes in shared services, and takes it away at the end. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = `clientele_test_${randomBytes(4).toString('hex')}`;
  process.env.CLIENTELE_TEST_RUN = run;
  const url = process.env.TEST_DATABASE_URL;
  if (process.env.REQUIRE_SERVICES && !(url && process.env.TEST_REDIS_URL)) throw new Error('TEST_DATABASE_URL and TEST_REDIS_URL are needed here.');
  return async () => {
    if (!url) return;
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database where datname like $1', [`${run}%`]);
    for (const { datname } of rows) await admin.query(`drop database if exists ${datname} with (force)`);
    await admin.end();
  };
}
