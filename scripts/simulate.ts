/**
 * `npm run simulate -- SCENARIO` runs the scheduler on virtual hosts and in virtual time.
 * docs/simulation.md explains it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, exit, stderr, stdout } from 'node:process'
import { Command, type CommanderError, InvalidArgumentError } from 'commander'
import { picture } from '../simulation/picture.ts'
import { type Results, resultsOf } from '../simulation/results.ts'
import { loadScenario, ScenarioProblems } from '../simulation/scenario.ts'
import { simulate } from '../simulation/simulate.ts'
import { markdownTable, terminalTable } from '../simulation/table.ts'

interface Options {
  readonly json?: string
  readonly svg?: string
  readonly markdown?: string
  readonly variant?: string
  readonly seed?: number
}

/** The place of the table in a page. */
const marked = /(<!-- simulated -->\n)[\s\S]*?(\n?<!-- \/simulated -->)/

/**
 * The exit code for everything that the caller must change: the scenario, the options, the files.
 */
const exitMisused = 2

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
  .exitOverride(({ exitCode }: CommanderError) => exit(exitCode === 0 ? 0 : exitMisused))
  .action(run)

program.parse(argv)

function run(file: string, options: Options): void {
  try {
    const name = basename(file).replace(/\.ya?ml$/, '')
    const all: Results[] = []
    const variants = variantsOf(file, options)
    checkOutputs(options)
    for (const variant of variants) {
      const startedAtMs = performance.now()
      const simulated = simulate(variant.scenario, { clock: () => performance.now() })
      const results = resultsOf(variant, simulated)
      stdout.write(`${terminalTable(name, results)}\n`)
      // Real time differs at every run, so it is not part of the results.
      const seconds = (performance.now() - startedAtMs) / 1000
      stderr.write(
        `simulated in ${seconds.toFixed(1)} s; the longest scheduling pass took ${simulated.counts.longestPassMs.toFixed(1)} ms\n\n`,
      )
      all.push(results)
    }
    if (options.json !== undefined)
      write(options.json, `${JSON.stringify({ scenario: name, results: all }, null, 1)}\n`)
    if (options.svg !== undefined) write(options.svg, picture(name, all))
    if (options.markdown !== undefined) putTable(options.markdown, markdownTable(all))
  } catch (error) {
    if (!(error instanceof ScenarioProblems)) throw error
    stderr.write(error.problems.map((problem) => `${file}: ${problem}\n`).join(''))
    exit(exitMisused)
  }
}

function variantsOf(file: string, { variant, seed }: Options) {
  const all = loadScenario({
    text: read(file),
    readTrace: (trace) => readFileSync(join(dirname(file), trace), 'utf8'),
    seed,
  })
  const wanted = variant === undefined ? all : all.filter((it) => it.variant === variant)
  if (wanted.length > 0) return wanted
  const names = all.map((it) => JSON.stringify(it.variant)).join(', ')
  throw new ScenarioProblems([
    `there is no variant ${JSON.stringify(variant)}; there are ${all[0]?.variant === '' ? 'none' : names}`,
  ])
}

/** Checks, before a simulation that may take long, where its results will go. */
function checkOutputs({ json, svg, markdown }: Options): void {
  const problems = [json, svg]
    .filter((output) => output !== undefined && !existsSync(dirname(output)))
    .map((output) => `${output} cannot be written: there is no directory ${dirname(output!)}`)
  if (problems.length > 0) throw new ScenarioProblems(problems)
  if (markdown !== undefined) markedText(markdown)
}

function markedText(file: string): string {
  const text = read(file)
  if (marked.test(text)) return text
  throw new ScenarioProblems([`${file} has no marks <!-- simulated --> and <!-- /simulated -->`])
}

function putTable(file: string, table: string): void {
  write(
    file,
    markedText(file).replace(marked, (_, before: string, after: string) => `${before}\n${table}${after}`),
  )
}

function read(file: string): string {
  return orProblem(() => readFileSync(file, 'utf8'))
}

function write(file: string, text: string): void {
  orProblem(() => writeFileSync(file, text))
}

/** A missing or read-only file is the caller's to mend. */
function orProblem<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new ScenarioProblems([(error as Error).message])
  }
}

function seed(text: string): number {
  const value = Number(text)
  if (!/^-?[0-9]+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('must be a whole number.')
  return value
}
