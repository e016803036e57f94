/**
 * Imports run one way (docs/architecture.md), and the core knows no clock, no randomness and no
 * process.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { circlesIn, longFunctions } from '../scripts/architecture/source-files.ts'

const source = import.meta.dirname

/** What each folder may import, in addition to itself and packages. A test may import anything. */
const directions: Readonly<Record<string, readonly string[]>> = {
  // Mechanisms that know nothing of openbatch. Everybody may use them.
  ground: [],
  model: [],
  // What /api answers: the server writes it, and the command line and the console read it.
  wire: [],
  core: ['model'],
  store: ['model'],
  drivers: ['model'],
  logs: ['model'],
  access: ['model'],
  objects: ['model'],
  secrets: ['model'],
  tls: ['model'],
  'data-directory': ['model'],
  'aws-command': ['model'],
  server: [
    ...['model', 'core', 'store', 'drivers', 'logs', 'access', 'objects', 'secrets', 'tls', 'data-directory'],
    'aws-command',
  ],
  edge: ['model', 'wire', 'core', 'store', 'drivers', 'logs', 'access', 'objects', 'secrets', 'tls', 'server'],
  // The command line tool talks to a server as any client does. Users, secrets and served buckets are
  // kept in files, which it edits itself.
  cli: ['model', 'wire', 'access', 'objects', 'secrets', 'tls', 'data-directory'],
}
/**
 * Folders with inner walls: their rooms, and which other rooms each may enter. The files at the top
 * of a folder enter all its rooms. A room that is `deep` does not enter the top either.
 */
const walls: Readonly<Record<string, Readonly<Record<string, { enters: readonly string[]; deep?: true }>>>> = {
  // Nouns meet through the state. The planner knows the state, and no decision.
  core: {
    state: { enters: [], deep: true },
    workload: { enters: [], deep: true },
    scheduler: { enters: ['state'], deep: true },
    explain: { enters: ['state', 'scheduler'], deep: true },
    'job-definition': { enters: ['state', 'workload'] },
    submission: { enters: ['state', 'workload', 'job-definition'] },
    'scheduling-policy': { enters: ['state'] },
    'consumable-resource': { enters: ['state'] },
    'service-environment': { enters: ['state'] },
    'quota-share': { enters: ['state', 'service-environment'] },
    'compute-environment': { enters: ['state', 'scheduler'] },
    instance: { enters: ['state', 'scheduler'] },
    'service-job': { enters: ['state', 'job-definition', 'submission', 'quota-share'] },
    job: {
      enters: ['state', 'workload', 'scheduler', 'explain', 'job-definition', 'submission', 'consumable-resource'],
    },
    'job-queue': {
      enters: [
        ...['state', 'scheduler', 'explain', 'job', 'compute-environment', 'scheduling-policy'],
        ...['service-environment', 'quota-share'],
      ],
    },
    tag: { enters: ['state', 'scheduling-policy', 'consumable-resource', 'service-environment', 'quota-share'] },
    notify: { enters: ['state', 'explain', 'job'] },
  },
  server: {
    changes: { enters: ['loop'] },
    events: { enters: [] },
    figures: { enters: [], deep: true },
    loop: { enters: ['events'] },
    run: { enters: ['loop'] },
    upkeep: { enters: ['loop'] },
    start: { enters: ['changes', 'events', 'loop', 'run', 'upkeep'] },
  },
  edge: {
    generated: { enters: [], deep: true },
    protocols: { enters: [] },
    steps: { enters: ['protocols'] },
    services: { enters: ['protocols', 'generated'] },
  },
}

/**
 * Files outside the folders construct everything, and may import everything. So may the one verb
 * that starts a server.
 */
const constructors = new Set(['cli/serve.ts'])

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly folder: string | undefined
}

const files: SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.(test|contract|testing)\.ts$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(source, path), 'utf8'), folder: folderOf(path) }))

function folderOf(path: string): string | undefined {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined
}

/** The files below the folders of `root`, by their paths from there. */
function readAll(root: string, folders: readonly string[], name: RegExp): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => name.test(path))
      .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, folder, path), 'utf8') })),
  )
}

/** Code that is not shipped: the simulator and the scripts. */
const outside = readAll(join(source, '..'), ['simulation', 'scripts'], /(?<!\.test)\.(ts|mjs)$/)

/** Paths of the files that a file imports, for types too. */
function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map((match) =>
    relative(source, resolve(source, dirname(path), match[1]!)),
  )
}

test('every folder has its place', () => {
  expect(files.length).toBeGreaterThan(100)
  for (const folder of new Set(files.flatMap((file) => file.folder ?? [])))
    expect(Object.keys(directions)).toContain(folder)
})

test('imports run one way', () => {
  const wrong = files.flatMap((file) => {
    if (!file.folder || constructors.has(file.path)) return []
    const allowed = [file.folder, 'ground', ...directions[file.folder]!]
    return importsOf(file)
      .filter((imported) => !allowed.includes(folderOf(imported) ?? 'the files that construct everything'))
      .map((imported) => `${file.path} imports ${imported}`)
  })
  expect(wrong).toEqual([])
})

