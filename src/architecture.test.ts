/** Imports run one way (docs/architecture.md), and the core knows no clock, no randomness and no process. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { circlesIn } from '../scripts/architecture/source-files.ts'

const source = import.meta.dirname

/** What each folder may import, beside itself and packages. A test may import anything. */
const directions: Readonly<Record<string, readonly string[]>> = {
  // Mechanisms that know nothing of openbatch; everybody may use them.
  ground: [],
  model: [],
  // What /api answers: the server writes it, the command line and the console read it.
  wire: [],
  core: ['model'],
  store: ['model'],
  drivers: ['model'],
  logs: ['model'],
  access: ['model'],
  objects: ['model'],
  secrets: ['model'],
  'data-directory': ['model'],
  server: ['model', 'core', 'store', 'drivers', 'logs', 'access', 'objects', 'secrets', 'data-directory'],
  edge: ['model', 'wire', 'core', 'store', 'drivers', 'logs', 'access', 'objects', 'server'],
  // The command line tool talks to a server as any client does. Users and secrets are kept in files, which it edits itself.
  cli: ['model', 'wire', 'access', 'secrets', 'data-directory'],
}
/**
 * The rooms of the core, and which others each may enter; the files at the top of the core enter all, and all may enter them but
 * the first four. Nouns meet through the state.
 */
const coreRooms: Readonly<Record<string, readonly string[]>> = {
  state: [],
  workload: [],
  // The planner knows the state, and no decision.
  scheduler: ['state'],
  explain: ['state', 'scheduler'],
  'job-definition': ['state', 'workload'],
  submission: ['state', 'workload', 'job-definition'],
  'scheduling-policy': ['state'],
  'consumable-resource': ['state'],
  'service-environment': ['state'],
  'quota-share': ['state', 'service-environment'],
  'compute-environment': ['state', 'scheduler'],
  instance: ['state', 'scheduler'],
  'service-job': ['state', 'job-definition', 'submission', 'quota-share'],
  job: ['state', 'workload', 'scheduler', 'explain', 'job-definition', 'submission', 'consumable-resource'],
  'job-queue': [
    ...['state', 'scheduler', 'explain', 'job', 'compute-environment', 'scheduling-policy'],
    ...['service-environment', 'quota-share'],
  ],
  tag: ['state', 'scheduling-policy', 'consumable-resource', 'service-environment', 'quota-share'],
  notify: ['state', 'explain', 'job'],
}
const closedToTheTop = new Set(['state', 'workload', 'scheduler', 'explain'])

/** Files outside the folders construct everything, and may import everything. So may the one verb that starts a server. */
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

/** Paths of the files that a file imports, types too. */
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

test('the rooms of the core are entered by their doors', () => {
  const rooms = files.filter(({ folder }) => folder === 'core').map((file) => ({ file, room: roomOf(file.path) }))
  expect(new Set(rooms.flatMap(({ room }) => room ?? []))).toEqual(new Set(Object.keys(coreRooms)))
  const wrong = rooms.flatMap(({ file, room }) => {
    if (room === undefined) return []
    return importsOf(file)
      .filter((imported) => folderOf(imported) === 'core')
      .filter((imported) => {
        const entered = roomOf(imported)
        if (entered === undefined) return closedToTheTop.has(room)
        return entered !== room && !coreRooms[room]!.includes(entered)
      })
      .map((imported) => `${file.path} imports ${imported}`)
  })
  expect(wrong).toEqual([])
})

test('what reads or checks a noun does not decide about it', () => {
  const wrong = files
    .filter(({ path }) => /^core\/.*\/(read|check|shape)[^/]*\.ts$/.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => /^core\/(decision\.ts|.*\/decide\.ts)$/.test(imported))
        .map((imported) => `${file.path} imports ${imported}`),
    )
  expect(wrong).toEqual([])
})

/** Undefined for a file at the top of the core. */
function roomOf(path: string): string | undefined {
  const [, room, inside] = path.split('/')
  return inside === undefined ? undefined : room
}

test('no file imports itself, directly or through others', () => {
  expect(circlesIn(new Map(files.map((file) => [file.path, importsOf(file)])))).toEqual([])
})

test('no test file is imported by what is shipped', () => {
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

test('what model and core use of the ground floor is as pure as they are', () => {
  const used = new Set(
    files
      .filter(({ folder }) => folder === 'model' || folder === 'core')
      .flatMap((file) => importsOf(file).filter((imported) => folderOf(imported) === 'ground')),
  )
  const wrong = files.filter(({ path, text }) => used.has(path) && impure.test(withoutComments(text)))
  expect(wrong.map(({ path }) => path)).toEqual([])
})

test('model imports no package, and core none either', () => {
  const wrong = files
    .filter(({ folder }) => folder === 'model' || folder === 'core')
    .flatMap(({ path, text }) =>
      [...text.matchAll(/from '([^.'][^']*)'/g)].map((match) => `${path} imports ${match[1]}`),
    )
  expect(wrong).toEqual([])
})

test('the simulator knows the core and nothing that has a clock, a store or a driver', () => {
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
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|\s)\/\/.*$/gm, '')
}
