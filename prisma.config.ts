import { defineConfig } from 'prisma/config';

// `prisma generate` needs no schema engine, but looks for one and would download it; any executable satisfies the look.
// Migrations run in-process instead: src/db/migrate.ts.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
