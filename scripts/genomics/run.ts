/**
 * What `npm run genomics` does once everything is installed: a server with the docker driver, reads
 * of 20 samples in its object store, and the workflow in each way that is asked for. Removes all it
 * made but the reports. The exit code is 0 only if every way ended well, with the same report to
 * the byte, and with a step that ran out of memory and was retried with more.
 *
 *     node scripts/genomics/run.ts [--only boto3|toil|snakemake]
 */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { root } from '../../test/support/built.ts'
import { serve } from '../quickstart/serving.ts'
import { findEngine, removeImage } from './engine.ts'
import { Runner } from './runner.ts'
import { prepareWay, type Way, type WayName, wayNames } from './ways.ts'

/** The step that is retried needs a container of 4 GiB. */
const leastMemoryGib = 5

const home = process.env.GENOMICS_DIR ?? join(root, '.openbatch', 'genomics')
const results = join(home, 'results')
/** What undoes what was done so far. */
const undo: (() => unknown)[] = []
let isEnding = false
/** A second signal does not wait for the clean-up. */
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => (isEnding ? process.exit(130) : void end(130)))
try {
  await run(wantedWays())
} catch (error) {
  if (!isEnding) say(pc.red(`Failed: ${(error as Error).message}`))
  await end(1)
}
await end(0)

async function run(names: readonly WayName[]): Promise<void> {
  if (totalmem() < leastMemoryGib * 2 ** 30)
    throw new Error(`this needs a machine with ${leastMemoryGib} GiB of memory`)
  mkdirSync(home, { recursive: true })
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results)
  const folder = realpathSync(mkdtempSync(join(home, 'run-')))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  const engine = await stoppable(findEngine(say))
  say(`A container engine answers: ${engine.told}.`)
  const ways: Way[] = []
  for (const name of names) {
    const way = await timed(`Installing ${name}`, async () => prepareWay(name))
    undo.push(() => removeImage(engine.socketPath, way.image))
    await timed(`Making the image ${way.image}`, () => way.loadImage(engine.socketPath))
    ways.push(way)
  }
  const settings = { DOCKER_HOST: `unix://${engine.socketPath}`, ...settingsFor(folder) }
  const server = await stoppable(serve(join(root, 'bin', 'openbatch'), join(folder, 'server'), 'docker', settings))
  server.child.once('exit', (code) => {
    if (!isEnding) void end(code || 1)
  })
  say(`openbatch serves at ${pc.bold(server.endpoint)}; jobs run on the docker driver.`)
  const runner = new Runner({ server, folder, results, say })
  undo.push(() => runner.stop())
  runner.setUp()
  say(`Put ${await runner.putReads()} files of reads into s3://genomics/reads.`)
  const reports = new Map<WayName, Buffer>()
  for (const way of ways) reports.set(way.name, await runner.runWay(way))
  compare(reports)
}

/** Is stopped in the end, also if that comes while it starts. */
async function stoppable<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  undo.push(async () => (await starting.catch(() => undefined))?.stop())
  return starting
}

/** What an operator sets for users of Toil and Snakemake, as `docs/use/toil.md` and `docs/use/snakemake.md` tell. */
function settingsFor(folder: string): Record<string, string> {
  const hostPaths = { '/var/run/docker.sock': { scratch: true }, '/tmp': { scratch: true } }
  const grant = { privileged: 'withheld', hostPaths: { [folder]: 'readWrite' }, rootOnHostPaths: true }
  return {
    OPENBATCH_HOST_PATHS: JSON.stringify(hostPaths),
    OPENBATCH_HOST_ACCESS: JSON.stringify({ default: grant }),
  }
}

function compare(reports: ReadonlyMap<WayName, Buffer>): void {
  const [first] = reports.values()
  say('')
  for (const name of reports.keys())
    say(`The report of ${name} is ${join(results, `${name}.tsv`)}; its client’s output beside it.`)
  const hash = createHash('sha256').update(first!).digest('hex')
  const others = [...reports].filter(([, report]) => !report.equals(first!)).map(([name]) => name)
  if (others.length > 0) throw new Error(`the report of ${others.join(' and ')} differs`)
  const told = reports.size > 1 ? `All ${reports.size} reports are equal, byte by byte` : 'One report'
  say(pc.green(`${told}: ${first!.length} bytes, SHA-256 ${hash}.`))
}

function wantedWays(): readonly WayName[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only === undefined) return wayNames
  const name = wayNames.find((way) => way === values.only)
  if (name === undefined) {
    say(`--only is one of ${wayNames.join(', ')}`)
    process.exit(2)
  }
  return [name]
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  say(`${what} …`)
  const done = await work()
  say(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return done
}

/** In the reverse order, each even if another fails. */
async function end(code: number): Promise<never> {
  if (isEnding) return new Promise(() => {})
  isEnding = true
  let worst = code
  for (const one of undo.toReversed())
    try {
      await one()
    } catch (error) {
      worst ||= 1
      say(pc.red(`Not cleaned up: ${(error as Error).message}`))
    }
  process.exit(worst)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
