/**
 * `npm run bench` measures every claim about speed in one run beside what it is compared with, and
 * prints the table that docs/benchmarks.md holds. Needs Linux, root for a Docker engine of its own,
 * and GNU parallel; takes some ten minutes.
 *
 *     npm run bench                            prints the table
 *     npm run bench -- --write                   and writes docs/benchmarks.md
 *     npm run bench -- --only arrays --write     measures one part, and leaves the rows of the others as they were
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { measureArray, measureWaiting } from './arrays.ts'
import { measureContainers } from './containers.ts'
import { measureCrowd } from './crowd.ts'
import { measureJobCredentials } from './job-credentials.ts'
import { listingSizes, measureListings } from './listings.ts'
import { measureSearches } from './log-searches.ts'
import { measureLongObjects } from './long-objects.ts'
import { measureObjects } from './objects.ts'
import { measurePasses, type PassFigures, passKinds } from './passes.ts'
import { measurePolicies } from './policies.ts'
import { measureProcesses } from './processes.ts'
import { measureReads } from './reads.ts'
import { measureJobSearches } from './searches.ts'
import { root } from './serving.ts'
import { measureSubmits } from './submit.ts'
import { measureWorkflows, workflowTasks } from './workflows.ts'

interface Row {
  readonly what: string
  readonly ours: string
  readonly beside: string
  readonly theirs: string
  readonly ratio: number
  readonly target: string
  readonly reached: boolean
}

const containerWidth = 4
const processWidth = 2

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined
const isWanted = (part: string) => only === undefined || only === part

const nameOf = { fifo: 'FIFO', fairShare: 'fair share', backfill: 'backfill', spot: 'half on spot' }

const rows: Row[] = []
const passes: PassFigures[] = []
const atLeast = (ratio: number, least: number) => ({ ratio, target: `≥ ${least}`, reached: ratio >= least })
/** A figure of another kind, to show the scale. */
const forScale = (ratio: number) => ({ ratio, target: '–', reached: true })
const atMost = (ratio: number, most: number) => ({ ratio, target: `≤ ${most}`, reached: ratio <= most })

/** Compares with a bound in the same unit, not with something run beside it. */
const within = (what: string, ours: number, bound: number, unit: string) =>
  rows.push({
    what,
    ours: `${ours.toFixed(2)} ${unit}`,
    beside: 'the bound',
    theirs: `${bound} ${unit}`,
    ...atMost(ours / bound, 1),
  })

