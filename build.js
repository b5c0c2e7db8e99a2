// Generates the Prisma client and compiles src/ into dist/, each only when what it is made from has changed. `--force` does both.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const isForced = process.argv.includes('--force');

// Generators of the Prisma client are looked for by name.
const env = { ...process.env, PATH: [path.resolve('node_modules/.bin'), process.env.PATH].join(path.delimiter) };

/** When the newest of these files, or files under these folders, was written. */
const newest = (...paths) =>
  Math.max(
    0,
    ...paths
      .filter((entry) => existsSync(entry))
      .flatMap((entry) => (statSync(entry).isDirectory() ? readdirSync(entry, { recursive: true }).map((name) => path.join(entry, name)) : [entry]))
      .map((file) => statSync(file).mtimeMs),
  );

/** Runs a tool of this package and marks the time, unless its inputs are older than the mark. */
const step = (mark, inputs, tool, args) => {
  if (!isForced && existsSync(mark) && statSync(mark).mtimeMs > newest(...inputs)) return;
  try {
    execFileSync(process.execPath, [path.resolve(tool), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    process.exit(1);
  }
  writeFileSync(mark, '');
};

if (isForced) rmSync('dist', { recursive: true, force: true });
step('src/db/generated/.made', ['prisma/schema.prisma', 'package-lock.json'], 'node_modules/prisma/build/index.js', ['generate']);
step('dist/.made', ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'], 'node_modules/typescript/bin/tsc', [
  '-p',
  'tsconfig.build.json',
]);
