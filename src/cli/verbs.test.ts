/** What the command loads for each request, and that its verbs describe themselves in one form. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { afterAll, expect, test } from 'vitest'
import type { Terminal } from './terminal.ts'
import { verbs } from './verbs.ts'

const source = join(import.meta.dirname, '..')

/** Where Node keeps compiled code. The verbs load mostly the same files. */
const compiled = mkdtempSync(join(tmpdir(), 'openbatch-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

/** Loaded before the command: records every imported file, and prints the list at the end. */
const recorder = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
  process.on('exit', () => process.stderr.write('loaded ' + JSON.stringify(loaded)))
`)}`

/** Runs command lines one after the other, in one process: starting one costs more than all else. */
const runner = `
  const { runCommand } = await import(${JSON.stringify(pathToFileURL(join(source, 'cli/program.ts')))})
  const terminal = { write: () => {}, warn: () => {}, input: process.stdin, env: process.env, now: Date.now }
  for (const args of JSON.parse(process.argv[1])) await runCommand(args, terminal)
`

/** What `openbatch` loads for a command line: our own files as paths in `src`, packages by name, in order. */
const loadedBy = (...args: string[]): string[] => namesLoaded([join(source, 'main.ts'), ...args])

/** The same for several command lines together. */
const loadedByAll = (lines: string[][]): string[] =>
  namesLoaded(['--input-type=module', '--eval', runner, JSON.stringify(lines)])

function namesLoaded(command: string[]): string[] {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  const { stderr: text } = spawnSync(process.execPath, ['--import', recorder, ...command], { encoding: 'utf8', env })
  const urls = JSON.parse(text.slice(text.indexOf('loaded [') + 'loaded '.length)) as string[]
  const names = urls.filter((url) => url.startsWith('file:')).map((url) => nameOf(fileURLToPath(url)))
  return [...new Set(names)].sort()
}

function nameOf(path: string): string {
  return /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.slice(source.length + 1)
}

test.each([['--help'], ['--version'], ['help'], ['frobnicate']])(
  '%s loads no verb and nothing of the server',
  (arg) => {
    expect(loadedBy(arg)).toEqual(['cli/program.ts', 'cli/verbs.ts', 'commander', 'main.ts'])
  },
)

/** What help on `serve` loads to list the drivers: the list of kinds, and no driver. */
const catalogue = /^drivers\/(catalogue|driver-kind|[a-z]+\/kind)\.ts$/

test('help on a verb loads only that verb, and a verb nothing of the server', () => {
  const server = /^(core|server|api|store|drivers|logs|serve\.ts|fastify)/
  for (const { usage } of verbs) {
    const name = usage.split(' ')[0]!
    const loaded = loadedByAll([
      [name, '--help'],
      ['help', name],
    ])
    expect(loaded).toContain(`cli/${name}.ts`)
    const isListed = (file: string) => name === 'serve' && catalogue.test(file)
    expect(loaded.filter((file) => server.test(file) && !isListed(file))).toEqual([])
    const others = verbs.map((verb) => `cli/${verb.usage.split(' ')[0]}.ts`).filter((file) => file !== `cli/${name}.ts`)
    expect(loaded.filter((file) => others.includes(file))).toEqual([])
  }
}, 60_000)

test('every description is a phrase: a small letter first, and no full stop', async () => {
  const program = new Command('openbatch')
  for (const { usage, summary, load } of verbs)
    (await load())(program.command(usage).description(summary), {} as Terminal)
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
  const phrases = program.commands
    .flatMap(all)
    .flatMap((command) => [command.description(), ...command.options.map((option) => option.description)])
  expect(phrases.length).toBeGreaterThan(verbs.length)
  expect(phrases.filter((phrase) => !/^[a-z$].*[^.]$/.test(phrase))).toEqual([])
})

test('--version prints the package’s version', () => {
  const { version } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as { version: string }
  const printed = execFileSync(process.execPath, [join(source, 'main.ts'), '--version'], { encoding: 'utf8' })
  expect(printed).toBe(`${version}\n`)
})
