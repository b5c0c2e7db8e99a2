import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { service } from '../../src/backend/service.ts';
import { createDatabase, services } from '../support/backends.ts';

/** Ends every other connection to a database, as a restart of PostgreSQL does. */
const END_OTHERS = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

/** The same while this process looks at nothing: its pool still takes its connections for whole. */
const endUnseen = (databaseUrl: string): void => {
  const script = `import pg from 'pg';
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(${JSON.stringify(END_OTHERS)});
await client.end();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl } });
};

describe.runIf(services)('connections to PostgreSQL that break', () => {
  let backend: Backend | undefined;
  const faults = new EventEmitter();
  const open = async (poolSize: number): Promise<{ databaseUrl: string; database: Backend['database'] }> => {
    if (!services) throw new Error('No services are given.');
    const databaseUrl = await createDatabase(services.databaseUrl);
    backend = await service({ databaseUrl, redisUrl: services.redisUrl, poolSize, onFault: (error) => void faults.emit('fault', error) });
    return { databaseUrl, database: backend.database };
  };
  afterEach(async () => {
    await backend?.close();
    backend = undefined;
  });

  it('between two statements of a transaction: it fails, and nothing else does', async () => {
    const { database } = await open(2);
    const fault = once(faults, 'fault');
    const transaction = database.transaction(async (sql) => {
      await sql('select 1', []);
      await database.sql(END_OTHERS, []);
      await fault;
      return sql('select 1', []);
    });
    await expect(transaction).rejects.toThrow();
    expect(await database.transaction((sql) => sql('select 1 as one', []))).toEqual([{ one: 1 }]);
  });

  it('before a transaction begins: it fails, and its place in the pool is free again', { timeout: 20_000 }, async () => {
    const { database, databaseUrl } = await open(1);
    await database.sql('select 1', []);
    endUnseen(databaseUrl);
    await expect(database.transaction((sql) => sql('select 1', []))).rejects.toThrow();
    expect(await database.sql('select 1 as one', [])).toEqual([{ one: 1 }]);
  });
});