if (isWanted('submit')) {
  say('SubmitJob …')
  for (const { connections, bare, submits, bareRows, ratio } of await measureSubmits())
    rows.push({
      what: `SubmitJob, ${connections} connection${connections === 1 ? '' : 's'}`,
      ours: `${submits.toFixed(0)}/s`,
      beside:
        bare === 'edge'
          ? 'the same HTTP server storing one bare row a request'
          : 'Fastify alone, unsigned, storing one bare row',
      theirs: `${bareRows.toFixed(0)}/s`,
      ...(bare === 'edge' ? atLeast(ratio, 0.5) : forScale(ratio)),
    })
}
if (isWanted('searches')) {
  say('Searches for jobs …')
  const { jobs, preparedSeconds, rssMib, kinds, describeAloneMs, describeMeanwhileMs } = await measureJobSearches()
  const of = `of ${jobs.toLocaleString('en')} jobs`
  for (const { kind, ms } of kinds) within(`Search ${of}: ${kind}`, ms, 200, 'ms')
  rows.push({
    what: `DescribeJobs while jobs are searched, the 99th of 100`,
    ...{ ours: `${describeMeanwhileMs.toFixed(1)} ms`, beside: 'alone', theirs: `${describeAloneMs.toFixed(1)} ms` },
    ...forScale(describeMeanwhileMs / describeAloneMs),
  })
  say(`  searchable after ${preparedSeconds.toFixed(1)} s; the server holds ${rssMib.toFixed(0)} MiB`)
}
if (isWanted('policies')) {
  say('Policies …')
  const { ours, theirs, ratio } = await measurePolicies()
  rows.push({
    what: 'SubmitJob by 100 users with 300 policies of ten statements, nine each',
    ours: `${ours.toFixed(0)} a CPU second`,
    beside: 'the same by the only administrator',
    theirs: `${theirs.toFixed(0)} a CPU second`,
    ...atLeast(ratio, 0.95),
  })
}
if (isWanted('credentials')) {
  say('Credentials of jobs …')
  const { grownMib, microsecondsEach } = measureJobCredentials()
  within('credentials of 1,000,000 running attempts: memory held more', grownMib, 8, 'MiB')
  within('the same: time to make those of an attempt and to check a request with them', microsecondsEach, 1000, 'µs')
}
if (isWanted('reads')) {
  say('DescribeJobs, ListJobs …')
  for (const { operation, few, many, ratio } of await measureReads())
    rows.push({
      what: `${operation}, 100,000 finished jobs`,
      ours: `${many.toFixed(1)} ms`,
      beside: 'the same with 1,000 finished jobs',
      theirs: `${few.toFixed(1)} ms`,
      ...atMost(ratio, 2),
    })
}
if (isWanted('containers')) {
  say('Container jobs …')
  const containers = await measureContainers(containerWidth)
  rows.push({
    what: `trivial container jobs, ${containerWidth} at once`,
    ours: `${containers.ours.toFixed(1)}/s`,
    beside: 'raw Engine API: create, start, wait, remove; same width, same network',
    theirs: `${containers.theirs.toFixed(1)}/s`,
    ...atLeast(containers.ratio, 0.85),
  })
}
if (isWanted('processes')) {
  say('Process jobs …')
  const { parallel, spawnLoop } = await measureProcesses(processWidth)
  rows.push({
    what: `trivial process jobs, ${processWidth} at once`,
    ours: `${parallel.ours.toFixed(0)}/s`,
    beside: 'GNU parallel',
    theirs: `${parallel.theirs.toFixed(0)}/s`,
    ...atLeast(parallel.ratio, 1),
  })
  rows.push({
    what: `trivial process jobs, ${processWidth} at once`,
    ours: `${spawnLoop.ours.toFixed(0)}/s`,
    beside: 'a bare Node spawn loop, which keeps nothing',
    theirs: `${spawnLoop.theirs.toFixed(0)}/s`,
    ...forScale(spawnLoop.ratio),
  })
}
if (isWanted('workflows')) {
  say('A workflow …')
  const figures = await measureWorkflows(processWidth)
  const load = `load ${figures.loadBefore.toFixed(1)} before, ${figures.loadAfter.toFixed(1)} after`
  const kinds = [
    [`${workflowTasks} tasks as Nextflow runs them, one second each, ${processWidth} at once`, figures.nextflowSeconds],
    [`the same commands as ${workflowTasks} jobs without the object store`, figures.jobsSeconds],
  ] as const
  for (const [what, seconds] of kinds)
    rows.push({
      ...{ what, ours: `${seconds.toFixed(0)} s`, beside: `GNU parallel (${load})` },
      ...{ theirs: `${figures.parallelSeconds.toFixed(0)} s`, ...forScale(seconds / figures.parallelSeconds) },
    })
  say(`  the server took ${figures.serverCpuMs.toFixed(0)} ms of CPU time for each task as Nextflow runs them`)
}
if (isWanted('arrays')) {
  say('Arrays …')
  const array = await measureArray()
  within('an array of 10,000 trivial jobs, scripted driver: server CPU a child', array.cpuMsPerChild, 2, 'ms')
  within('the same: memory the server holds more afterwards', Math.max(0, array.grownMib), 50, 'MiB')
  const waiting = await measureWaiting()
  within('1,000,000 waiting children of arrays: memory of the whole server', waiting.heldMib, 400, 'MiB')
  within('the same: from the start of the server to its first answer', waiting.restartSeconds, 10, 's')
}
if (isWanted('crowd')) {
  say('A crowd …')
  const crowd = await measureCrowd()
  const p99 = 'DescribeJobs of one job, 99th percentile'
  within(`${p99}, while 10,000 jobs start on one host`, crowd.describeWhileStartingMs, 100, 'ms')
  within(`${p99}, while 10,000 waiting children are listed`, crowd.describeWhileListingMs, 100, 'ms')
  within('ListJobs, a page of 1,000 of those children', crowd.pageMs, 100, 'ms')
  const beside = 'restart with 10,000 jobs running beside 1,000,000 waiting'
  within(`${beside}: from the start of the process until it is ready`, crowd.readySeconds, 5, 's')
  within(`${beside}: from there to its first answer`, crowd.firstAnswerSeconds, 1, 's')
  within('TerminateJob of an array of 10,000 that is being placed', crowd.terminateMs, 500, 'ms')
}
if (isWanted('searches')) {
  say('Log searches …')
  const { aloneMs, meanwhileMs, grownMib } = await measureSearches()
  within('DescribeJobs while 200 log searches run over 95 MiB: p99', meanwhileMs, 100, 'ms')
  rows.push({
    what: 'the same',
    ours: `${meanwhileMs.toFixed(1)} ms`,
    beside: 'DescribeJobs alone: p99',
    theirs: `${aloneMs.toFixed(1)} ms`,
    ...forScale(meanwhileMs / aloneMs),
  })
  within('the same: memory the server holds more meanwhile, in a heap of 256 MiB', Math.max(0, grownMib), 200, 'MiB')
}
if (isWanted('passes')) {
  say('Scheduling passes …')
  for (const kind of passKinds) {
    const measured = await measurePasses(kind)
    passes.push(...measured)
    const { waiting, freedMs } = measured.find((it) => it.waiting === 100_000)!
    within(`a scheduling pass as one host frees up, ${nameOf[kind]}, ${count(waiting)} jobs wait`, freedMs, 50, 'ms')
  }
}
if (isWanted('objects')) {
  say('Objects …')
  for (const { what, ours, theirs, ratio, ourCpu, theirCpu, cpuRatio, bytes } of await measureObjects()) {
    const speed = (perSecond: number) =>
      bytes > 1024 ? `${((perSecond * bytes) / 1024 ** 2).toFixed(0)} MiB/s` : `${perSecond.toFixed(0)}/s`
    const beside = what.startsWith('GET') ? 'nginx, sendfile' : 'nginx, WebDAV, and an fsync of file and directory'
    rows.push({
      what,
      ours: speed(ours),
      beside,
      theirs: speed(theirs),
      ...atLeast(ratio, bytes > 1024 ? 0.8 : 0.5),
    })
    rows.push({
      what: `${what}: CPU time of the server`,
      ours: `${ourCpu.toFixed(2)} ms`,
      beside: what.startsWith('GET') ? 'nginx' : 'nginx, without the fsync',
      theirs: `${theirCpu.toFixed(2)} ms`,
      ...forScale(cpuRatio),
    })
  }
}
if (isWanted('listings')) {
  say('Listings of objects …')
  const { onePrefix, directories, all, addSeconds } = await measureListings()
  const { keys, directories: folders, allPerDirectory, added } = listingSizes
  const [some, most] = [count(keys), count(folders * allPerDirectory)]
  within(`ListObjectsV2, the first 1,000 of ${some} keys in one prefix`, onePrefix.firstPageMs, 50, 'ms')
  within('the same: all pages', onePrefix.wholeSeconds, 10, 's')
  within(`ListObjectsV2, the first 1,000 of ${some} keys in 1,000 directories`, directories.firstPageMs, 50, 'ms')
  within('the same: every page', directories.wholeSeconds, 10, 's')
  within(`ListObjectsV2, the first 1,000 of ${most} keys in 1,000 directories`, all.firstPageMs, 50, 'ms')
  within(`all pages of ${most} keys: memory of the whole server meanwhile`, all.rssMib, 200, 'MiB')
  within(`\`openbatch bucket add\` of ${count(added)} files, to the first page`, addSeconds, 5, 's')
}
if (isWanted('long-objects')) {
  say('Long objects …')
  const { getGrownMib, putGrownMib } = await measureLongObjects()
  within('GET of an object of 10 GiB: memory the server holds more', Math.max(0, getGrownMib), 50, 'MiB')
  within('PUT of 10 GiB in two parts: memory the server holds more', Math.max(0, putGrownMib), 50, 'MiB')
}

