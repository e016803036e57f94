/**
 * One run: jobs on one driver, a server killed again and again, and the checker's findings at the
 * end.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type BatchClient, CreateConsumableResourceCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch'
import { baseImage } from '../engine/base-image.ts'
import { administratorOf } from '../support/administrator.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { type JobView, type Observed, type Violation, violationsIn } from './checker.ts'
import { type Death, nameOf, planDeaths, shuffled } from './deaths.ts'
import { readEvidence } from './evidence.ts'
import { type KillingProxy, startKillingProxy } from './killing-proxy.ts'
import { type Around, type Definition, onlyContainer } from './language.ts'
import { holdingOf } from './leftovers.ts'
import { type MortalServer, mortalServer } from './mortal-server.ts'
import { type PatientClients, patientClients } from './patience.ts'
import { randomFrom } from './random.ts'
import { describeAll, describeConsumables, listAll, readLogs } from './read-back.ts'
import { startSubmitter } from './submitter.ts'
import { type DriverName, type Kind, kindsOf, resources } from './workload.ts'

export interface CampaignOptions {
  readonly driver: DriverName
  readonly kills: number
  readonly inFlight: number
  readonly seed: number
  /** The vCPUs that the driver offers, and so the jobs that run at once. */
  readonly vcpus: number
  readonly longestLifeMs: number
  readonly passes: number
  readonly withTimeouts: boolean
  /** How long the server is stopped once, and away once. */
  readonly pauseMs?: number
  readonly absenceMs?: number
  /**
   * Whether the server's clock is set before each of its lives, and once more in each. Not for
   * engines that use that clock.
   */
  readonly setsClock?: boolean
  /** The real engine's socket, for docker. */
  readonly engineSocket?: string
  readonly say?: (line: string) => void
  /** Keeps data directory, evidence and the server's log if anything was found. */
  readonly keep?: boolean
}

export interface Report {
  readonly violations: readonly Violation[]
  /** Deaths at their intended point, by point. */
  readonly deaths: ReadonlyMap<string, number>
  /** Points that were not passed in time; the server was killed at some moment instead. */
  readonly missed: readonly string[]
  readonly jobs: number
  /** The kinds of jobs, and how many of each. */
  readonly kinds: ReadonlyMap<string, number>
  readonly runs: number
  readonly logLines: number
  readonly mostInFlight: number
  readonly repeatedCalls: number
  readonly readyMs: readonly number[]
  readonly seconds: number
}

/** A point that is not passed within this time is abandoned for this life of the server. */
const patienceMs = 20_000
const endWithinMs = 600_000
/**
 * How far a clock is set, in seconds: less than the day for which an answered call is remembered.
 */
const hours = 10 * 3600
/** How long a stopped server continues before it is killed. */
const momentMs = 1000
/** More than two rounds of the sweep for orphans. */
const clearWithinMs = 150_000
/** Processes that are about to end. */
const goneWithinMs = 10_000

