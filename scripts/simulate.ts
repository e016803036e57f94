/** `npm run simulate -- SCENARIO`: the scheduler on virtual hosts and in virtual time. docs/simulation.md says how. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, exit, stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { picture } from '../src/simulation/picture.ts'
import { type Results, resultsOf } from '../src/simulation/results.ts'
import { loadScenario, ScenarioProblems } from '../src/simulation/scenario.ts'
import { simulate } from '../src/simulation/simulate.ts'
import { markdownTable, terminalTable } from '../src/simulation/table.ts'

interface Options {
  readonly json?: string
  readonly svg?: string
  readonly markdown?: string
  readonly variant?: string
  readonly seed?: number
}

const program = new Command('simulate')
  .description("openbatch's scheduler on virtual hosts and in virtual time")
  .argument('<scenario>', 'a YAML file; docs/simulation.md says what is in it')
  .option('--variant <name>', 'this variant of the scenario alone')
  .option('--seed <number>', "instead of the scenario's", seed)
  .option('--json <file>', 'write the results as JSON')
  .option('--svg <file>', 'write a picture of them')
  .option(
    '--markdown <file>',
    'write the table of them between the marks <!-- simulated --> and <!-- /simulated --> of a file',
  )
  .action(run)

program.parse(argv)

function run(file: string, options: Options): void {
  try {
    const name = basename(file).replace(/\.ya?ml$/, '')
    const all: Results[] = []
    for (const variant of variantsOf(file, options)) {
      const startedAtMs = performance.now()
      const simulated = simulate(variant.scenario, { clock: () => performance.now() })
      const results = resultsOf(variant, simulated)
      stdout.write(`${terminalTable(name, results)}\n`)
      // Real time is another at every run, so it is no part of the results.
      const seconds = (performance.now() - startedAtMs) / 1000
      stderr.write(
        `simulated in ${seconds.toFixed(1)} s; the longest scheduling pass took ${simulated.counts.longestPassMs.toFixed(1)} ms\n\n`,
      )
      all.push(results)
    }
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ scenario: name, results: all }, null, 1)}\n`)
    if (options.svg !== undefined) writeFileSync(options.svg, picture(name, all))
    if (options.markdown !== undefined) putTable(options.markdown, markdownTable(all))
  } catch (error) {
    if (!(error instanceof ScenarioProblems)) throw error
    stderr.write(error.problems.map((problem) => `${file}: ${problem}\n`).join(''))
    exit(2)
  }
}

function variantsOf(file: string, { variant, seed }: Options) {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new ScenarioProblems([(error as Error).message])
    }
  }
  const all = loadScenario({
    text: read(file),
    readTrace: (trace) => readFileSync(join(dirname(file), trace), 'utf8'),
    seed,
  })
  const wanted = variant === undefined ? all : all.filter((it) => it.variant === variant)
  if (wanted.length > 0) return wanted
  throw new ScenarioProblems([`there is no variant ${variant}; there are ${all.map((it) => it.variant).join(', ')}`])
}

function putTable(file: string, table: string): void {
  const text = readFileSync(file, 'utf8')
  const marked = /(<!-- simulated -->\n)[\s\S]*?(\n?<!-- \/simulated -->)/
  if (!marked.test(text))
    throw new ScenarioProblems([`${file} has no marks <!-- simulated --> and <!-- /simulated -->`])
  writeFileSync(
    file,
    text.replace(marked, (_, before: string, after: string) => `${before}\n${table}${after}`),
  )
}

function seed(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError('must be a whole number.')
  return value
}
