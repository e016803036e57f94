import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type Case, messages, observe } from './fixture.contract.ts'

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
