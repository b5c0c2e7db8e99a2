// Writes the next migration: `npm run migration -- add_groups`. Raw additions (checks, triggers, partial indexes) are then added by hand.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { shadowAdapter } from '../src/backend/embedded.ts';
import { pendingSql } from '../src/db/migrate.ts';

const name = process.argv[2];
if (!name || !/^[a-z0-9_]+$/.test(name))
  throw new Error('Give the migration a name of lower-case letters, digits and underscores: npm run migration -- add_groups');
const folder = new URL('./migrations/', import.meta.url);
mkdirSync(folder, { recursive: true });
const sql = await pendingSql(shadowAdapter());
if (!sql) {
  console.log('schema.prisma and the migrations agree: nothing to write.');
} else {
  const number = String(readdirSync(folder).filter((entry) => /^\d{4}_/.test(entry)).length + 1).padStart(4, '0');
  const target = new URL(`${number}_${name}/`, folder);
  mkdirSync(target);
  writeFileSync(new URL('migration.sql', target), `${sql}\n`);
  console.log(`Wrote prisma/migrations/${number}_${name}/migration.sql`);
}