const table = [
  '| what | openbatch | beside | that | ratio | target | |',
  '| --- | ---: | --- | ---: | ---: | ---: | --- |',
  ...rows.map(
    (row) =>
      `| ${row.what} | ${row.ours} | ${row.beside} | ${row.theirs} | ${row.ratio.toFixed(2)} | ${row.target} | ${row.reached ? '' : 'not reached'} |`,
  ),
].join('\n')
const passTable = [
  '| queues | jobs waiting | placed | pass as a host frees up: median | longest | pass that finds no room | memory a waiting job |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...passes.map(
    ({ kind, waiting, placed, freedMs, freedMostMs, fullMs, bytesPerJob }) =>
      `| ${nameOf[kind]} | ${count(waiting)} | ${placed} | ${freedMs} ms | ${freedMostMs} ms | ${fullMs} ms | ${bytesPerJob} B |`,
  ),
].join('\n')
say(`\n${table}\n`)
if (passes.length > 0) say(`${passTable}\n`)

if (process.argv.includes('--write')) {
  const file = join(root, 'docs', 'benchmarks.md')
  let text = readFileSync(file, 'utf8')
  text = between(text, 'measured', (before) =>
    only === undefined ? `${machine()}\n\n${table}` : withRowsOf(before, table),
  )
  if (passes.length > 0) text = between(text, 'passes', () => passTable)
  writeFileSync(file, text)
  say(`wrote docs/benchmarks.md`)
}
process.exitCode = rows.every((row) => row.reached) ? 0 : 1

/** The old table, in which new rows replace those with the same label, or follow them. */
function withRowsOf(measured: string, fresh: string): string {
  const whatOf = (line: string) => line.split(' | ')[0]!
  const added = fresh.split('\n').slice(2)
  const kept = measured.trim().split('\n')
  const names = new Set(added.map(whatOf))
  return [...kept.filter((line) => !names.has(whatOf(line))), ...added].join('\n')
}

/** Replaces the text between the two marks of that name. */
function between(text: string, name: string, replaced: (before: string) => string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
  if (to < from) throw new Error(`docs/benchmarks.md has no marks ${start} and ${end}`)
  return `${text.slice(0, from)}\n\n${replaced(text.slice(from, to))}\n\n${text.slice(to)}`
}

function count(jobs: number): string {
  return jobs.toLocaleString('en-US')
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const date = new Date().toISOString().slice(0, 10)
  return `Measured ${date} on a shared virtual machine: ${cpus().length} cores (${model}), ${memory}, Linux ${release()}, Node ${process.versions.node}.`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