test.each(Object.entries(walls))('the walls inside %s stand', (inside, rooms) => {
  const inFolder = files.filter(({ folder }) => folder === inside).map((file) => ({ file, room: roomOf(file.path) }))
  expect(new Set(inFolder.flatMap(({ room }) => room ?? []))).toEqual(new Set(Object.keys(rooms)))
  const wrong = inFolder.flatMap(({ file, room }) => {
    if (room === undefined) return []
    const { enters, deep = false } = rooms[room]!
    return importsOf(file)
      .filter((imported) => folderOf(imported) === inside)
      .filter((imported) => {
        const entered = roomOf(imported)
        return entered === undefined ? deep : entered !== room && !enters.includes(entered)
      })
      .map((imported) => `${file.path} imports ${imported}`)
  })
  expect(wrong).toEqual([])
})

test('code that reads or checks a noun does not decide about it', () => {
  const wrong = files
    .filter(({ path }) => /^core\/.*\/(read|check|shape)[^/]*\.ts$/.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => /^core\/(decision\.ts|.*\/decide\.ts)$/.test(imported))
        .map((imported) => `${file.path} imports ${imported}`),
    )
  expect(wrong).toEqual([])
})

/** Undefined for a file at the top of its folder. */
function roomOf(path: string): string | undefined {
  const [, room, inside] = path.split('/')
  return inside === undefined ? undefined : room
}

test('no file imports itself, directly or through others', () => {
  expect(circlesIn(new Map(files.map((file) => [file.path, importsOf(file)])))).toEqual([])
})

const mostLinesOfFunction = 80
const mostLinesOfFile = 450

test(`no function has over ${mostLinesOfFunction} lines`, () => {
  const long = [...files, ...outside].flatMap((file) =>
    longFunctions(file, mostLinesOfFunction).map(({ name, line, lines }) => `${file.path}:${line} ${name}: ${lines}`),
  )
  expect(long).toEqual([])
})

test(`no file has over ${mostLinesOfFile} lines`, () => {
  const long = readAll(join(source, '..'), ['src', 'simulation', 'scripts', 'test'], /\.(ts|mjs)$/)
    .filter(({ path }) => !path.includes('/generated/'))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > mostLinesOfFile)
  expect(long).toEqual([])
})

test('shipped code imports no test file', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file).filter((imported) => /\.(test|contract|testing)\.ts$/.test(imported)),
  )
  expect(wrong).toEqual([])
})

const impure =
  /\b(Date\.now|new Date\(\)|performance\.now|setTimeout|setInterval|setImmediate|queueMicrotask|Math\.random|randomUUID|randomBytes|getRandomValues|process\.|fetch\()|from 'node:|\bawait\b|\basync\b/

test('model and core know no clock, no timer, no randomness, no input and no output', () => {
  const wrong = files
    .filter(({ folder }) => folder === 'model' || folder === 'core')
    .flatMap(({ path, text }) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, index) => (impure.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
  expect(wrong).toEqual([])
})

test('the parts of the ground floor that model and core use are as pure as they are', () => {
  const used = new Set(
    files
      .filter(({ folder }) => folder === 'model' || folder === 'core')
      .flatMap((file) => importsOf(file).filter((imported) => folderOf(imported) === 'ground')),
  )
  const wrong = files.filter(({ path, text }) => used.has(path) && impure.test(withoutComments(text)))
  expect(wrong.map(({ path }) => path)).toEqual([])
})

test('model imports no package, and neither does core', () => {
  const wrong = files
    .filter(({ folder }) => folder === 'model' || folder === 'core')
    .flatMap(({ path, text }) =>
      [...text.matchAll(/from '([^.'][^']*)'/g)].map((match) => `${path} imports ${match[1]}`),
    )
  expect(wrong).toEqual([])
})

test('the simulator knows the core, and nothing with a clock, a store or a driver', () => {
  const simulator = join(source, '../simulation')
  const wrong = readdirSync(simulator)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) =>
      [...readFileSync(join(simulator, path), 'utf8').matchAll(/from '\.\.\/([^']+)'/g)]
        .filter((match) => !/^src\/(ground|model|core)\//.test(match[1]!))
        .map((match) => `simulation/${path} imports ${match[1]}`),
    )
  expect(wrong).toEqual([])
})

test('the checks themselves would notice', () => {
  expect(impure.test('  const now = Date.now()')).toBe(true)
  expect(impure.test("import { randomUUID } from 'node:crypto'")).toBe(true)
  const file = { path: 'core/x.ts', folder: 'core', text: "import type { A } from '../store/store.ts'" }
  expect(importsOf(file)).toEqual(['store/store.ts'])
  expect([roomOf('core/x.ts'), roomOf('core/state/x.ts'), roomOf('edge/services/batch/x.ts')]).toEqual([
    ...[undefined, 'state', 'services'],
  ])
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|\s)\/\/.*$/gm, '')
}
