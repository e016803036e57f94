/** `npm run simulate` as a user runs it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'openbatch-simulate-'))
afterAll(() => rmSync(directory, { recursive: true }))

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/simulate.ts'), ...args], {
    encoding: 'utf8',
    cwd: root,
  })
  return { status, stdout, stderr }
}

test('prints the same table at every run, and writes results, picture and table', () => {
  const file = (name: string) => join(directory, name)
  writeFileSync(file('page.md'), 'before\n<!-- simulated -->\nold\n<!-- /simulated -->\nafter\n')
  const outputs = [1, 2].map((run) => {
    const { status, stdout, stderr } = simulate(
      ...['docs/simulation/small.yaml', '--json', file(`${run}.json`), '--svg', file(`${run}.svg`)],
      ...['--markdown', file('page.md')],
    )
    expect(stderr).toMatch(/^simulated in [\d.]+ s; the longest scheduling pass took [\d.]+ ms\n/)
    expect(status).toBe(0)
    return [stdout, readFileSync(file(`${run}.json`), 'utf8'), readFileSync(file(`${run}.svg`), 'utf8')]
  })
  expect(outputs[1]).toEqual(outputs[0])
  expect(outputs[0]![0]).toMatch(/^small seed 7\n\nwindow +hours 0 to 8/)
  expect(JSON.parse(outputs[0]![1]!)).toMatchObject({ scenario: 'small', results: [{ seed: 7 }] })
  expect(readFileSync(file('page.md'), 'utf8')).toMatch(
    /^before\n<!-- simulated -->\n\n\| {2}\| seed 7 \|\n[^<]+\n<!-- \/simulated -->\nafter\n$/,
  )
})

test('lists what is wrong with a scenario, and exits with 2', () => {
  writeFileSync(join(directory, 'wrong.yaml'), 'hours: 1\nseed: x\n')
  const { status, stdout, stderr } = simulate(join(directory, 'wrong.yaml'))
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n')).toEqual(
    expect.arrayContaining([expect.stringMatching(/wrong\.yaml: seed: must be integer$/)]),
  )
  expect(simulate('docs/simulation/compare.yaml', '--variant', 'lifo').stderr).toBe(
    'docs/simulation/compare.yaml: there is no variant "lifo"; there are "fifo", "backfill", "fair share", "fair share, backfill"\n',
  )
  expect(simulate('docs/simulation/small.yaml', '--variant', 'x').stderr).toMatch(/no variant "x"; there are none\n$/)
})

const small = 'docs/simulation/small.yaml'
test.each([
  ['no scenario', [], /missing required argument 'scenario'/],
  ['two scenarios', [small, small], /too many arguments/],
  ['a file that is not there', ['nowhere.yaml'], /ENOENT/],
  ['an unknown option', [small, '--sed', '1'], /unknown option '--sed'/],
  ['a seed that is none', [small, '--seed', '1.5'], /must be a whole number/],
  ['no seed', [small, '--seed', ''], /must be a whole number/],
  ['a directory that is not there', [small, '--json', 'nowhere/x.json'], /there is no directory nowhere/],
  ['a page without marks', [small, '--markdown', 'README.md'], /README\.md has no marks/],
])('%s is reported, nothing is simulated, and the exit code is 2', (_, args, text) => {
  const { status, stdout, stderr } = simulate(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(text)
  expect(stderr).not.toMatch(/\n\s+at /)
})

test('--help is not a misuse', () => {
  expect(simulate('--help')).toMatchObject({ status: 0, stderr: '' })
})
