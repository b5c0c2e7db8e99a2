import path from 'node:path';

/** Files by path from the root, with `/`. */
export type Files = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** A file of ours by its path, or a package by its name. */
  readonly to: string;
  readonly isType: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
const LINES_MAX = 400;

const importsOf = (from: string, text: string): Import[] =>
  [...text.matchAll(IMPORT)].map(([, type, named, dynamic]) => {
    const target = named ?? dynamic ?? '';
    return { from, to: target.startsWith('.') ? path.posix.join(path.posix.dirname(from), target) : target, isType: Boolean(type) };
  });

const isIn = (folder: string) => (file: string) => file.startsWith(`src/${folder}/`);
const isCapability = isIn('capabilities');
const isGraphqlSlice = (file: string): boolean => /^src\/capabilities\/[^/]+\/graphql(?:\.ts$|\/)/.test(file);
const capabilityOf = (file: string): string | undefined => /^src\/capabilities\/([^/]+)\//.exec(file)?.[1];
const isGraphqlPackage = (name: string): boolean => name === 'graphql' || name.startsWith('@pothos/');
const isGenerated = (file: string): boolean => file.startsWith('src/db/generated/');

/** Each rule of who may import whom: what it says, and whether an import breaks it. */
const RULES: readonly [string, (found: Import) => boolean][] = [
  ['core imports node: and itself', ({ from, to }) => isIn('core')(from) && !to.startsWith('node:') && !isIn('core')(to)],
  [
    'db knows no GraphQL and no capability',
    ({ from, to }) => isIn('db')(from) && !isGenerated(from) && (isGraphqlPackage(to) || isCapability(to) || isIn('graphql')(to)),
  ],
  [
    'only graphql.ts files, src/graphql and src/http import graphql',
    ({ from, to }) =>
      from.startsWith('src/') && isGraphqlPackage(to) && !isGraphqlSlice(from) && !isIn('graphql')(from) && !isIn('http')(from) && !isGenerated(from),
  ],
  [
    'only src/graphql and graphql.ts files import Pothos',
    ({ from, to }) => from.startsWith('src/') && to.startsWith('@pothos/') && !isGraphqlSlice(from) && !isIn('graphql')(from) && !isGenerated(from),
  ],
  [
    'only db imports the generated client; enums and types may be read',
    ({ from, to, isType }) => isGenerated(to) && !isIn('db')(from) && !to.endsWith('/enums.ts') && !(from === 'src/graphql/builder.ts') && !isType,
  ],
  ['verbs import no GraphQL', ({ from, to }) => isCapability(from) && !isGraphqlSlice(from) && (isIn('graphql')(to) || isGraphqlSlice(to))],
  [
    'a capability imports another’s verb, never its graphql.ts',
    ({ from, to }) => isCapability(from) && isGraphqlSlice(to) && capabilityOf(from) !== capabilityOf(to),
  ],
  [
    'src/graphql knows no capability but in schema.ts',
    ({ from, to }) => isIn('graphql')(from) && from !== 'src/graphql/schema.ts' && isCapability(to),
  ],
  [
    'a backend is opened by start, index, its own folder and tools',
    ({ from, to }) =>
      /^src\/backend\/(?:embedded|service|memory|redis)\.ts$/.test(to) &&
      from.startsWith('src/') &&
      !isIn('backend')(from) &&
      !['src/start.ts', 'src/index.ts'].includes(from),
  ],
  [
    'http is imported by start, index and itself',
    ({ from, to }) => isIn('http')(to) && from.startsWith('src/') && !isIn('http')(from) && !['src/start.ts', 'src/index.ts'].includes(from),
  ],
  ['src imports neither tests nor benches', ({ from, to }) => from.startsWith('src/') && /^(?:test|bench|examples)\//.test(to)],
];

const BANNED_NAMES = /(?:service|manager|helper|util|utils|handle|process|data|types|common|misc)$/;

const nameProblems = (file: string): string[] => {
  const name = path.posix.basename(file, '.ts');
  const problems: string[] = [];
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?$/.test(name)) problems.push(`${file}: file names are kebab-case`);
  // The backend that runs on services is named for what it is.
  if (file.startsWith('src/capabilities/') && BANNED_NAMES.test(name)) problems.push(`${file}: name it by its verb or its noun`);
  if (file.startsWith('src/') && name === 'index' && file !== 'src/index.ts') problems.push(`${file}: src/index.ts is the only barrel`);
  return problems;
};

const textProblems = (file: string, text: string): string[] => {
  const problems: string[] = [];
  const lines = text.split('\n').length;
  if (lines > LINES_MAX) problems.push(`${file}: ${lines} lines, more than ${LINES_MAX}`);
  if (/\b(?:TODO|FIXME|XXX|HACK)\b/.test(text)) problems.push(`${file}: nothing is left for later in code`);
  if (/@ts-(?:ignore|nocheck|expect-error)/.test(text)) problems.push(`${file}: types are not switched off`);
  if (file.startsWith('src/') && !/^src\/(?:main|import)\.ts$/.test(file) && /\bprocess\.exit\(/.test(text))
    problems.push(`${file}: only main.ts and import.ts exit`);
  if (/\b(?:it|test|describe)\.(?:only|todo|fails)\b/.test(text)) problems.push(`${file}: no focused or unfinished tests`);
  if (file.startsWith('src/') && /\brelatedConnection\(/.test(text))
    problems.push(`${file}: a nested list after a cursor is read whole; use keysetQuery`);
  return problems;
};

/** Circles of imports at run time, each as the path that closes it. Types are erased and may point back. */
const cycles = (imports: readonly Import[]): string[] => {
  const edges = new Map<string, string[]>();
  for (const { from, to, isType } of imports) if (!isType && to.startsWith('src/')) edges.set(from, [...(edges.get(from) ?? []), to]);
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    if (finished.has(file) || trail.includes(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    finished.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return found.map((circle) => `${circle}: imports run in a circle`);
};

/** Everything in these files that breaks a rule of the layout, one sentence each. */
export const untidy = (files: Files): string[] => {
  const own = [...files].filter(([file]) => !isGenerated(file));
  const imports = own.flatMap(([file, text]) => importsOf(file, text));
  return [
    ...own.flatMap(([file, text]) => [...nameProblems(file), ...textProblems(file, text)]),
    ...imports.flatMap((found) => RULES.filter(([, isBroken]) => isBroken(found)).map(([rule]) => `${found.from} imports ${found.to}: ${rule}`)),
    ...cycles(imports),
  ];
};
