import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import type { Sql } from './client.ts';

const PRISMA_DIR = fileURLToPath(new URL('../../prisma/', import.meta.url));
const NO_FILTER = { externalTables: [], externalEnums: [] };

/** The part of the platform's WebAssembly that is used; its types come with browsers' libraries, which are not loaded here. */
declare const WebAssembly: {
  instantiate(module: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

interface MigrationFile {
  readonly name: string;
  readonly script: string;
}

const migrationFiles = (): MigrationFile[] =>
  readdirSync(path.join(PRISMA_DIR, 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => ({ name, script: readFileSync(path.join(PRISMA_DIR, 'migrations', name, 'migration.sql'), 'utf8') }));

const migrationList = (files: readonly MigrationFile[]): MigrationList => ({
  baseDir: path.join(PRISMA_DIR, 'migrations'),
  lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
  shadowDbInitScript: '',
  migrationDirectories: files.map(({ name, script }) => ({
    path: name,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
  })),
});

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

const instantiate = async (): Promise<Glue> => {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm')
    .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return glue;
};

// The glue keeps views of one instance's memory: a second instance in the process would read the first one's.
let instantiated: Promise<Glue> | undefined;

/**
 * Prisma's schema engine as WebAssembly, so that nothing has to be downloaded.
 * The package's own entry imports the `.wasm` as a module, which Node does not do without a flag; its glue takes the instance as well.
 */
const schemaEngine = async (factory: SqlMigrationAwareDriverAdapterFactory, datamodels?: [string, string][]): Promise<SchemaEngine> => {
  instantiated ??= instantiate();
  const { SchemaEngine } = await instantiated;
  return SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
};

/** Names and SHA-256 checksums of what `_prisma_migrations` holds as finished; empty before the first migration. */
const appliedMigrations = async (sql: Sql): Promise<Map<string, string>> => {
  const [table] = await sql<{ found: boolean }>("select to_regclass('_prisma_migrations') is not null as found", []);
  if (!table?.found) return new Map();
  const rows = await sql<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
    [],
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
};

const isCurrent = (files: readonly MigrationFile[], applied: ReadonlyMap<string, string>): boolean =>
  files.every(({ name, script }) => applied.get(name) === createHash('sha256').update(script).digest('hex'));

/**
 * Brings the database to the newest migration and answers with the names it applied. The caller holds whatever lock the backend has:
 * ten processes that start at once apply each migration once. Loading the engine takes half a second, so it is left out when nothing is due.
 */
export const applyMigrations = async (sql: Sql, factory: SqlMigrationAwareDriverAdapterFactory): Promise<string[]> => {
  const files = migrationFiles();
  if (isCurrent(files, await appliedMigrations(sql))) return [];
  const engine = await schemaEngine(factory);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList: migrationList(files), filters: NO_FILTER });
    return appliedMigrationNames;
  } finally {
    engine.free();
  }
};

/** The SQL that leads from the migrations to schema.prisma; empty when the two agree. The factory's shadow database is used and discarded. */
export const pendingSql = async (factory: SqlMigrationAwareDriverAdapterFactory): Promise<string> => {
  const schema = { path: 'schema.prisma', content: readFileSync(path.join(PRISMA_DIR, 'schema.prisma'), 'utf8') };
  const engine = await schemaEngine(factory, [[schema.path, schema.content]]);
  try {
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationList(migrationFiles()) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: null,
      filters: NO_FILTER,
    });
    const sql = stdout?.trim() ?? '';
    return sql === '-- This is an empty migration.' ? '' : sql;
  } finally {
    engine.free();
  }
};