export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const startedAt = performance.now()
  const { driver, engineSocket, say = () => {} } = options
  const random = randomFrom(options.seed)
  const home = mkdtempSync(join(tmpdir(), 'openbatch-chaos-'))
  const dataDir = join(home, 'data')
  const evidenceDir = join(home, 'evidence')
  mkdirSync(evidenceDir)
  const evidenceFile = join(evidenceDir, 'runs.jsonl')
  const proxy = driver === 'docker' ? await startKillingProxy(engineSocket!, join(home, 'proxy.sock')) : undefined
  const clock = options.setsClock ? fakeClock() : undefined
  const server = mortalServer({
    ...{ driver, dataDir },
    env: {
      OPENBATCH_LOG_LEVEL: 'info',
      OPENBATCH_JOBS_STOP_GRACE_SECONDS: '2',
      OPENBATCH_JOBS_LOST_GRACE_SECONDS: '3',
      [`OPENBATCH_DRIVERS_${driver.toUpperCase()}_VCPUS`]: String(options.vcpus),
      ...(driver === 'scripted' ? { OPENBATCH_DRIVERS_SCRIPTED_EVIDENCE_FILE: evidenceFile } : {}),
      ...(proxy ? { OPENBATCH_DRIVERS_DOCKER_HOST: proxy.dockerHost } : {}),
      ...clock?.env,
    },
  })
  const holding = holdingOf(driver, dataDir, engineSocket)
  let clients: PatientClients | undefined
  let kept = false
  try {
    await server.start()
    clients = patientClients(server.endpoint, administratorOf(dataDir))
    const { batch, logs } = clients
    const kinds = shuffled(kindsOf(driver, options.withTimeouts), randomFrom(options.seed + 2))
    await createConsumables(batch)
    const jobDefinitionOf = await registerAll(batch, kinds, aroundOf(driver, evidenceDir))
    const submitter = startSubmitter({
      ...{ batch, random: randomFrom(options.seed + 1), inFlight: options.inFlight, jobDefinitionOf, kinds },
    })
    const { deaths, missed } = await killAll(
      server,
      proxy,
      planDeaths({ ...options, random }),
      () => clock?.set(random.between(-hours, hours)),
      say,
    )
    await submitter.finish()
    say(`${submitter.acknowledged.length} jobs were acknowledged; waiting for their ends`)
    await submitter.ended(endWithinMs)
    say(`all ended after ${Math.round((performance.now() - startedAt) / 1000)} s; held: ${await holding.attempts()}`)
    const held = await emptied(holding.attempts, clearWithinMs)
    const listed = await listAll(batch)
    const described = await describeAll(batch, submitter.acknowledged)
    const jobs = options.setsClock ? withoutTimes(described) : described
    const read = await readLogs(logs, jobs.values())
    const consumables = await describeConsumables(batch)
    await server.stop()
    const observed: Observed = {
      ...{ acknowledged: submitter.acknowledged, listed, jobs, logs: read, consumables },
      runs: readEvidence(evidenceFile),
      leftovers: [...new Set([...held, ...(await emptied(holding.afterStop, goneWithinMs))])],
    }
    const violations = violationsIn(observed)
    kept = options.keep === true && violations.length > 0
    if (kept) say(`kept in ${home}`)
    if (kept) writeFileSync(join(home, 'server.log'), server.log())
    return {
      ...{ violations, deaths, missed, jobs: jobs.size, runs: observed.runs.length },
      kinds: new Map(
        [...Map.groupBy(submitter.acknowledged, (it) => it.kind)].map(([name, all]) => [name, all.length]),
      ),
      logLines: [...read.values()].reduce((sum, lines) => sum + lines.length, 0),
      ...{ mostInFlight: submitter.mostInFlight, repeatedCalls: clients.repeats, readyMs: server.readyMs },
      seconds: (performance.now() - startedAt) / 1000,
    }
  } finally {
    clients?.destroy()
    server.kill9()
    for (const pid of server.pids) clock?.dispose(pid)
    await proxy?.stop()
    await holding.removeAll().catch((error: unknown) => say(`not all could be removed: ${error}`))
    if (!kept) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function killAll(
  server: MortalServer,
  proxy: KillingProxy | undefined,
  plan: readonly Death[],
  setClock: () => void,
  say: (line: string) => void,
): Promise<Pick<Report, 'deaths' | 'missed'>> {
  const deaths = new Map<string, number>()
  const missed: string[] = []
  // A point that was missed gets one more chance at the end.
  const deathsToCome = [...plan]
  for (const [index, death] of deathsToCome.entries()) {
    setClock()
    // The first server runs already.
    if (index > 0) await server.start(death.at === 'failpoint' ? `${death.name}:${death.n}` : undefined)
    setClock()
    if (death.at === 'wire') proxy!.arm(death.name, death.n, server.kill9)
    const lifeMs = 'afterMs' in death ? death.afterMs : patienceMs
    const abort = new AbortController()
    const late = delay(lifeMs, 'late' as const, { signal: abort.signal }).catch(() => 'late' as const)
    const came = (await Promise.race([server.killed(), late])) !== 'late'
    abort.abort()
    proxy?.disarm()
    if (death.at === 'pause') {
      await server.pause(death.forMs)
      await delay(momentMs)
    }
    server.kill9()
    await server.killed()
    if (death.at === 'absence') await delay(death.forMs)
    const name = nameOf(death)
    const isMeant = came || 'afterMs' in death
    if (isMeant) deaths.set(name, (deaths.get(name) ?? 0) + 1)
    else {
      missed.push(`${name}:${'n' in death ? death.n : ''}`)
      if (index < plan.length && 'n' in death) deathsToCome.push({ ...death, n: 1 })
    }
    say(`kill ${index + 1}: ${name}${isMeant ? '' : ' was not passed; killed anyway'}`)
  }
  await server.start()
  return { deaths, missed }
}

/** Returns what is still held after the longest time that releasing may take. */
async function emptied(held: () => Promise<string[]>, withinMs: number): Promise<string[]> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const left = await held()
    if (left.length === 0 || Date.now() > deadline) return left
    await delay(250)
  }
}

async function createConsumables(batch: BatchClient): Promise<void> {
  for (const [consumableResourceName, resource] of Object.entries(resources))
    await batch.send(new CreateConsumableResourceCommand({ consumableResourceName, ...resource }))
}

/** Returns the definition's ARN for each kind. */
async function registerAll(batch: BatchClient, kinds: readonly Kind[], around: Around): Promise<(of: Kind) => string> {
  const register = async (jobDefinitionName: string, definition: Definition) => {
    const input = { jobDefinitionName, ...definition }
    return (await batch.send(new RegisterJobDefinitionCommand(input))).jobDefinitionArn!
  }
  const usual = await register('chaos', { type: 'container', containerProperties: onlyContainer(around) })
  const own = new Map<Kind, string>()
  for (const kind of kinds)
    if (kind.definition) own.set(kind, await register(`chaos-${kind.name}`, kind.definition(around)))
  return (kind) => own.get(kind) ?? usual
}

function aroundOf(driver: DriverName, evidenceDir: string): Around {
  const inContainer = driver === 'docker' ? '/evidence' : evidenceDir
  return {
    image: baseImage,
    environment: [{ name: 'EVIDENCE', value: `${inContainer}/runs.jsonl` }],
    volumes: driver === 'docker' ? [{ name: 'evidence', sourcePath: evidenceDir, containerPath: inContainer }] : [],
  }
}

/**
 * After a clock was set, an earlier event may have a later time. The evidence still shows the
 * order.
 */
function withoutTimes(jobs: ReadonlyMap<string, JobView>): Map<string, JobView> {
  const timeless = { startedAt: undefined, stoppedAt: undefined }
  return new Map(
    [...jobs].map(([id, job]) => [
      id,
      { ...job, stoppedAt: undefined, attempts: job.attempts.map((attempt) => ({ ...attempt, ...timeless })) },
    ]),
  )
}
