import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Case, messages, observe, type Step } from './fixture.contract.ts'

/**
 * A job has exactly its environment, or does not start. Nobody can read the environment in a
 * command line.
 */
export const environmentCases = {
  'environment: is exactly as specified, whatever the names': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ printEnvironment: true }])
    await t.driver.start({ ...spec, environment: { ...spec.environment, ...oddEnvironment } })
    const expected = Object.entries(oddEnvironment).map((entry) => entry.join('=').replaceAll('\n', lineEnd))
    const own = ['PATH', 'HOME', 'HOSTNAME', 'TMPDIR']
    const given = (await messages(t.driver, name)).filter((line) => !own.includes(line.split('=')[0]!))
    expect(given.sort()).toEqual(expected.sort())
    expect(await observe(t.driver, name)).toMatchObject({ kind: 'exited', exitCode: 0 })
  },

  'environment: appears in no command line, neither names nor values': async (t) => {
    const name = t.name()
    const spec = t.fixture.spec(name, [{ print: 'done' }])
    const token = `token-${t.gate()}`
    const named = { LC_TOKEN: token, 'odd.name': token, PLAIN: token, BASH_ENV: token, [`${token} odd`]: 'x' }
    const seen: string[] = []
    const over = { isIt: false }
    const watching = (async () => {
      while (!over.isIt) {
        seen.push(...commandLinesWith(token))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await t.driver.start({ ...spec, environment: { ...spec.environment, ...named }, secretNames: Object.keys(named) })
    expect(await messages(t.driver, name)).toEqual(['done'])
    over.isIt = true
    await watching
    expect(seen).toEqual([])
  },

  'environment: names a file that vouches for the server, which the attempt can read, where it names none itself':
    async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'openbatch-trust-'))
      const trustFile = join(directory, 'trust.pem')
      writeFileSync(trustFile, 'vouched for\n')
      try {
        const start = async (steps: readonly Step[]) => {
          const name = t.name()
          const spec = t.fixture.spec(name, steps)
          const environment = { ...spec.environment, NODE_EXTRA_CA_CERTS: '/of/its/own' }
          await t.driver.start({ ...spec, environment, trustFile })
          return messages(t.driver, name)
        }
        const [path = '', own] = await start([
          { printVariable: 'AWS_CA_BUNDLE' },
          { printVariable: 'NODE_EXTRA_CA_CERTS' },
        ])
        expect(own).toBe('</of/its/own>')
        expect(await start([{ printFile: path.slice(1, -1) }])).toEqual(['vouched for'])
      } finally {
        rmSync(directory, { recursive: true })
      }
    },

  'environment: a name or value that no program can receive fails the start': async (t) => {
    const impossible = [
      ['', 'x'],
      ['=x', 'x'],
      ['a=b', 'x'],
      ['a\0b', 'x'],
      ['A', 'x\0y'],
    ] as const
    for (const [variable, value] of impossible) {
      const name = t.name()
      const environment = { [variable]: value }
      const outcome = await t.driver.start({ ...t.fixture.spec(name, [{ print: 'ran' }]), environment })
      expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^CannotStartContainerError: ./) })
      expect(await t.fixture.runs(name)).toBe(0)
    }
  },
} satisfies Record<string, Case>

/** Stands for a line end inside a value or a name in the output of `printEnvironment`. */
const lineEnd = '\u0001'

/** Names that shells, loaders and env(1) reserve for themselves or misread. */
const oddEnvironment = {
  LC_TOKEN: 'value',
  LC_ALL: 'xx_XX',
  BASH_ENV: '/no/such/file',
  ENV: '/no/such/file',
  PS4: '$(touch /tmp/openbatch-ran)',
  IFS: 'abc',
  PPID: '7',
  UID: '8',
  LINENO: 'x',
  RANDOM: '1',
  HISTSIZE: 'x',
  SHELLOPTS: 'xtrace',
  _: 'under',
  'with.dot': '1',
  'with-dash': "it's",
  'with space': ' two  spaces ',
  '-S touch /tmp/openbatch-ran ': 'x',
  '-i': 'x',
  'name\nof two lines': 'value\nof two lines',
  '1digit': '1',
  Ünïcode: '🎉',
  EMPTY: '',
  'empty.odd': '',
  __proto: 'x',
  constructor: 'x',
}

function commandLinesWith(text: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return line.includes(text) ? [line] : []
    } catch {
      return []
    }
  })
}
