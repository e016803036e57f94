/**
 * What the tests of supervision share: a server on an engine that misbehaves on order, under a
 * clock that the test moves.
 */
import { pino } from 'pino'
import type { Command } from '../../core/decision.ts'
import type { Event } from '../../core/events.ts'
import { endsUnread } from '../../core/instance/driver-seen.ts'
import { submitJob } from '../../core/job/submit.ts'
import { registerJobDefinition } from '../../core/job-definition/decide.ts'
import { type Effect, resume } from '../../core/react.ts'
import { account, makeWorld, startMs } from '../../core/world.testing.ts'
import { type AttemptSpec, type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { createVirtualClock } from '../../drivers/scripted/clock.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import type { LogStore, LogWriter } from '../../logs/log-store.ts'
import type { RegisterJobDefinitionRequest, SubmitJobRequest } from '../../model/generated/batch.ts'
import type { Job, JobStatus } from '../../model/job.ts'
import { isRefusal } from '../../model/refusal.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { TurnChanges } from '../loop/changes.ts'
import { Loop } from '../loop/loop.ts'
import { type RefuseSecret, secretsFrom } from './container-secrets.ts'
import { makeMachine } from './machine.testing.ts'
import { PendingStarts } from './pending-starts.ts'
import { Supervisor } from './supervisor.ts'

export const lostGraceMs = 30_000

/**
 * A scripted engine, a store and a log that stay, and a server on them that can be stopped and
 * started.
 */
export class Site {
  readonly clock = createVirtualClock(startMs + 1_000_000)
  readonly driver = new ScriptedDriver({ clock: this.clock })
  readonly control = this.driver.control
  readonly pending = new PendingStarts()
  readonly story: string[] = []
  /** The starts that the driver received. */
  readonly starts: AttemptSpec[] = []
  /** What policies say of a secret. */
  refuseSecret: RefuseSecret = () => undefined
  /** The operator's secrets. */
  readonly secrets = new Map<string, string>()
  /** The signals that end each reading of an attempt's output. */
  readonly readSignals: AbortSignal[] = []
  readonly trouble: Trouble = { open: [], append: [], remove: [], unanswered: [] }
  readonly #log = new KeptLog(this.story, this.trouble)
  readonly #store = createMemoryStore()
  readonly #world = makeWorld((events, state) => this.#store.append(new TurnChanges(state, events).withCalls([], 0)))
  readonly #machine = makeMachine(this.clock)
  readonly clocks = this.#machine.clocks
  /** The driver as the server sees it. */
  readonly watched: Driver = this.#machine.seenFromServer(this.#observed())
  loop = this.#makeLoop()
  supervisor = this.#serve()

  /** Sets the machine's clock ahead. */
  setClock(byMs: number): void {
    this.#machine.setClock(byMs)
  }

  /**
   * Stops the server (SIGSTOP) for `ms` while everything else goes on. `arrives` runs before any
   * answer of the driver.
   */
  pause(ms: number, arrives = () => {}): Promise<void> {
    return this.#machine.pause(() => this.pass(ms), arrives)
  }

  lines(): string[] {
    return [...this.#log.lines.values()].flat()
  }

  /** The lines in the streams of this container. */
  linesOf(containerName: string): string[] {
    return [...this.#log.lines].flatMap(([stream, kept]) => (stream.split('/').at(-2) === containerName ? kept : []))
  }

  streams(): string[] {
    return [...this.#log.lines.keys()]
  }

  /** Registers a definition with these members and submits it. */
  async submitNew(
    definition: Partial<RegisterJobDefinitionRequest>,
    more: Partial<SubmitJobRequest> = {},
  ): Promise<string> {
    const request = { jobDefinitionName: 'many', type: 'container' as const, ...definition }
    await this.execute(registerJobDefinition(request, 'ada'))
    return (await this.execute(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'many', ...more }, 'ada'))).jobId
  }

  async submit(command: string[], more: Partial<SubmitJobRequest> = {}): Promise<string> {
    const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', containerOverrides: { command }, ...more }
    return (await this.execute(submitJob(request, 'ada'))).jobId
  }

  /** Returns the answer. A refusal fails the test. */
  async execute<Answer>(command: Command<Answer>): Promise<Answer> {
    const answer = await this.loop.execute(command)
    if (isRefusal(answer)) throw new Error(`refused: ${answer.message}`)
    return answer as Answer
  }

  job(jobId: string): Job {
    return this.loop.state.jobs.get(jobId) ?? this.#store.getJobs([jobId]).get(jobId)!
  }

  status(jobId: string): JobStatus {
    return this.job(jobId).state.status
  }

  /** Stops the server, and starts another one on the data it left. */
  async restart(whileDown: () => Promise<unknown> = async () => {}): Promise<void> {
    await this.supervisor.close()
    await this.loop.close()
    this.story.push('restart')
    await whileDown()
    this.loop = this.#makeLoop()
    this.supervisor = this.#serve()
  }

  /** Lets time pass, with everything that is due happening at its time. */
  async pass(ms: number): Promise<void> {
    const { clock } = this
    const untilMs = clock.now() + ms
    await this.#settle()
    for (let next = clock.next(); next !== undefined && next <= untilMs; next = clock.next()) {
      await clock.advance(Math.max(0, next - clock.now()))
      await this.#settle()
    }
    await clock.advance(untilMs - clock.now())
    await this.#settle()
  }

  async #settle(): Promise<void> {
    for (let rounds = 0; rounds < 20; rounds++) await this.clock.advance(0)
  }

  /** Moves the time on, event by event, until the condition holds. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { clock } = this
    for (let moves = 0; !holds(); moves++) {
      if (moves > 5_000) throw new Error(`never: ${what}; ${this.story.join(', ')}`)
      for (let rounds = 0; rounds < 20 && !holds(); rounds++) await clock.advance(0)
      if (holds()) return
      await clock.advance(Math.max(0, (clock.next() ?? clock.now()) - clock.now()))
    }
  }

  finished(jobId: string): Promise<void> {
    return this.until(() => /SUCCEEDED|FAILED/.test(this.status(jobId)), 'the end of the job')
  }

  running(jobId: string): Promise<void> {
    return this.until(() => this.status(jobId) === 'RUNNING', 'RUNNING')
  }

  removed(): Promise<void> {
    return this.until(() => this.story.at(-1)!.startsWith('remove'), 'the removal')
  }

  #observed(): Driver {
    const { driver, readSignals, starts, story, trouble } = this
    return driverWith(driver, {
      async start(spec, signal, onPending) {
        if (trouble.unanswered.some((it) => spec.name.endsWith(it))) return { kind: 'unknown', why: 'not answered' }
        starts.push(spec)
        const outcome = await driver.start(spec, signal, onPending)
        story.push(`start${partOf(spec.name)} ${outcome.kind}`)
        return outcome
      },
      streamLogs(name, cursor, signal) {
        readSignals.push(signal)
        return driver.streamLogs(name, cursor, signal)
      },
      async remove(name) {
        const away = trouble.remove.shift()
        if (away) throw new DriverUnavailable(away)
        await driver.remove(name)
        story.push(`remove${partOf(name)}`)
      },
    })
  }

  #makeLoop(): Loop {
    return new Loop({
      store: this.#store,
      account,
      defaultDriver: 'scripted',
      given: { now: this.clocks.now, newId: this.#world.newId },
      log: silent,
      failpoint: () => {},
      carryOut: (effect) => this.#carryOut(effect),
      onEvents: (events) => this.story.push(...events.flatMap(worthTelling)),
      onBroken: (error) => this.story.push(`broken: ${error}`),
    })
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'superviseAttempt' || effect.type === 'stopAttempt' || effect.type === 'wakeForTimeout')
      this.supervisor.carryOut(effect)
  }

  #serve(): Supervisor {
    const { loop } = this
    const supervisor = new Supervisor({
      drivers: new Map([['scripted', this.watched]]),
      logs: this.#log,
      loop,
      clocks: this.clocks,
      timers: this.#machine.timers,
      log: silent,
      failpoint: () => {},
      region: 'us-west-2',
      endpointFor: () => 'http://127.0.0.1:1',
      accessOf: async () => ({}),
      pending: this.pending,
      resolveSecrets: secretsFrom(
        (name) => this.secrets.get(name),
        () => {},
      ),
      secretRefusal: () => (named) => this.refuseSecret(named),
      supply: async (what) => `/supplied/${what}`,
      stopGraceSeconds: 30,
      lostGraceMs,
      logCapBytes: 1_000_000,
    })
    this.supervisor = supervisor
    const { hosts } = this.#world.state.drivers.get('scripted')!
    void loop.execute(endsUnread('scripted', true))
    void loop.execute(() => ({
      kind: 'accepted',
      answer: undefined,
      events: [{ type: 'driverSeen', driver: 'scripted', health: { kind: 'healthy' }, hosts }],
    }))
    for (const effect of resume(loop.state)) this.#carryOut(effect)
    this.#machine.whenPaused(() => supervisor.catchUp())
    supervisor.catchUp()
    return supervisor
  }
}

const silent = pino({ level: 'silent' })

/** Error texts that the next log operations throw, and the next removals. */
interface Trouble {
  open: string[]
  append: string[]
  remove: string[]
  /** Containers whose start is not carried out, and is answered with `unknown`. */
  unanswered: string[]
}

/** A log store that keeps its lines and cursors in memory. */
class KeptLog implements Pick<LogStore, 'openWriter'> {
  readonly lines = new Map<string, string[]>()
  readonly #cursors = new Map<string, string>()
  readonly #story: string[]
  readonly #trouble: Trouble

  constructor(story: string[], trouble: Trouble) {
    this.#story = story
    this.#trouble = trouble
  }

  async openWriter({ stream }: Parameters<LogStore['openWriter']>[0]): Promise<LogWriter> {
    const failure = this.#trouble.open.shift()
    if (failure) throw new Error(failure)
    const kept = this.lines.get(stream) ?? []
    this.lines.set(stream, kept)
    const cursors = this.#cursors
    const story = this.#story
    const trouble = this.#trouble
    return {
      get cursor() {
        return cursors.get(stream)
      },
      droppedEntries: 0,
      async append(entries) {
        for (const { message, cursor } of entries) {
          const stop = trouble.append.shift()
          if (stop) throw new Error(stop)
          kept.push(message)
          cursors.set(stream, cursor)
        }
      },
      async finish() {
        story.push(`${kept.length} lines complete`)
      },
      async close() {},
    }
  }
}

function worthTelling(event: Event): string[] {
  if (event.type === 'attemptStarted') return ['RUNNING']
  return event.type === 'attemptEnded' ? [event.next.status] : []
}

/** Returns ` n0c1` for a container of an attempt with several. */
function partOf(name: string): string {
  const part = /\.(n[0-9]+c[0-9]+)$/.exec(name)?.[1]
  return part === undefined ? '' : ` ${part}`
}
